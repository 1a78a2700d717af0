internal import Tracking

/// The options of `pbt`.
struct PopulationOptions: Sendable {
  /// How many members are trained side by side.
  var size = 10
  /// How many points of the primary metric a member logs between two comparisons.
  var interval: Int
  /// Which part of the population copies, and which part is copied.
  var quantile = 0.2
  /// How likely a parameter of a copy is drawn anew.
  var resampling = 0.25
  /// By what the other numbers of a copy are multiplied.
  var factors = [0.8, 1.2]

  static let described = [
    PluginDescription.Option("population_size", "how many members are trained side by side, 2 or more; by default 10"),
    PluginDescription.Option(
      "interval",
      "how many points of the primary metric a member logs between two comparisons; by default a tenth of "
        + "resource.max"),
    PluginDescription.Option(
      "quantile",
      "which part of the members copies one of the equally large best part, above 0 and up to 0.5; by default 0.2"),
    PluginDescription.Option(
      "resample_probability", "how likely a parameter of a copy is drawn anew, 0 to 1; by default 0.25"),
    PluginDescription.Option(
      "perturbation_factors", "by what the other numbers of a copy are multiplied; by default [0.8, 1.2]"),
    PluginDescription.Option("seed", "the sweep's seed, when `seed` is not given at the top; a whole number from 0"),
  ]

  init(_ options: [String: Value], resource: SweepSpec.Resource) {
    size = options["population_size"]?.integer.map { Int($0) } ?? size
    interval = options["interval"]?.integer.map { Int($0) } ?? max(1, resource.minimum, resource.maximum / 10)
    quantile = options["quantile"]?.number ?? quantile
    resampling = options["resample_probability"]?.number ?? resampling
    factors = options["perturbation_factors"]?.list?.compactMap(\.number) ?? factors
  }

  static func problems(_ options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    var found = options.sorted { $0.key < $1.key }.compactMap { problem($0, $1) }
    if sweep.repeats > 1 {
      found.append(
        PluginProblem(nil, "pbt compares members as they train, so it does not go with repeats; leave them out"))
    }
    guard let resource = sweep.resource else {
      return found + [
        PluginProblem(
          nil,
          "pbt needs to know how long a whole training is: give `resource: {max: ...}`, in points of the primary metric"
        )
      ]
    }
    guard found.isEmpty else { return found }
    let options = PopulationOptions(options, resource: resource)
    if options.interval > resource.maximum {
      found.append(
        PluginProblem(
          "interval", "interval is \(options.interval), longer than a whole training (resource.max \(resource.maximum))"
        ))
    }
    let whole = options.size * ((resource.maximum + options.interval - 1) / options.interval)
    if sweep.limits.maxTotalTrials < whole {
      found.append(
        PluginProblem(
          nil,
          "\(options.size) members of \(whole / options.size) intervals each are \(whole) trials, and "
            + "max_total_trials is \(sweep.limits.maxTotalTrials); the training ends before resource.max",
          isError: false))
    }
    return found
  }

  private static func problem(_ name: String, _ value: Value) -> PluginProblem? {
    switch name {
    case "population_size":
      if let whole = value.integer, 2...10_000 ~= whole { return nil }
      return PluginProblem(name, "population_size is \(value.json); it is a whole number from 2 to 10000")
    case "interval":
      if let whole = value.integer, 1...1_000_000_000 ~= whole { return nil }
      return PluginProblem(name, "interval is \(value.json); it is a whole number, 1 or more")
    case "quantile":
      if let part = value.number, 0 < part, part <= 0.5 { return nil }
      return PluginProblem(name, "quantile is \(value.json); it is a number above 0 and up to 0.5, such as 0.2")
    case "resample_probability":
      if let share = value.number, 0 <= share, share <= 1 { return nil }
      return PluginProblem(name, "resample_probability is \(value.json); it is a number from 0 to 1, such as 0.25")
    case "perturbation_factors":
      if let list = value.list, !list.isEmpty, list.allSatisfy({ $0.number ?? 0 > 0 }) { return nil }
      return PluginProblem(
        name, "perturbation_factors is \(value.json); it is a list of numbers above 0, such as [0.8, 1.2]")
    default:
      return PluginProblem(
        name,
        "pbt takes no option '\(name)'; it takes `population_size`, `interval`, `quantile`, "
          + "`resample_probability`, `perturbation_factors` and `seed`")
    }
  }
}
