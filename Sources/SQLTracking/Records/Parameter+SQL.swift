internal import SQL
internal import Tracking

extension Parameter {
  /// What `init(_:)` reads, from `parameters p JOIN names n ON n.id = p.name`.
  static let columns = "n.name, p.is_text, p.value"

  init(_ row: any SQLRow) throws {
    self.init(try row.text(0), try row.integer(1) != 0 ? .text(row.text(2)) : row.json(2))
  }

  /// The parameters of a run in recorded order; only those that it was created with if asked.
  static func all(of row: Int64, onlyGiven: Bool = false, in connection: any SQLConnection) throws -> [Parameter] {
    try connection.rows(
      """
      SELECT \(columns) FROM parameters p JOIN names n ON n.id = p.name
      WHERE p.run = $1 AND p.given >= $2 ORDER BY p.position
      """, [.integer(row), onlyGiven ? 1 : 0]
    ) { try Parameter($0) }
  }

  /// The parameter of a run with a name's number.
  static func find(of row: Int64, name: Int64, in connection: any SQLConnection) throws -> Parameter? {
    try connection.firstRow(
      "SELECT \(columns) FROM parameters p JOIN names n ON n.id = p.name WHERE p.run = $1 AND p.name = $2",
      [.integer(row), .integer(name)]
    ) { try Parameter($0) }
  }

  func insert(
    of row: Int64, name number: Int64, position: Int64, given: Bool, in connection: any SQLConnection
  ) throws {
    if case .real(let real) = value, !real.isFinite {
      throw TrackingError(.invalid, "parameter '\(name)' is \(real), and the number of a parameter is finite.")
    }
    var isText = false
    if case .text = value { isText = true }
    try connection.run(
      """
      INSERT INTO parameters (run, name, position, given, is_text, value, number)
      VALUES ($1, $2, $3, $4, $5, $6, $7)
      """,
      [
        .integer(row), .integer(number), .integer(position), SQLValue(given), SQLValue(isText), .text(value.plain),
        SQLValue(value.number),
      ])
  }
}

/// The tags of a run.
func tags(of row: Int64, in connection: any SQLConnection) throws -> [String: String] {
  let pairs = try connection.rows(
    "SELECT n.name, t.value FROM tags t JOIN names n ON n.id = t.name WHERE t.run = $1", [.integer(row)]
  ) { (try $0.text(0), try $0.text(1)) }
  return Dictionary(pairs, uniquingKeysWith: { $1 })
}
