internal import Tracking

/// The options of `tpe`.
struct TPEOptions: Sendable {
  /// How many trials are spread evenly before the model begins.
  var startup = 10
  /// How many candidates are drawn from the good density for each proposal.
  var candidates = 24
  /// Which part of the trials are good ones.
  var gamma = 0.1

  static let described = [
    PluginDescription.Option("startup", "how many trials are spread evenly first, 1 or more; by default 10"),
    PluginDescription.Option(
      "candidates", "how many candidates are compared for each proposal, 1 to 10000; by default 24"),
    PluginDescription.Option("gamma", "which part of the trials counts as good, above 0 and below 1; by default 0.1"),
    PluginDescription.Option("seed", "the sweep's seed, when `seed` is not given at the top; a whole number from 0"),
  ]

  init(_ options: [String: Value]) {
    startup = options["startup"]?.integer.map { Int($0) } ?? startup
    candidates = options["candidates"]?.integer.map { Int($0) } ?? candidates
    gamma = options["gamma"]?.number ?? gamma
  }

  static func problems(_ options: [String: Value]) -> [PluginProblem] {
    options.sorted { $0.key < $1.key }.compactMap { name, value in
      switch name {
      case "startup":
        if let whole = value.integer, 1...1_000_000 ~= whole { return nil }
        return PluginProblem(name, "startup is \(value.json); it is a whole number from 1 to 1000000")
      case "candidates":
        if let whole = value.integer, 1...10_000 ~= whole { return nil }
        return PluginProblem(name, "candidates is \(value.json); it is a whole number from 1 to 10000")
      case "gamma":
        if let part = value.number, 0 < part, part < 1 { return nil }
        return PluginProblem(name, "gamma is \(value.json); it is a number above 0 and below 1, such as 0.1")
      default:
        return PluginProblem(
          name, "tpe takes no option '\(name)'; it takes `startup`, `candidates`, `gamma` and `seed`")
      }
    }
  }
}
