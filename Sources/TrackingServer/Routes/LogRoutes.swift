internal import Tracking

/// The routes that log points, parameters and tags.
enum LogRoutes {
  static func all(_ context: RouteContext) -> [Route] {
    [
      Route(
        .post, "/api/2.0/mlflow/runs/log-metric", .record { try logMetric($0).recording(in: context, by: $0.grant) }),
      Route(.post, "/api/2.0/mlflow/runs/log-batch", .record { try logBatch($0).recording(in: context, by: $0.grant) }),
      Route(
        .post, "/api/2.0/mlflow/runs/log-parameter",
        .record { try logParameter($0).recording(in: context, by: $0.grant) }),
      Route(.post, "/api/2.0/mlflow/runs/set-tag", .record { try setTag($0).recording(in: context, by: $0.grant) }),
      Route(.post, "/api/2.0/mlflow/runs/delete-tag", .blocking { try deleteTag($0, context) }),
    ]
  }

  private static func logMetric(_ request: APIRequest) throws -> LogRequest {
    var log = LogRequest()
    var metric = LogRequest.Metric()
    try JSONScanner.fields(of: request.body) { json, name in
      switch name {
      case "run_id": log.address.id = try json.text("run_id")
      case "run_uuid": log.address.uuid = try json.text("run_uuid")
      default: if try !metric.read(name, &json) { try json.skip() }
      }
    }
    _ = try log.address.run()
    try log.add(metric)
    return log
  }

  private static func logBatch(_ request: APIRequest) throws -> LogRequest {
    var log = LogRequest()
    var metrics: [LogRequest.Metric] = []
    try JSONScanner.fields(of: request.body) { json, name in
      switch name {
      case "run_id": log.address.id = try json.text("run_id")
      case "run_uuid": log.address.uuid = try json.text("run_uuid")
      case "metrics":
        try json.elements("metrics") { json in
          var metric = LogRequest.Metric()
          try json.fields { json, name in
            if try !metric.read(name, &json) { try json.skip() }
          }
          metrics.append(metric)
        }
      case "params":
        try json.elements("params") { log.parameters.append(try pair(&$0, "params", log.parameters.count)) }
      case "tags": try json.elements("tags") { log.tags.append(try pair(&$0, "tags", log.tags.count)) }
      default: try json.skip()
      }
    }
    _ = try log.address.run()
    try checkCounts(metrics.count, log)
    for (place, metric) in metrics.enumerated() { try log.add(metric, path: "metrics[\(place)]") }
    for place in log.parameters.indices {
      try NameRules.check(log.parameters[place].key, kind: "Param key", path: "params[\(place)].key")
      log.parameters[place].value = NameRules.cut(log.parameters[place].value, to: NameRules.parameterLength)
    }
    for place in log.tags.indices {
      try NameRules.check(log.tags[place].key, kind: "tags[\(place)].key", path: "tags[\(place)].key")
      log.tags[place].value = NameRules.cut(log.tags[place].value, to: NameRules.tagLength)
    }
    try checkUnique(log.parameters)
    return log
  }

  private static func pair(
    _ json: inout JSONScanner, _ list: String, _ place: Int
  ) throws -> (key: String, value: String) {
    var key: String?
    var value: String?
    try json.fields { json, name in
      switch name {
      case "key": key = try json.text("key")
      case "value": value = try json.text("value")
      default: try json.skip()
      }
    }
    guard let key else { throw APIError.missing("\(list)[\(place)].key") }
    return (key, value ?? "")
  }

  private static func checkCounts(_ metrics: Int, _ log: LogRequest) throws {
    let together = "metrics, params, and tags"
    let sum = metrics + log.parameters.count + log.tags.count
    for (name, limit, count) in [
      ("metrics", 1000, metrics), ("params", 100, log.parameters.count), ("tags", 100, log.tags.count),
      (together, 1000, sum),
    ] where count > limit {
      throw APIError.invalid(
        "A batch logging request can contain at most \(limit) \(name). Got \(count) \(name). Please split up \(name) across "
          + "multiple requests and try again.")
    }
  }

  private static func checkUnique(_ parameters: [(key: String, value: String)]) throws {
    var seen: Set<String> = []
    let doubles = parameters.map(\.key).filter { !seen.insert($0).inserted }
    guard !doubles.isEmpty else { return }
    throw APIError.invalid(
      "Duplicate parameter keys have been submitted: [\(doubles.map { "'\($0)'" }.joined(separator: ", "))]. Please ensure "
        + "the request contains only one param value per param key.")
  }

  // The fields of log-parameter and set-tag.
  private static func single(_ request: APIRequest) throws -> (log: LogRequest, key: String?, value: String?) {
    var log = LogRequest()
    var key: String?
    var value: String?
    try JSONScanner.fields(of: request.body) { json, name in
      switch name {
      case "run_id": log.address.id = try json.text("run_id")
      case "run_uuid": log.address.uuid = try json.text("run_uuid")
      case "key": key = try json.text("key")
      case "value": value = try json.text("value")
      default: try json.skip()
      }
    }
    _ = try log.address.run()
    return (log, key, value)
  }

  private static func logParameter(_ request: APIRequest) throws -> LogRequest {
    var (log, key, value) = try single(request)
    guard let key else { throw APIError.missing("key") }
    try NameRules.check(key, kind: "Param key", path: "key")
    log.parameters = [(key, NameRules.cut(value ?? "", to: NameRules.parameterLength))]
    return log
  }

  private static func setTag(_ request: APIRequest) throws -> LogRequest {
    var (log, key, value) = try single(request)
    guard let key else { throw APIError.missing("key") }
    try NameRules.check(key, kind: "key", path: "key")
    log.tags = [(key, NameRules.cut(value ?? "", to: NameRules.tagLength))]
    return log
  }

  private static func deleteTag(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let (log, key, _) = try single(request)
    guard let key else { throw APIError.missing("key") }
    let run = try log.address.run()
    try context.allow(run, by: request.grant)
    try context.checkActive(run)
    guard try context.row(run).map(RunTag.shown)?.contains(where: { $0.key == key }) == true else {
      throw APIError.notFound("No tag with name: \(key) in run with id \(run)")
    }
    try context.commit(RunTag.changes(run, key, nil))
    return .empty
  }
}
