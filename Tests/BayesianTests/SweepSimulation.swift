import Testing
import Tracking
import TrackingContracts

/// A sweep that runs without a store: trials end as soon as they may, in the order of their numbers.
struct SweepSimulation {
  var spec: SweepSpec
  var records = RecordedTrials()

  init(
    _ strategy: String = "bayesian", space: SearchSpace, trials: Int = 50, seed: UInt64 = 1, goal: Goal = .minimize
  ) {
    spec = SweepSpec(
      experiment: "simulated", work: .command("true", code: "", environment: [:]), space: space,
      strategy: SweepSpec.Choice(strategy), objective: SweepSpec.Objective(metric: "loss", goal: goal),
      limits: SweepSpec.Limits(maxTotalTrials: trials), seed: seed)
  }

  func session() throws -> SweepSession {
    try SweepSession(
      sweep: Sweep(run: RunID(randomBits: 7), spec: spec, source: ""), decider: spec.strategy.name, reader: records)
  }

  /// Asks for trials; nothing of them has run yet.
  mutating func ask(_ strategy: any SearchStrategy, _ count: Int = 1) throws -> SearchOutlook {
    let session = try session()
    let outlook = try strategy.propose(upTo: count, in: session)
    records = records.recording(session)
    return outlook
  }

  /// Ends a trial; nil for a failed one.
  mutating func end(_ number: Int, _ value: Double?) {
    records.event += 1
    records.trials[number].ended = records.event
    records.trials[number].state = value == nil ? .failed : .finished
    guard let value else { return }
    var columns = MetricColumns(name: "loss")
    columns.append(MetricPoint(step: 0, time: Timestamp(milliseconds: 0), value: value))
    records.objective[number] = columns
    records.trials[number].observed = 1
  }

  /// Asks for and ends trials, one after the other.
  mutating func run(
    _ strategy: any SearchStrategy, _ count: Int, _ function: ([String: Value]) -> Double?
  ) throws {
    for _ in 0..<count {
      guard try ask(strategy) == .open else { return }
      let number = records.trials.count - 1
      end(number, function(records.trials[number].parameters.byName))
    }
  }

  var best: Double? { records.objective.values.compactMap { $0.values.first }.min() }
}
