internal import SQL
internal import Tracking

/// A chunk that cannot be read, or is not there.
struct DamagedChunk: Error {
  /// The places of its points in the series.
  var points: Range<Int>
  var reason: String

  var description: String {
    "the chunk of points \(points.lowerBound)..<\(points.upperBound) cannot be read: \(reason)"
  }
}

/// Reads points of series.
struct SeriesReader {
  let connection: any SQLConnection
  let chunk: MetricChunk

  /// Reads some points of a series that has them.
  ///
  /// - Throws: `DamagedChunk`.
  func read(_ range: Range<Int>, of series: Int64, into columns: inout MetricColumns) throws {
    columns.steps.reserveCapacity(range.count)
    columns.times.reserveCapacity(range.count)
    columns.values.reserveCapacity(range.count)
    var next: Int?
    try forEachChunk(range, of: series) { places, data in
      let identity = UInt64(bitPattern: SeriesWriter.chunkID(series: series, first: places.lowerBound))
      guard places.lowerBound == next ?? min(places.lowerBound, range.lowerBound) else {
        throw DamagedChunk(points: (next ?? range.lowerBound)..<places.lowerBound, reason: "it is missing")
      }
      let before = columns.count
      do {
        try chunk.unpack(data, identity: identity, appendingTo: &columns)
      } catch let damage as ChunkDamage {
        throw DamagedChunk(points: places, reason: damage.description)
      }
      guard columns.count - before == places.count else {
        throw DamagedChunk(points: places, reason: "it holds \(columns.count - before) points")
      }
      next = places.upperBound
      columns.cut(
        from: before, leading: range.lowerBound - places.lowerBound, trailing: places.upperBound - range.upperBound)
    }
    guard next ?? range.lowerBound >= range.upperBound else {
      throw DamagedChunk(points: (next ?? range.lowerBound)..<range.upperBound, reason: "it is missing")
    }
  }

  /// Every chunk of some points that cannot be read.
  func damage(in range: Range<Int>, of series: Int64) throws -> [DamagedChunk] {
    var damage: [DamagedChunk] = []
    var next = range.lowerBound
    while next < range.upperBound {
      var ignored = MetricColumns(name: "")
      do {
        try read(next..<range.upperBound, of: series, into: &ignored)
        break
      } catch let found as DamagedChunk {
        damage.append(found)
        next = max(found.points.upperBound, next + 1)
      }
    }
    return damage
  }

  private func forEachChunk(
    _ range: Range<Int>, of series: Int64, _ body: (Range<Int>, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let base = SeriesWriter.chunkID(series: series, first: 0)
    let first = try connection.firstInteger(
      "SELECT max(id) FROM metric_chunks WHERE id >= $1 AND id <= $2",
      [.integer(base), .integer(base + Int64(range.lowerBound))])
    try connection.forEachRow(
      "SELECT id, count, data FROM metric_chunks WHERE id >= $1 AND id < $2 ORDER BY id",
      [.integer(first ?? base), .integer(base + Int64(range.upperBound))]
    ) { row in
      let start = Int(try row.integer(0) - base)
      let places = start..<(start + (try row.int(1)))
      // The chunk before a missing one may end before what is wanted.
      guard places.upperBound > range.lowerBound else { return true }
      try row.withBytes(2) { try body(places, $0) }
      return true
    }
  }
}

extension MetricColumns {
  /// Cuts points off the part that begins at a place; what is not positive cuts nothing.
  fileprivate mutating func cut(from start: Int, leading: Int, trailing: Int) {
    func cut<Element>(_ column: inout [Element]) {
      if trailing > 0 { column.removeLast(trailing) }
      if leading > 0 { column.removeSubrange(start..<(start + leading)) }
    }
    guard leading > 0 || trailing > 0 else { return }
    cut(&steps)
    cut(&times)
    cut(&values)
  }
}
