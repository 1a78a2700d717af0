internal import SQL
internal import Tracking

/// A series' row: its summary, and which chunks at its end are small.
struct SeriesRecord {
  var row: Int64
  var summary: SeriesSummary
  /// The counts of the small chunks at the end, oldest first.
  var tail: [Int]

  /// What `summary(_:name:)` reads, from `series s`.
  static let summaryColumns = """
    s.attempt, s.count, s.last, s.last_bits, s.last_step, s.last_time, s.largest_step, s.min_bits, s.min_step, \
    s.min_time, s.max_bits, s.max_step, s.max_time, s.recent_bits, s.recent_step, s.recent_time
    """
  /// The column after them.
  static let summaryColumnCount = 16
  /// What `init(_:name:)` reads, from `series s`.
  static let columns = "\(summaryColumns), s.id, s.tail"
  /// The column after them.
  static let columnCount = 18

  init(_ row: any SQLRow, name: String) throws {
    summary = try Self.summary(row, name: name)
    self.row = try row.integer(16)
    tail = row.withBytes(17) { bytes in
      (0..<(bytes.count / 2)).map { Int(bytes[2 * $0]) | Int(bytes[2 * $0 + 1]) << 8 }
    }
  }

  /// Reads the summary alone.
  static func summary(_ row: any SQLRow, name: String) throws -> SeriesSummary {
    let value: Double
    if let bits = row.optionalInteger(3) {
      value = Double(bitPattern: UInt64(bitPattern: bits))
    } else {
      value = try row.real(2)
    }
    let latest = MetricPoint(step: try row.integer(4), time: try row.timestamp(5), value: value)
    func point(_ column: Int) throws -> MetricPoint? {
      guard let bits = row.optionalInteger(column) else { return nil }
      return MetricPoint(
        step: try row.integer(column + 1), time: try row.timestamp(column + 2),
        value: Double(bitPattern: UInt64(bitPattern: bits)))
    }
    // What is not said of the others is that they are the same point.
    let finite = value.isFinite ? latest : nil
    return SeriesSummary(
      name: name, attempt: try row.int(0), count: try row.int(1), last: try point(13) ?? latest, latest: latest,
      largestStep: try row.integer(6), minimum: try point(7) ?? finite, maximum: try point(10) ?? finite)
  }

  /// Begins a series with the first point of columns; `absorb` adds it and the others.
  init(row: Int64, attempt: Int, beginning columns: MetricColumns) {
    self.row = row
    summary = SeriesSummary(
      name: columns.name, attempt: attempt, count: 0, last: columns[0], largestStep: columns.steps[0], minimum: nil,
      maximum: nil)
    tail = []
  }

  /// Takes points into the summary.
  mutating func absorb(_ columns: MetricColumns) {
    var least = summary.minimum?.value ?? .infinity
    var greatest = summary.maximum?.value ?? -.infinity
    var leastIndex: Int?
    var greatestIndex: Int?
    for index in columns.values.indices {
      let value = columns.values[index]
      guard value.isFinite else { continue }
      if value < least { (least, leastIndex) = (value, index) }
      if value > greatest { (greatest, greatestIndex) = (value, index) }
    }
    if let leastIndex { summary.minimum = columns[leastIndex] }
    if let greatestIndex { summary.maximum = columns[greatestIndex] }
    summary.largestStep = max(summary.largestStep, columns.steps.max() ?? summary.largestStep)
    summary.latest = columns.steps.indices.reduce(summary.latest) { latest, index in
      // Most often the steps rise, so that this is all that is asked.
      guard columns.steps[index] >= latest.step else { return latest }
      let point = columns[index]
      return latest.isLater(than: point) ? latest : point
    }
    summary.last = columns[columns.count - 1]
    summary.count += columns.count
  }

  /// The row's columns after its number, in the order of `columns`.
  var values: [SQLValue] {
    let latest = summary.latest
    // SQLite keeps -0 as 0, and NaN as NULL.
    let needsBits = latest.value.isNaN || latest.value.bitPattern == (-0.0).bitPattern
    func unlessLatest(_ point: MetricPoint?) -> [SQLValue] {
      guard let point, point != latest else { return [.null, .null, .null] }
      return [
        .integer(Int64(bitPattern: point.value.bitPattern)), .integer(point.step), .integer(point.time.milliseconds),
      ]
    }
    return [
      SQLValue(summary.attempt), SQLValue(summary.count), latest.value.isNaN ? .null : .real(latest.value),
      needsBits ? .integer(Int64(bitPattern: latest.value.bitPattern)) : .null, .integer(latest.step),
      .integer(latest.time.milliseconds), .integer(summary.largestStep),
    ] + unlessLatest(summary.minimum) + unlessLatest(summary.maximum) + [
      .blob(tail.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })
    ] + unlessLatest(summary.last)
  }
}
