internal import Tracking

/// The routes that search runs.
enum SearchRoutes {
  static func all(_ context: RouteContext) -> [Route] {
    [
      Route(
        .post, "/api/2.0/mlflow/runs/search", scope: .read, .blocking { try search($0.json(), by: $0.grant, context) })
    ]
  }

  private static func search(_ json: Value, by grant: AccessGrant, _ context: RouteContext) throws -> APIReply {
    let limit = try SearchLimit.read(json, default: 1000)
    let stage = try ViewType.read(json["run_view_type"])
    let filter = try RunFilter(json.string("filter") ?? "") { text in
      guard let id = RunID(text) else { return false }
      return try context.found { try context.store.run(id) } != nil
    }
    let order = try RunOrder.read(json.strings("order_by"))
    let token = try pageToken(json.string("page_token"))
    let ids = try json.strings("experiment_ids").map { text in
      guard let id = Int64(text) else {
        throw APIError.invalid("Invalid experiment ID '\(text.prefix(100))'. Experiment ID must be a valid integer.")
      }
      return id
    }
    let experiments = try names(filter.fitting(ids), context)
    guard filter.isPossible, !experiments.isEmpty, let stage = filter.fitting(stage) else { return .empty }
    var query = RunQuery(
      filter: filter.clauses, experiments: experiments.values.sorted(), stage: stage, order: order, limit: limit,
      pageToken: token, includesInputs: true)
    // A token for one run finds the runs right below it.
    query.parent = grant.run
    let page: RunPage
    do {
      page = try context.store.runs(matching: query)
    } catch let error as TrackingError where error.code == .invalid && token != nil {
      throw APIError.invalid("Invalid page token, it is not one of this search")
    }
    return reply(page, Dictionary(uniqueKeysWithValues: experiments.map { ($0.value, $0.key) }))
  }

  private static func reply(_ page: RunPage, _ experiments: [String: Int64]) -> APIReply {
    var pen = JSONPen(capacity: 256 + page.rows.count * 1024)
    pen.object { pen in
      pen.list("runs", page.rows) { pen, row in
        pen.object { $0.run(row, experiment: experiments[row.run.experiment] ?? 0) }
      }
      if let next = page.next { pen.field("next_page_token", ByteText.encode(Array(next.utf8))) }
    }
    return APIReply(json: pen)
  }

  // The store's own token, in the letters that MLflow's have.
  private static func pageToken(_ token: String?) throws -> String? {
    guard let token, !token.isEmpty else { return nil }
    guard let bytes = ByteText.decode(token) else {
      throw APIError.invalid("Invalid page token, could not base64-decode")
    }
    guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty else {
      throw APIError.invalid("Invalid page token, it is not one of this search")
    }
    return text
  }

  // Of those that there are, by their numbers.
  private static func names(_ ids: [Int64], _ context: RouteContext) throws -> [Int64: String] {
    var names: [Int64: String] = [:]
    if ids.count > 8 {
      let wanted = Set(ids)
      for experiment in try context.store.experiments() where wanted.contains(experiment.id) {
        names[experiment.id] = experiment.name
      }
      return names
    }
    for id in ids {
      do {
        names[id] = try context.store.experiment(id: id).name
      } catch let error as TrackingError where error.code == .notFound {
        continue
      }
    }
    return names
  }
}
