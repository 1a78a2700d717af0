internal import Tracking

/// The routes that read the history of metrics.
enum MetricRoutes {
  private static let bulkRuns = 100
  private static let bulkPoints = 25_000
  private static let intervalPoints = 2_500

  static func all(_ context: RouteContext) -> [Route] {
    [
      Route(.get, "/api/2.0/mlflow/metrics/get-history", .blocking { try history($0, context) }),
      Route(.get, "/api/2.0/mlflow/metrics/get-history-bulk", .blocking { try bulk($0, context) }),
      Route(.get, "/api/2.0/mlflow/metrics/get-history-bulk-interval", .blocking { try interval($0, context) }),
    ]
  }

  private static func history(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let run = try RunAddress(id: request.argument("run_id"), uuid: request.argument("run_uuid")).run()
    try context.allow(run, by: request.grant)
    let key = try metric(request)
    let offset = try PageOffset.read(request.argument("page_token"))
    var limit = Int.max
    if let text = request.argument("max_results") {
      guard let number = Int(text), number > 0 else {
        throw APIError.invalid(
          "Invalid value \(text.prefix(20)) for parameter 'max_results' supplied. It must be a positive integer.")
      }
      limit = number
    }
    let points = try points(of: run, key, context)
    let end = points.count - offset > limit ? offset + limit : points.count
    var pen = JSONPen(capacity: 64 + max(0, end - offset) * 80)
    pen.object { pen in
      pen.list("metrics", offset < end ? offset..<end : 0..<0) { $0.metric(key, points[$1]) }
      if end < points.count { pen.field("next_page_token", PageOffset.token(end)) }
    }
    return APIReply(json: pen)
  }

  private static func metric(_ request: APIRequest) throws -> String {
    guard let key = request.argument("metric_key"), !key.isEmpty else { throw APIError.missing("metric_key") }
    return key
  }

  // By time, then step, as MLflow answers; mostly they are logged so.
  private static func points(of run: RunID, _ key: String, _ context: RouteContext) throws -> MetricColumns {
    let points: MetricColumns
    do {
      points = try context.store.points(of: run, metric: key)
    } catch let error as TrackingError where error.code == .notFound {
      return MetricColumns(name: key)
    }
    func isBefore(_ left: Int, _ right: Int) -> Bool {
      (points.times[left], points.steps[left], left) < (points.times[right], points.steps[right], right)
    }
    guard points.count > 1, (1..<points.count).contains(where: { !isBefore($0 - 1, $0) }) else { return points }
    let order = (0..<points.count).sorted(by: isBefore)
    return MetricColumns(
      name: key, steps: order.map { points.steps[$0] }, times: order.map { points.times[$0] },
      values: order.map { points.values[$0] })
  }

  private static func runs(_ request: APIRequest, _ names: [String], _ context: RouteContext) throws -> [RunID] {
    let texts = names.flatMap { request.query[$0] ?? [] }
    guard !texts.isEmpty else {
      throw APIError.invalid("GetMetricHistoryBulk request must specify at least one run_id.")
    }
    guard texts.count <= bulkRuns else {
      throw APIError.invalid(
        "GetMetricHistoryBulk request cannot specify more than \(bulkRuns) run_ids. Received \(texts.count) run_ids.")
    }
    let runs = try texts.map { try RunAddress(id: $0).run() }
    for run in runs { try context.allow(run, by: request.grant) }
    return runs
  }

  private static func bulk(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let runs = try runs(request, ["run_id"], context)
    let key = try metric(request)
    let limit = min(bulkPoints, request.argument("max_results").flatMap { Int($0) } ?? bulkPoints)
    var rest = limit
    var found: [(run: RunID, points: MetricColumns, count: Int)] = []
    for run in runs.sorted() where rest > 0 {
      let points = try points(of: run, key, context)
      found.append((run, points, min(rest, points.count)))
      rest -= min(rest, points.count)
    }
    var pen = JSONPen(capacity: 64 + (limit - rest) * 120)
    let all = found.flatMap { entry in (0..<entry.count).map { (entry.run, entry.points[$0]) } }
    pen.object { pen in pen.list("metrics", all) { $0.metric(key, $1.1, run: $1.0) } }
    return APIReply(json: pen)
  }

  private static func interval(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let runs = try runs(request, ["run_ids", "run_id"], context)
    let key = try metric(request)
    let limit = request.argument("max_results").flatMap { Int($0) } ?? intervalPoints
    guard (1...intervalPoints).contains(limit) else {
      throw APIError.invalid("max_results must be between 1 and \(intervalPoints).")
    }
    let start = request.argument("start_step").flatMap { Int64($0) }
    let end = request.argument("end_step").flatMap { Int64($0) }
    guard (start == nil) == (end == nil) else {
      throw APIError.invalid("If either start step or end step are specified, both must be specified.")
    }
    if let start, let end, start > end {
      throw APIError.invalid("end_step must be greater than start_step. Found start_step=\(start) and end_step=\(end).")
    }
    let series = try runs.map { (run: $0, points: try points(of: $0, key, context)) }
    let steps = sampled(series.map(\.points), from: start ?? .min, to: end ?? .max, limit)
    let all = series.flatMap { entry in
      entry.points.steps.indices.filter { steps.contains(entry.points.steps[$0]) }.map { (entry.run, entry.points[$0]) }
    }
    var pen = JSONPen(capacity: 64 + all.count * 120)
    pen.object { pen in pen.list("metrics", all) { $0.metric(key, $1.1, run: $1.0) } }
    return APIReply(json: pen)
  }

  // At most so many steps, evenly spread, and the first and last of each run.
  private static func sampled(_ series: [MetricColumns], from start: Int64, to end: Int64, _ limit: Int) -> Set<Int64> {
    var chosen: Set<Int64> = []
    var all: Set<Int64> = []
    for points in series {
      let steps = points.steps.filter { $0 >= start && $0 <= end }
      if let first = steps.min() { chosen.insert(first) }
      if let last = steps.max() { chosen.insert(last) }
      all.formUnion(steps)
    }
    guard all.count > limit else { return all }
    let sorted = all.sorted()
    let stride = Double(sorted.count) / Double(limit)
    for place in 0..<limit { chosen.insert(sorted[Int(Double(place) * stride)]) }
    return chosen
  }
}
