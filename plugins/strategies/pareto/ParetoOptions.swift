internal import Tracking

/// The options of `nsga2`.
struct ParetoOptions: Sendable {
  /// How many trials are the parents.
  var populationSize = 24
  /// How likely a child has two parents.
  var crossover = 0.9

  static let described = [
    PluginDescription.Option("population_size", "how many trials are parents, 4 or more; by default 24"),
    PluginDescription.Option("crossover", "how likely a child has two parents, 0 to 1; by default 0.9"),
    PluginDescription.Option("seed", "the sweep's seed, when `seed` is not given at the top; a whole number from 0"),
  ]

  init(_ options: [String: Value]) {
    populationSize = options["population_size"]?.integer.map { Int($0) } ?? populationSize
    crossover = options["crossover"]?.number ?? crossover
  }

  static func problems(_ options: [String: Value]) -> [PluginProblem] {
    options.sorted { $0.key < $1.key }.compactMap { name, value in
      switch name {
      case "population_size":
        if let whole = value.integer, 4...10_000 ~= whole { return nil }
        return PluginProblem(name, "population_size is \(value.json); it is a whole number from 4 to 10000")
      case "crossover":
        if let share = value.number, 0 <= share, share <= 1 { return nil }
        return PluginProblem(name, "crossover is \(value.json); it is a number from 0 to 1, such as 0.9")
      default:
        return PluginProblem(
          name, "nsga2 takes no option '\(name)'; it takes `population_size`, `crossover` and `seed`")
      }
    }
  }
}
