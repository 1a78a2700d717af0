import SQL
import Synchronization

/// A database whose process dies just before a given statement, or just after a given commit.
final class DyingDatabase: SQLDatabase {
  private let database: any SQLDatabase
  private let left: Mutex<Int>

  init(_ database: any SQLDatabase, at operation: Int) {
    self.database = database
    left = Mutex(operation)
  }

  func operate() {
    let isLast = left.withLock {
      $0 -= 1
      return $0 == 0
    }
    if isLast { die() }
  }

  func read<Result>(_ body: (any SQLConnection) throws -> Result) throws -> Result { try database.read(body) }

  func write<Result>(
    _ durability: SQLDurability, _ body: (any SQLConnection) throws -> Result
  ) throws -> Result {
    let result = try database.write(durability) { connection in
      let result = try body(DyingConnection(connection, of: self))
      operate()
      return result
    }
    operate()
    return result
  }

  func problems() throws -> [String] { try database.problems() }
  func close() throws { try database.close() }
}

private final class DyingConnection: SQLConnection {
  private let connection: any SQLConnection
  private let database: DyingDatabase

  init(_ connection: any SQLConnection, of database: DyingDatabase) {
    self.connection = connection
    self.database = database
  }

  func run(_ sql: String, _ arguments: [SQLValue]) throws -> Int {
    if !sql.hasPrefix("SELECT") { database.operate() }
    return try connection.run(sql, arguments)
  }

  func forEachRow(_ sql: String, _ arguments: [SQLValue], _ body: (any SQLRow) throws -> Bool) throws {
    if !sql.hasPrefix("SELECT") { database.operate() }
    try connection.forEachRow(sql, arguments, body)
  }

  func runScript(_ sql: String) throws {
    database.operate()
    try connection.runScript(sql)
  }
}
