internal import Synchronization
internal import Tracking

/// The routes of the versions of registered models.
enum ModelVersionRoutes {
  private static let root = "/api/2.0/mlflow/model-versions"

  static func all(_ context: RouteContext) -> [Route] {
    let creation = Creation()
    return [
      Route(.post, root + "/create", .blocking { try create($0, context, creation) }),
      Route(.get, root + "/get", .blocking { try get($0, context) }),
      Route(.get, root + "/search", .blocking { try search($0, context) }),
      Route(.get, root + "/get-download-uri", .blocking { try downloadURI($0, context) }),
      Route(.patch, root + "/update", .blocking { try update($0, context) }),
      Route(.delete, root + "/delete", scope: .admin, .blocking { try delete($0, context) }),
      Route(.post, root + "/set-tag", .blocking { try setTag($0, context) }),
      Route(.delete, root + "/delete-tag", .blocking { try deleteTag($0, context) }),
      Route(.post, root + "/transition-stage", .blocking { try transition($0, context) }),
    ]
  }

  /// One creation at a time, so that the version that is answered is the one that was made: a commit does not tell its
  /// number.
  private final class Creation: Sendable {
    private let lock = Mutex(())

    func alone<Result>(_ body: () throws -> Result) rethrows -> Result { try lock.withLock { _ in try body() } }
  }

  // What MLflow's prompts have for a source; they are versions of models that hold their text in a tag.
  private static let promptSources = ["dummy-source", "prompt-template"]

  private static func create(
    _ request: APIRequest, _ context: RouteContext, _ creation: Creation
  ) throws -> APIReply {
    let fields = try RequestFields(request)
    let name = try fields.required("name")
    try RegistryRules.checkName(name)
    let text = try fields.required("source")
    let tags = try RegistryRules.tags(fields)
    var run: Run?
    if let id = try fields.text("run_id"), !id.isEmpty { run = try context.run(named: id) }
    var logged: LoggedModel?
    if let id = try fields.text("model_id"), !id.isEmpty { logged = try context.loggedModel(id) }
    if run == nil, let source = logged?.source { run = try context.found { try context.store.run(source) } }
    if request.grant.run != nil { try context.allow(run?.id, by: request.grant) }
    if tags[RegistryRules.promptTag] != nil {
      guard promptSources.contains(text) else {
        throw APIError.invalid(
          "Invalid prompt source: '\(text.prefix(500))'. Prompt sources must use an MLflow placeholder.")
      }
    } else {
      _ = try ModelSource(text, run: run, model: logged, in: context)
    }
    _ = try context.registeredModel(name)
    let now = context.settings.clock()
    let version = ModelVersion(
      model: name, version: 0, created: now, updated: now, description: try fields.text("description") ?? "",
      source: text, run: run?.id, loggedModel: logged?.id, tags: tags)
    let made = try creation.alone {
      try context.commit([.registry(.createVersion(version))])
      // Another process may have made a later one meanwhile; it is ours if it tells what ours tells.
      return try context.store.modelVersions(of: name).first {
        $0.source == version.source && $0.run == version.run && $0.loggedModel == version.loggedModel
          && $0.description == version.description
      }
    }
    guard let made else { throw APIError.notFound("Model Version (name=\(name)) was deleted while it was made") }
    if let logged { try note(made, of: logged, context) }
    return try reply(made, context)
  }

  // As MLflow does: the logged model tells where it is registered.
  private static func note(_ version: ModelVersion, of model: LoggedModel, _ context: RouteContext) throws {
    let tag = "mlflow.modelVersions"
    var entries = model.tags[tag].flatMap { try? Value(json: $0).list } ?? []
    entries.append(["name": .text(version.model), "version": .integer(Int64(version.version))])
    try context.commit([.model(.setTag(model.id, name: tag, value: Value.list(entries).json))])
  }

  private static func get(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    try reply(
      context.modelVersion(RegistryRules.argument("name", request), RegistryRules.version(request)), context)
  }

  private static func reply(_ version: ModelVersion, _ context: RouteContext) throws -> APIReply {
    let model = try context.registeredModel(version.model)
    var pen = JSONPen(capacity: 512)
    pen.object { $0.object("model_version") { $0.modelVersionFields(version, of: model) } }
    return APIReply(json: pen)
  }

  private static func downloadURI(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let version = try context.modelVersion(
      RegistryRules.argument("name", request), RegistryRules.version(request))
    var pen = JSONPen(capacity: 256)
    let uri = try context.downloadURI(version)
    pen.object { $0.field("artifact_uri", uri) }
    return APIReply(json: pen)
  }

  private static func search(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let limit = try RegistryRules.limit(request, default: 10_000, largest: 200_000)
    let offset = try PageOffset.read(request.argument("page_token"))
    let search = RecordSearch<ModelVersion>(
      texts: ["name": { $0.model }, "run_id": { $0.run?.text }, "source_path": { $0.source }],
      numbers: [
        "version_number": { Double($0.version) }, "creation_timestamp": { Double($0.created.milliseconds) },
        "last_updated_timestamp": { Double($0.updated.milliseconds) },
      ], tags: { RegistryRules.searched($0.tags) })
    let order = request.query["order_by"] ?? []
    let found = try search.found(
      in: context.store.modelVersions(of: nil), filter: request.argument("filter") ?? "",
      order: order.isEmpty ? ["last_updated_timestamp DESC"] : order)
    let page = Array(found.dropFirst(offset).prefix(limit))
    let models = Dictionary(
      try context.store.registeredModels().map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    var pen = JSONPen(capacity: 4096)
    pen.object { pen in
      pen.list("model_versions", page) { pen, version in
        guard let model = models[version.model] else { return }
        pen.object { $0.modelVersionFields(version, of: model) }
      }
      if offset + page.count < found.count { pen.field("next_page_token", PageOffset.token(offset + page.count)) }
    }
    return APIReply(json: pen)
  }

  // MARK: - Changes

  private static func update(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let version = try changeable(fields, request, context)
    try context.commit([
      .registry(.describeVersion(version.model, version.version, try fields.text("description") ?? ""))
    ])
    return try reply(context.modelVersion(version.model, version.version), context)
  }

  private static func delete(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let version = try changeable(try RequestFields(request), request, context)
    try context.commit([.registry(.deleteVersion(version.model, version.version))])
    return .empty
  }

  private static func setTag(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let version = try changeable(fields, request, context)
    let (key, value) = try RegistryRules.tag(fields)
    try context.commit([.registry(.setVersionTag(version.model, version.version, name: key, value: value))])
    return .empty
  }

  private static func deleteTag(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let version = try changeable(fields, request, context)
    try context.commit([
      .registry(
        .setVersionTag(version.model, version.version, name: try fields.required("key"), value: nil))
    ])
    return .empty
  }

  private static func transition(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let version = try changeable(fields, request, context)
    let stage = try RegistryRules.stage(try fields.required("stage"))
    let archives = try fields.flag("archive_existing_versions") ?? false
    guard !archives || stage == "Staging" || stage == "Production" else {
      throw APIError.invalid(
        "Model version transition cannot archive existing model versions because '\(stage)' is not an Active stage. Valid "
          + "stages are Staging, Production")
    }
    try context.commit([
      .registry(.setStage(version.model, version.version, stage, archivingOthers: archives))
    ])
    return try reply(context.modelVersion(version.model, version.version), context)
  }

  private static func changeable(
    _ fields: RequestFields, _ request: APIRequest, _ context: RouteContext
  ) throws -> ModelVersion {
    let name = try fields.required("name")
    let number = try RegistryRules.version(fields)
    try context.allow(nil, by: request.grant)
    return try context.modelVersion(name, number)
  }
}
