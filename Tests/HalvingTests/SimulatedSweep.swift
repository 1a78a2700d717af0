import Tracking
import TrackingContracts

/// A sweep in memory whose trials log points of given curves, one trial at a time: what the loop does, without a clock.
struct SimulatedSweep {
  let spec: SweepSpec
  let strategy: any SearchStrategy
  var records = RecordedTrials()
  private let curve: (Trial, Int) -> Double

  /// - Parameter curve: the value of a trial's point, from 1.
  init(_ type: any SearchStrategy.Type, spec: SweepSpec, curve: @escaping (Trial, Int) -> Double) throws {
    self.spec = spec
    strategy = try type.init(options: spec.strategy.options, sweep: spec)
    self.curve = curve
  }

  func session() throws -> SweepSession {
    try SweepSession(
      sweep: Sweep(run: RunID(randomBits: 3), spec: spec, source: ""), decider: spec.strategy.name, reader: records)
  }

  /// Asks for trials, and records what was decided.
  ///
  /// - Returns: the decisions.
  @discardableResult
  mutating func ask(_ count: Int) throws -> (outlook: SearchOutlook, decisions: [Decision]) {
    let session = try session()
    let outlook = try strategy.propose(upTo: count, in: session)
    records = records.recording(session)
    return (outlook, session.decisions)
  }

  /// Lets a trial log one point, and the strategy look at it.
  @discardableResult
  mutating func step(_ number: Int) throws -> [Decision] {
    let trial = records.trials[number]
    records.log(curve(trial, trial.observed + 1), to: number)
    if let maximum = spec.resource?.maximum, records.trials[number].observed >= maximum { records.end(number) }
    let session = try session()
    try strategy.review(in: session)
    records = records.recording(session)
    return session.decisions
  }

  /// Lets a trial log points until it does not go on.
  mutating func run(_ number: Int) throws {
    repeat { try step(number) } while records.trials[number].state == .running
  }

  /// The trials that would be under way.
  var underWay: [Int] { records.trials.filter { $0.state == .scheduled || $0.state == .running }.map(\.number) }

  /// Drives the sweep with some slots, a point of each trial in turn, until the strategy has nothing more to do.
  ///
  /// - Returns: the decisions, in order.
  mutating func drive(slots: Int, asks: Int = 10_000) throws -> [Decision] {
    var all: [Decision] = []
    for _ in 0..<asks {
      let (outlook, decisions) = try ask(slots - underWay.count)
      all += decisions
      if underWay.isEmpty {
        if case .exhausted = outlook { return all }
        if decisions.isEmpty { return all }
      }
      for number in underWay { all += try step(number) }
    }
    return all
  }
}

extension SweepSession {
  var decisions: [Decision] {
    changes.compactMap { if case .decide(let decision) = $0 { decision } else { nil } }
  }
}

extension SweepSpec {
  /// A sweep over one number, `x` of [0, 1], whose objective is `loss`.
  static func simulated(
    _ strategy: String, options: [String: Value] = [:], trials: Int = 1000, resource: Resource?,
    goal: Goal = .minimize, seed: UInt64 = 1
  ) -> SweepSpec {
    SweepSpec(
      experiment: "test", work: .command("true", code: "", environment: [:]),
      space: SearchSpace([ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear))]),
      strategy: Choice(strategy, options: options), objective: Objective(metric: "loss", goal: goal),
      resource: resource, limits: Limits(maxTotalTrials: trials), seed: seed)
  }
}

extension Trial {
  var x: Double { parameters.byName["x"]?.number ?? .nan }
}
