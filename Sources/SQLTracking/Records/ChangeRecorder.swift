internal import SQL
internal import Tracking

/// Records the changes of one commit, in its transaction.
struct ChangeRecorder {
  let connection: any SQLConnection
  let names: Names
  let now: Timestamp
  /// Names that this transaction found or made.
  var fresh: [ExactText: Int64] = [:]

  /// The number of the last change so far.
  private(set) var lastEvent: EventNumber
  private var isEventNew = false
  /// The last change of each sweep that was touched, by its row.
  private var touched: [Int64: EventNumber] = [:]
  /// Runs that this transaction has looked up.
  private var targets: [RunID: RunTarget] = [:]

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
      let run = try writable(id)
      try connection.run("UPDATE runs SET note = $1 WHERE id = $2", [.text(note), .integer(run.row)])
      touch(run)
    case .setName(let id, let name):
      let run = try writable(id)
      try connection.run("UPDATE runs SET name = $1 WHERE id = $2", [SQLValue(name), .integer(run.row)])
      touch(run)
    case .decide(let decision): try decide(decision)
    case .beginAttempt(let id, let number, let launcher, let continues):
      try beginAttempt(number, of: id, launcher: launcher, continues: continues)
    case .endAttempt(let id, let number, let outcome, let detail):
      try endAttempt(number, of: id, outcome: outcome, detail: detail)
    case .observe(let id, let count): try observe(id, count: count)
    case .attach(let artifact): try attach(artifact)
    case .allow(let id, let points): try allow(points, to: id)
    case .detach(let id, let name): try detach(name, from: id)
    case .setTimes(let id, let started, let ended): try setTimes(of: id, started: started, ended: ended)
    case .delete(let id): try delete(id)
    case .restore(let id): try restore(id)
    case .experiment(let change): try record(change)
    case .addInputs(let id, let inputs): try add(inputs, to: id)
    case .addOutputs(let id, let outputs): try add(outputs, to: id)
    case .model(let change): try record(change)
    case .registry(let change): try record(change)
    case .token(let change): try record(change)
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

  /// What is to be known of a run before it is written to.
  ///
  /// - Throws: `.notFound`.
  mutating func target(_ id: RunID) throws -> RunTarget {
    if let known = targets[id] { return known }
    let found = try RunTarget.get(id, in: connection)
    targets[id] = found
    return found
  }

  /// The same of a run that may be written to.
  ///
  /// - Throws: `.notFound`; `.conflict` for a deleted run.
  mutating func writable(_ id: RunID) throws -> RunTarget {
    let target = try target(id)
    guard !target.isDeleted else { throw RunTarget.deleted(id) }
    return target
  }

  /// Changes what is known of a run that was looked up.
  mutating func remember(_ id: RunID, _ change: (inout RunTarget) -> Void) {
    if var target = targets[id] {
      change(&target)
      targets[id] = target
    }
  }

  /// Forgets the runs that were looked up.
  mutating func forgetTargets() { targets.removeAll() }

  /// What `goBack(to:)` needs to know.
  struct Mark {
    fileprivate var lastEvent: EventNumber
    fileprivate var isEventNew: Bool
    fileprivate var touched: [Int64: EventNumber]
    fileprivate var fresh: [ExactText: Int64]
  }

  /// Where the recorder stands.
  var mark: Mark { Mark(lastEvent: lastEvent, isEventNew: isEventNew, touched: touched, fresh: fresh) }

  /// Forgets what was recorded since a mark, which the transaction has rolled back.
  mutating func goBack(to mark: Mark) {
    (lastEvent, isEventNew, touched, fresh) = (mark.lastEvent, mark.isEventNew, mark.touched, mark.fresh)
    forgetTargets()
  }

  /// Counts a change, and notes it for the sweep that the run belongs to.
  @discardableResult
  mutating func touch(_ run: RunTarget) -> EventNumber {
    nextEvent(sweep: run.kind == .hyperdrive ? run.row : run.kind == .trial ? run.parentRow : nil)
  }

  /// Counts a change, and notes it for a sweep's row.
  mutating func nextEvent(sweep: Int64?) -> EventNumber {
    lastEvent += 1
    isEventNew = true
    if let sweep { touched[sweep] = lastEvent }
    return lastEvent
  }

  /// Counts changes that were recorded elsewhere in their order.
  ///
  /// - Returns: the number before the first of them.
  mutating func reserve(_ count: Int) -> EventNumber {
    defer { lastEvent += EventNumber(count) }
    isEventNew = true
    return lastEvent
  }

  mutating func number(ofName name: String, _ what: String) throws -> Int64 {
    guard !name.isEmpty else { throw TrackingError(.invalid, "a \(what) needs a name; this one's is empty.") }
    return try names.number(of: name, in: connection, fresh: &fresh)
  }
}
