internal import SQL
internal import Tracking

/// Records the changes of one commit, in its transaction.
struct ChangeRecorder {
  let connection: any SQLConnection
  let names: Names
  let now: Timestamp
  /// Names that this transaction found or made.
  var fresh: [ExactText: Int64] = [:]

  private var lastEvent: EventNumber
  private var isEventNew = false
  /// The last change of each sweep that was touched, by its row.
  private var touched: [Int64: EventNumber] = [:]

  init(_ connection: any SQLConnection, names: Names, now: Timestamp) throws {
    self.connection = connection
    self.names = names
    self.now = now
    lastEvent = try connection.firstInteger("SELECT value FROM counters WHERE name = 'event'") ?? 0
  }

  /// Records one change.
  mutating func record(_ change: Change) throws {
    switch change {
    case .createRun(let run): try create(run)
    case .declareSweep(let sweep): try declare(sweep)
    case .transition(let id, let state, let reason): try transition(id, to: state, reason: reason)
    case .setParameter(let id, let parameter): try set(parameter, of: id)
    case .setTag(let id, let name, let value): try setTag(name, value, of: id)
    case .setNote(let id, let note):
      let record = try RunRecord.get(id, in: connection)
      try connection.run("UPDATE runs SET note = $1 WHERE id = $2", [.text(note), .integer(record.row)])
      touch(record)
    case .setName(let id, let name):
      let record = try RunRecord.get(id, in: connection)
      try connection.run("UPDATE runs SET name = $1 WHERE id = $2", [SQLValue(name), .integer(record.row)])
      touch(record)
    case .decide(let decision): try decide(decision)
    case .beginAttempt(let id, let number, let launcher, let continues):
      try beginAttempt(number, of: id, launcher: launcher, continues: continues)
    case .endAttempt(let id, let number, let outcome, let detail):
      try endAttempt(number, of: id, outcome: outcome, detail: detail)
    case .observe(let id, let count): try observe(id, count: count)
    case .attach(let artifact): try attach(artifact)
    case .allow(let id, let points): try allow(points, to: id)
    case .detach, .setTimes, .delete, .restore, .addInputs, .addOutputs, .experiment, .model, .registry, .token:
      throw TrackingError(.incompatible, "this store does not record such a change.")
    }
  }

  /// Writes down what concerns the commit as a whole.
  ///
  /// - Returns: the number of the last change.
  func finish() throws -> EventNumber {
    if isEventNew {
      try connection.run("UPDATE counters SET value = $1 WHERE name = 'event'", [.integer(lastEvent)])
    }
    for (sweep, event) in touched {
      try connection.run(
        "UPDATE sweeps SET last_event = $1 WHERE run = $2", [.integer(event), .integer(sweep)])
    }
    return lastEvent
  }

  // MARK: - For the extensions of this type

  /// Counts a change, and notes it for the sweep that the run belongs to.
  @discardableResult
  mutating func touch(_ record: RunRecord) -> EventNumber {
    nextEvent(sweep: record.run.kind == .hyperdrive ? record.row : record.run.kind == .trial ? record.parentRow : nil)
  }

  /// Counts a change, and notes it for a sweep's row.
  mutating func nextEvent(sweep: Int64?) -> EventNumber {
    lastEvent += 1
    isEventNew = true
    if let sweep { touched[sweep] = lastEvent }
    return lastEvent
  }

  mutating func number(ofName name: String, _ what: String) throws -> Int64 {
    guard !name.isEmpty else { throw TrackingError(.invalid, "a \(what) needs a name; this one's is empty.") }
    return try names.number(of: name, in: connection, fresh: &fresh)
  }
}
