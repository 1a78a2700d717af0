import Glibc
import SQL
import SQLite
import Synchronization
import Testing

struct SQLiteDatabaseTests {
  private let folder = TemporaryFolder()
  private var file: String { folder.path + "/test.db" }

  private func opened(_ path: String? = nil, limit: Double = 60) throws -> SQLiteDatabase {
    let database = try SQLiteDatabase(path: path ?? file, writeLimit: limit)
    try database.write(.full) {
      try $0.runScript("CREATE TABLE IF NOT EXISTS counts (id INTEGER PRIMARY KEY, n INTEGER)")
    }
    return database
  }

  private func insert(_ number: Int, into database: SQLiteDatabase, _ durability: SQLDurability = .relaxed) throws {
    try database.write(durability) { try $0.run("INSERT INTO counts (n) VALUES ($1)", [SQLValue(number)]) }
  }

  private func count(_ database: SQLiteDatabase) throws -> Int64? {
    try database.read { try $0.firstInteger("SELECT count(*) FROM counts") }
  }

  @Test func `what was committed is there when the file is opened again`() throws {
    let first = try opened()
    try insert(1, into: first, .full)
    try insert(2, into: first, .relaxed)
    try first.close()
    #expect(try count(try opened()) == 2)
  }

  @Test func `a transaction that throws leaves nothing behind`() throws {
    struct Refusal: Error {}
    for database in [try opened(), try SQLiteDatabase()] {
      try database.write(.full) { try $0.runScript("CREATE TABLE IF NOT EXISTS counts (id INTEGER PRIMARY KEY, n)") }
      #expect(throws: Refusal.self) {
        try database.write(.full) { connection in
          try connection.run("INSERT INTO counts (n) VALUES (1)")
          throw Refusal()
        }
      }
      #expect(try count(database) == 0)
    }
  }

  @Test func `a reader keeps its snapshot while others write`() throws {
    let database = try opened()
    try insert(1, into: database)
    try database.read { connection in
      #expect(try connection.firstInteger("SELECT count(*) FROM counts") == 1)
      try insert(2, into: try opened())
      #expect(try connection.firstInteger("SELECT count(*) FROM counts") == 1)
    }
    #expect(try count(database) == 2)
  }

  @Test(arguments: [true, false]) func `a read inside a write sees the write`(inMemory: Bool) throws {
    let database = inMemory ? try SQLiteDatabase() : try opened()
    try database.write(.full) { connection in
      try connection.runScript("CREATE TABLE IF NOT EXISTS counts (id INTEGER PRIMARY KEY, n)")
      try connection.run("INSERT INTO counts (n) VALUES (1)")
      #expect(try count(database) == 1)
    }
  }

  @Test func `threads that write through one object or several lose nothing`() async throws {
    let shared = try opened()
    let path = file
    try await withThrowingTaskGroup { group in
      for worker in 0..<8 {
        group.addTask {
          let database = worker < 4 ? shared : try SQLiteDatabase(path: path)
          for number in 0..<50 { try insert(number, into: database, number % 10 == 0 ? .full : .relaxed) }
          try database === shared ? () : database.close()
        }
      }
      try await group.waitForAll()
    }
    #expect(try count(shared) == 400)
  }

  @Test func `many who make the same file at once all succeed`() async throws {
    let path = file
    try await withThrowingTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          let database = try SQLiteDatabase(path: path)
          try database.write(.full) { try $0.runScript("CREATE TABLE IF NOT EXISTS made (id INTEGER)") }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func `threads get their turn in the order in which they asked`() async throws {
    let database = try opened()
    final class Served: Sendable {
      let count = Mutex(0)
      let worst = Mutex(0)
    }
    let served = Served()
    // Each of four writers counts how many others were served between its own turns.
    try await withThrowingTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<100 {
            let asked = served.count.withLock { $0 }
            let got = try database.write(.relaxed) { _ in
              served.count.withLock { count in
                count += 1
                return count
              }
            }
            served.worst.withLock { $0 = max($0, got - asked) }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(served.worst.withLock { $0 } <= 5)
  }

  @Test func `a lock held beyond the limit is told in a sentence`() throws {
    let holder = try opened()
    let other = try SQLiteDatabase(path: file, writeLimit: 0.05)
    try holder.write(.relaxed) { connection in
      try connection.run("INSERT INTO counts (n) VALUES (1)")
      let error = #expect(throws: SQLError.self) { try insert(2, into: other) }
      #expect(error?.code == .busy)
      #expect(error?.message.contains("stayed locked by another process beyond the limit") == true)
    }
    try insert(2, into: other)
    #expect(try count(holder) == 2)
  }

  @Test func `a file that is no database is refused and left as it is`() throws {
    let text = "this is a letter, not a database, and long enough to be read as a header of one hundred bytes or more"
    let stream = try #require(fopen(file, "w"))
    fputs(text, stream)
    fclose(stream)
    let error = #expect(throws: SQLError.self) { try SQLiteDatabase(path: file) }
    #expect(error?.code == .notADatabase)
  }

  @Test func `a missing folder and a missing file are told apart from damage`() throws {
    let missing = #expect(throws: SQLError.self) { try SQLiteDatabase(path: folder.path + "/none/test.db") }
    #expect(missing?.code == .cannotOpen)
    let unmade = #expect(throws: SQLError.self) { try SQLiteDatabase(path: file, makesFile: false) }
    #expect(unmade?.code == .cannotOpen)
  }

  @Test func `a sound database has no problems and a damaged one has`() throws {
    let database = try opened()
    // More than 1,000 pages in one commit, so that SQLite copies them from the log into the file at once.
    try database.write(.full) { connection in
      try connection.run("CREATE TABLE texts (id INTEGER PRIMARY KEY, content TEXT)")
      for _ in 0..<600 {
        try connection.run("INSERT INTO texts (content) VALUES ($1)", [.text(String(repeating: "x", count: 9_000))])
      }
    }
    #expect(try database.problems() == [])
    try database.close()
    let stream = try #require(fopen(file, "r+"))
    fseek(stream, 2 * 4_096, SEEK_SET)
    fputs(String(repeating: "damage", count: 3_000), stream)
    fclose(stream)
    #expect(try SQLiteDatabase(path: file).problems().isEmpty == false)
  }

  @Test func `a full disk is told as such and keeps the database sound`() throws {
    let database = try opened()
    try insert(1, into: database)
    let error = #expect(throws: SQLError.self) {
      try database.write(.relaxed) { connection in
        try connection.runScript("PRAGMA max_page_count=1")
        for number in 0..<5000 { try connection.run("INSERT INTO counts (n) VALUES ($1)", [SQLValue(number)]) }
      }
    }
    #expect(error?.code == .full)
    #expect(try count(database) == 1)
  }
}
