/// Reads the trials of sweeps: all that a decider's session asks for. A whole store does, and so does a record of one
/// sweep that is kept in memory.
public protocol TrialReader: Sendable {
  /// Returns a sweep's trials by number, as of an event.
  ///
  /// - Parameter event: nil for now.
  func trials(of sweep: RunID, asOf event: EventNumber?) throws -> [Trial]

  /// Looks at a sweep's trials as of many events in one go, as `trials(of:asOf:)` would return them one by one.
  ///
  /// - Parameters:
  ///   - events: from the first to the last.
  ///   - look: called for each of the events, in their order, with the event and the trials as of it.
  func trials(
    of sweep: RunID, asOfEach events: [EventNumber], _ look: (EventNumber, [Trial]) throws -> Void
  ) throws

  /// Returns the number of the last change recorded on a sweep or its trials; 0 for none.
  func lastEvent(of sweep: RunID) throws -> EventNumber

  /// Returns points of a series, in the order in which they were logged; none when there is no such series.
  ///
  /// - Parameters:
  ///   - range: places in the series, from 0; what lies outside it is left out.
  ///   - attempt: nil for the attempt whose points count.
  /// - Throws: `.corrupt` naming run, metric and chunk when a checksum fails.
  func points(of run: RunID, metric: String, in range: Range<Int>, attempt: Int?) throws -> MetricColumns
}

extension TrialReader {
  /// Looks at a sweep's trials as of many events, reading them for each event.
  public func trials(
    of sweep: RunID, asOfEach events: [EventNumber], _ look: (EventNumber, [Trial]) throws -> Void
  ) throws {
    for event in events { try look(event, trials(of: sweep, asOf: event)) }
  }

  /// Returns all points of a series of the counted attempt.
  public func points(of run: RunID, metric: String) throws -> MetricColumns {
    try points(of: run, metric: metric, in: 0..<Int.max, attempt: nil)
  }
}
