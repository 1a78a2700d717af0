package import SQL
internal import Synchronization

/// A database that counts the rows that committed transactions changed: shows whether a call wrote anything.
package final class CountedDatabase: SQLDatabase {
  private let database: any SQLDatabase
  private let counted = Mutex(0)

  /// Counts for a database.
  package init(_ database: any SQLDatabase) { self.database = database }

  /// How many rows were changed so far.
  package var changes: Int { counted.withLock { $0 } }

  /// Passes on.
  package func read<Result>(_ body: (any SQLConnection) throws -> Result) throws -> Result { try database.read(body) }

  /// Passes on, and counts once it is committed.
  @discardableResult
  package func write<Result>(
    _ durability: SQLDurability, _ body: (any SQLConnection) throws -> Result
  ) throws -> Result {
    var changes = 0
    let result = try database.write(durability) { connection in
      let counting = CountedConnection(connection)
      let result = try body(counting)
      changes = counting.changes
      return result
    }
    counted.withLock { $0 += changes }
    return result
  }

  /// Passes on.
  package func problems() throws -> [String] { try database.problems() }

  /// Passes on.
  package func close() throws { try database.close() }
}

private final class CountedConnection: SQLConnection {
  private let connection: any SQLConnection
  private(set) var changes = 0
  // The count at the savepoint that was set last; ours are not nested.
  private var mark = 0

  init(_ connection: any SQLConnection) { self.connection = connection }

  func run(_ sql: String, _ arguments: [SQLValue]) throws -> Int {
    let count = try connection.run(sql, arguments)
    changes += count
    if sql.hasPrefix("SAVEPOINT") { mark = changes }
    if sql.hasPrefix("ROLLBACK TO") { changes = mark }
    return count
  }

  func forEachRow(_ sql: String, _ arguments: [SQLValue], _ body: (any SQLRow) throws -> Bool) throws {
    if !sql.hasPrefix("SELECT"), !sql.hasPrefix("WITH") { changes += 1 }
    try connection.forEachRow(sql, arguments, body)
  }

  func runScript(_ sql: String) throws {
    changes += 1
    try connection.runScript(sql)
  }
}
