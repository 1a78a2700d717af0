public import SQL
internal import Synchronization

/// A SQLite database of another program, read and never changed: neither its content nor its journal mode.
public final class SQLiteFile: SQLDatabase {
  private let connection: Mutex<SQLiteConnection>

  /// Opens a database file.
  ///
  /// - Throws: `.cannotOpen`; `.notADatabase`.
  public init(reading path: String) throws {
    let opened = try SQLiteConnection(path: path, isReader: true, makesFile: false, waitLimit: 10)
    // The header is looked at only now.
    _ = try opened.firstInteger("PRAGMA schema_version")
    connection = Mutex(opened)
  }

  /// Reads from one snapshot. Must not be called inside itself.
  public func read<Result>(_ body: (any SQLConnection) throws -> Result) throws -> Result {
    try withConnection { connection in
      try connection.run("BEGIN", [])
      defer { _ = try? connection.run("ROLLBACK", []) }
      return try body(connection)
    }
  }

  /// Refuses: the database is another program's.
  @discardableResult
  public func write<Result>(
    _ durability: SQLDurability, _ body: (any SQLConnection) throws -> Result
  ) throws -> Result {
    throw SQLError(.readOnly, "this database is another program's, and is only read.")
  }

  /// What `PRAGMA integrity_check` finds.
  public func problems() throws -> [String] {
    try read { connection in
      try connection.rows("PRAGMA integrity_check") { try $0.text(0) }.filter { $0 != "ok" }
    }
  }

  /// Does nothing: the file is closed with this object.
  public func close() throws {}

  private func withConnection<Result>(_ body: (SQLiteConnection) throws -> Result) throws -> Result {
    // A result need not be sendable: the caller's own closure makes it on the caller's own thread.
    var result: Swift.Result<Result, any Error>?
    connection.withLock { connection in result = Swift.Result { try body(connection) } }
    guard let result else { preconditionFailure("a lock ran no closure") }
    return try result.get()
  }
}
