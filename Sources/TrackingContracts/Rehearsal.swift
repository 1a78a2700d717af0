public import Tracking

/// A sweep played through in memory: a strategy proposes, a function stands for the trials.
public struct Rehearsal {
  /// What the sweep was asked to do.
  public let spec: SweepSpec
  /// The records so far.
  public private(set) var records = RecordedTrials()
  /// The decisions so far.
  public private(set) var decisions: [Decision] = []
  /// What the strategy said last.
  public private(set) var outlook = SearchOutlook.open

  private let type: any SearchStrategy.Type
  private let sweep: Sweep
  private var strategy: any SearchStrategy

  /// Prepares a sweep that minimises `loss`.
  public init(
    _ type: any SearchStrategy.Type, options: [String: Value] = [:], in space: SearchSpace, seed: UInt64 = 1,
    adjust: (inout SweepSpec) -> Void = { _ in }
  ) throws {
    var spec = SweepSpec(
      experiment: "rehearsal", work: .command("true", code: "", environment: [:]), space: space,
      strategy: SweepSpec.Choice(type.description.name, options: options),
      objective: SweepSpec.Objective(metric: "loss", goal: .minimize),
      limits: SweepSpec.Limits(maxTotalTrials: 10_000), seed: seed)
    adjust(&spec)
    self.spec = spec
    self.type = type
    sweep = Sweep(run: RunID(randomBits: 9), spec: spec, source: "")
    strategy = try type.init(options: options, sweep: spec)
  }

  /// Opens a session on the records so far.
  public func session() throws -> SweepSession {
    try SweepSession(sweep: sweep, decider: type.description.name, reader: records)
  }

  /// Forgets the strategy and makes it again, as after a restart.
  public mutating func restart() throws { strategy = try type.init(options: spec.strategy.options, sweep: spec) }

  /// Asks for proposals and records them as running trials.
  ///
  /// - Returns: the trials proposed.
  @discardableResult
  public mutating func propose(_ count: Int = 1) throws -> [Trial] {
    let session = try session()
    outlook = try strategy.propose(upTo: count, in: session)
    let before = records.trials.count
    records = records.recording(session)
    for number in before..<records.trials.count { records.trials[number].state = .running }
    for case .decide(let decision) in session.changes { decisions.append(decision) }
    return Array(records.trials[before...])
  }

  /// Adds a trial that somebody else proposed.
  public mutating func add(_ configuration: [Parameter]) {
    let number = records.trials.count
    records.event += 1
    records.trials.append(
      Trial(
        run: sweep.run.trial(number), number: number, parameters: configuration, state: .running, observed: 0,
        proposed: records.event))
  }

  /// Ends a trial with the values that it logged; without any it has failed.
  public mutating func end(_ number: Int, _ values: [Double], state: RunState = .finished) {
    records.event += 1
    records.trials[number].ended = records.event
    records.trials[number].state = values.isEmpty ? .failed : state
    records.trials[number].observed = values.count
    var columns = MetricColumns(name: "loss")
    for (step, value) in values.enumerated() {
      columns.append(MetricPoint(step: Int64(step), time: Timestamp(milliseconds: 0), value: value))
    }
    records.objective[number] = columns
  }

  /// Ends a trial with its loss and one value of each of other metrics.
  public mutating func end(_ number: Int, _ loss: Double, others: [String: Double]) {
    end(number, [loss])
    records.others[number] = Dictionary(
      uniqueKeysWithValues: others.map { name, value in
        (name, MetricColumns(name: name, steps: [0], times: [0], values: [value]))
      })
  }

  /// Lets a running trial log values until it is through with them or paused; true when it is paused.
  public mutating func log(_ values: [Double], to number: Int) -> Bool {
    for value in values where !records.log(value, to: number) { return true }
    return false
  }

  /// Runs trials one after the other, or so many at a time of which always the oldest ends first.
  ///
  /// - Parameter loss: of a configuration; nil for one that fails.
  public mutating func run(_ count: Int, parallel: Int = 1, loss: ([String: Value]) -> Double?) throws {
    let end = records.trials.count + count
    while true {
      let running = records.trials.filter { !$0.state.isFinal }
      let room = min(parallel - running.count, end - records.trials.count)
      if room > 0, try !propose(room).isEmpty { continue }
      guard let oldest = running.first else { return }
      self.end(oldest.number, loss(oldest.parameters.byName).map { [$0] } ?? [])
    }
  }

  /// The losses of the trials that have ended, by number; nil for one that failed.
  public var losses: [Double?] { records.trials.indices.map { records.objective[$0]?.values.last } }

  /// The smallest loss so far.
  public var best: Double { losses.compactMap { $0 }.min() ?? .infinity }
}
