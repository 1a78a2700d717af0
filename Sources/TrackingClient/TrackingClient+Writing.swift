public import Tracking

extension TrackingClient {
  /// Records changes; see `TrackingWriter`.
  @discardableResult
  public func commit(_ changes: [Change]) throws -> EventNumber {
    changes.isEmpty ? 0 : try call(.commit, ["changes": changes])
  }

  /// Records batches in one transaction; see `TrackingWriter`.
  public func write(_ batches: [WriteBatch]) throws -> [Result<EventNumber, TrackingError>] {
    guard !batches.isEmpty else { return [] }
    let results: [WireResult] = try call(.write, ["batches": batches])
    return results.map(\.result)
  }

  /// Appends points to series of a run; see `TrackingWriter`.
  public func append(_ columns: [MetricColumns], to run: RunID) throws {
    let _: Bool = try call(.append, ["run": run, "series": columns])
  }

  /// Returns a logger that the server keeps open. Each call of `log` is a call of the server, so that the point survives
  /// the death of this process when it returns; threads that log at the same time share one.
  public func logger(for run: RunID) throws -> any MetricLogger {
    try RemoteLogger(self, run: run)
  }

  /// Makes readable what loggers of dead processes left behind, where the store is.
  public func recoverMetrics() throws { let _: Bool = try call(.recoverMetrics) }
}
