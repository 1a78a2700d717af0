internal import Tracking

/// The routes of registered models.
enum RegistryRoutes {
  private static let root = "/api/2.0/mlflow/registered-models"

  static func all(_ context: RouteContext) -> [Route] {
    [
      Route(.post, root + "/create", .blocking { try create($0, context) }),
      Route(.get, root + "/get", .blocking { try get($0, context) }),
      Route(.get, root + "/search", .blocking { try search($0, context) }),
      Route(.patch, root + "/update", .blocking { try update($0, context) }),
      Route(.post, root + "/rename", .blocking { try rename($0, context) }),
      Route(.delete, root + "/delete", scope: .admin, .blocking { try delete($0, context) }),
      Route(.post, root + "/set-tag", .blocking { try setTag($0, context) }),
      Route(.delete, root + "/delete-tag", .blocking { try deleteTag($0, context) }),
      Route(.post, root + "/alias", .blocking { try setAlias($0, context) }),
      Route(.delete, root + "/alias", .blocking { try deleteAlias($0, context) }),
      Route(.get, root + "/alias", .blocking { try getByAlias($0, context) }),
      Route(.post, root + "/get-latest-versions", scope: .read, .blocking { try latestVersions($0, context) }),
      Route(.get, root + "/get-latest-versions", .blocking { try latestVersions($0, context) }),
    ]
  }

  // MARK: - Models

  private static func create(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let name = try fields.required("name")
    try RegistryRules.checkName(name)
    let now = context.settings.clock()
    let model = RegisteredModel(
      name: name, created: now, updated: now, description: try fields.text("description") ?? "",
      tags: try RegistryRules.tags(fields))
    do {
      try context.commit([.registry(.create(model))])
    } catch let error as TrackingError where error.code == .conflict {
      throw APIError(.resourceAlreadyExists, "Registered Model (name=\(name)) already exists.")
    }
    return try reply(name, context)
  }

  private static func get(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    try reply(RegistryRules.argument("name", request), context)
  }

  private static func reply(_ name: String, _ context: RouteContext) throws -> APIReply {
    let model = try context.registeredModel(name)
    let versions = try context.store.modelVersions(of: name)
    var pen = JSONPen(capacity: 1024)
    pen.object { $0.object("registered_model") { $0.registeredModelFields(model, versions: versions) } }
    return APIReply(json: pen)
  }

  private static func search(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let limit = try RegistryRules.limit(request, default: 100, largest: 1000)
    let offset = try PageOffset.read(request.argument("page_token"))
    let search = RecordSearch<RegisteredModel>(
      texts: ["name": { $0.name }],
      numbers: [
        "creation_timestamp": { Double($0.created.milliseconds) },
        "last_updated_timestamp": { Double($0.updated.milliseconds) },
      ], tags: { RegistryRules.searched($0.tags) })
    let found = try search.found(
      in: context.store.registeredModels(), filter: request.argument("filter") ?? "",
      order: request.query["order_by"] ?? [])
    let page = found.dropFirst(offset).prefix(limit)
    let versions = try page.map { try context.store.modelVersions(of: $0.name) }
    var pen = JSONPen(capacity: 4096)
    pen.object { pen in
      pen.list("registered_models", Array(zip(page, versions))) { pen, found in
        pen.object { $0.registeredModelFields(found.0, versions: found.1) }
      }
      if offset + page.count < found.count { pen.field("next_page_token", PageOffset.token(offset + page.count)) }
    }
    return APIReply(json: pen)
  }

  private static func update(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let model = try changeable(fields, request, context)
    try context.commit([.registry(.describe(model.name, try fields.text("description") ?? ""))])
    return try reply(model.name, context)
  }

  private static func rename(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let model = try changeable(fields, request, context)
    let name = try fields.required("new_name")
    try RegistryRules.checkName(name)
    do {
      try context.commit([.registry(.rename(model.name, to: name))])
    } catch let error as TrackingError where error.code == .conflict {
      throw APIError(.resourceAlreadyExists, "Registered Model (name=\(name)) already exists.")
    }
    return try reply(name, context)
  }

  private static func delete(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let model = try changeable(try RequestFields(request), request, context)
    try context.commit([.registry(.delete(model.name))])
    return .empty
  }

  private static func setTag(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let model = try changeable(fields, request, context)
    let (key, value) = try RegistryRules.tag(fields)
    try context.commit([.registry(.setTag(model.name, name: key, value: value))])
    return .empty
  }

  private static func deleteTag(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let model = try changeable(fields, request, context)
    try context.commit([.registry(.setTag(model.name, name: try fields.required("key"), value: nil))])
    return .empty
  }

  // MARK: - Aliases and stages

  private static func setAlias(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let model = try changeable(fields, request, context)
    let alias = try fields.required("alias")
    try RegistryRules.checkAlias(alias)
    let version = try context.modelVersion(model.name, RegistryRules.version(fields))
    try context.commit([.registry(.setAlias(model.name, alias: alias, version: version.version))])
    return .empty
  }

  private static func deleteAlias(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let fields = try RequestFields(request)
    let model = try changeable(fields, request, context)
    try context.commit([.registry(.setAlias(model.name, alias: try fields.required("alias"), version: nil))])
    return .empty
  }

  private static func getByAlias(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let model = try context.registeredModel(RegistryRules.argument("name", request))
    let alias = try RegistryRules.argument("alias", request)
    let number =
      alias.lowercased() == "latest"
      ? try context.store.modelVersions(of: model.name).first?.version : model.aliases[alias]
    guard let number else {
      throw APIError.invalid("Registered model alias \(alias) not found.")
    }
    let version = try context.modelVersion(model.name, number)
    var pen = JSONPen(capacity: 512)
    pen.object { $0.object("model_version") { $0.modelVersionFields(version, of: model) } }
    return APIReply(json: pen)
  }

  private static func latestVersions(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let name: String
    var stages: [String]
    if request.method == .get {
      name = try RegistryRules.argument("name", request)
      stages = request.query["stages"] ?? []
    } else {
      let fields = try RequestFields(request)
      name = try fields.required("name")
      stages = try fields.texts("stages")
    }
    stages = try stages.map(RegistryRules.stage)
    let model = try context.registeredModel(name)
    let versions = try context.store.modelVersions(of: name).latestByStage.filter {
      stages.isEmpty || stages.contains($0.stage)
    }
    var pen = JSONPen(capacity: 1024)
    pen.object { pen in
      pen.list("model_versions", versions) { pen, version in
        pen.object { $0.modelVersionFields(version, of: model) }
      }
    }
    return APIReply(json: pen)
  }

  private static func changeable(
    _ fields: RequestFields, _ request: APIRequest, _ context: RouteContext
  ) throws -> RegisteredModel {
    let name = try fields.required("name")
    try context.allow(nil, by: request.grant)
    return try context.registeredModel(name)
  }
}
