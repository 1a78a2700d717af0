public import Tracking

/// Trials that were recorded somewhere, for a decider to look at: enough of a reader for a `SweepSession`. What a session
/// never asks for is `.notFound`.
public struct RecordedTrials: TrackingReader {
  /// The trials, by number.
  public var trials: [Trial]
  /// The points of the primary metric, by trial number.
  public var objective: [Int: MetricColumns]
  /// The number of the last change.
  public var event: EventNumber

  /// Keeps trials.
  public init(trials: [Trial] = [], objective: [Int: MetricColumns] = [:], event: EventNumber = 0) {
    self.trials = trials
    self.objective = objective
    self.event = event
  }

  /// Returns these trials and those that a session proposed, as the loop would record them.
  public func recording(_ session: SweepSession) -> RecordedTrials {
    var after = self
    for (number, parameters) in session.configurations.enumerated().dropFirst(trials.count) {
      after.event += 1
      after.trials.append(
        Trial(
          run: session.sweep.run.trial(number), number: number, parameters: parameters, state: .scheduled, observed: 0,
          proposed: after.event))
    }
    return after
  }

  private func absent(_ what: String) -> TrackingError {
    TrackingError(.notFound, "only trials are kept here, no \(what)")
  }

  /// Returns the trials that had been proposed by an event.
  public func trials(of sweep: RunID, asOf event: EventNumber?) throws -> [Trial] {
    trials.filter { $0.proposed <= event ?? .max }
  }

  /// Returns the number of the last change.
  public func lastEvent(of sweep: RunID) throws -> EventNumber { event }

  /// Returns points of the primary metric, whatever name is asked for.
  public func points(of run: RunID, metric: String, in range: Range<Int>, attempt: Int?) throws -> MetricColumns {
    guard let number = trials.first(where: { $0.run == run })?.number, let all = objective[number] else {
      return MetricColumns(name: metric)
    }
    var columns = MetricColumns(name: metric)
    for index in range.clamped(to: 0..<all.count) { columns.append(all[index]) }
    return columns
  }

  /// Not kept here.
  public func experiments() throws -> [Experiment] { throw absent("experiments") }
  /// Not kept here.
  public func run(_ id: RunID) throws -> Run { throw absent("runs") }
  /// Not kept here.
  public func runID(matching text: String) throws -> RunID { throw absent("runs") }
  /// Not kept here.
  public func runs(matching query: RunQuery) throws -> RunPage { throw absent("runs") }
  /// Not kept here.
  public func transitions(of run: RunID) throws -> [Transition] { throw absent("transitions") }
  /// Not kept here.
  public func parameters(of run: RunID) throws -> [Parameter] { throw absent("parameters") }
  /// Not kept here.
  public func tags(of run: RunID) throws -> [String: String] { throw absent("tags") }
  /// Not kept here.
  public func series(of run: RunID, attempt: Int?) throws -> [SeriesSummary] { throw absent("series") }
  /// Not kept here.
  public func attempts(of run: RunID) throws -> [Attempt] { throw absent("attempts") }
  /// Not kept here.
  public func artifacts(of run: RunID) throws -> [Artifact] { throw absent("artifacts") }
  /// Not kept here.
  public func sweep(_ id: RunID) throws -> Sweep { throw absent("sweeps") }
  /// Not kept here.
  public func decisions(of sweep: RunID) throws -> [Decision] { throw absent("decisions") }
}
