internal import Synchronization
internal import Tracking

/// Tells whoever runs the server what is wrong with its store.
///
/// Answers to clients name neither paths nor statements, so the full words go here. A fault meets every request, so each
/// kind is told once a minute.
final class FaultReport: Sendable {
  private let report: @Sendable (String) -> Void
  private let told = Mutex<[TrackingError.Code: ContinuousClock.Instant]>([:])

  init(_ report: @escaping @Sendable (String) -> Void) { self.report = report }

  /// Tells of a failure that is the store's, and passes over refusals, which are the request's.
  func note(_ error: any Error) {
    guard let error = error as? TrackingError, error.isFault else { return }
    let now = ContinuousClock.now
    let isNews = told.withLock { told in
      if let last = told[error.code], now - last < .seconds(60) { return false }
      told[error.code] = now
      return true
    }
    if isNews { report(error.message) }
  }
}
