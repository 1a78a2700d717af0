import Tracking
import TrackingContracts

/// Trials with hand-made curves, and what a policy decides on them.
struct Curves {
  /// The worked example of docs/policies/README.md: five trials, five points each.
  static let example: [[Double]] = [
    [0.50, 0.60, 0.70, 0.80, 0.82], [0.40, 0.55, 0.66, 0.67, 0.68], [0.30, 0.45, 0.50, 0.52, 0.66],
    [0.60, 0.58, 0.40, 0.30, 0.35], [0.20, 0.30, 0.64, 0.90, 0.70],
  ]

  /// The example as losses: one minus each value.
  static let losses = example.map { $0.map { 1 - $0 } }

  var goal: Goal = .maximize
  var records = RecordedTrials(event: 10)

  /// Keeps trials of one state; of each only the first `count` points have been seen.
  init(_ values: [[Double]], _ goal: Goal = .maximize, seen count: Int = .max, states: [RunState] = []) {
    self.goal = goal
    for (number, values) in values.enumerated() {
      let values = Array(values.prefix(count))
      let state = number < states.count ? states[number] : .running
      records.trials.append(
        Trial(
          run: Curves.sweep.trial(number), number: number, parameters: [], state: state, observed: values.count,
          proposed: 1, ended: state.isFinal ? 2 : nil))
      let places = values.indices.map { Int64($0) }
      records.objective[number] = MetricColumns(name: "metric", steps: places, times: places, values: values)
    }
  }

  static let sweep = RunID(randomBits: 3)

  static func spec(_ goal: Goal, trials: Int = 100, resource: SweepSpec.Resource? = nil) -> SweepSpec {
    SweepSpec(
      experiment: "test", work: .command("true", code: "", environment: [:]), space: SearchSpace([]),
      strategy: SweepSpec.Choice("random"), objective: SweepSpec.Objective(metric: "metric", goal: goal),
      resource: resource, limits: SweepSpec.Limits(maxTotalTrials: trials), seed: 1)
  }

  /// What a policy decides, by trial number.
  func decisions(
    _ policy: any TerminationPolicy.Type, _ options: [String: Value]
  ) throws -> [(trial: Int, reason: String, details: Value)] {
    let session = try SweepSession(
      sweep: Sweep(run: Curves.sweep, spec: Curves.spec(goal), source: ""), decider: policy.description.name,
      reader: records)
    try policy.init(options: options, sweep: Curves.spec(goal)).judge(in: session)
    return session.changes.compactMap { change in
      guard case .decide(let decision) = change, let trial = decision.trial else { return nil }
      return (trial, decision.reason, decision.details)
    }
  }

  /// The trials that a policy stops, as letters in the order of the trials.
  func stopped(_ policy: any TerminationPolicy.Type, _ options: [String: Value]) throws -> String {
    String(try decisions(policy, options).map { Array("ABCDEFGHIJKLMNOP")[$0.trial] })
  }
}

/// The errors that a policy finds in options.
func errors(
  _ policy: any TerminationPolicy.Type, _ options: [String: Value], _ sweep: SweepSpec = Curves.spec(.maximize)
) -> [String] {
  policy.problems(options: options, sweep: sweep).filter(\.isError).map(\.message)
}

/// The remarks that a policy makes on options.
func remarks(_ policy: any TerminationPolicy.Type, _ options: [String: Value], _ sweep: SweepSpec) -> [String] {
  policy.problems(options: options, sweep: sweep).filter { !$0.isError }.map(\.message)
}
