internal import SQL
public import Tracking

extension MLflowDatabase {
  /// Returns the datasets that went into a run.
  public func inputs(of row: RunRow) throws -> [RunInput] {
    guard has("inputs"), has("datasets") else { return [] }
    return try reading { connection in
      let found = try connection.rows(
        """
        SELECT i.input_uuid, d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_schema,
          d.dataset_profile
        FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
        WHERE i.destination_id = $1 AND i.destination_type = 'RUN' AND i.source_type = 'DATASET'
        ORDER BY d.name, d.digest
        """, [.text(row.run.id.text)]
      ) { row in
        (
          try row.text(0),
          Dataset(
            name: try row.text(1), digest: try row.text(2), sourceType: row.optionalText(3) ?? "",
            source: row.optionalText(4) ?? "", schema: row.optionalText(5), profile: row.optionalText(6))
        )
      }
      return try found.map { id, dataset in
        let tags = try connection.rows("SELECT name, value FROM input_tags WHERE input_uuid = $1", [.text(id)]) {
          (try $0.text(0), $0.optionalText(1) ?? "")
        }
        return RunInput(dataset, tags: Dictionary(tags, uniquingKeysWith: { $1 }))
      }
    }
  }

  /// Returns the logged models that came out of a run.
  public func outputs(of row: RunRow) throws -> [RunOutput] {
    guard has("inputs", "step") else { return [] }
    return try reading { connection in
      try connection.rows(
        """
        SELECT destination_id, step FROM inputs
        WHERE source_type = 'RUN_OUTPUT' AND source_id = $1 AND destination_type = 'MODEL_OUTPUT'
        ORDER BY step, destination_id
        """, [.text(row.run.id.text)]
      ) { RunOutput(model: try $0.text(0), step: $0.optionalInteger(1) ?? 0) }
    }
  }

  /// Returns the logged models of an experiment, deleted ones left out.
  public func loggedModels(in experiment: Experiment) throws -> [LoggedModel] {
    guard has("logged_models") else { return [] }
    return try reading { connection in
      let models = try connection.rows(
        """
        SELECT model_id, name, source_run_id, status, model_type, creation_timestamp_ms, last_updated_timestamp_ms
        FROM logged_models WHERE experiment_id = $1 AND lifecycle_stage <> 'deleted' ORDER BY creation_timestamp_ms
        """, [.integer(experiment.id)]
      ) { row -> LoggedModel in
        let statuses: [LoggedModel.Status] = [.pending, .ready, .failed]
        let status = Int(row.optionalInteger(3) ?? 1) - 1
        let created = Timestamp(milliseconds: row.optionalInteger(5) ?? 0)
        return LoggedModel(
          id: try row.text(0), experiment: experiment.name, name: row.optionalText(1) ?? "",
          source: row.optionalText(2).flatMap { RunID($0) },
          status: statuses.indices.contains(status) ? statuses[status] : .pending, type: row.optionalText(4) ?? "",
          created: created, updated: Timestamp(milliseconds: row.optionalInteger(6) ?? created.milliseconds))
      }
      return try models.map { try completed($0, connection) }
    }
  }

  private func completed(_ model: LoggedModel, _ connection: any SQLConnection) throws -> LoggedModel {
    var model = model
    let key = [SQLValue.text(model.id)]
    func texts(_ sql: String) throws -> [String: String] {
      let pairs = try connection.rows(sql, key) { (try $0.text(0), $0.optionalText(1) ?? "") }
      return Dictionary(pairs, uniquingKeysWith: { $1 })
    }
    model.parameters = try texts("SELECT param_key, param_value FROM logged_model_params WHERE model_id = $1")
    model.tags = try texts("SELECT tag_key, tag_value FROM logged_model_tags WHERE model_id = $1")
    let metrics = try connection.rows(
      """
      SELECT metric_name, metric_step, metric_timestamp_ms, metric_value, run_id, dataset_name, dataset_digest
      FROM logged_model_metrics WHERE model_id = $1
      ORDER BY metric_name, run_id, dataset_name, dataset_digest, metric_step, metric_timestamp_ms
      """, key
    ) { row -> LoggedModelMetric? in
      guard let run = row.optionalText(4).flatMap({ RunID($0) }) else { return nil }
      var dataset: LoggedModelMetric.DatasetName?
      if let name = row.optionalText(5), let digest = row.optionalText(6) {
        dataset = .init(name: name, digest: digest)
      }
      return LoggedModelMetric(
        name: try row.text(0),
        point: MetricPoint(
          step: row.optionalInteger(1) ?? 0, time: Timestamp(milliseconds: row.optionalInteger(2) ?? 0),
          value: row.optionalReal(3) ?? .nan), run: run, dataset: dataset)
    }
    // Of several with the same name, run and dataset the last one counts.
    for metric in metrics.compactMap({ $0 }) {
      if let last = model.metrics.last, last.name == metric.name, last.run == metric.run,
        last.dataset == metric.dataset
      {
        model.metrics.removeLast()
      }
      model.metrics.append(metric)
    }
    return model
  }

  /// Returns where a run's artifacts are.
  public func artifactPlace(of row: RunRow) throws -> String? { row.run.origin["artifact_uri"]?.text }

  /// Returns where a logged model's artifacts are.
  public func artifactPlace(of model: LoggedModel) throws -> String? {
    try reading {
      try $0.firstText("SELECT artifact_location FROM logged_models WHERE model_id = $1", [.text(model.id)])
    }
  }

  /// Returns the registered models.
  public func registeredModels() throws -> [RegisteredModel] {
    guard has("registered_models") else { return [] }
    return try reading { connection in
      let tags =
        has("registered_model_tags") ? try texts(connection, "registered_model_tags", by: "name", name: "key") : [:]
      var aliases: [String: [String: Int]] = [:]
      if has("registered_model_aliases") {
        try connection.forEachRow("SELECT name, alias, version FROM registered_model_aliases", []) { row in
          aliases[try row.text(0), default: [:]][try row.text(1)] = try row.int(2)
          return true
        }
      }
      return try connection.rows(
        "SELECT name, creation_time, last_updated_time, description FROM registered_models ORDER BY name"
      ) { row in
        let created = Timestamp(milliseconds: row.optionalInteger(1) ?? 0)
        let name = try row.text(0)
        return RegisteredModel(
          name: name, created: created,
          updated: Timestamp(milliseconds: row.optionalInteger(2) ?? created.milliseconds),
          description: row.optionalText(3) ?? "", tags: tags[name] ?? [:], aliases: aliases[name] ?? [:])
      }
    }
  }

  /// Returns the versions of all registered models, deleted ones left out.
  public func modelVersions() throws -> [ModelVersion] {
    guard has("model_versions") else { return [] }
    return try reading { connection in
      let versions = try connection.rows(
        """
        SELECT name, version, creation_time, last_updated_time, description, user_id, current_stage, source, run_id
        FROM model_versions WHERE current_stage <> 'Deleted_Internal' ORDER BY name, version
        """
      ) { row -> ModelVersion in
        let created = Timestamp(milliseconds: row.optionalInteger(2) ?? 0)
        return ModelVersion(
          model: try row.text(0), version: try row.int(1), created: created,
          updated: Timestamp(milliseconds: row.optionalInteger(3) ?? created.milliseconds),
          description: row.optionalText(4) ?? "", user: row.optionalText(5) ?? "", source: row.optionalText(7) ?? "",
          run: row.optionalText(8).flatMap { RunID($0) }, stage: row.optionalText(6) ?? "None")
      }
      guard has("model_version_tags") else { return versions }
      return try versions.map { version in
        var version = version
        let tags = try connection.rows(
          "SELECT key, value FROM model_version_tags WHERE name = $1 AND version = $2",
          [.text(version.model), SQLValue(version.version)]
        ) { (try $0.text(0), $0.optionalText(1) ?? "") }
        version.tags = Dictionary(tags, uniquingKeysWith: { $1 })
        return version
      }
    }
  }
}
