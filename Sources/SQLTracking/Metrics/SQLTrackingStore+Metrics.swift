internal import SQL
public import Tracking

extension SQLTrackingStore {
  /// Returns the summaries of a run's series, by name.
  public func series(of run: RunID, attempt: Int?) throws -> [SeriesSummary] {
    try reading { connection in
      let row = try RunRecord.row(of: run, in: connection)
      return try summaries(of: row, attempt: attempt, in: connection)
    }
  }

  /// Returns the summaries of one metric for the children of a run that logged it.
  public func summaries(of metric: String, inChildrenOf parent: RunID) throws -> [RunID: SeriesSummary] {
    try reading { connection in
      let row = try RunRecord.row(of: parent, in: connection)
      guard let name = try names.number(of: metric, in: connection) else { return [:] }
      let found = try connection.rows(
        """
        SELECT \(SeriesRecord.columns), r.key FROM runs r CROSS JOIN series s
        WHERE r.parent = $1 AND s.run = r.id AND s.metric = $2 AND s.counted = 1
        """, [.integer(row), .integer(name)]
      ) { (key: try $0.text(SeriesRecord.columnCount), summary: try SeriesRecord($0, name: metric).summary) }
      return Dictionary(
        found.compactMap { found in RunID(found.key).map { ($0, found.summary) } }, uniquingKeysWith: { $1 })
    }
  }

  func summaries(of row: Int64, attempt: Int?, in connection: any SQLConnection) throws -> [SeriesSummary] {
    let isWanted = attempt == nil ? "s.counted = $2" : "s.attempt = $2"
    return try connection.rows(
      """
      SELECT \(SeriesRecord.columns), n.name FROM series s JOIN names n ON n.id = s.metric
      WHERE s.run = $1 AND \(isWanted) ORDER BY n.name
      """, [.integer(row), SQLValue(attempt ?? 1)]
    ) { try SeriesRecord($0, name: $0.text(SeriesRecord.columnCount)).summary }
  }

  /// Returns points of a series, in the order in which they were logged.
  public func points(
    of run: RunID, metric: String, in range: Range<Int>, attempt: Int?
  ) throws -> MetricColumns {
    try reading { connection in
      let record = try RunRecord.get(run, in: connection)
      let attempt = attempt ?? record.run.countedAttempt
      var columns = MetricColumns(name: metric)
      guard let name = try names.number(of: metric, in: connection) else { return columns }
      let found = try connection.firstRow(
        "SELECT id, count FROM series WHERE run = $1 AND metric = $2 AND attempt = $3",
        [.integer(record.row), .integer(name), SQLValue(attempt)]
      ) { (row: try $0.integer(0), count: try $0.int(1)) }
      guard let found else { return columns }
      let wanted = range.clamped(to: 0..<found.count)
      guard !wanted.isEmpty else { return columns }
      try withChunk { chunk in
        do {
          try SeriesReader(connection: connection, chunk: chunk).read(wanted, of: found.row, into: &columns)
        } catch let damage as DamagedChunk {
          throw TrackingError(
            .corrupt,
            "metric '\(metric)' of run '\(run)' (attempt \(attempt)) is damaged: \(damage.description). "
              + "Its other points can be read by range.")
        }
      }
      return columns
    }
  }

  /// Appends points to series of a run's counted attempt; see `TrackingWriter`.
  public func append(_ columns: [MetricColumns], to run: RunID) throws {
    guard !columns.isEmpty else { return }
    try Self.check(columns, of: run)
    try writing(.relaxed) { connection, fresh in
      let target = try open(run, in: connection)
      try append(
        columns, to: target.row, attempt: target.countedAttempt, isCounted: true, in: connection, fresh: &fresh)
    }
  }

  // MARK: - For the other files of this room

  /// Refuses series that cannot be appended.
  static func check(_ columns: [MetricColumns], of run: RunID) throws {
    for columns in columns {
      guard !columns.name.isEmpty else {
        throw TrackingError(.invalid, "a metric of run '\(run)' has no name; give it one.")
      }
      guard columns.count > 0 else {
        throw TrackingError(.invalid, "metric '\(columns.name)' of run '\(run)' was given no points.")
      }
    }
    guard columns.count == 1 || Set(columns.map { ExactText($0.name) }).count == columns.count else {
      throw TrackingError(.invalid, "a metric of run '\(run)' stands twice in one append; put its points together.")
    }
  }

  /// A run that takes points.
  func open(_ run: RunID, in connection: any SQLConnection) throws -> RunTarget {
    let target = try RunTarget.get(run, in: connection)
    try target.checkTakesPoints(run)
    return target
  }

  func append(
    _ columns: [MetricColumns], to row: Int64, attempt: Int, isCounted: Bool, in connection: any SQLConnection,
    fresh: inout [ExactText: Int64]
  ) throws {
    let metrics = try columns.map { try names.number(of: $0.name, in: connection, fresh: &fresh) }
    try withChunk {
      try SeriesWriter(connection: connection, chunk: $0)
        .append(columns, metrics: metrics, to: row, attempt: attempt, isCounted: isCounted)
    }
  }

  /// A sentence for each chunk that cannot be read.
  func damagedChunks(_ connection: any SQLConnection) throws -> [String] {
    let series = try connection.rows(
      """
      SELECT s.id, s.count, s.attempt, n.name, r.key FROM series s
      JOIN names n ON n.id = s.metric JOIN runs r ON r.id = s.run ORDER BY s.id
      """
    ) {
      (
        row: try $0.integer(0), count: try $0.int(1),
        name: "metric '\(try $0.text(3))' of run '\(try $0.text(4))' (attempt \(try $0.int(2)))"
      )
    }
    return try withChunk { chunk in
      try series.flatMap { series in
        try SeriesReader(connection: connection, chunk: chunk).damage(in: 0..<series.count, of: series.row)
          .map { "\(series.name): \($0.description)." }
      }
    }
  }
}
