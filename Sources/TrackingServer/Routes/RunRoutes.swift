internal import Tracking

/// The routes that make, read and end runs.
enum RunRoutes {
  static func all(_ context: RouteContext) -> [Route] {
    [
      Route(.post, "/api/2.0/mlflow/runs/create", .blocking { try create($0, context) }),
      Route(.get, "/api/2.0/mlflow/runs/get", .blocking { try get($0, context) }),
      Route(.post, "/api/2.0/mlflow/runs/update", .blocking { try update($0, context) }),
      Route(.post, "/api/2.0/mlflow/runs/delete", scope: .admin, .blocking { try setDeleted(true, $0, context) }),
      Route(.post, "/api/2.0/mlflow/runs/restore", scope: .admin, .blocking { try setDeleted(false, $0, context) }),
    ]
  }

  private static func create(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let json = try request.json()
    // MLflow's clients name the experiment always; `Default` is what they mean where they do not.
    let experiment = try context.experiment(
      try json.string("experiment_id") ?? json.whole("experiment_id").map(String.init) ?? "0")
    guard experiment.deleted == nil else {
      throw APIError.invalid(
        "The experiment \(experiment.id) must be in the 'active' state. Current state is deleted.")
    }
    var tags = try json.tags().mapValues { NameRules.cut($0, to: NameRules.tagLength) }
    if let user = try json.string("user_id"), !user.isEmpty, tags[RunTag.user] == nil { tags[RunTag.user] = user }
    let name = try runName(json, &tags, context)
    let note = tags[RunTag.note]
    var parent: RunID?
    if let text = tags[RunTag.parent], let id = RunID(text), try context.found({ try context.store.run(id) }) != nil {
      parent = id
      tags[RunTag.parent] = nil
    }
    try context.allow(parent, by: request.grant)
    let id = context.newRunID()
    let now = context.settings.clock()
    let started = try json.whole("start_time").map { Timestamp(milliseconds: $0) } ?? now
    var changes: [Change] = [
      .createRun(
        NewRun(
          id: id, experiment: experiment.name, parent: parent, name: name, state: .running, started: started,
          origin: ["client": "mlflow"], tags: tags))
    ]
    if let note { changes.append(.setNote(id, note)) }
    try context.commit(changes)
    // All that is shown of a new run is known, so that it is not read back.
    let run = Run(
      id: id, experiment: experiment.name, kind: .run, parent: parent, name: name, state: .running, created: now,
      started: started, note: note ?? "")
    return reply(RunRow(run: run, tags: tags), experiment: experiment.id)
  }

  private static func runName(_ json: Value, _ tags: inout [String: String], _ context: RouteContext) throws -> String {
    let tag = tags.removeValue(forKey: RunTag.name) ?? ""
    let field = try json.string("run_name") ?? ""
    if !field.isEmpty, !tag.isEmpty, field != tag {
      throw APIError.invalid(
        "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='\(field)', "
          + "mlflow.runName='\(tag)').")
    }
    if !field.isEmpty { return field }
    return tag.isEmpty ? RandomName.draw(context.settings.random) : tag
  }

  private static func get(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let run = try RunAddress(id: request.argument("run_id"), uuid: request.argument("run_uuid")).run()
    try context.allow(run, by: request.grant)
    return try reply(run, context)
  }

  private static func reply(_ run: RunID, _ context: RouteContext) throws -> APIReply {
    guard let row = try context.row(run) else { throw RunAddress.unknown(run.text) }
    let experiment = try context.store.experiment(named: row.run.experiment).id
    return reply(row, experiment: experiment)
  }

  private static func reply(_ row: RunRow, experiment: Int64) -> APIReply {
    var pen = JSONPen(capacity: 2048)
    pen.object { $0.object("run") { $0.run(row, experiment: experiment) } }
    return APIReply(json: pen)
  }

  private static func update(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let json = try request.json()
    let id = try RunAddress.run(json)
    try context.allow(id, by: request.grant)
    let run = try context.activeRun(id)
    var changes: [Change] = []
    if let name = try json.string("run_name"), !name.isEmpty, name != run.name { changes.append(.setName(id, name)) }
    let status = try json["status"].flatMap { $0 == .null ? nil : try RunStatus.read($0) }
    let ended = try json.whole("end_time").map { Timestamp(milliseconds: $0) }
    // What a sweep has launched ends as its process does, whatever its script says.
    if run.kind == .run {
      if let state = status?.state, state != run.state, run.state.allowedNext(for: run.kind).contains(state) {
        changes.append(.transition(id, to: state, reason: "an MLflow client said so"))
        if let ended, state.isFinal { changes.append(.setTimes(id, started: nil, ended: ended)) }
      } else if let ended, run.state.isFinal {
        changes.append(.setTimes(id, started: nil, ended: ended))
      }
    }
    try context.commit(changes)
    let changed = changes.isEmpty ? run : try context.store.run(id)
    let user = try context.store.tags(of: id)[RunTag.user] ?? ""
    let experiment = try context.store.experiment(named: changed.experiment).id
    var pen = JSONPen(capacity: 512)
    pen.object { $0.object("run_info") { $0.infoFields(changed, experiment: experiment, user: user) } }
    return APIReply(json: pen)
  }

  private static func setDeleted(_ isDeleted: Bool, _ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let id = try RunAddress.run(request.json())
    try context.allow(id, by: request.grant)
    do {
      try context.commit([isDeleted ? .delete(id) : .restore(id)])
    } catch let error as TrackingError where error.code == .notFound {
      throw RunAddress.unknown(id.text)
    }
    return .empty
  }
}

extension RouteContext {
  /// Returns a run with its parameters, tags and metrics, deleted or not; nil where there is none.
  func row(_ run: RunID) throws -> RunRow? {
    try store.runs(
      matching: RunQuery(
        filter: [FilterClause(.attribute(.id), .equals(run.text, negated: false))], stage: .all, limit: 1,
        includesInputs: true)
    ).rows.first
  }

  /// Returns an experiment by the text of its number.
  ///
  /// - Throws: 400 for a text that is no number; 404.
  func experiment(_ text: String) throws -> Experiment {
    guard let id = Int64(text) else {
      throw APIError.invalid("Invalid experiment ID '\(text.prefix(100))'. Experiment ID must be a valid integer.")
    }
    do {
      return try store.experiment(id: id)
    } catch let error as TrackingError where error.code == .notFound {
      throw APIError.notFound("No Experiment with id=\(id) exists")
    }
  }

  /// Makes an id as MLflow's clients expect it: 32 hexadecimal digits.
  func newRunID() -> RunID {
    func hex(_ bits: UInt64) -> String {
      let text = String(bits, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }
    return RunID(hex(settings.random()) + hex(settings.random()))!
  }
}
