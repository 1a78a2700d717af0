internal import SQL
internal import Tracking

/// Reads what pages of runs bring along: parameters, tags, summaries of metrics.
///
/// A page has thousands of them, so that each must cost less than a microsecond: names are known by their numbers and not
/// joined, and what runs have in common is worked out once.
struct RunDetails {
  private let names: Names
  private let connection: any SQLConnection
  /// Names by their numbers.
  private var texts: [String]
  /// The numbers of the metrics of the run before, as they were read, and their places in the order of their names.
  private var metrics: [Int64] = []
  private var places: [Int] = []

  init(names: Names, connection: any SQLConnection) {
    self.names = names
    self.connection = connection
    texts = names.knownTexts()
  }

  /// A run with its details.
  mutating func row(of record: RunRecord) throws -> RunRow {
    RunRow(
      run: record.run, parameters: try parameters(of: record.row), tags: try tags(of: record.row),
      metrics: try summaries(of: record.row))
  }

  private mutating func parameters(of row: Int64) throws -> [Parameter] {
    var found: [(position: Int64, parameter: Parameter)] = []
    var isSorted = true
    try connection.forEachRow(
      "SELECT name, position, is_text, value FROM parameters WHERE run = $1", [.integer(row)]
    ) { row in
      let name = try names.text(of: row.integer(0), in: connection, known: &texts)
      let position = try row.integer(1)
      if let last = found.last, last.position > position { isSorted = false }
      found.append((position, Parameter(name, try row.integer(2) != 0 ? .text(row.text(3)) : row.json(3))))
      return true
    }
    if !isSorted { found.sort { $0.position < $1.position } }
    return found.map(\.parameter)
  }

  private mutating func tags(of row: Int64) throws -> [String: String] {
    var tags: [String: String] = [:]
    try connection.forEachRow("SELECT name, value FROM tags WHERE run = $1", [.integer(row)]) { row in
      if tags.isEmpty { tags.reserveCapacity(12) }
      tags[try names.text(of: row.integer(0), in: connection, known: &texts)] = try row.text(1)
      return true
    }
    return tags
  }

  /// The summaries of the run's counted series, by name.
  private mutating func summaries(of row: Int64) throws -> [SeriesSummary] {
    var found: [SeriesSummary] = []
    var numbers: [Int64] = []
    try connection.forEachRow(
      "SELECT \(SeriesRecord.summaryColumns), s.metric FROM series s WHERE s.run = $1 AND s.counted = 1",
      [.integer(row)]
    ) { row in
      let number = try row.integer(SeriesRecord.summaryColumnCount)
      numbers.append(number)
      found.append(
        try SeriesRecord.summary(row, name: names.text(of: number, in: connection, known: &texts)))
      return true
    }
    if numbers != metrics {
      metrics = numbers
      places = found.indices.sorted { found[$0].name.utf8.lexicographicallyPrecedes(found[$1].name.utf8) }
    }
    return places.map { found[$0] }
  }
}
