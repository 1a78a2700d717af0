import CSQLite
import SQL

/// One connection of SQLite, used by one thread at a time, with its prepared statements.
final class SQLiteConnection: SQLConnection, @unchecked Sendable {  // Its pool hands it to one thread at a time.
  let handle: OpaquePointer
  private let waiting: BusyWaiting
  private let checkpoints: Checkpoints
  private var statements: [String: SQLiteStatement] = [:]
  private var uses = 0

  /// The most statements kept prepared; searches make new texts without end.
  private static let statementLimit = 200

  /// - Parameter path: of the file, or an empty text for a database in memory.
  init(path: String, isReader: Bool, makesFile: Bool, waitLimit: Double) throws {
    var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    flags |= isReader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
    if makesFile { flags |= SQLITE_OPEN_CREATE }
    var opened: OpaquePointer?
    let status = sqlite3_open_v2(path.isEmpty ? ":memory:" : path, &opened, flags, nil)
    guard status == SQLITE_OK, let opened else {
      let error = SQLError(opened, status)
      sqlite3_close_v2(opened)
      throw error
    }
    handle = opened
    waiting = BusyWaiting(limit: waitLimit)
    waiting.attach(to: opened)
    checkpoints = Checkpoints(waiting: waiting)
    checkpoints.attach(to: opened)
    runs_sqlite3_keep_wal_on_close(opened)
    // As in PostgreSQL; the same text must mean the same.
    try runScript("PRAGMA case_sensitive_like=ON")
  }

  deinit {
    statements.removeAll()
    sqlite3_close_v2(handle)
  }

  @discardableResult
  func run(_ sql: String, _ arguments: [SQLValue]) throws -> Int {
    let before = sqlite3_total_changes64(handle)
    try forEachRow(sql, arguments) { _ in true }
    return Int(sqlite3_total_changes64(handle) - before)
  }

  func forEachRow(_ sql: String, _ arguments: [SQLValue], _ body: (any SQLRow) throws -> Bool) throws {
    let statement = try prepared(sql)
    defer { statement.reset() }
    try statement.bind(arguments)
    let row = SQLiteRow(handle: statement.handle)
    while true {
      let status = sqlite3_step(statement.handle)
      guard status == SQLITE_ROW else {
        if status == SQLITE_DONE { return }
        throw SQLError(handle, status, sql: sql)
      }
      guard try body(row) else { return }
    }
  }

  func runScript(_ sql: String) throws {
    let status = sqlite3_exec(handle, sql, nil, nil, nil)
    guard status == SQLITE_OK else { throw SQLError(handle, status, sql: sql) }
  }

  /// Whether a transaction is open.
  var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  private func prepared(_ sql: String) throws -> SQLiteStatement {
    uses += 1
    if let statement = statements[sql] {
      // A statement that is being stepped through further up cannot be used again: make a passing one.
      guard sqlite3_stmt_busy(statement.handle) == 0 else { return try SQLiteStatement(sql, in: handle) }
      statement.lastUse = uses
      return statement
    }
    if statements.count >= Self.statementLimit { dropOldStatements() }
    let statement = try SQLiteStatement(sql, in: handle)
    statement.lastUse = uses
    statements[sql] = statement
    return statement
  }

  private func dropOldStatements() {
    let oldest = statements.values.sorted { $0.lastUse < $1.lastUse }.prefix(Self.statementLimit / 4)
    for statement in oldest { statements[statement.sql] = nil }
  }
}
