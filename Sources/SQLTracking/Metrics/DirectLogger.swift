internal import Synchronization
internal import Tracking

/// Logs each point as a transaction of its own: for a store without journals.
final class DirectLogger: MetricLogger {
  private let store: SQLTrackingStore
  private let run: RunID
  private let isClosed = Mutex(false)

  init(store: SQLTrackingStore, run: RunID) {
    self.store = store
    self.run = run
  }

  func log(_ metric: String, step: Int64, value: Double, time: Timestamp) throws {
    guard !isClosed.withLock({ $0 }) else { throw TrackingError.closedLogger(of: run) }
    try store.append(
      [MetricColumns(name: metric, steps: [step], times: [time.milliseconds], values: [value])], to: run)
  }

  func flush() {}
  func close() { isClosed.withLock { $0 = true } }
}

extension TrackingError {
  static func closedLogger(of run: RunID) -> TrackingError {
    TrackingError(.conflict, "the metric logger of run '\(run)' is closed; open another one to log more.")
  }
}
