internal import SQL
public import Tracking

extension SQLTrackingStore {
  /// Records batches of several clients in one transaction; see `TrackingWriter`.
  public func write(_ batches: [WriteBatch]) throws -> [Result<EventNumber, TrackingError>] {
    guard !batches.isEmpty else { return [] }
    let now = clock()
    return try writing(.full) { connection, fresh in
      var group = BatchGroup(store: self, recorder: try ChangeRecorder(connection, names: names, now: now))
      let results = try batches.map { try group.record($0) }
      fresh = try group.finish()
      return results
    }
  }
}
