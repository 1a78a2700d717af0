public import Tracking

/// Asynchronous successive halving as a termination policy, for trials of any strategy: at each rung a trial is stopped
/// unless it is among the best 1/eta of the values recorded there by then.
///
/// Source: Li et al. 2020, arXiv:1810.05934, in the stopping form of Syne Tune's `ASHA`. The trial with the best score of
/// the sweep so far is never stopped.
public struct AshaPolicy: TerminationPolicy {
  /// What the policy says of itself.
  public static let description = PluginDescription(
    kind: .policy, name: "asha",
    summary: "Stops a trial at a rung unless it is among the best part of the values recorded there",
    options: [
      PluginDescription.Option(
        "reduction_factor", "one of so many trials goes on from a rung; a number from 1.5 to 100, by default 3"),
      PluginDescription.Option(
        "min_resource", "the first rung, in points of the primary metric; from 1, by default the resource's min, or 1"),
      PluginDescription.Option(
        "max_resource",
        "a whole training: rungs are below it; by default the resource's max, or rungs go on without end"),
    ])

  // A whole training where nobody said how long one is: no trial gets there.
  private static let endless = 1 << 40

  private let rungs: Rungs

  private static func bounds(_ options: [String: Value], _ sweep: SweepSpec) -> (minimum: Int, maximum: Int) {
    func given(_ name: String) -> Int? { options[name]?.integer.flatMap { Int(exactly: $0) } }
    return (
      given("min_resource") ?? sweep.resource?.minimum ?? 1, given("max_resource") ?? sweep.resource?.maximum ?? endless
    )
  }

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    var found: [PluginProblem] = []
    for (name, value) in options.sorted(by: { $0.key < $1.key }) {
      switch name {
      case "reduction_factor":
        if let number = value.number, number >= 1.5, number <= 100 { continue }
        found.append(PluginProblem(name, "reduction_factor is \(value.json); it must be a number from 1.5 to 100"))
      case "min_resource", "max_resource":
        if let whole = value.integer, whole >= 1, whole <= endless { continue }
        found.append(PluginProblem(name, "\(name) is \(value.json); it must be a whole number from 1"))
      default:
        let names = description.options.map { "`\($0.name)`" }.joined(separator: ", ")
        found.append(PluginProblem(name, "asha takes no option '\(name)'; it takes \(names)"))
      }
    }
    let (minimum, maximum) = bounds(options, sweep)
    if found.isEmpty, minimum > maximum {
      found.append(
        PluginProblem(
          options["min_resource"] == nil ? "max_resource" : "min_resource",
          "the first rung is at \(minimum) points and a whole training has \(maximum); make min_resource smaller"))
    }
    return found
  }

  /// Makes the policy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = Self.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    let (minimum, maximum) = Self.bounds(options, sweep)
    rungs = Rungs(minimum: minimum, maximum: maximum, reduction: options["reduction_factor"]?.number ?? 3)
  }

  /// Stops running trials that were not among the best at the last rung that they reached.
  public func judge(in session: SweepSession) throws {
    let table = try RungTable(session.trials, rungs: rungs, in: session)
    var leader: (trial: Int, score: Double)?
    let goal = session.sweep.spec.objective.goal
    for trial in session.trials where trial.state != .failed {
      guard let score = try session.score(of: trial) else { continue }
      if leader == nil || goal.isBetter(score, than: leader?.score ?? score) { leader = (trial.number, score) }
    }
    for trial in session.trials where trial.state == .running && trial.number != leader?.trial {
      guard let rung = rungs.reached(by: trial.observed),
        let standing = table.standing(onArrivalOf: trial.number, at: rung), !standing.goesOn
      else { continue }
      session.stop(
        trial,
        reason: "number \(standing.place) of \(standing.population) at rung \(rung) (\(rungs.levels[rung]) points), "
          + "of which \(standing.places) go on",
        details: standing.details(rungs))
    }
  }
}
