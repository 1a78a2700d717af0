internal import SQL
internal import Tracking

/// A run's row: the run, and what only the store knows of it.
struct RunRecord {
  /// The row's number.
  var row: Int64
  var run: Run

  /// What `init(_:)` reads, from `runs r` and the tables that `joins` adds.
  static let columns = """
    r.id, r.key, e.name, r.kind, p.key, r.number, r.name, r.state, r.reason, r.created, r.started, r.ended, \
    r.origin, r.note, r.counted_attempt, r.deleted
    """
  static let columnCount = 16
  static let joins = "LEFT JOIN experiments e ON e.id = r.experiment LEFT JOIN runs p ON p.id = r.parent"

  init(_ row: any SQLRow) throws {
    self.row = try row.integer(0)
    let key = try row.text(1)
    guard let kind = RunKind(rawValue: try row.text(3)), let state = RunState(rawValue: try row.text(7)) else {
      throw TrackingError(.corrupt, "run '\(key)' has a kind or a state that does not exist.")
    }
    run = Run(
      id: try RunID(recorded: key), experiment: try row.text(2), kind: kind,
      parent: try row.optionalText(4).map { try RunID(recorded: $0) }, number: row.optionalInteger(5).map { Int($0) },
      name: row.optionalText(6), state: state, reason: try row.text(8), created: try row.timestamp(9),
      started: row.optionalTimestamp(10), ended: row.optionalTimestamp(11), origin: try row.json(12),
      note: try row.text(13), countedAttempt: try row.int(14), deleted: row.optionalTimestamp(15))
  }

  /// The record of a run, or `nil`.
  static func find(_ id: RunID, in connection: any SQLConnection) throws -> RunRecord? {
    try connection.firstRow("SELECT \(columns) FROM runs r \(joins) WHERE r.key = $1", [.text(id.text)]) {
      try RunRecord($0)
    }
  }

  /// The record of a run.
  ///
  /// - Throws: `.notFound`.
  static func get(_ id: RunID, in connection: any SQLConnection) throws -> RunRecord {
    guard let record = try find(id, in: connection) else { throw TrackingError.noRun(id) }
    return record
  }

  /// The row of a run.
  ///
  /// - Throws: `.notFound`.
  static func row(of id: RunID, in connection: any SQLConnection) throws -> Int64 {
    guard let row = try connection.firstInteger("SELECT id FROM runs WHERE key = $1", [.text(id.text)]) else {
      throw TrackingError.noRun(id)
    }
    return row
  }
}

extension RunID {
  init(recorded text: String) throws {
    guard let id = RunID(text) else { throw TrackingError(.corrupt, "a run has the id '\(text)', which is none.") }
    self = id
  }
}

extension SQLRow {
  func timestamp(_ column: Int) throws -> Timestamp { Timestamp(milliseconds: try integer(column)) }

  func optionalTimestamp(_ column: Int) -> Timestamp? { optionalInteger(column).map(Timestamp.init(milliseconds:)) }

  /// A column of JSON.
  func json(_ column: Int) throws -> Value {
    let text = try text(column)
    if text == "null" { return .null }
    do {
      return try Value(json: text)
    } catch {
      throw TrackingError(.corrupt, "a record holds a JSON text that cannot be read: \(error).")
    }
  }
}

extension SQLValue {
  init(_ time: Timestamp) { self = .integer(time.milliseconds) }
  init(_ id: RunID) { self = .text(id.text) }
}
