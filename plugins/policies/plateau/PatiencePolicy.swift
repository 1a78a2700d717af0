public import Tracking

/// Stops trials that have stopped getting better.
///
/// At interval N a trial ends when the best of its points 1 to N is not better than the best of its points 1 to N -
/// `patience` by more than `min_delta`. The leader goes on all the same.
public struct PatiencePolicy: TerminationPolicy {
  /// What the policy says of itself.
  public static let description = PluginDescription(
    kind: .policy, name: "patience", summary: "Stops trials that have not improved for a number of points",
    options: [
      PluginDescription.Option("patience", "for how many points in a row; a whole number from 1; required"),
      PluginDescription.Option("min_delta", "by more than which an improvement must pass the best before; from 0; 0"),
    ] + PolicySchedule.options)

  private let patience: Int
  private let delta: Double
  private let schedule: PolicySchedule

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    var found = PolicySchedule.problems(in: options, of: description, sweep: sweep)
    let patience = options["patience"]
    if patience == nil {
      found.append(
        PluginProblem(nil, "this policy needs `patience`: for how many points in a row a trial may fail to improve"))
    } else if let patience, !(1...1 << 40).contains(patience.integer ?? 0) {
      found.append(PluginProblem("patience", "patience is \(patience.json); it is a whole number, 1 or more"))
    }
    if let delta = options["min_delta"], !(delta.number.map { $0 >= 0 && $0.isFinite } ?? false) {
      found.append(PluginProblem("min_delta", "min_delta is \(delta.json); it is a number, 0 or more"))
    }
    if let maximum = sweep.resource?.maximum, let points = patience?.integer, points >= Int64(maximum) {
      found.append(
        PluginProblem(
          "patience", "patience is \(points), and a trial ends with point \(maximum) (resource.max): it will stop none",
          isError: false))
    }
    return found
  }

  /// Makes the policy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = PatiencePolicy.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    patience = Int(options["patience"]?.integer ?? 1)
    delta = options["min_delta"]?.number ?? 0
    schedule = PolicySchedule(options: options)
  }

  /// Stops the running trials that have stopped getting better.
  public func judge(in session: SweepSession) throws {
    let goal = session.sweep.spec.objective.goal
    try session.judge(on: schedule, against: nil) { interval, _ in
      { curve in
        guard interval > patience, let before = curve.best(by: interval - patience),
          let best = curve.best(by: interval)
        else { return nil }
        let gain = goal == .maximize ? best - before : before - best
        guard gain <= delta else { return nil }
        let texts = RoundedText.of(best, gain, delta)
        return PolicyVerdict(
          "its best \(texts[0]) got better by \(texts[1]) in the last \(patience) points, which is not more than \(texts[2])",
          details: [
            "best": .real(best), "before": .real(before), "gain": .real(gain), "min_delta": .real(delta),
            "patience": .integer(Int64(patience)),
          ])
      }
    }
  }
}
