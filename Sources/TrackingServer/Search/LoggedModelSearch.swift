internal import Tracking

/// A filter and an order of logged models in MLflow's grammar, which the server applies to what the store lists.
struct LoggedModelSearch {
  private struct Key {
    var field: String
    var ascending: Bool
    var dataset: LoggedModelMetric.DatasetName?
  }

  private enum Sorted: Comparable {
    case number(Double)
    case text(String)
  }

  private let clauses: [SearchText.Clause]
  private let datasets: [(name: String, digest: String?)]
  private let order: [Key]

  /// Reads them.
  ///
  /// - Throws: 400.
  init(_ filter: String, datasets: [RequestFields], order: [RequestFields]) throws {
    clauses = try SearchText.clauses(of: filter)
    self.datasets = try datasets.map {
      guard let name = try $0.text("dataset_name"), !name.isEmpty else {
        throw APIError.invalid("`dataset_name` in the `datasets` clause must be specified.")
      }
      return (name, try $0.text("dataset_digest"))
    }
    self.order = try order.map { key in
      let field = try key.required("field_name")
      guard field.hasPrefix("metrics.") || Self.attributes.contains(field) else {
        throw APIError.invalid("Invalid order by field name: \(field.prefix(250))")
      }
      let name = try key.text("dataset_name") ?? ""
      return Key(
        field: field, ascending: try key.flag("ascending") ?? true,
        dataset: name.isEmpty
          ? nil : LoggedModelMetric.DatasetName(name: name, digest: try key.text("dataset_digest") ?? ""))
    }
    for clause in clauses { try Self.check(clause) }
  }

  private static let attributes = [
    "name", "model_id", "model_type", "status", "source_run_id", "experiment_id", "creation_timestamp",
    "creation_timestamp_ms", "creation_time", "last_updated_timestamp", "last_updated_timestamp_ms",
    "last_updated_time",
  ]

  private static func isNumeric(_ key: SearchText.Key) -> Bool {
    key.entity == "metric"
      || (key.entity == "attribute" && (key.name.hasPrefix("creation_") || key.name.hasPrefix("last_updated_")))
  }

  private static func check(_ clause: SearchText.Clause) throws {
    switch clause.key.entity {
    case "metric", "parameter", "tag": break
    case "attribute":
      guard attributes.contains(clause.key.name) else {
        throw APIError.invalid(
          "Invalid attribute '\(clause.key.name.prefix(250))'. Valid attributes are \(attributes.joined(separator: ", "))."
        )
      }
    default:
      throw APIError.invalid(
        "Invalid entity type: '\(clause.key.entity)'. Expected one of ['attributes', 'metrics', 'params', 'tags'].")
    }
    if isNumeric(clause.key) {
      guard case .number(let text) = clause.operand, let number = Double(text),
        Matching.fits(0, clause.comparator, number) != nil
      else {
        throw APIError.invalid("Expected a number for '\(clause.key.name)'. Got \(clause.written)")
      }
    } else if clause.operand != .none || clause.key.entity == "attribute" {
      guard Matching.fits("", clause.comparator, clause.operand) != nil else {
        throw APIError.invalid(
          "Invalid comparison for '\(clause.key.name)': \(clause.comparator) \(clause.written). Expected one of =, !=, "
            + "LIKE, ILIKE with a quoted text, or IN, NOT IN with a list of them.")
      }
    }
  }

  /// Returns the models that fit, in order.
  func found(in models: [LoggedModel], _ experiments: [String: Int64]) -> [LoggedModel] {
    let fitting = models.filter { model in
      fitsDatasets(model) && clauses.allSatisfy { fits(model, $0, experiments) }
    }
    guard !order.isEmpty else { return fitting }
    // Stable, since the store lists the newest first.
    return fitting.enumerated().sorted { left, right in
      for key in order {
        switch (value(left.element, key, experiments), value(right.element, key, experiments)) {
        case (nil, nil): continue
        case (nil, _): return false
        case (_, nil): return true
        case (let one?, let other?) where one != other: return (one < other) == key.ascending
        default: continue
        }
      }
      return left.offset < right.offset
    }.map(\.element)
  }

  // With datasets, only what was measured on one of them counts.
  private func metrics(_ model: LoggedModel, _ name: String) -> [LoggedModelMetric] {
    model.metrics.filter { metric in
      metric.name == name && (datasets.isEmpty || datasets.contains { fits(metric, $0.name, $0.digest) })
    }
  }

  private func fits(_ metric: LoggedModelMetric, _ name: String, _ digest: String?) -> Bool {
    metric.dataset?.name == name && (digest == nil || digest == "" || metric.dataset?.digest == digest)
  }

  private func fitsDatasets(_ model: LoggedModel) -> Bool {
    let measuresNothing = !clauses.contains { $0.key.entity == "metric" }
    guard !datasets.isEmpty, measuresNothing else { return true }
    return model.metrics.contains { metric in datasets.contains { fits(metric, $0.name, $0.digest) } }
  }

  private func fits(_ model: LoggedModel, _ clause: SearchText.Clause, _ experiments: [String: Int64]) -> Bool {
    let text: String?
    switch clause.key.entity {
    case "metric":
      guard case .number(let number) = clause.operand, let bound = Double(number) else { return false }
      return metrics(model, clause.key.name).contains {
        Matching.fits($0.point.value, clause.comparator, bound) == true
      }
    case "parameter": text = model.parameters[clause.key.name]
    case "tag": text = model.tags[clause.key.name]
    default:
      if Self.isNumeric(clause.key) {
        guard case .number(let number) = clause.operand, let bound = Double(number) else { return false }
        return Matching.fits(Double(time(model, clause.key.name)), clause.comparator, bound) == true
      }
      text = attribute(model, clause.key.name, experiments)
    }
    switch clause.comparator {
    case "IS NULL": return text == nil
    case "IS NOT NULL": return text != nil
    default: return text.flatMap { Matching.fits($0, clause.comparator, clause.operand) } == true
    }
  }

  private func time(_ model: LoggedModel, _ name: String) -> Int64 {
    (name.hasPrefix("creation_") ? model.created : model.updated).milliseconds
  }

  private func attribute(_ model: LoggedModel, _ name: String, _ experiments: [String: Int64]) -> String? {
    switch name {
    case "name": model.name
    case "model_id": model.id
    case "model_type": model.type
    case "status": model.status.rawValue.uppercased()
    case "source_run_id": model.source?.text
    default: experiments[model.experiment].map { String($0) }
    }
  }

  private func value(_ model: LoggedModel, _ key: Key, _ experiments: [String: Int64]) -> Sorted? {
    if key.field.hasPrefix("metrics.") {
      let measured = model.metrics.filter { metric in
        metric.name == key.field.dropFirst(8)
          && (key.dataset.map { fits(metric, $0.name, $0.digest) } ?? true)
      }
      // The latest that was measured; NaN has no place in an order.
      guard let last = measured.max(by: { $0.point.time < $1.point.time }), !last.point.value.isNaN else { return nil }
      return .number(last.point.value)
    }
    if Self.isNumeric(SearchText.Key(entity: "attribute", name: key.field)) {
      return .number(Double(time(model, key.field)))
    }
    return attribute(model, key.field, experiments).map { .text($0) }
  }
}
