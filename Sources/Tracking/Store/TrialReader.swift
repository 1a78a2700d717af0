/// Reads the trials of sweeps: all that a decider's session asks for. A whole store does, and so does a record of one
/// sweep that is kept in memory.
public protocol TrialReader: Sendable {
  /// Returns a sweep's trials by number, as of an event.
  ///
  /// - Parameter event: nil for now.
  func trials(of sweep: RunID, asOf event: EventNumber?) throws -> [Trial]

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
  /// Returns all points of a series of the counted attempt.
  public func points(of run: RunID, metric: String) throws -> MetricColumns {
    try points(of: run, metric: metric, in: 0..<Int.max, attempt: nil)
  }
}
