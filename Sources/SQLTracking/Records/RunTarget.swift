internal import SQL
internal import Tracking

/// What is to be known of a run before it is written to.
struct RunTarget {
  /// The row's number.
  var row: Int64
  var kind: RunKind
  var state: RunState
  /// The row of the run above.
  var parentRow: Int64?
  var countedAttempt: Int
  /// How many points of a trial's primary metric deciders may see.
  var observed: Int
  var isDeleted: Bool
  /// The place of its next parameter, once one was asked for.
  var nextPosition: Int64?

  /// - Throws: `.notFound`.
  static func get(_ id: RunID, in connection: any SQLConnection) throws -> RunTarget {
    let found = try connection.firstRow(
      "SELECT id, kind, state, parent, counted_attempt, observed, deleted FROM runs WHERE key = $1", [SQLValue(id)]
    ) { row in
      guard let kind = RunKind(rawValue: try row.text(1)), let state = RunState(rawValue: try row.text(2)) else {
        throw TrackingError(.corrupt, "run '\(id)' has a kind or a state that does not exist.")
      }
      return RunTarget(
        row: try row.integer(0), kind: kind, state: state, parentRow: row.optionalInteger(3),
        countedAttempt: try row.int(4), observed: try row.int(5), isDeleted: !row.isNull(6))
    }
    guard let found else { throw TrackingError.noRun(id) }
    return found
  }

  /// Refuses a run that takes no points.
  ///
  /// - Throws: `.conflict` for a deleted run, and for a trial or sweep in a final state: what deciders saw of it must not
  ///   change.
  func checkTakesPoints(_ id: RunID) throws {
    guard !isDeleted else { throw Self.deleted(id) }
    guard kind == .run || !state.isFinal else {
      throw TrackingError(
        .conflict,
        "run '\(id)' is \(state.rawValue), so it takes no more metrics; start a new run, or log to another.")
    }
  }

  static func deleted(_ id: RunID) -> TrackingError {
    TrackingError(.conflict, "run '\(id)' is deleted, so nothing is recorded of it; it must be restored first.")
  }
}
