internal import Tracking

/// The options of `cmaes`.
struct CMAESOptions: Sendable {
  /// How many trials make a generation; nil for 4 + floor(3 ln d).
  var population: Int?
  /// The first standard deviation, as a part of each parameter's range.
  var sigma = 0.3

  static let described = [
    PluginDescription.Option(
      "population", "how many trials make a generation, 4 or more; by default 4 + floor(3 ln d)"),
    PluginDescription.Option(
      "sigma", "the first standard deviation as a part of each range, above 0 and up to 1; by default 0.3"),
    PluginDescription.Option("seed", "the sweep's seed, when `seed` is not given at the top; a whole number from 0"),
  ]

  init(_ options: [String: Value]) {
    population = options["population"]?.integer.map { Int($0) }
    sigma = options["sigma"]?.number ?? sigma
  }

  static func problems(_ options: [String: Value], space: SearchSpace) -> [PluginProblem] {
    var found = options.sorted { $0.key < $1.key }.compactMap { name, value -> PluginProblem? in
      switch name {
      case "population":
        if let whole = value.integer, 4...10_000 ~= whole { return nil }
        return PluginProblem(name, "population is \(value.json); it is a whole number from 4 to 10000")
      case "sigma":
        if let part = value.number, 0 < part, part <= 1 { return nil }
        return PluginProblem(name, "sigma is \(value.json); it is a number above 0 and up to 1, such as 0.3")
      default:
        return PluginProblem(name, "cmaes takes no option '\(name)'; it takes `population`, `sigma` and `seed`")
      }
    }
    let kinds = UnitCube(space).dimensions.map(\.kind)
    let isCategorical = kinds.allSatisfy { if case .categorical = $0 { true } else { false } }
    if isCategorical, !kinds.isEmpty {
      found.append(
        PluginProblem(
          nil,
          "every parameter is a choice without order, so cmaes adapts nothing but the probability of each value; "
            + "`sampling_algorithm: tpe` suits such a space better", isError: false))
    }
    return found
  }
}
