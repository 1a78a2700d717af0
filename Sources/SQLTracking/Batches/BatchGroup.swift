internal import SQL
internal import Tracking

/// Batches that share a transaction.
///
/// A batch's changes stand inside a savepoint of their own. Its points are only checked at once; they are written at the end,
/// those of one series together: most requests of a busy server are one point of a series that others log to as well.
struct BatchGroup {
  private let store: SQLTrackingStore
  private var recorder: ChangeRecorder
  /// Points of batches that were taken, in the order in which their series first came.
  private var pending: [Pending] = []
  private var places: [SeriesKey: Int] = [:]

  private struct SeriesKey: Hashable {
    var run: Int64
    var attempt: Int
    var metric: Int64
  }

  private struct Pending {
    var key: SeriesKey
    var columns: MetricColumns
    var skipsKnown: Bool
  }

  init(store: SQLTrackingStore, recorder: ChangeRecorder) {
    self.store = store
    self.recorder = recorder
  }

  /// Records a batch, or leaves no trace of it.
  ///
  /// - Throws: what concerns the whole group.
  mutating func record(_ batch: WriteBatch) throws -> Result<EventNumber, TrackingError> {
    guard !batch.changes.isEmpty else { return try taking { try $0.take(batch.points) } }
    // Points belong to the attempt that counted when they came.
    if batch.changes.contains(where: \.beginsAttempt) { try writePoints() }
    let mark = recorder.mark
    try recorder.connection.run("SAVEPOINT batch")
    let result = try taking { group in
      for change in batch.changes { try group.recorder.record(change) }
      try group.take(batch.points)
    }
    if case .failure = result {
      try recorder.connection.run("ROLLBACK TO SAVEPOINT batch")
      recorder.goBack(to: mark)
    }
    try recorder.connection.run("RELEASE SAVEPOINT batch")
    return result
  }

  /// Writes down what concerns all batches.
  ///
  /// - Returns: the names that the transaction found or made.
  mutating func finish() throws -> [ExactText: Int64] {
    try writePoints()
    _ = try recorder.finish()
    return recorder.fresh
  }

  // MARK: - Parts

  private mutating func taking(
    _ body: (inout BatchGroup) throws -> Void
  ) throws -> Result<EventNumber, TrackingError> {
    do {
      try body(&self)
      return .success(recorder.lastEvent)
    } catch let refusal as TrackingError where refusal.code != .corrupt {
      return .failure(refusal)
    }
  }

  /// Takes a batch's points, all of them or none.
  private mutating func take(_ points: [WriteBatch.Points]) throws {
    var taken: [Pending] = []
    for points in points {
      try SQLTrackingStore.check(points.columns, of: points.run)
      let target = try recorder.target(points.run)
      try target.checkTakesPoints(points.run)
      for columns in points.columns {
        let metric = try recorder.number(ofName: columns.name, "metric")
        let key = SeriesKey(run: target.row, attempt: target.countedAttempt, metric: metric)
        taken.append(Pending(key: key, columns: columns, skipsKnown: points.skipsKnown))
      }
    }
    for taken in taken {
      // A series keeps the order in which its points came.
      if let place = places[taken.key], pending[place].skipsKnown != taken.skipsKnown { try writePoints() }
      if let place = places[taken.key] {
        pending[place].columns.append(taken.columns)
      } else {
        places[taken.key] = pending.count
        pending.append(taken)
      }
    }
  }

  private mutating func writePoints() throws {
    guard !pending.isEmpty else { return }
    try store.withChunk { chunk in
      let writer = SeriesWriter(connection: recorder.connection, chunk: chunk)
      for series in pending {
        try writer.append(
          series.columns, metric: series.key.metric, to: series.key.run, attempt: series.key.attempt, isCounted: true,
          skipsKnown: series.skipsKnown)
      }
    }
    pending.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }
}

extension Change {
  fileprivate var beginsAttempt: Bool {
    if case .beginAttempt = self { true } else { false }
  }
}

extension MetricColumns {
  /// Appends the points of other columns.
  fileprivate mutating func append(_ other: MetricColumns) {
    steps += other.steps
    times += other.times
    values += other.values
  }
}
