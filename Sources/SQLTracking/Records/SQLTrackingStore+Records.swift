internal import SQL
internal import Synchronization
public import Tracking

extension SQLTrackingStore {
  /// Records changes; see `TrackingWriter`.
  @discardableResult
  public func commit(_ changes: [Change]) throws -> EventNumber {
    guard !changes.isEmpty else { return 0 }
    let now = clock()
    return try writing(.full) { connection, fresh in
      var recorder = try ChangeRecorder(connection, names: names, now: now)
      for change in changes { try recorder.record(change) }
      fresh = recorder.fresh
      return try recorder.finish()
    }
  }

  /// Returns a run.
  public func run(_ id: RunID) throws -> Run { try reading { try RunRecord.get(id, in: $0).run } }

  /// Returns a run's transitions, oldest first.
  public func transitions(of run: RunID) throws -> [Transition] {
    try reading { try transitions(of: run, row: RunRecord.row(of: run, in: $0), in: $0) }
  }

  func transitions(of run: RunID, row: Int64, in connection: any SQLConnection) throws -> [Transition] {
    try connection.rows(
      "SELECT from_state, to_state, reason, time, event FROM transitions WHERE run = $1 ORDER BY event",
      [.integer(row)]
    ) {
      Transition(
        run: run, from: try $0.optionalText(0).map(state), to: try state($0.text(1)), reason: try $0.text(2),
        time: try $0.timestamp(3), event: try $0.integer(4))
    }
  }

  /// Returns a run's parameters in the order in which they were recorded.
  public func parameters(of run: RunID) throws -> [Parameter] {
    try reading { try Parameter.all(of: RunRecord.row(of: run, in: $0), in: $0) }
  }

  /// Returns a run's tags.
  public func tags(of run: RunID) throws -> [String: String] {
    try reading { try SQLTracking.tags(of: RunRecord.row(of: run, in: $0), in: $0) }
  }

  /// Returns a run's attempts, first to last.
  public func attempts(of run: RunID) throws -> [Attempt] {
    try reading { try attempts(of: run, row: RunRecord.row(of: run, in: $0), in: $0) }
  }

  func attempts(of run: RunID, row: Int64, in connection: any SQLConnection) throws -> [Attempt] {
    try connection.rows(
      """
      SELECT number, launcher, continues, started, ended, outcome, detail FROM attempts
      WHERE run = $1 ORDER BY number
      """, [.integer(row)]
    ) { row in
      Attempt(
        run: run, number: try row.int(0), launcher: try row.text(1), continues: try row.integer(2) != 0,
        started: try row.timestamp(3), ended: row.optionalTimestamp(4),
        outcome: try row.optionalText(5).map { text in
          guard let outcome = Attempt.Outcome(text: text) else {
            throw TrackingError(.corrupt, "an attempt of run '\(run)' ended as '\(text)', which does not exist.")
          }
          return outcome
        }, detail: try row.text(6))
    }
  }

  /// Returns a run's artifacts, by name.
  public func artifacts(of run: RunID) throws -> [Artifact] {
    try reading { try artifacts(of: run, row: RunRecord.row(of: run, in: $0), in: $0) }
  }

  func artifacts(of run: RunID, row: Int64, in connection: any SQLConnection) throws -> [Artifact] {
    try connection.rows(
      "SELECT name, digest, bytes, content_bytes, files, time FROM artifacts WHERE run = $1 ORDER BY name",
      [.integer(row)]
    ) {
      let name = try $0.text(0)
      guard let digest = Digest(hex: try $0.text(1)) else {
        throw TrackingError(.corrupt, "artifact '\(name)' of run '\(run)' has no SHA-256 for a name.")
      }
      return Artifact(
        run: run, name: name, digest: digest, bytes: try $0.integer(2), contentBytes: try $0.integer(3),
        files: try $0.int(4), time: try $0.timestamp(5))
    }
  }

  func state(_ text: String) throws -> RunState {
    guard let state = RunState(rawValue: text) else {
      throw TrackingError(.corrupt, "a run is recorded in the state '\(text)', which does not exist.")
    }
    return state
  }
}
