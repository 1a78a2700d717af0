public import Tracking

/// Stops the worst part of the trials at each interval.
///
/// At interval N the trials that have reached N are ranked by their best value up to N, also those that are further on. Of
/// n trials the worst floor(n p / 100) end, p the percentage; a trial that is as good as one that stays, stays.
///
/// Ended trials count as well. With `exclude_finished_jobs` those that ended by themselves do not; those that were stopped
/// early still do, since otherwise the same interval would be cut again and again as long as others report.
///
/// Source: Azure ML, "Hyperparameter tuning a model", truncation selection; rounding, ties and what performance is are not
/// told there and are ours.
public struct TruncationPolicy: TerminationPolicy {
  /// What the policy says of itself.
  public static let description = PluginDescription(
    kind: .policy, name: "truncation_selection", summary: "Stops the worst part of the trials at each interval",
    options: [
      PluginDescription.Option("truncation_percentage", "how many of a hundred trials end; a whole number, 1 to 99"),
      PluginDescription.Option(
        "exclude_finished_jobs", "`true`: do not count trials that ended by themselves; `false`"),
    ] + PolicySchedule.options)

  private let percentage: Int
  private let excludesFinished: Bool
  private let schedule: PolicySchedule

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    var found = PolicySchedule.problems(in: options, of: description, sweep: sweep)
    let percentage = options["truncation_percentage"]
    if percentage == nil {
      found.append(
        PluginProblem(
          nil, "truncation_selection needs truncation_percentage: how many of a hundred trials end, 1 to 99"))
    } else if let percentage, !(1...99).contains(percentage.integer ?? 0) {
      found.append(
        PluginProblem(
          "truncation_percentage", "truncation_percentage is \(percentage.json); it is a whole number from 1 to 99"))
    }
    if let value = options["exclude_finished_jobs"], value.boolean == nil {
      found.append(
        PluginProblem("exclude_finished_jobs", "exclude_finished_jobs is \(value.json); it is true or false"))
    }
    return found
  }

  /// Makes the policy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = TruncationPolicy.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    percentage = Int(options["truncation_percentage"]?.integer ?? 1)
    excludesFinished = options["exclude_finished_jobs"]?.boolean ?? false
    schedule = PolicySchedule(options: options)
  }

  /// Stops the running trials that are among the worst.
  public func judge(in session: SweepSession) throws {
    let goal = session.sweep.spec.objective.goal
    try session.judge(on: schedule) { interval, reached in
      let pool = reached.filter { !(excludesFinished && $0.trial.state.isFinal && $0.trial.state != .pruned) }
      // From the worst to the best.
      let ranked = pool.compactMap { $0.best(by: interval) }.sorted { goal.isBetter($1, than: $0) }
      let count = ranked.count * percentage / 100
      guard count > 0 else { return { _ in nil } }
      let threshold = ranked[count]
      return { curve in
        guard let best = curve.best(by: interval) else { return nil }
        let notBetter = ranked.count { !goal.isBetter($0, than: best) }
        guard notBetter <= count else { return nil }
        let texts = RoundedText.of(best, threshold)
        return PolicyVerdict(
          "its best \(texts[0]) is among the worst \(count) of \(ranked.count) trials (\(percentage) %); \(texts[1]) stays",
          details: [
            "value": .real(best), "threshold": .real(threshold), "truncated": .integer(Int64(count)),
            "compared": .integer(Int64(ranked.count)), "rank": .integer(Int64(ranked.count - notBetter + 1)),
          ])
      }
    }
  }
}
