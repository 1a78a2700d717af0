public import Tracking

/// Stops trials by a bound of the metric itself, whatever the others do.
///
/// At interval N a trial ends when its N-th value is worse than `bound`, or, unless `stop_on_nan` is false, when that
/// value is not finite. The bound is what the metric has to have reached by `delay_evaluation`, or what it must not run
/// away over.
public struct ThresholdPolicy: TerminationPolicy {
  /// What the policy says of itself.
  public static let description = PluginDescription(
    kind: .policy, name: "threshold", summary: "Stops trials whose metric is worse than a bound, or no number any more",
    options: [
      PluginDescription.Option("bound", "the value that a point must not be worse than; without it only NaN stops"),
      PluginDescription.Option("stop_on_nan", "`false`: let a trial go on whose value is not finite; `true`"),
    ] + PolicySchedule.options)

  private let bound: Double?
  private let stopsOnNaN: Bool
  private let schedule: PolicySchedule

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    var found = PolicySchedule.problems(in: options, of: description, sweep: sweep)
    if let value = options["bound"], !(value.number ?? .nan).isFinite {
      found.append(PluginProblem("bound", "bound is \(value.json); it is a number"))
    }
    if let value = options["stop_on_nan"], value.boolean == nil {
      found.append(PluginProblem("stop_on_nan", "stop_on_nan is \(value.json); it is true or false"))
    }
    if options["bound"] == nil, options["stop_on_nan"]?.boolean != true {
      found.append(PluginProblem(nil, "threshold needs a bound; for NaN alone write `stop_on_nan: true`"))
    }
    return found
  }

  /// Makes the policy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = ThresholdPolicy.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    bound = options["bound"]?.number
    stopsOnNaN = options["stop_on_nan"]?.boolean ?? true
    schedule = PolicySchedule(options: options)
  }

  /// Stops the running trials that are over the bound.
  public func judge(in session: SweepSession) throws {
    let goal = session.sweep.spec.objective.goal
    try session.judge(on: schedule, against: nil) { interval, _ in
      { curve in
        let value = curve.values[interval - 1]
        guard value.isFinite else {
          guard stopsOnNaN else { return nil }
          return PolicyVerdict(
            "its value is \(value), which is no number to go on with", details: ["value": .text("\(value)")])
        }
        guard let bound, goal.isBetter(bound, than: value) else { return nil }
        let texts = RoundedText.of(value, bound)
        return PolicyVerdict(
          "its value \(texts[0]) is worse than the bound \(texts[1])",
          details: ["value": .real(value), "bound": .real(bound)])
      }
    }
  }
}
