import CSQLite
import Glibc
public import SQL
import Synchronization

/// A SQLite database: one writer at a time, readers beside it, in a file (WAL) or in memory.
///
/// Threads write in the order in which they asked. Processes wait for each other by short random sleeps, at most
/// `writeLimit` seconds; "database is locked" is never seen before. A path must be on a local disk: SQLite's locks do
/// not work on network file systems.
public final class SQLiteDatabase: SQLDatabase {
  private let path: String
  private let waitLimit: Double
  private let turn = FairLock()
  private let writer: SQLiteConnection
  private let readers = Mutex<[SQLiteConnection]>([])
  private let log: WriteAheadLog?

  /// Seconds that a writer waits for other processes before it gives up, unless told otherwise.
  public static let writeLimit = 60.0

  /// Readers kept open for the next one who reads.
  private static let idleReaders = 4

  /// Opens a database file, and makes it unless told otherwise.
  ///
  /// - Parameters:
  ///   - path: of the file; its folder must exist.
  ///   - makesFile: whether a missing file is made.
  ///   - writeLimit: seconds to wait for other processes.
  public init(path: String, makesFile: Bool = true, writeLimit: Double = SQLiteDatabase.writeLimit) throws {
    self.path = path
    waitLimit = writeLimit
    writer = try SQLiteConnection(path: path, isReader: false, makesFile: makesFile, waitLimit: writeLimit)
    log = WriteAheadLog(database: path)
    try Self.enterWriteAheadLog(writer, limit: writeLimit)
    try writer.runScript("PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-16000")
  }

  /// Makes an empty database in memory, which is gone with this object.
  public init() throws {
    path = ""
    waitLimit = 0
    writer = try SQLiteConnection(path: "", isReader: false, makesFile: true, waitLimit: 0)
    log = nil
    try writer.runScript("PRAGMA foreign_keys=ON")
  }

  // A process that just ends must not owe a sync.
  deinit { _ = try? close() }

  /// Reads from one snapshot; see `SQLDatabase`.
  public func read<Result>(_ body: (any SQLConnection) throws -> Result) throws -> Result {
    if turn.isMine { return try body(writer) }
    guard log != nil else {
      return try turn.withLock { try transaction(writer, "BEGIN", body) }
    }
    let reader = try idleReader()
    defer { readers.withLock { if $0.count < Self.idleReaders { $0.append(reader) } } }
    return try transaction(reader, "BEGIN", body)
  }

  /// Writes in one transaction; see `SQLDatabase`.
  @discardableResult
  public func write<Result>(
    _ durability: SQLDurability, _ body: (any SQLConnection) throws -> Result
  ) throws -> Result {
    precondition(!turn.isMine, "a transaction was begun inside another one")
    let (result, commit) = try turn.withLock {
      let before = sqlite3_total_changes64(writer.handle)
      let result = try transaction(writer, "BEGIN IMMEDIATE", body)
      let changed = sqlite3_total_changes64(writer.handle) != before
      return (result, changed || durability == .full ? log?.noteCommit() : nil)
    }
    if let log, let commit {
      switch durability {
      case .full: try log.sync(upTo: commit)
      case .relaxed: try log.syncSoon()
      }
    }
    return result
  }

  /// What `PRAGMA integrity_check` and `PRAGMA foreign_key_check` find.
  public func problems() throws -> [String] {
    try read { connection in
      let damage = try connection.rows("PRAGMA integrity_check") { try $0.text(0) }.filter { $0 != "ok" }
      let orphans = try connection.rows("PRAGMA foreign_key_check") { row in
        "a row of '\(try row.text(0))' points to a row of '\(try row.text(2))' that does not exist"
      }
      return damage + orphans
    }
  }

  /// Makes relaxed transactions durable and closes the readers; the file itself is closed with this object, which closes
  /// itself if nobody did.
  public func close() throws {
    readers.withLock { $0.removeAll() }
    try log?.close()
  }

  private func idleReader() throws -> SQLiteConnection {
    if let reader = readers.withLock({ $0.popLast() }) { return reader }
    let reader = try SQLiteConnection(path: path, isReader: true, makesFile: false, waitLimit: waitLimit)
    // As many readers as there are requests keep as much each; what is beyond is in the system's cache.
    try reader.runScript("PRAGMA temp_store=MEMORY; PRAGMA cache_size=-4000")
    return reader
  }

  private func transaction<Result>(
    _ connection: SQLiteConnection, _ begin: String, _ body: (any SQLConnection) throws -> Result
  ) throws -> Result {
    try connection.run(begin, [])
    do {
      let result = try body(connection)
      try connection.run("COMMIT", [])
      return result
    } catch {
      // Some failures (a full disk) have rolled it back already; the first error is the one worth telling.
      if connection.isInTransaction { _ = try? connection.run("ROLLBACK", []) }
      throw error
    }
  }

  /// Turns the write-ahead log on, which is remembered in the file.
  ///
  /// SQLite does not call the busy handler while it switches a new file, so that processes which make the same file
  /// at the same time have to try again.
  private static func enterWriteAheadLog(_ connection: SQLiteConnection, limit: Double) throws {
    let waiting = BusyWaiting(limit: limit)
    var attempt = 0
    while true {
      do {
        let mode = try connection.firstText("PRAGMA journal_mode=WAL")
        guard mode == "wal" else {
          throw SQLError(
            .cannotOpen,
            "SQLite cannot keep a write-ahead log here (it chose '\(mode ?? "")'); "
              + "a store needs a local disk with shared memory.")
        }
        return
      } catch let error as SQLError where error.code == .busy && waiting.waits(attempt: attempt) {
        attempt += 1
      }
    }
  }
}
