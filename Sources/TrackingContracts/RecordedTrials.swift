public import Tracking

/// Trials that were recorded somewhere, for a decider to look at.
public struct RecordedTrials: TrialReader {
  /// The trials, by number.
  public var trials: [Trial]
  /// The points of the primary metric, by trial number.
  public var objective: [Int: MetricColumns]
  /// The points of other metrics, by trial number and name.
  public var others: [Int: [String: MetricColumns]] = [:]
  /// The number of the last change.
  public var event: EventNumber

  /// Keeps trials.
  public init(trials: [Trial] = [], objective: [Int: MetricColumns] = [:], event: EventNumber = 0) {
    self.trials = trials
    self.objective = objective
    self.event = event
  }

  /// Returns the trials after a session's decisions, as the loop would record them: proposed ones are scheduled, those
  /// that are to go on again have their allowance, and those that are stopped or paused are so at once.
  public func recording(_ session: SweepSession) -> RecordedTrials {
    var after = self
    for change in session.changes {
      after.event += 1
      switch change {
      case .createRun(let run):
        after.trials.append(
          Trial(
            run: run.id, number: run.number ?? after.trials.count, parameters: run.parameters, state: run.state,
            observed: 0, proposed: after.event,
            continues: run.origin["continues"]?.text.flatMap { text in trials.first { $0.run.text == text }?.run }))
      case .allow(let run, let points): after.update(run) { $0.allowance = points }
      case .transition(let run, let state, _): after.enter(state, run)
      case .decide(let decision) where decision.kind == .stop || decision.kind == .pause:
        guard let number = decision.trial, !after.trials[number].state.isFinal else { continue }
        after.enter(decision.kind == .stop ? .pruned : .paused, after.trials[number].run)
      default: continue
      }
    }
    return after
  }

  private mutating func update(_ run: RunID, _ change: (inout Trial) -> Void) {
    if let index = trials.firstIndex(where: { $0.run == run }) { change(&trials[index]) }
  }

  private mutating func enter(_ state: RunState, _ run: RunID) {
    let event = event
    update(run) {
      $0.state = state
      if state.isFinal { $0.ended = event }
    }
  }

  /// Lets a trial log its next point, seen at once by deciders; it pauses when its allowance is used up.
  ///
  /// - Returns: true when it goes on.
  @discardableResult
  public mutating func log(_ value: Double, to number: Int) -> Bool {
    event += 1
    var columns = objective[number] ?? MetricColumns(name: "objective")
    columns.append(
      MetricPoint(step: Int64(columns.count), time: Timestamp(milliseconds: Int64(event)), value: value))
    objective[number] = columns
    trials[number].observed = columns.count
    let isPaused = columns.count >= trials[number].allowance ?? .max
    trials[number].state = isPaused ? .paused : .running
    return !isPaused
  }

  /// Ends a trial.
  public mutating func end(_ number: Int, as state: RunState = .finished) {
    event += 1
    enter(state, trials[number].run)
  }

  /// Returns the trials that had been proposed by an event.
  public func trials(of sweep: RunID, asOf event: EventNumber?) throws -> [Trial] {
    trials.filter { $0.proposed <= event ?? .max }
  }

  /// Returns the number of the last change.
  public func lastEvent(of sweep: RunID) throws -> EventNumber { event }

  /// Returns points of a metric: those of `others`, and of the primary metric for any other name.
  public func points(of run: RunID, metric: String, in range: Range<Int>, attempt: Int?) throws -> MetricColumns {
    guard let number = trials.first(where: { $0.run == run })?.number,
      let all = others[number]?[metric] ?? objective[number]
    else {
      return MetricColumns(name: metric)
    }
    var columns = MetricColumns(name: metric)
    for index in range.clamped(to: 0..<all.count) { columns.append(all[index]) }
    return columns
  }
}
