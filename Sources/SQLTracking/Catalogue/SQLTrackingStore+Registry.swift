internal import SQL
public import Tracking

extension SQLTrackingStore {
  /// Returns the registered models, by name.
  public func registeredModels() throws -> [RegisteredModel] {
    try reading { try registered(where: "1 = 1", [], in: $0) }
  }

  /// Returns a registered model.
  public func registeredModel(_ name: String) throws -> RegisteredModel {
    try reading { connection in
      guard let model = try registered(where: "name = $1", [.text(name)], in: connection).first else {
        throw TrackingError.noRegisteredModel(name)
      }
      return model
    }
  }

  /// Returns versions of registered models.
  public func modelVersions(of model: String?) throws -> [ModelVersion] {
    try reading { connection in
      let found = try connection.rows(
        """
        SELECT m.id, m.name, v.version, v.created, v.updated, v.description, v.author, v.source, v.run, v.logged_model,
          v.stage
        FROM registered_models m JOIN model_versions v ON v.model = m.id
        \(model == nil ? "" : "WHERE m.name = $1") ORDER BY m.name, v.version DESC
        """, model.map { [.text($0)] } ?? []
      ) { row in
        let version = ModelVersion(
          model: try row.text(1), version: try row.int(2), created: try row.timestamp(3),
          updated: try row.timestamp(4), description: try row.text(5), user: try row.text(6), source: try row.text(7),
          run: try row.optionalText(8).map { try RunID(recorded: $0) }, loggedModel: row.optionalText(9),
          stage: try row.text(10))
        return (model: try row.integer(0), version: version)
      }
      return try found.map { found in
        var version = found.version
        try connection.forEachRow(
          "SELECT name, value FROM model_version_tags WHERE model = $1 AND version = $2",
          [.integer(found.model), SQLValue(version.version)]
        ) {
          version.tags[try $0.text(0)] = try $0.text(1)
          return true
        }
        return version
      }
    }
  }

  private func registered(
    where condition: String, _ arguments: [SQLValue], in connection: any SQLConnection
  ) throws -> [RegisteredModel] {
    let found = try connection.rows(
      "SELECT id, name, created, updated, description FROM registered_models WHERE \(condition) ORDER BY name",
      arguments
    ) {
      (
        row: try $0.integer(0),
        model: RegisteredModel(
          name: try $0.text(1), created: try $0.timestamp(2), updated: try $0.timestamp(3), description: try $0.text(4))
      )
    }
    return try found.map { found in
      var model = found.model
      model.tags = try tags(in: "registered_model_tags", of: "model", found.row, connection)
      try connection.forEachRow("SELECT alias, version FROM model_aliases WHERE model = $1", [.integer(found.row)]) {
        model.aliases[try $0.text(0)] = try $0.int(1)
        return true
      }
      return model
    }
  }
}
