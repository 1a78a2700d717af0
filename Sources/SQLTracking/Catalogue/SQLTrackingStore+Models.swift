internal import SQL
public import Tracking

extension SQLTrackingStore {
  private static let columns =
    "m.id, m.key, e.name, m.name, m.source, m.status, m.type, m.created, m.updated, m.deleted"

  /// Returns a logged model.
  public func loggedModel(_ id: String) throws -> LoggedModel {
    try reading { try loggedModel(id, in: $0) }
  }

  func loggedModel(_ id: String, in connection: any SQLConnection) throws -> LoggedModel {
    guard let model = try models(where: "m.key = $1", [.text(id)], in: connection).first else {
      throw TrackingError.noModel(id)
    }
    return model
  }

  /// Returns the logged models of experiments, newest first.
  public func loggedModels(inExperiments experiments: [String], of source: RunID?) throws -> [LoggedModel] {
    try reading { connection in
      var text = SQLText()
      var conditions = ["m.deleted IS NULL"]
      if !experiments.isEmpty {
        let list = experiments.map { text.bind(.text($0)) }.joined(separator: ", ")
        conditions.append("m.experiment IN (SELECT id FROM experiments WHERE name IN (\(list)))")
      }
      if let source { conditions.append("m.source = \(text.bind(SQLValue(source)))") }
      return try models(where: conditions.joined(separator: " AND "), text.arguments, in: connection)
    }
  }

  /// Returns the artifacts of a logged model, by path.
  public func files(ofModel id: String) throws -> [LoggedModelFile] {
    try reading { try files(ofModel: id, in: $0) }
  }

  func files(ofModel id: String, in connection: any SQLConnection) throws -> [LoggedModelFile] {
    guard let row = try connection.firstInteger("SELECT id FROM logged_models WHERE key = $1", [.text(id)]) else {
      throw TrackingError.noModel(id)
    }
    return try connection.rows(
      "SELECT path, digest, bytes, content_bytes, time FROM logged_model_files WHERE model = $1 ORDER BY path",
      [.integer(row)]
    ) {
      let path = try $0.text(0)
      guard let digest = Digest(hex: try $0.text(1)) else {
        throw TrackingError(.corrupt, "'\(path)' of logged model '\(id)' has no SHA-256 for a name.")
      }
      return LoggedModelFile(
        path: path, digest: digest, bytes: try $0.integer(2), contentBytes: try $0.integer(3),
        time: try $0.timestamp(4))
    }
  }

  private func models(
    where condition: String, _ arguments: [SQLValue], in connection: any SQLConnection
  ) throws -> [LoggedModel] {
    let found = try connection.rows(
      """
      SELECT \(Self.columns) FROM logged_models m JOIN experiments e ON e.id = m.experiment
      WHERE \(condition) ORDER BY m.created DESC, m.id DESC
      """, arguments
    ) { row in
      let id = try row.text(1)
      guard let status = LoggedModel.Status(rawValue: try row.text(5)) else {
        throw TrackingError(.corrupt, "logged model '\(id)' has a status that does not exist.")
      }
      return (
        row: try row.integer(0),
        model: LoggedModel(
          id: id, experiment: try row.text(2), name: try row.text(3),
          source: try row.optionalText(4).map { try RunID(recorded: $0) }, status: status, type: try row.text(6),
          created: try row.timestamp(7), updated: try row.timestamp(8), deleted: row.optionalTimestamp(9))
      )
    }
    return try found.map { found in
      var model = found.model
      model.parameters = try tags(in: "logged_model_parameters", of: "model", found.row, connection)
      model.tags = try tags(in: "logged_model_tags", of: "model", found.row, connection)
      model.metrics = try metrics(ofModel: found.row, in: connection)
      return model
    }
  }

  private func metrics(ofModel row: Int64, in connection: any SQLConnection) throws -> [LoggedModelMetric] {
    try connection.rows(
      """
      SELECT l.name, l.step, l.time, l.bits, r.key, l.dataset_name, l.dataset_digest
      FROM logged_model_metrics l JOIN runs r ON r.id = l.run
      WHERE l.model = $1 ORDER BY l.name, r.key, l.dataset_name, l.dataset_digest
      """, [.integer(row)]
    ) {
      let dataset = LoggedModelMetric.DatasetName(name: try $0.text(5), digest: try $0.text(6))
      return LoggedModelMetric(
        name: try $0.text(0), point: try MetricPoint($0, at: 1), run: try RunID(recorded: $0.text(4)),
        dataset: dataset.name.isEmpty ? nil : dataset)
    }
  }
}
