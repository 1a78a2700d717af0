internal import Tracking

/// The routes that search runs.
enum SearchRoutes {
  /// Of pages with more runs a few at a time are made; those beyond `wholePage` go out in pieces of that size.
  private static let smallPage = 200
  private static let wholePage = 1_000

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
    let numbers = Dictionary(uniqueKeysWithValues: experiments.map { ($0.value, $0.key) })
    do {
      if limit <= smallPage { return try wholeReply(query, numbers, context) }
      if limit <= wholePage { return try context.work.largePages.withOne { try wholeReply(query, numbers, context) } }
      return try streamedReply(query, numbers, context)
    } catch let error as TrackingError where error.code == .invalid && token != nil {
      throw APIError.invalid("Invalid page token, it is not one of this search")
    }
  }

  private static func wholeReply(
    _ query: RunQuery, _ experiments: [String: Int64], _ context: RouteContext
  ) throws -> APIReply {
    let page = try context.store.runs(matching: query)
    var pen = JSONPen(capacity: 256 + page.rows.count * 1024)
    pen.object { pen in
      pen.list("runs", page.rows) { pen, row in
        pen.object { $0.run(row, experiment: experiments[row.run.experiment] ?? 0) }
      }
      if let next = page.next { pen.field("next_page_token", ByteText.encode(Array(next.utf8))) }
    }
    return APIReply(json: pen)
  }

  // Piece by piece, so that memory holds one of them and not 50,000 runs.
  private static func streamedReply(
    _ query: RunQuery, _ experiments: [String: Int64], _ context: RouteContext
  ) throws -> APIReply {
    // The runs of a piece, without what encloses them; and what goes on after it.
    @Sendable func piece(_ token: String?, _ rest: Int) throws -> (runs: [UInt8], count: Int, next: String?) {
      var part = query
      part.pageToken = token
      part.limit = min(rest, wholePage)
      return try context.work.largePages.withOne {
        let page = try context.store.runs(matching: part)
        var pen = JSONPen(capacity: page.rows.count * 1024)
        for row in page.rows {
          pen.object { $0.run(row, experiment: experiments[row.run.experiment] ?? 0) }
        }
        return (pen.bytes, page.rows.count, page.next)
      }
    }
    // What is wrong with the request is found before the answer begins.
    let first = try piece(query.pageToken, query.limit)
    if first.count == 0 { return .empty }
    return APIReply(
      contentType: "application/json",
      body: .stream(length: nil) { sink in
        try sink.write(Array("{\"runs\":[".utf8) + first.runs)
        var (count, next) = (first.count, first.next)
        while let token = next, count < query.limit {
          let part: (runs: [UInt8], count: Int, next: String?)
          do {
            part = try piece(token, query.limit - count)
          } catch {
            context.faults.note(error)
            throw error
          }
          if part.count > 0 { try sink.write([UInt8(ascii: ",")] + part.runs) }
          count += part.count
          next = part.next
        }
        let end = next.map { ",\"next_page_token\":\"" + ByteText.encode(Array($0.utf8)) + "\"" } ?? ""
        try sink.write(Array(("]" + end + "}").utf8))
      })
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
