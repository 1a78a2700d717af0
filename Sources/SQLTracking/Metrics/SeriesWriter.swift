internal import SQL
internal import Tracking

/// Appends points to series, in one transaction.
struct SeriesWriter {
  let connection: any SQLConnection
  let chunk: MetricChunk

  /// Points of a series from which on its chunks are left as they are.
  static let smallLimit = 512
  /// Small chunks of one size that become one chunk.
  private static let fanIn = 8

  /// Appends columns, none of them empty, to a run's series of an attempt.
  func append(
    _ columns: [MetricColumns], metrics: [Int64], to run: Int64, attempt: Int, isCounted: Bool
  ) throws {
    for (columns, metric) in zip(columns, metrics) {
      try append(columns, metric: metric, to: run, attempt: attempt, isCounted: isCounted)
    }
  }

  /// Appends points, at least one, to a run's series of an attempt.
  ///
  /// - Parameter skipsKnown: leaves out those that the series has lately got: `WriteBatch.Points.skipsKnown`.
  func append(
    _ columns: MetricColumns, metric: Int64, to run: Int64, attempt: Int, isCounted: Bool, skipsKnown: Bool = false
  ) throws {
    let found = try connection.firstRow(
      "SELECT \(SeriesRecord.columns) FROM series s WHERE s.run = $1 AND s.metric = $2 AND s.attempt = $3",
      [.integer(run), .integer(metric), SQLValue(attempt)]
    ) { try SeriesRecord($0, name: columns.name) }
    let columns = skipsKnown ? try unknown(columns, of: found) : columns
    guard columns.count > 0 else { return }
    if var series = found {
      try append(columns, to: &series)
      // Not the attempt, which stays: setting it would write its index's page again.
      try connection.run(
        """
        UPDATE series SET count = $2, last = $3, last_bits = $4, last_step = $5, last_time = $6, largest_step = $7,
          min_bits = $8, min_step = $9, min_time = $10, max_bits = $11, max_step = $12, max_time = $13, tail = $14,
          recent_bits = $15, recent_step = $16, recent_time = $17 WHERE id = $1
        """, [.integer(series.row)] + series.values.dropFirst())
    } else {
      let row = try connection.firstInteger("SELECT coalesce(max(id), 0) + 1 FROM series") ?? 1
      var series = SeriesRecord(row: row, attempt: attempt, beginning: columns)
      try append(columns, to: &series)
      try connection.run(
        """
        INSERT INTO series (id, attempt, count, last, last_bits, last_step, last_time, largest_step, min_bits,
          min_step, min_time, max_bits, max_step, max_time, tail, recent_bits, recent_step, recent_time, run, metric,
          counted)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
        """,
        [.integer(series.row)] + series.values + [.integer(run), .integer(metric), SQLValue(isCounted)])
    }
  }

  /// The points that are not among the last ones of a series, nor twice among themselves.
  private func unknown(_ columns: MetricColumns, of series: SeriesRecord?) throws -> MetricColumns {
    // As a rule each is later than all before it, and nothing needs to be read.
    var last = series?.summary.latest
    let isNew = (0..<columns.count).allSatisfy { index in
      defer { last = columns[index] }
      return last.map { columns[index].isLater(than: $0) } ?? true
    }
    if isNew { return columns }
    var recent = MetricColumns(name: columns.name)
    if let series, (0..<columns.count).contains(where: { !columns[$0].isLater(than: series.summary.latest) }) {
      let count = series.summary.count
      do {
        try SeriesReader(connection: connection, chunk: chunk)
          .read(max(0, count - WriteBatch.Points.knownWindow)..<count, of: series.row, into: &recent)
      } catch is DamagedChunk {
        // New points must not fail because of it.
        recent = MetricColumns(name: columns.name)
      }
    }
    var known = Set((0..<recent.count).lazy.map { recent[$0] })
    var fresh = MetricColumns(name: columns.name)
    for index in 0..<columns.count where known.insert(columns[index]).inserted { fresh.append(columns[index]) }
    return fresh
  }

  private func append(_ columns: MetricColumns, to series: inout SeriesRecord) throws {
    var place = 0
    while place < columns.count {
      let range = place..<min(place + MetricChunk.limit, columns.count)
      let first = series.summary.count + place
      guard first + range.count <= Int(UInt32.max) else {
        throw TrackingError(.invalid, "metric '\(columns.name)' is full: a series holds at most \(UInt32.max) points.")
      }
      try insert(columns, range, at: first, of: series.row)
      place = range.upperBound
      if range.count >= Self.smallLimit {
        series.tail = []
      } else {
        series.tail.append(range.count)
        try merge(&series, end: first + range.count)
      }
    }
    series.absorb(columns)
  }

  private func insert(_ columns: MetricColumns, _ range: Range<Int>, at first: Int, of series: Int64) throws {
    let id = Self.chunkID(series: series, first: first)
    let data = chunk.pack(columns, range, identity: UInt64(bitPattern: id))
    try connection.run(
      "INSERT INTO metric_chunks (id, count, data) VALUES ($1, $2, $3)",
      [.integer(id), SQLValue(range.count), .blob(data)])
  }

  /// Makes one chunk of the small ones at the end wherever there are enough of one size.
  private func merge(_ series: inout SeriesRecord, end: Int) throws {
    for size in 0...2 {
      var start = series.tail.count
      var points = 0
      var ofThisSize = 0
      while start > 0, Self.size(of: series.tail[start - 1]) <= size,
        points + series.tail[start - 1] <= MetricChunk.limit
      {
        start -= 1
        points += series.tail[start]
        if Self.size(of: series.tail[start]) == size { ofThisSize += 1 }
      }
      guard ofThisSize >= Self.fanIn else { continue }
      let bounds: [SQLValue] = [
        .integer(Self.chunkID(series: series.row, first: end - points)),
        .integer(Self.chunkID(series: series.row, first: end)),
      ]
      var merged = MetricColumns(name: series.summary.name)
      do {
        try connection.forEachRow(
          "SELECT id, data FROM metric_chunks WHERE id >= $1 AND id < $2 ORDER BY id", bounds
        ) { row in
          let id = UInt64(bitPattern: try row.integer(0))
          try row.withBytes(1) { try chunk.unpack($0, identity: id, appendingTo: &merged) }
          return true
        }
        guard merged.count == points else { throw ChunkDamage("chunks are missing") }
      } catch is ChunkDamage {
        // A damaged chunk is left for whoever reads it; new points must not fail because of it.
        series.tail = []
        return
      }
      try connection.run("DELETE FROM metric_chunks WHERE id >= $1 AND id < $2", bounds)
      try insert(merged, 0..<points, at: end - points, of: series.row)
      series.tail.removeSubrange(start...)
      if points < Self.smallLimit { series.tail.append(points) } else { series.tail = [] }
    }
  }

  private static func size(of count: Int) -> Int { count < 8 ? 0 : count < 64 ? 1 : 2 }

  /// The number of the chunk that begins with a point of a series.
  static func chunkID(series: Int64, first: Int) -> Int64 { series << 32 | Int64(first) }
}
