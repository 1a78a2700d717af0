import CSQLite

/// Copies the write-ahead log back into the database as it grows, and begins it anew when it has grown large.
///
/// SQLite's own way is to try after every commit beyond 1,000 pages. When several processes write without a pause, the
/// log never has a moment in which it may begin anew: it grew by 75 MB a second, and each commit paid for an attempt.
final class Checkpoints: @unchecked Sendable {  // Used by one connection, which one thread uses at a time.
  private let waiting: BusyWaiting
  private var nextCopy = Checkpoints.copyPages
  private var nextRestart = Checkpoints.restartPages

  /// Pages (of 4 KiB) after which the log is copied, as far as nobody is in the way.
  private static let copyPages: Int32 = 1_000
  /// Pages after which writers wait until it has been copied and begins anew.
  private static let restartPages: Int32 = 8_192
  /// Seconds that a restart waits for readers that still need the old log.
  private static let patience = 0.2

  init(waiting: BusyWaiting) { self.waiting = waiting }

  func attach(to database: OpaquePointer) {
    sqlite3_wal_hook(
      database,
      { context, database, _, pages in
        Unmanaged<Checkpoints>.fromOpaque(context!).takeUnretainedValue().committed(database, pages: pages)
        // A checkpoint that fails is tried again later; the commit has been made.
        return SQLITE_OK
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  /// - Parameter pages: the length of the log.
  private func committed(_ database: OpaquePointer?, pages: Int32) {
    if pages < nextCopy - Self.copyPages {
      // Someone has begun the log anew.
      nextCopy = Self.copyPages
      nextRestart = Self.restartPages
    }
    guard pages >= nextCopy else { return }
    sqlite3_wal_checkpoint_v2(database, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
    nextCopy = pages + Self.copyPages
    guard pages >= nextRestart else { return }
    let status = waiting.withLimit(Self.patience) {
      sqlite3_wal_checkpoint_v2(database, nil, SQLITE_CHECKPOINT_RESTART, nil, nil)
    }
    nextRestart = status == SQLITE_OK ? Self.restartPages : pages + Self.restartPages / 2
  }
}
