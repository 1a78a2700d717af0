internal import SQL
internal import Tracking

/// A series' row: its summary, and which chunks at its end are small.
struct SeriesRecord {
  var row: Int64
  var summary: SeriesSummary
  /// The counts of the small chunks at the end, oldest first.
  var tail: [Int]

  /// What `init(_:name:)` reads, from `series s`.
  static let columns = """
    s.id, s.attempt, s.count, s.last, s.last_bits, s.last_step, s.last_time, s.largest_step, s.min_bits, s.min_step, \
    s.min_time, s.max_bits, s.max_step, s.max_time, s.tail
    """
  /// The column after them.
  static let columnCount = 15

  init(_ row: any SQLRow, name: String) throws {
    self.row = try row.integer(0)
    let value: Double
    if let bits = row.optionalInteger(4) {
      value = Double(bitPattern: UInt64(bitPattern: bits))
    } else {
      value = try row.real(3)
    }
    let last = MetricPoint(step: try row.integer(5), time: try row.timestamp(6), value: value)
    func extreme(_ column: Int) throws -> MetricPoint? {
      guard let bits = row.optionalInteger(column) else { return value.isFinite ? last : nil }
      return MetricPoint(
        step: try row.integer(column + 1), time: try row.timestamp(column + 2),
        value: Double(bitPattern: UInt64(bitPattern: bits)))
    }
    summary = SeriesSummary(
      name: name, attempt: try row.int(1), count: try row.int(2), last: last, largestStep: try row.integer(7),
      minimum: try extreme(8), maximum: try extreme(11))
    tail = row.withBytes(14) { bytes in
      (0..<(bytes.count / 2)).map { Int(bytes[2 * $0]) | Int(bytes[2 * $0 + 1]) << 8 }
    }
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
    summary.last = columns[columns.count - 1]
    summary.count += columns.count
  }

  /// The row's columns after its number, in the order of `columns`.
  var values: [SQLValue] {
    let last = summary.last
    // SQLite keeps -0 as 0, and NaN as NULL.
    let needsBits = last.value.isNaN || last.value.bitPattern == (-0.0).bitPattern
    func extreme(_ point: MetricPoint?) -> [SQLValue] {
      guard let point, point != last else { return [.null, .null, .null] }
      return [
        .integer(Int64(bitPattern: point.value.bitPattern)), .integer(point.step), .integer(point.time.milliseconds),
      ]
    }
    return [
      SQLValue(summary.attempt), SQLValue(summary.count), last.value.isNaN ? .null : .real(last.value),
      needsBits ? .integer(Int64(bitPattern: last.value.bitPattern)) : .null, .integer(last.step),
      .integer(last.time.milliseconds), .integer(summary.largestStep),
    ] + extreme(summary.minimum) + extreme(summary.maximum) + [
      .blob(tail.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })
    ]
  }
}
