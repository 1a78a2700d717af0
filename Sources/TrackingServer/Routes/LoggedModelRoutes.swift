internal import Tracking

/// The routes of logged models.
enum LoggedModelRoutes {
  private static let root = "/api/2.0/mlflow/logged-models"

  static func all(_ context: RouteContext) -> [Route] {
    [
      Route(.post, root, .blocking { try create($0, context) }),
      Route(.post, root + "/search", scope: .read, .blocking { try search($0, context) }),
      Route(.get, root + "/{id}", .blocking { try get($0, context) }),
      Route(.patch, root + "/{id}", .blocking { try finalize($0, context) }),
      Route(.delete, root + "/{id}", scope: .admin, takesJSON: false, .blocking { try delete($0, context) }),
      Route(.post, root + "/{id}/params", .blocking { try logParameters($0, context) }),
      Route(.patch, root + "/{id}/tags", .blocking { try setTags($0, context) }),
      Route(.delete, root + "/{id}/tags/{key}", takesJSON: false, .blocking { try deleteTag($0, context) }),
    ]
  }

  private static func create(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let experiment = try context.experiment(try fields.required("experiment_id"))
    guard experiment.deleted == nil else {
      throw APIError.invalid(
        "The experiment \(experiment.id) must be in the 'active' state. Current state is deleted.")
    }
    var source: RunID?
    if let text = try fields.text("source_run_id"), !text.isEmpty { source = try context.run(named: text).id }
    try context.allow(source, by: request.grant)
    let name = try fields.text("name") ?? ""
    try checkName(name)
    var parameters: [String: String] = [:]
    for (key, value) in try fields.pairs("params") {
      try NameRules.check(key, kind: "Param key", path: "params.key")
      parameters[key] = NameRules.cut(value, to: NameRules.parameterLength)
    }
    let now = context.settings.clock()
    let model = LoggedModel(
      id: "m-" + context.newRunID().text, experiment: experiment.name,
      name: name.isEmpty ? RandomName.draw(context.settings.random) : name, source: source,
      type: try fields.text("model_type") ?? "", created: now, updated: now, parameters: parameters,
      tags: try tags(fields))
    try context.commit([.model(.create(model))])
    return try reply(model.id, context)
  }

  private static func checkName(_ name: String) throws {
    let isBad = name.unicodeScalars.contains { "/:.%\"'".unicodeScalars.contains($0) || $0.value < 0x20 }
    guard !isBad, name.unicodeScalars.count <= 500 else {
      throw APIError.invalid(
        "Invalid model name '\(name.prefix(100))'. It must be at most 500 characters and not contain any of /, :, ., %, "
          + "\", '.")
    }
  }

  private static func tags(_ fields: RequestFields) throws -> [String: String] {
    var tags: [String: String] = [:]
    for (key, value) in try fields.pairs("tags") {
      try NameRules.check(key, kind: "key", path: "tags.key")
      tags[key] = NameRules.cut(value, to: NameRules.tagLength)
    }
    return tags
  }

  private static func id(_ request: APIRequest) -> String { request.parameters["id"] ?? "" }

  // A model that the sender may change.
  private static func writable(_ request: APIRequest, _ context: RouteContext) throws -> LoggedModel {
    let model = try context.loggedModel(id(request))
    try context.allow(.model(model), by: request.grant)
    return model
  }

  private static func get(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let allowDeleted = request.argument("allow_deleted")?.lowercased() == "true"
    let model = try context.loggedModel(id(request), allowDeleted: allowDeleted)
    try context.allowReading(.model(model), ArtifactPath(""), by: request.grant)
    return try reply(model.id, context, allowDeleted: allowDeleted)
  }

  private static func reply(_ id: String, _ context: RouteContext, allowDeleted: Bool = false) throws -> APIReply {
    let model = try context.loggedModel(id, allowDeleted: allowDeleted)
    let experiment = try context.store.experiment(named: model.experiment).id
    var pen = JSONPen(capacity: 1024)
    pen.object { $0.loggedModel(model, experiment: experiment) }
    return APIReply(json: pen)
  }

  private static func finalize(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let json = try request.json()
    let model = try writable(request, context)
    guard json["status"] != nil else { throw APIError.missing("status") }
    guard let status = LoggedModel.Status(wire: json["status"]) else {
      throw APIError.invalid(
        "Invalid model status: it is one of LOGGED_MODEL_PENDING, LOGGED_MODEL_READY, LOGGED_MODEL_UPLOAD_FAILED.")
    }
    try context.commit([.model(.setStatus(model.id, status))])
    return try reply(model.id, context)
  }

  private static func delete(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let model = try writable(request, context)
    try context.commit([.model(.delete(model.id))])
    return .empty
  }

  private static func logParameters(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let model = try writable(request, context)
    var changes: [Change] = []
    for (key, value) in try fields.pairs("params") {
      try NameRules.check(key, kind: "Param key", path: "params.key")
      changes.append(
        .model(.setParameter(model.id, name: key, value: NameRules.cut(value, to: NameRules.parameterLength))))
    }
    try context.commit(changes)
    return .empty
  }

  private static func setTags(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let tags = try tags(RequestFields(request))
    let model = try writable(request, context)
    try context.commit(
      tags.sorted { $0.key < $1.key }.map { .model(.setTag(model.id, name: $0.key, value: $0.value)) })
    return try reply(model.id, context)
  }

  private static func deleteTag(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let model = try writable(request, context)
    let key = request.parameters["key"] ?? ""
    guard model.tags[key] != nil else {
      throw APIError.notFound("No tag with key '\(key)' found for model with ID '\(model.id)'.")
    }
    try context.commit([.model(.setTag(model.id, name: key, value: nil))])
    return .empty
  }

  private static func search(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    var ids: [String: Int64] = [:]
    for text in try fields.texts("experiment_ids") {
      // MLflow finds nothing in an experiment that is not there.
      guard let experiment = try context.found({ try context.experiment(text) }) else { continue }
      ids[experiment.name] = experiment.id
    }
    let limit = try SearchLimit.read(request.json(), default: 100)
    let offset = try PageOffset.read(try fields.text("page_token"))
    let search = try LoggedModelSearch(
      try fields.text("filter") ?? "", datasets: try fields.objects("datasets"), order: try fields.objects("order_by"))
    let models = ids.isEmpty ? [] : try context.store.loggedModels(inExperiments: Array(ids.keys), of: nil)
    let found = search.found(in: try context.readable(models, by: request.grant), ids)
    let page = found.dropFirst(offset).prefix(limit)
    var pen = JSONPen(capacity: 4096)
    pen.object { pen in
      pen.list("models", page) { pen, model in
        pen.object { $0.loggedModelFields(model, experiment: ids[model.experiment] ?? 0) }
      }
      if offset + page.count < found.count, !page.isEmpty {
        pen.field("next_page_token", PageOffset.token(offset + page.count))
      }
    }
    return APIReply(json: pen)
  }
}
