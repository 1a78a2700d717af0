internal import SQL
public import Tracking

extension SQLTrackingStore {
  /// Returns the datasets that went into a run, in recorded order.
  public func inputs(of run: RunID) throws -> [RunInput] {
    try reading { connection in try inputs(of: RunRecord.row(of: run, in: connection), in: connection) }
  }

  /// Returns the logged models that came out of a run, in recorded order.
  public func outputs(of run: RunID) throws -> [RunOutput] {
    try reading { connection in try outputs(of: RunRecord.row(of: run, in: connection), in: connection) }
  }

  func inputs(of row: Int64, in connection: any SQLConnection) throws -> [RunInput] {
    let found = try connection.rows(
      """
      SELECT d.id, d.name, d.digest, d.source_type, d.source, d.schema, d.profile
      FROM inputs i JOIN datasets d ON d.id = i.dataset WHERE i.run = $1 ORDER BY i.position
      """, [.integer(row)]
    ) { row in
      let dataset = Dataset(
        name: try row.text(1), digest: try row.text(2), sourceType: try row.text(3), source: try row.text(4),
        schema: row.optionalText(5), profile: row.optionalText(6))
      return (row: try row.integer(0), input: RunInput(dataset))
    }
    return try found.map { found in
      var input = found.input
      try connection.forEachRow(
        "SELECT name, value FROM input_tags WHERE run = $1 AND dataset = $2", [.integer(row), .integer(found.row)]
      ) {
        input.tags[try $0.text(0)] = try $0.text(1)
        return true
      }
      return input
    }
  }

  func outputs(of row: Int64, in connection: any SQLConnection) throws -> [RunOutput] {
    try connection.rows(
      """
      SELECT m.key, o.step FROM outputs o JOIN logged_models m ON m.id = o.model WHERE o.run = $1 ORDER BY o.position
      """, [.integer(row)]
    ) { RunOutput(model: try $0.text(0), step: try $0.integer(1)) }
  }
}
