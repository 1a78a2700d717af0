import SQL
import SQLite
import Testing

struct SQLiteConnectionTests {
  private let database: SQLiteDatabase

  init() throws {
    database = try SQLiteDatabase()
    try database.write(.full) { try $0.runScript("CREATE TABLE things (id INTEGER PRIMARY KEY, content)") }
  }

  @Test func `values come back as they went in`() throws {
    let values: [SQLValue] = [
      nil, 0, .integer(.min), .integer(.max), .real(0.1), .real(.infinity), .real(-.greatestFiniteMagnitude), "",
      "naïve 🧪 text", .text("a\u{0}b"), .blob([]), .blob([0, 255, 0]),
    ]
    try database.write(.full) { connection in
      for (index, value) in values.enumerated() {
        try connection.run("INSERT INTO things VALUES ($1, $2)", [SQLValue(index), value])
      }
    }
    let found = try database.read { connection in
      try connection.rows("SELECT content FROM things ORDER BY id") { $0.value(0) }
    }
    #expect(found == values)
  }

  @Test func `placeholders go by their numbers, in any order and more than once`() throws {
    let text = try database.read { try $0.firstText("SELECT $2 || $1 || $2", ["b", "a"]) }
    #expect(text == "aba")
  }

  @Test func `a wrong number of arguments is refused`() {
    #expect(throws: SQLError.self) { try database.read { try $0.firstText("SELECT $1", []) } }
    #expect(throws: SQLError.self) { try database.read { try $0.firstText("SELECT $2", ["a", "b"]) } }
  }

  @Test func `a NaN is refused rather than stored as NULL`() throws {
    let error = #expect(throws: SQLError.self) {
      try database.write(.full) { try $0.run("INSERT INTO things VALUES (1, $1)", [.real(.nan)]) }
    }
    #expect(error?.code == .misuse)
    #expect(error?.message.contains("bind its bits") == true)
  }

  @Test func `a row that a rule refuses is a constraint error that shows the statement`() throws {
    let error = #expect(throws: SQLError.self) {
      try database.write(.full) { connection in
        try connection.run("INSERT INTO things VALUES (1, 2)")
        try connection.run("INSERT INTO things VALUES (1, 2)")
      }
    }
    #expect(error?.code == .constraint)
    #expect(error?.sql == "INSERT INTO things VALUES (1, 2)")
    #expect(try database.read { try $0.firstInteger("SELECT count(*) FROM things") } == 0)
  }

  @Test func `a statement can be used again while its rows are being read`() throws {
    let sum = try database.read { connection in
      var sum: Int64 = 0
      let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n"
      try connection.forEachRow(sql, []) { outer in
        sum += try outer.integer(0) * (try connection.rows(sql) { try $0.integer(0) }.reduce(0, +))
        return true
      }
      return sum
    }
    #expect(sum == 36)
  }

  @Test func `more statements than are kept prepared still run`() throws {
    for round in 0..<2 {
      for number in 0..<500 {
        let found = try database.read { try $0.firstInteger("SELECT \(number) + \(round)") }
        #expect(found == Int64(number + round))
      }
    }
  }

  @Test func `a NULL where a value must be is said to be damage`() throws {
    let error = #expect(throws: SQLError.self) {
      try database.read { try $0.firstRow("SELECT NULL") { try $0.int(0) } }
    }
    #expect(error?.code == .corrupt)
  }
}
