public import Tracking

/// Stops trials that fall behind the best one by more than a slack.
///
/// At interval N let m be a trial's best value up to N, and b the best m of all trials that have reached N. The trial ends
/// when m is worse than
///
///     slack_amount a:  b - a (maximize)        b + a (minimize)
///     slack_factor s:  b / (1 + s) (maximize)  b (1 + s) (minimize)      for b >= 0
///                      b - |b| s / (1 + s)     b + |b| s                 for any b
///
/// The last line is the same as the one before it where b is not negative, and leaves slack on the worse side where it is;
/// Azure's own formula would then stop the best trial.
///
/// Source: Azure ML, "Hyperparameter tuning a model", bandit policy; the sign-safe form and the one for minimize are ours.
public struct BanditPolicy: TerminationPolicy {
  /// What the policy says of itself.
  public static let description = PluginDescription(
    kind: .policy, name: "bandit", summary: "Stops trials that fall behind the best by more than a slack",
    options: [
      PluginDescription.Option(
        "slack_factor", "the slack as a part of the best value; a number from 0. This or `slack_amount`"),
      PluginDescription.Option("slack_amount", "the slack in the metric's own unit; a number from 0"),
    ] + PolicySchedule.options)

  private enum Slack {
    case factor(Double)
    case amount(Double)
  }

  private let slack: Slack
  private let schedule: PolicySchedule

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    var found = PolicySchedule.problems(in: options, of: description, sweep: sweep)
    for name in ["slack_amount", "slack_factor"] {
      guard let value = options[name] else { continue }
      if let number = value.number, number >= 0, number.isFinite { continue }
      found.append(PluginProblem(name, "\(name) is \(value.json); it is a number, 0 or more"))
    }
    guard !found.contains(where: \.isError) else { return found }
    switch (options["slack_factor"]?.number, options["slack_amount"]?.number) {
    case (nil, nil):
      found.append(
        PluginProblem(
          nil, "bandit needs a slack: `slack_factor: 0.1` for a tenth of the best value, or `slack_amount`"))
    case (let factor?, let amount?) where (factor > 0) == (amount > 0):
      found.append(PluginProblem("slack_amount", "bandit takes slack_factor or slack_amount, not both; leave one out"))
    default: break
    }
    return found
  }

  /// Makes the policy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = BanditPolicy.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    let amount = options["slack_amount"]?.number
    // Azure's program writes both, the one that is not meant as 0.
    if let factor = options["slack_factor"]?.number, factor > 0 || amount == nil {
      slack = .factor(factor)
    } else {
      slack = .amount(amount ?? 0)
    }
    schedule = PolicySchedule(options: options)
  }

  /// Returns the value that a trial must not be worse than when the best one has `best`.
  func threshold(best: Double, goal: Goal) -> Double {
    switch (slack, goal) {
    case (.amount(let amount), .maximize): best - amount
    case (.amount(let amount), .minimize): best + amount
    case (.factor(let factor), .maximize): best >= 0 ? best / (1 + factor) : best + best * (factor / (1 + factor))
    case (.factor(let factor), .minimize): best >= 0 ? best * (1 + factor) : best - best * factor
    }
  }

  /// Stops the running trials that are behind.
  public func judge(in session: SweepSession) throws {
    let goal = session.sweep.spec.objective.goal
    try session.judge(on: schedule) { interval, reached in
      var lead: (trial: Int, best: Double)?
      for curve in reached {
        guard let best = curve.best(by: interval) else { continue }
        if lead.map({ goal.isBetter(best, than: $0.best) }) ?? true { lead = (curve.trial.number, best) }
      }
      guard let lead else { return { _ in nil } }
      let threshold = threshold(best: lead.best, goal: goal)
      return { curve in
        guard let best = curve.best(by: interval), goal.isBetter(threshold, than: best) else { return nil }
        let texts = RoundedText.of(best, threshold, lead.best)
        return PolicyVerdict(
          "its best \(texts[0]) is worse than \(texts[1]), which is the best \(texts[2]) (trial \(lead.trial)) with its slack",
          details: [
            "value": .real(best), "threshold": .real(threshold), "best": .real(lead.best),
            "best_trial": .integer(Int64(lead.trial)), "compared": .integer(Int64(reached.count)),
          ])
      }
    }
  }
}
