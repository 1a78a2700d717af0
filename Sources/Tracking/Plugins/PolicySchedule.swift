/// When a termination policy looks at a trial: the options that policies share, by Azure's names and arithmetic.
///
/// Interval N of a trial is its N-th point of the primary metric, in the order of logging; the step does not count. A
/// policy is applied at interval N when N is a multiple of `evaluation_interval` and not below `delay_evaluation`.
public struct PolicySchedule: Sendable, Equatable {
  /// Every how many intervals, at least 1.
  public var interval: Int
  /// The first interval that counts, at least 0.
  public var delay: Int
  /// How many trials must have finished before any is stopped, at least 0.
  public var warmup: Int

  /// Sets when a policy looks.
  public init(interval: Int = 1, delay: Int = 0, warmup: Int = 0) {
    self.interval = interval
    self.delay = delay
    self.warmup = warmup
  }

  /// Reads the options; what is missing or no whole number has its default.
  public init(options: [String: Value]) {
    func whole(_ name: String) -> Int? { options[name]?.integer.flatMap { Int(exactly: $0) } }
    self.init(
      interval: whole("evaluation_interval") ?? 1, delay: whole("delay_evaluation") ?? 0,
      warmup: whole("warmup_trials") ?? 0)
  }

  /// What policies with a schedule say of its options.
  public static let options = [
    PluginDescription.Option(
      "evaluation_interval", "look at every so manieth point of the primary metric; a whole number from 1; 1"),
    PluginDescription.Option("delay_evaluation", "do not look before this point; a whole number from 0; 0"),
    PluginDescription.Option("warmup_trials", "stop nobody before so many trials have finished; from 0; 0"),
  ]

  /// The first interval at which the policy looks.
  public var first: Int { max(1, (delay + interval - 1) / interval) * interval }

  /// Returns whether the policy looks at an interval.
  public func applies(at point: Int) -> Bool { point >= first && point % interval == 0 }

  /// Returns the last interval of those that a trial has reached at which the policy looks; nil when there is none.
  ///
  /// - Parameter observed: how many points of the primary metric the trial has.
  public func last(upTo observed: Int) -> Int? { observed < first ? nil : observed - observed % interval }

  /// Returns what is wrong with a policy's options: names that it does not take, shared ones that are no sound numbers,
  /// and, as remarks, a schedule that never comes to anything in this sweep. A policy checks its own options.
  public static func problems(
    in options: [String: Value], of policy: PluginDescription, sweep: SweepSpec
  ) -> [PluginProblem] {
    let known = policy.options.map(\.name)
    var found: [PluginProblem] = []
    for (name, value) in options.sorted(by: { $0.key < $1.key }) {
      guard known.contains(name) else {
        let names = known.map { "`\($0)`" }.joined(separator: ", ")
        found.append(PluginProblem(name, "\(policy.name) takes no option '\(name)'; it takes \(names)"))
        continue
      }
      guard PolicySchedule.options.contains(where: { $0.name == name }) else { continue }
      let least: Int64 = name == "evaluation_interval" ? 1 : 0
      if let whole = value.integer, whole >= least, whole <= 1 << 40 { continue }
      found.append(
        PluginProblem(
          name,
          value.integer == 0
            ? "evaluation_interval is 0, and no point is a multiple of 0; write 1 to look at every point"
            : "\(name) is \(value.json); it is a whole number, \(least) or more"))
    }
    return found.isEmpty ? PolicySchedule(options: options).remarks(in: sweep, of: policy.name) : found
  }

  // What never comes to anything is no error: a sweep is run as well, only not stopped early.
  private func remarks(in sweep: SweepSpec, of policy: String) -> [PluginProblem] {
    var found: [PluginProblem] = []
    if let resource = sweep.resource, first >= resource.maximum {
      found.append(
        PluginProblem(
          delay > interval ? "delay_evaluation" : "evaluation_interval",
          "\(policy) first looks at point \(first), and a trial ends with point \(resource.maximum) (resource.max): it will "
            + "save nothing", isError: false))
    }
    let total = sweep.limits.maxTotalTrials
    if warmup >= total {
      found.append(
        PluginProblem(
          "warmup_trials", "warmup_trials is \(warmup) of at most \(total) trials: \(policy) will stop none",
          isError: false))
    }
    return found
  }
}
