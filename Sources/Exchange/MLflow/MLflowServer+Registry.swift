public import Tracking

extension MLflowServer {
  /// Returns the registered models; none where the server keeps no registry.
  public func registeredModels() throws -> [RegisteredModel] {
    var models: [RegisteredModel] = []
    try registry("registered-models/search") { reply in
      for said in reply["registered_models"]?.list ?? [] {
        guard let name = said["name"]?.text else { continue }
        let created = said.time("creation_timestamp") ?? Timestamp(milliseconds: 0)
        var aliases: [String: Int] = [:]
        for alias in said["aliases"]?.list ?? [] {
          if let name = alias["alias"]?.text, let version = alias.int64("version") { aliases[name] = Int(version) }
        }
        models.append(
          RegisteredModel(
            name: name, created: created, updated: said.time("last_updated_timestamp") ?? created,
            description: said["description"]?.text ?? "", tags: said.texts("tags"), aliases: aliases))
      }
    }
    return models
  }

  /// Returns the versions of all registered models.
  public func modelVersions() throws -> [ModelVersion] {
    var versions: [ModelVersion] = []
    try registry("model-versions/search") { reply in
      for said in reply["model_versions"]?.list ?? [] {
        guard let name = said["name"]?.text, let version = said.int64("version") else { continue }
        let created = said.time("creation_timestamp") ?? Timestamp(milliseconds: 0)
        versions.append(
          ModelVersion(
            model: name, version: Int(version), created: created,
            updated: said.time("last_updated_timestamp") ?? created, description: said["description"]?.text ?? "",
            user: said["user_id"]?.text ?? "", source: said["source"]?.text ?? "",
            run: said["run_id"]?.text.flatMap { RunID($0) },
            loggedModel: said["model_id"]?.text.flatMap { $0.isEmpty ? nil : $0 },
            stage: said["current_stage"]?.text ?? "None", tags: said.texts("tags")))
      }
    }
    return versions
  }

  private func registry(_ route: String, _ take: (Value) throws -> Void) throws {
    do {
      try pages { token in
        try get(route, [("max_results", "100")] + (token.map { [("page_token", $0)] } ?? []))
      } _: {
        try take($0)
      }
    } catch let error as TrackingError where error.code == .notFound {
      return
    }
  }
}

extension Value {
  /// A member that is a whole number, as a number or as a text; nil for anything else.
  func int64(_ name: String) -> Int64? { self[name].flatMap { $0.integer ?? $0.text.flatMap { Int64($0) } } }

  /// A member that is a moment in milliseconds since 1970 UTC.
  func time(_ name: String) -> Timestamp? { int64(name).map { Timestamp(milliseconds: $0) } }

  /// A member that is a list of `{"key", "value"}`.
  func texts(_ name: String) -> [String: String] {
    let pairs = (self[name]?.list ?? []).compactMap { item -> (String, String)? in
      item["key"]?.text.map { ($0, item["value"]?.plain ?? "") }
    }
    return Dictionary(pairs, uniquingKeysWith: { $1 })
  }

  /// The point that a metric of the server is.
  var point: MetricPoint? {
    guard let value = self["value"], let time = int64("timestamp"),
      let number = value.number ?? value.text.flatMap({ MLflowNames.number($0) })
    else { return nil }
    return MetricPoint(step: int64("step") ?? 0, time: Timestamp(milliseconds: time), value: number)
  }
}
