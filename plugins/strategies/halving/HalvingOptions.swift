internal import Tracking

/// What the strategies of this folder are told, checked.
struct HalvingOptions {
  /// The part that goes on from a rung is 1/reduction.
  let reduction: Double
  /// The least and the whole resource.
  let resource: SweepSpec.Resource

  static let reductionOption = PluginDescription.Option(
    "reduction_factor", "one of so many trials goes on from a rung; a number from 1.5 to 100, by default 3")

  /// - Throws: `.invalid` for the first of the problems.
  init(_ options: [String: Value], _ sweep: SweepSpec, problems: [PluginProblem]) throws {
    if let problem = problems.first(where: \.isError) { throw TrackingError(.invalid, problem.message) }
    reduction = options["reduction_factor"]?.number ?? 3
    resource = sweep.resource ?? SweepSpec.Resource(maximum: 1)
  }

  /// Returns what is wrong with the options that all share, and with the lack of a resource.
  ///
  /// - Parameter others: returns what is wrong with an option of the strategy's own; nil for a name that it does not
  ///   know, and nil in a list of none for a good one.
  static func problems(
    of name: String, taking known: [PluginDescription.Option], _ options: [String: Value], _ sweep: SweepSpec,
    others: (String, Value) -> String? = { _, _ in nil }
  ) -> [PluginProblem] {
    var found: [PluginProblem] = []
    for (option, value) in options.sorted(by: { $0.key < $1.key }) {
      guard known.contains(where: { $0.name == option }) else {
        let names = known.map { "`\($0.name)`" }.joined(separator: ", ")
        found.append(PluginProblem(option, "\(name) takes no option '\(option)'; it takes \(names)"))
        continue
      }
      if option == "reduction_factor" {
        if let number = value.number, number >= 1.5, number <= 100 { continue }
        found.append(PluginProblem(option, "reduction_factor is \(value.json); it must be a number from 1.5 to 100"))
      } else if let message = others(option, value) {
        found.append(PluginProblem(option, message))
      }
    }
    return found + sweep.resourceProblems(for: name)
  }
}
