public import Tracking

/// Stops trials that are worse than the median of the others.
///
/// Three rules, at interval N of a trial; means and bests are those of points 1 to N, of the trials that have reached N:
///
/// - `azure`: its best is worse than the median of all trials' means, its own included. Azure ML's rule, after Golovin et
///   al. 2017, "Google Vizier", section 3.3.1. It compares a best with means, so it stops little while curves rise.
/// - `sagemaker`: its value at N is worse than the median of the means of the trials that have finished. SageMaker's
///   "early stopping of training jobs".
/// - `best`: its best is worse than the median of all trials' bests, its own included. Stops about half at each interval.
public struct MedianStoppingPolicy: TerminationPolicy {
  private enum Rule: String, CaseIterable {
    case azure
    case sagemaker
    case best
  }

  /// What the policy says of itself.
  public static let description = PluginDescription(
    kind: .policy, name: "median_stopping", summary: "Stops trials that are worse than the median",
    options: [
      PluginDescription.Option(
        "rule",
        "`azure`: best against the median of means; `sagemaker`: value against the median of finished trials' means; "
          + "`best`: best against the median of bests; `azure`")
    ] + PolicySchedule.options)

  private let rule: Rule
  private let schedule: PolicySchedule

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    var found = PolicySchedule.problems(in: options, of: description, sweep: sweep)
    if let value = options["rule"], Rule(rawValue: value.text ?? "") == nil {
      let names = Rule.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
      found.append(PluginProblem("rule", "the rule is \(value.json); it is one of \(names)"))
    }
    return found
  }

  /// Makes the policy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = MedianStoppingPolicy.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    rule = Rule(rawValue: options["rule"]?.text ?? "") ?? .azure
    schedule = PolicySchedule(options: options)
  }

  /// Stops the running trials that are worse than the median.
  public func judge(in session: SweepSession) throws {
    let goal = session.sweep.spec.objective.goal
    let isPeer = { (trial: Trial) in rule != .sagemaker || trial.state == .finished }
    try session.judge(on: schedule, against: isPeer) { interval, reached in
      let others = rule == .sagemaker ? reached.filter { $0.trial.state == .finished } : reached
      let numbers = others.compactMap { rule == .best ? $0.best(by: interval) : $0.mean(by: interval) }
      guard let median = TrialCurve.median(of: numbers) else { return { _ in nil } }
      return { curve in
        let value = rule == .sagemaker ? curve.last(by: interval) : curve.best(by: interval)
        guard let value, goal.isBetter(median, than: value) else { return nil }
        let texts = RoundedText.of(value, median)
        return PolicyVerdict(
          "its \(rule == .sagemaker ? "value" : "best") \(texts[0]) is worse than \(texts[1]), the median of the "
            + "\(rule == .best ? "bests" : "means") of \(numbers.count) \(rule == .sagemaker ? "finished " : "")trials",
          details: [
            "rule": .text(rule.rawValue), "value": .real(value), "median": .real(median),
            "compared": .integer(Int64(numbers.count)),
          ])
      }
    }
  }
}
