internal import Tracking

/// The routes that tell what went into a run, and which models came out of it.
enum InputRoutes {
  static func all(_ context: RouteContext) -> [Route] {
    [
      Route(.post, "/api/2.0/mlflow/runs/log-inputs", .blocking { try logInputs($0, context) }),
      Route(.post, "/api/2.0/mlflow/runs/outputs", .blocking { try logOutputs($0, context) }),
      Route(.post, "/api/2.0/mlflow/runs/log-model", .blocking { try logModel($0, context) }),
    ]
  }

  private static func logInputs(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let run = try writable(fields, request, context)
    let inputs = try fields.objects("datasets").enumerated().map { place, input in
      guard let dataset = try input.object("dataset") else { throw APIError.missing("datasets[\(place)].dataset") }
      var tags: [String: String] = [:]
      for (key, value) in try input.pairs("tags") {
        try TextRule.checkLength(key, "tags.key", atMost: 255)
        try TextRule.checkLength(value, "tags.value", atMost: 500)
        tags[key] = value
      }
      return RunInput(try self.dataset(dataset), tags: tags)
    }
    // A run's models that were loaded are a tag: the records know what came out of a run, and datasets that went in.
    let models = try fields.objects("models").map { try $0.required("model_id") }
    for model in models { _ = try context.loggedModel(model) }
    var changes: [Change] = inputs.isEmpty ? [] : [.addInputs(run.id, inputs)]
    if !models.isEmpty {
      let known = InputModels.read(try context.store.tags(of: run.id))
      let added = models.filter { !known.contains($0) }
      if !added.isEmpty {
        changes.append(.setTag(run.id, name: InputModels.tag, value: InputModels.text(known + added)))
      }
    }
    try context.commit(changes)
    return .empty
  }

  private static func dataset(_ fields: RequestFields) throws -> Dataset {
    let dataset = Dataset(
      name: try fields.required("name"), digest: try fields.required("digest"),
      sourceType: try fields.text("source_type") ?? "", source: try fields.text("source") ?? "",
      schema: try fields.text("schema"), profile: try fields.text("profile"))
    try TextRule.checkLength(dataset.name, "dataset.name", atMost: 500)
    try TextRule.checkLength(dataset.digest, "dataset.digest", atMost: 36)
    try TextRule.checkLength(dataset.source, "dataset.source", atMost: 65_535)
    try TextRule.checkLength(dataset.schema ?? "", "dataset.schema", atMost: 1_048_575)
    try TextRule.checkLength(dataset.profile ?? "", "dataset.profile", atMost: 16_777_215)
    return dataset
  }

  private static func logOutputs(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let run = try writable(fields, request, context)
    let outputs = try fields.objects("models").map {
      RunOutput(model: try $0.required("model_id"), step: try $0.whole("step") ?? 0)
    }
    for output in outputs { _ = try context.loggedModel(output.model) }
    if !outputs.isEmpty { try context.commit([.addOutputs(run.id, outputs)]) }
    return .empty
  }

  // What clients before version 3 call: the model's description is kept in a tag.
  private static func logModel(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let run = try writable(fields, request, context)
    let text = try fields.required("model_json")
    guard let model = try? Value(json: text), case .object(let parts) = model else {
      throw APIError.invalid("Malformed model info. model_json is no JSON object")
    }
    for name in ["artifact_path", "run_id", "utc_time_created", "flavors"] where parts[name] == nil {
      throw APIError.invalid("Model json is missing mandatory fields: {'\(name)'}")
    }
    let kept = ["artifact_path", "flavors", "model_uuid", "run_id", "utc_time_created"]
    let history = "mlflow.log-model.history"
    let known = try context.store.tags(of: run.id)[history].flatMap { try? Value(json: $0).list } ?? []
    let entry = Value.object(parts.filter { kept.contains($0.key) })
    try context.commit([.setTag(run.id, name: history, value: Value.list(known + [entry]).json)])
    return .empty
  }

  private static func writable(
    _ fields: RequestFields, _ request: APIRequest, _ context: RouteContext
  ) throws -> Run {
    guard let id = try fields.text("run_id") ?? fields.text("run_uuid"), !id.isEmpty else {
      throw APIError.missing("run_id")
    }
    let run = try context.run(named: id)
    try context.allow(run.id, by: request.grant)
    try run.checkIsActive()
    return run
  }
}

/// The logged models that a run has loaded.
enum InputModels {
  /// The tag that holds their ids, as a JSON list.
  static let tag = "mlflow.inputModels"

  /// Returns their ids.
  static func read(_ tags: [String: String]) -> [String] {
    tags[tag].flatMap { try? Value(json: $0).list?.compactMap(\.text) } ?? []
  }

  static func text(_ ids: [String]) -> String { Value.list(ids.map { .text($0) }).json }
}
