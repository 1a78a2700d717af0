internal import Tracking

/// Points, parameters and tags that a request logs to a run.
struct LogRequest: Sendable {
  var address = RunAddress()
  var points: [MetricColumns] = []
  var parameters: [(key: String, value: String)] = []
  var tags: [(key: String, value: String)] = []
  /// Points that were measured of a logged model.
  var modelMetrics: [(model: String, metric: LoggedModelMetric)] = []

  private var places: [String: Int] = [:]
  private var last = 0

  /// One element of `metrics`, or the whole body of `log-metric`.
  struct Metric {
    var key: String?
    var value: Double?
    var timestamp: Int64?
    var step: Int64?
    var model: String?
    var datasetName: String?
    var datasetDigest: String?

    /// Reads a field if it is one of these.
    ///
    /// - Returns: false when it is another; it is not consumed then.
    mutating func read(_ name: JSONScanner.FieldName, _ json: inout JSONScanner) throws -> Bool {
      switch name {
      case "key": key = try json.text("key")
      case "value": value = try json.real("value")
      case "timestamp": timestamp = try json.whole("timestamp")
      case "step": step = try json.whole("step")
      case "model_id": model = try json.text("model_id")
      case "dataset_name": datasetName = try json.text("dataset_name")
      case "dataset_digest": datasetDigest = try json.text("dataset_digest")
      default: return false
      }
      return true
    }
  }

  /// Adds a point.
  ///
  /// - Parameter path: `metrics[3]`, or empty for a request of one point.
  mutating func add(_ metric: Metric, path: @autoclosure () -> String = "") throws {
    func field(_ name: String) -> String { path().isEmpty ? name : "\(path()).\(name)" }
    guard let key = metric.key else { throw APIError.missing(field("key")) }
    guard let value = metric.value else { throw APIError.missing(field("value")) }
    guard let timestamp = metric.timestamp else { throw APIError.missing(field("timestamp")) }
    try NameRules.check(key, kind: "Metric name", path: field("name"))
    guard timestamp >= 0 else {
      throw APIError.invalid(
        "Invalid value \(timestamp) for parameter '\(field("timestamp"))' supplied: metric '\(key)' (value=\(value)). "
          + "Timestamp must be a nonnegative long (64-bit integer) ")
    }
    let point = MetricPoint(step: metric.step ?? 0, time: Timestamp(milliseconds: timestamp), value: value)
    if let model = metric.model, !model.isEmpty, let run = try? address.run() {
      let dataset = metric.datasetName.map {
        LoggedModelMetric.DatasetName(name: $0, digest: metric.datasetDigest ?? "")
      }
      modelMetrics.append((model, LoggedModelMetric(name: key, point: point, run: run, dataset: dataset)))
    }
    if last < points.count, points[last].name == key {
      points[last].append(point)
      return
    }
    last = places[key] ?? points.count
    if last == points.count {
      places[key] = last
      points.append(MetricColumns(name: key))
    }
    points[last].append(point)
  }

  /// What is recorded for all this.
  ///
  /// - Parameter grant: what its sender may do.
  func recording(in context: RouteContext, by grant: AccessGrant) throws -> Route.Recording {
    let run = try address.run()
    var changes: [Change] = parameters.map { .setParameter(run, Parameter($0.key, .text($0.value))) }
    for tag in tags { changes += RunTag.changes(run, tag.key, tag.value) }
    for (model, metric) in modelMetrics { changes.append(.model(.log(model, [metric]))) }
    let batch = WriteBatch(changes, points: points.isEmpty ? [] : [WriteBatch.Points(run, points, skipsKnown: true)])
    // A token for all runs, or for this one, needs no look into the store.
    let needsCheck = !modelMetrics.isEmpty || grant.run != nil && grant.run != run
    let check: @Sendable (WriteBatch) throws -> WriteBatch = { batch in
      try context.allow(run, by: grant)
      if grant.run != nil {
        for (model, _) in modelMetrics { try context.allow(context.store.loggedModel(model).source, by: grant) }
      }
      return try withoutKnownPoints(batch, of: run, in: context)
    }
    return Route.Recording(batch: batch, check: needsCheck ? check : nil) { refusal in
      try context.checkActive(run)
      guard !parameters.isEmpty, refusal.code == .conflict else { throw refusal }
      return try recordAgain(run, batch, refusal, in: context)
    }
  }

  // `log_model` sends points of the run again, to say that they are its model's. A series has them once all the same, since
  // points are what policies count.
  private func withoutKnownPoints(
    _ batch: WriteBatch, of run: RunID, in context: RouteContext
  ) throws -> WriteBatch {
    guard !modelMetrics.isEmpty else { return batch }
    try context.checkActive(run)
    let summaries = try context.store.series(of: run)
    var known: [String: Set<MetricPoint>] = [:]
    for (name, sent) in Dictionary(grouping: modelMetrics.map(\.metric), by: \.name) {
      // What is later than all that is on record needs no reading of the series.
      guard let latest = summaries.first(where: { $0.name == name })?.latest,
        sent.contains(where: { ($0.point.step, $0.point.time) <= (latest.step, latest.time) })
      else { continue }
      let points = try context.store.points(of: run, metric: name)
      let recorded = Set((0..<points.count).lazy.map { points[$0] })
      known[name] = recorded.intersection(sent.map(\.point))
    }
    guard known.contains(where: { !$0.value.isEmpty }) else { return batch }
    var rest = batch
    for place in rest.points.indices {
      rest.points[place].columns = rest.points[place].columns.compactMap { columns in
        guard let known = known[columns.name] else { return columns }
        var left = MetricColumns(name: columns.name)
        for index in 0..<columns.count where !known.contains(columns[index]) { left.append(columns[index]) }
        return left.count == 0 ? nil : left
      }
    }
    rest.points.removeAll { $0.columns.isEmpty }
    return rest
  }

  // A trial's script may log the parameters that the sweep has given it, as texts.
  private func recordAgain(
    _ run: RunID, _ batch: WriteBatch, _ refusal: TrackingError, in context: RouteContext
  ) throws -> APIReply {
    let known = try context.store.parameters(of: run).byName
    var equal: Set<String> = []
    var others: [(key: String, old: String, new: String)] = []
    for parameter in parameters {
      guard let value = known[parameter.key] else { continue }
      if Self.isEqual(value, parameter.value) {
        equal.insert(parameter.key)
      } else {
        others.append((parameter.key, value.plain, parameter.value))
      }
    }
    if let first = others.first {
      guard parameters.count == 1 else {
        let list = others.map { "{'key': '\($0.key)', 'old_value': '\($0.old)', 'new_value': '\($0.new)'}" }
        throw APIError.invalid(
          "Changing param values is not allowed. Params were already logged='[\(list.joined(separator: ", "))]' for run "
            + "ID='\(run)'.")
      }
      throw APIError.invalid(
        "Changing param values is not allowed. Param with key='\(first.key)' was already logged with value='\(first.old)' "
          + "for run ID='\(run)'. Attempted logging new value '\(first.new)'.")
    }
    guard !equal.isEmpty else { throw refusal }
    var rest = batch
    rest.changes.removeAll { change in
      if case .setParameter(_, let parameter) = change { equal.contains(parameter.name) } else { false }
    }
    if !rest.changes.isEmpty || !rest.points.isEmpty { try context.work.committer.write(rest) }
    return .empty
  }

  private static func isEqual(_ value: Value, _ text: String) -> Bool {
    if value.plain == text { return true }
    if let number = value.number { return Double(text) == number }
    // As Python writes it.
    if let flag = value.boolean { return text == (flag ? "True" : "False") }
    return false
  }
}

extension RouteContext {
  /// Says why a run takes no writes, in MLflow's words, where it is not there or deleted.
  func checkActive(_ run: RunID) throws { _ = try activeRun(run) }

  /// Returns a run that takes writes.
  ///
  /// - Throws: what MLflow says of one that is not there or deleted.
  func activeRun(_ run: RunID) throws -> Run {
    let record: Run
    do {
      record = try store.run(run)
    } catch let error as TrackingError where error.code == .notFound {
      throw RunAddress.unknown(run.text)
    }
    guard record.deleted == nil else {
      throw APIError.invalid("The run \(run) must be in the 'active' state. Current state is deleted.")
    }
    return record
  }
}
