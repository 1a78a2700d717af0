internal import Tracking

/// The routes of experiments.
enum ExperimentRoutes {
  /// The most characters of a name.
  private static let nameLength = 500
  /// The most characters of a tag's value.
  private static let tagLength = 20_000

  static func all(_ context: RouteContext) -> [Route] {
    [
      Route(.post, "/api/2.0/mlflow/experiments/create", .blocking { try create($0, context) }),
      Route(.get, "/api/2.0/mlflow/experiments/get", .blocking { try get($0, context) }),
      Route(.get, "/api/2.0/mlflow/experiments/get-by-name", .blocking { try getByName($0, context) }),
      Route(.post, "/api/2.0/mlflow/experiments/update", .blocking { try update($0, context) }),
      Route(
        .post, "/api/2.0/mlflow/experiments/delete", scope: .admin, .blocking { try setDeleted(true, $0, context) }),
      Route(
        .post, "/api/2.0/mlflow/experiments/restore", scope: .admin, .blocking { try setDeleted(false, $0, context) }),
      Route(.post, "/api/2.0/mlflow/experiments/set-experiment-tag", .blocking { try setTag($0, context) }),
      Route(.post, "/api/2.0/mlflow/experiments/delete-experiment-tag", .blocking { try deleteTag($0, context) }),
      Route(.post, "/api/2.0/mlflow/experiments/search", scope: .read, .blocking { try search($0.json(), context) }),
      Route(.get, "/api/2.0/mlflow/experiments/search", .blocking { try search(arguments($0), context) }),
    ]
  }

  private static func create(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let json = try request.json()
    let name = try json.required("name")
    try checkName(name)
    let tags = try json.tags()
    for (key, value) in tags { try checkTag(key, value) }
    do {
      try context.commit([.experiment(.create(name: name, id: nil, tags: tags))])
    } catch let error as TrackingError where error.code == .conflict {
      throw APIError(.resourceAlreadyExists, "Experiment(name=\(name)) already exists. Error: \(error.message)")
    }
    let experiment = try context.store.experiment(named: name)
    var pen = JSONPen()
    pen.object { $0.field("experiment_id", String(experiment.id)) }
    return APIReply(json: pen)
  }

  private static func checkName(_ name: String) throws {
    guard name.unicodeScalars.count <= nameLength else { throw NameRules.tooLong("name", nameLength) }
  }

  private static func checkTag(_ key: String, _ value: String) throws {
    try NameRules.check(key, kind: "key", path: "key")
    guard value.unicodeScalars.count <= tagLength else { throw NameRules.tooLong("value", tagLength) }
  }

  private static func get(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    guard let id = request.argument("experiment_id"), !id.isEmpty else { throw APIError.missing("experiment_id") }
    return reply(try context.experiment(id))
  }

  private static func getByName(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    guard let name = request.argument("experiment_name"), !name.isEmpty else {
      throw APIError.missing("experiment_name")
    }
    do {
      return reply(try context.store.experiment(named: name))
    } catch let error as TrackingError where error.code == .notFound {
      throw APIError.notFound("Could not find experiment with name '\(name.prefix(nameLength))'")
    }
  }

  private static func reply(_ experiment: Experiment) -> APIReply {
    var pen = JSONPen(capacity: 512)
    pen.object { pen in pen.object("experiment") { $0.experimentFields(experiment) } }
    return APIReply(json: pen)
  }

  // The experiment that a body names, which must not be deleted unless it is to be restored.
  private static func named(_ json: Value, _ context: RouteContext, evenDeleted: Bool = false) throws -> Experiment {
    let text = try json.string("experiment_id") ?? json.whole("experiment_id").map(String.init) ?? ""
    guard !text.isEmpty else { throw APIError.missing("experiment_id") }
    let experiment = try context.experiment(text)
    guard evenDeleted || experiment.deleted == nil else {
      throw APIError.notFound("No Experiment with id=\(experiment.id) exists")
    }
    return experiment
  }

  private static func update(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    try context.allow(nil, by: request.grant)
    let json = try request.json()
    let experiment = try named(json, context)
    let name = try json.required("new_name")
    try checkName(name)
    guard name != experiment.name else { return .empty }
    do {
      try context.commit([.experiment(.rename(experiment.name, to: name))])
    } catch let error as TrackingError where error.code == .conflict {
      throw APIError(.resourceAlreadyExists, "Experiment(name=\(name)) already exists. Error: \(error.message)")
    }
    return .empty
  }

  private static func setDeleted(
    _ isDeleted: Bool, _ request: APIRequest, _ context: RouteContext
  ) throws -> APIReply {
    try context.allow(nil, by: request.grant)
    let experiment = try named(request.json(), context, evenDeleted: !isDeleted)
    try context.commit([.experiment(isDeleted ? .delete(experiment.name) : .restore(experiment.name))])
    return .empty
  }

  private static func setTag(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    try context.allow(nil, by: request.grant)
    let json = try request.json()
    let experiment = try named(json, context)
    let key = try json.required("key")
    let value = try json.string("value") ?? ""
    try checkTag(key, value)
    try context.commit([.experiment(.setTag(experiment.name, name: key, value: value))])
    return .empty
  }

  private static func deleteTag(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    try context.allow(nil, by: request.grant)
    let json = try request.json()
    let experiment = try named(json, context)
    let key = try json.required("key")
    guard experiment.tags[key] != nil else {
      throw APIError.notFound("No tag with name: \(key) in experiment with id \(experiment.id)")
    }
    try context.commit([.experiment(.setTag(experiment.name, name: key, value: nil))])
    return .empty
  }

  // The same search by GET.
  private static func arguments(_ request: APIRequest) -> Value {
    var members: [String: Value] = [:]
    for name in ["filter", "page_token", "view_type", "max_results"] {
      if let text = request.argument(name) { members[name] = .text(text) }
    }
    if let order = request.query["order_by"] { members["order_by"] = .list(order.map(Value.text)) }
    return .object(members)
  }

  private static func search(_ json: Value, _ context: RouteContext) throws -> APIReply {
    let limit = try SearchLimit.read(json, default: 1000)
    let stage = try ViewType.read(json["view_type"])
    let filter = try ExperimentFilter(json.string("filter") ?? "", order: json.strings("order_by"))
    let offset = try PageOffset.read(json.string("page_token"))
    let found = filter.sorted(
      try context.store.experiments().filter { stage.fits(isDeleted: $0.deleted != nil) && filter.fits($0) })
    let page = found.dropFirst(offset).prefix(limit)
    var pen = JSONPen(capacity: 4096)
    pen.object { pen in
      pen.list("experiments", page) { pen, experiment in pen.object { $0.experimentFields(experiment) } }
      if found.count > offset + limit { pen.field("next_page_token", PageOffset.token(offset + limit)) }
    }
    return APIReply(json: pen)
  }
}

extension JSONPen {
  /// Writes the fields of an experiment.
  mutating func experimentFields(_ experiment: Experiment) {
    field("experiment_id", String(experiment.id))
    field("name", experiment.name)
    field("artifact_location", "mlflow-artifacts:/\(experiment.id)")
    field("lifecycle_stage", experiment.deleted == nil ? "active" : "deleted")
    field("last_update_time", experiment.updated.milliseconds)
    field("creation_time", experiment.created.milliseconds)
    list("tags", experiment.tags.sorted { $0.key < $1.key }) { $0.tag($1.key, $1.value) }
  }
}
