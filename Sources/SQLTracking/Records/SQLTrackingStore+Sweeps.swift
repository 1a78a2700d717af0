internal import SQL
internal import Synchronization
public import Tracking

extension SQLTrackingStore {
  /// Returns a sweep.
  public func sweep(_ id: RunID) throws -> Sweep {
    try reading { connection in
      let row = try RunRecord.row(of: id, in: connection)
      let found = try connection.firstRow("SELECT spec, source FROM sweeps WHERE run = $1", [.integer(row)]) {
        (spec: try $0.json(0), source: try $0.text(1))
      }
      guard let found else {
        throw TrackingError(.notFound, "run '\(id)' is no sweep; `runs list` shows what it is.")
      }
      return Sweep(run: id, spec: try SweepSpec(value: found.spec), source: found.source)
    }
  }

  /// Returns a sweep's trials by number, as of an event.
  public func trials(of sweep: RunID, asOf event: EventNumber?) throws -> [Trial] {
    try reading { connection in
      let row = try RunRecord.row(of: sweep, in: connection)
      let last = try connection.firstInteger("SELECT last_event FROM sweeps WHERE run = $1", [.integer(row)]) ?? 0
      let isNow = event.map { $0 >= last } ?? true
      // The present stands in the runs themselves; the past is what had been appended by then.
      let sql =
        isNow
        ? """
        SELECT r.id, r.number, r.event, r.ended_event, r.state, r.observed, r.counted_attempt, r.allowance
        FROM runs r WHERE r.parent = $1 AND r.kind = 'trial' AND r.event <= $2 ORDER BY r.number
        """
        : """
        SELECT r.id, r.number, r.event, r.ended_event,
          (SELECT t.to_state FROM transitions t WHERE t.run = r.id AND t.event <= $2 ORDER BY t.event DESC LIMIT 1),
          coalesce(o.count, 0), coalesce(o.attempt, 1),
          (SELECT a.points FROM allowances a WHERE a.run = r.id AND a.event <= $2 ORDER BY a.event DESC LIMIT 1)
        FROM runs r LEFT JOIN observations o ON o.event =
          (SELECT max(l.event) FROM observations l WHERE l.run = r.id AND l.event <= $2)
        WHERE r.parent = $1 AND r.kind = 'trial' AND r.event <= $2 ORDER BY r.number
        """
      return try connection.rows(sql, [.integer(row), .integer(isNow ? .max : event ?? .max)]) { row in
        let configuration = try configuration(of: row.integer(0), in: connection)
        let state = try state(row.text(4))
        return Trial(
          run: configuration.run, number: try row.int(1), parameters: configuration.parameters,
          state: state, observed: try row.int(5), proposed: try row.integer(2),
          // What ended since is not final as of the event.
          ended: state.isFinal ? row.optionalInteger(3) : nil,
          allowance: row.optionalInteger(7).map { Int($0) }, continues: configuration.continues,
          attempt: try row.int(6))
      }
    }
  }

  /// Returns a sweep's decisions, oldest first.
  public func decisions(of sweep: RunID) throws -> [Decision] {
    try reading { try decisions(of: sweep, row: RunRecord.row(of: sweep, in: $0), in: $0) }
  }

  func decisions(of sweep: RunID, row: Int64, in connection: any SQLConnection) throws -> [Decision] {
    try connection.rows(
      """
      SELECT kind, decider, as_of, trial, reason, details, time, event FROM decisions WHERE sweep = $1 ORDER BY event
      """, [.integer(row)]
    ) {
      guard let kind = Decision.Kind(rawValue: try $0.text(0)) else {
        throw TrackingError(.corrupt, "sweep '\(sweep)' has a decision of a kind that does not exist.")
      }
      return Decision(
        sweep: sweep, kind: kind, decider: try $0.text(1), asOf: try $0.integer(2),
        trial: $0.optionalInteger(3).map { Int($0) }, reason: try $0.text(4), details: try $0.json(5),
        time: try $0.timestamp(6), event: try $0.integer(7))
    }
  }

  /// Returns the number of the last change recorded on a sweep or its trials; 0 for none.
  public func lastEvent(of sweep: RunID) throws -> EventNumber {
    try reading { connection in
      let row = try RunRecord.row(of: sweep, in: connection)
      return try connection.firstInteger("SELECT last_event FROM sweeps WHERE run = $1", [.integer(row)]) ?? 0
    }
  }

  /// Returns what a trial was created with; kept, since it never changes.
  func configuration(of row: Int64, in connection: any SQLConnection) throws -> Configuration {
    if let known = configurations.withLock({ $0[row] }) { return known }
    let text = try connection.firstRow("SELECT key, origin FROM runs WHERE id = $1", [.integer(row)]) {
      (key: try $0.text(0), origin: try $0.json(1))
    }
    guard let text else { throw TrackingError(.corrupt, "a trial vanished while it was read.") }
    let found = Configuration(
      run: try RunID(recorded: text.key), parameters: try Parameter.all(of: row, onlyGiven: true, in: connection),
      continues: text.origin["continues"]?.text.flatMap { RunID($0) })
    configurations.withLock { known in
      if known.count >= 100_000 { known.removeAll() }
      known[row] = found
    }
    return found
  }
}
