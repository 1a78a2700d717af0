public import Tracking

extension TrackingClient {
  /// Returns a run.
  public func run(_ id: RunID) throws -> Run { try call(.run, ["run": id]) }

  /// Returns the run that a person means.
  public func runID(matching text: String) throws -> RunID { try call(.runID, ["text": text]) }

  /// Returns a page of the runs that a query describes.
  public func runs(matching query: RunQuery) throws -> RunPage { try call(.runs, ["query": query]) }

  /// Returns a run's transitions, oldest first.
  public func transitions(of run: RunID) throws -> [Transition] { try call(.transitions, ["run": run]) }

  /// Returns a run's parameters in recorded order.
  public func parameters(of run: RunID) throws -> [Parameter] { try call(.parameters, ["run": run]) }

  /// Returns a run's tags.
  public func tags(of run: RunID) throws -> [String: String] { try call(.tags, ["run": run]) }

  /// Returns the summaries of a run's series, by name.
  public func series(of run: RunID, attempt: Int?) throws -> [SeriesSummary] {
    try call(.series, ["run": run, "attempt": attempt])
  }

  /// Returns the summaries of one metric for the children of a run.
  public func summaries(of metric: String, inChildrenOf parent: RunID) throws -> [RunID: SeriesSummary] {
    let found: [String: SeriesSummary] = try call(.summaries, ["metric": metric, "run": parent])
    return Dictionary(
      uniqueKeysWithValues: try found.map { (try RunID(wire: .text($0.key)), $0.value) })
  }

  /// Returns a run's attempts, first to last.
  public func attempts(of run: RunID) throws -> [Attempt] { try call(.attempts, ["run": run]) }

  /// Returns a run's artifacts, by name.
  public func artifacts(of run: RunID) throws -> [Artifact] { try call(.artifacts, ["run": run]) }

  /// Returns a sweep.
  public func sweep(_ id: RunID) throws -> Sweep { try call(.sweep, ["run": id]) }

  /// Returns a sweep's decisions, oldest first.
  public func decisions(of sweep: RunID) throws -> [Decision] { try call(.decisions, ["run": sweep]) }

  /// Returns a sweep's trials by number, as of an event.
  public func trials(of sweep: RunID, asOf event: EventNumber?) throws -> [Trial] {
    try call(.trials, ["run": sweep, "as_of": event])
  }

  /// Returns the number of the last change recorded on a sweep or its trials.
  public func lastEvent(of sweep: RunID) throws -> EventNumber { try call(.lastEvent, ["run": sweep]) }

  /// Returns points of a series, in the order in which they were logged.
  public func points(
    of run: RunID, metric: String, in range: Range<Int>, attempt: Int?
  ) throws -> MetricColumns {
    try call(
      .points,
      ["run": run, "metric": metric, "from": range.lowerBound, "to": range.upperBound, "attempt": attempt])
  }
}
