public import Tracking

/// Stops a trial that is worse than every finished trial was at the same point.
public struct HopelessPolicy: TerminationPolicy {
  /// What the policy says of itself.
  public static let description = PluginDescription(
    kind: .policy, name: "hopeless", summary: "Stops trials that are worse than every finished one was at that point",
    options: PolicySchedule.options)

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    PolicySchedule.problems(in: options, of: description, sweep: sweep)
  }

  private let schedule: PolicySchedule

  /// Makes the policy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = Self.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    schedule = PolicySchedule(options: options)
  }

  /// Stops the running trials that are worse than every finished one was.
  public func judge(in session: SweepSession) throws {
    let goal = session.sweep.spec.objective.goal
    try session.judge(on: schedule, against: { $0.state == .finished }) { interval, reached in
      let finished = reached.filter { $0.trial.state == .finished }.compactMap { $0.best(by: interval) }
      guard let worst = goal == .maximize ? finished.min() : finished.max() else { return { _ in nil } }
      return { curve in
        guard let best = curve.best(by: interval), goal.isBetter(worst, than: best) else { return nil }
        let texts = RoundedText.of(best, worst)
        return PolicyVerdict(
          "its best \(texts[0]) is worse than \(texts[1]), the worst of \(finished.count) finished trials at that point",
          details: ["value": .real(best), "worst": .real(worst), "compared": .integer(Int64(finished.count))])
      }
    }
  }
}
