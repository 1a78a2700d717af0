internal import SQL
internal import Tracking

extension TrackingError {
  /// Passes a database's failure on as a store's.
  init(_ error: SQLError) {
    let code: Code =
      switch error.code {
      case .busy: .busy
      case .corrupt, .notADatabase: .corrupt
      case .full: .full
      case .readOnly: .readOnly
      case .constraint, .disk, .cannotOpen, .misuse, .other: .system
      }
    self.init(code, error.description)
  }

  static func noRun(_ id: RunID) -> TrackingError {
    TrackingError(.notFound, "there is no run '\(id)' in this store; `runs list` shows those that are.")
  }
}
