internal import Tracking

/// A filter and an order of experiments in MLflow's grammar.
struct ExperimentFilter {
  private let clauses: [SearchText.Clause]
  private let order: [(key: SearchText.Key, ascending: Bool)]

  /// Reads them.
  ///
  /// - Throws: 400 in MLflow's words.
  init(_ filter: String, order: [String]) throws {
    clauses = try SearchText.clauses(of: filter)
    self.order = try order.map { text in
      let (key, ascending) = try SearchText.order(of: text)
      try Self.check(key)
      guard key.entity == "attribute" else { throw APIError.invalid("Invalid order_by entity: tag") }
      return (key, ascending)
    }
    for clause in clauses { try Self.check(clause) }
  }

  private static func isNumeric(_ key: SearchText.Key) -> Bool {
    key.entity == "attribute" && (key.name == "creation_time" || key.name == "last_update_time")
  }

  private static func check(_ key: SearchText.Key) throws {
    guard key.entity == "attribute" || key.entity == "tag" else {
      throw APIError.invalid(
        "Invalid entity type '\(key.entity)'. Valid entity types are ('attribute', 'tag', 'tags')")
    }
    guard key.entity == "tag" || ["name", "experiment_id", "creation_time", "last_update_time"].contains(key.name)
    else {
      throw APIError.invalid(
        "Invalid attribute key '\(key.name.prefix(250))' specified. Valid keys are '{'creation_time', 'experiment_id', "
          + "'last_update_time', 'name'}'")
    }
  }

  private static func check(_ clause: SearchText.Clause) throws {
    try check(clause.key)
    if clause.operand == .none {
      guard clause.key.entity == "tag" else {
        throw APIError.invalid(
          "IS NULL / IS NOT NULL is only supported for tags, not for attribute '\(clause.key.name)'")
      }
      return
    }
    if isNumeric(clause.key) {
      guard case .number(let text) = clause.operand, let number = Double(text) else {
        throw APIError.invalid(
          "Expected numeric value type for numeric attribute: \(clause.key.name). Found \(clause.written)")
      }
      guard Matching.fits(0, clause.comparator, number) != nil else {
        throw APIError.invalid("Invalid comparator '\(clause.comparator)' for '\(clause.key.name)'")
      }
      return
    }
    switch clause.operand {
    case .text: break
    case .texts where clause.key.name == "experiment_id" && clause.key.entity == "attribute": break
    case .texts:
      throw APIError.invalid(
        "Only ['experiment_id'] attributes support comparison with a list of quoted string values.")
    default:
      let kind = clause.key.entity == "tag" ? "tag (e.g. 'my-value')" : "attributes"
      throw APIError.invalid("Expected a quoted string value for \(kind). Got value \(clause.written)")
    }
    guard Matching.fits("", clause.comparator, clause.operand) != nil else {
      throw APIError.invalid("Invalid comparator '\(clause.comparator)' not one of '{'!=', '=', 'ILIKE', 'LIKE'}'")
    }
  }

  /// Whether an experiment fits.
  func fits(_ experiment: Experiment) -> Bool {
    clauses.allSatisfy { clause in
      if clause.key.entity == "tag" {
        let value = experiment.tags[clause.key.name]
        switch clause.comparator {
        case "IS NULL": return value == nil
        case "IS NOT NULL": return value != nil
        default: return value.flatMap { Matching.fits($0, clause.comparator, clause.operand) } == true
        }
      }
      if Self.isNumeric(clause.key), case .number(let text) = clause.operand, let number = Double(text) {
        return Matching.fits(Double(time(experiment, clause.key)), clause.comparator, number) == true
      }
      let text = clause.key.name == "name" ? experiment.name : String(experiment.id)
      return Matching.fits(text, clause.comparator, clause.operand) == true
    }
  }

  private func time(_ experiment: Experiment, _ key: SearchText.Key) -> Int64 {
    (key.name == "creation_time" ? experiment.created : experiment.updated).milliseconds
  }

  /// Sorts experiments: as was asked, then by creation, newest first, then by number.
  func sorted(_ experiments: [Experiment]) -> [Experiment] {
    experiments.sorted { left, right in
      for (key, ascending) in order {
        let isLess: Bool
        let isGreater: Bool
        switch key.name {
        case "name": (isLess, isGreater) = (left.name < right.name, left.name > right.name)
        case "experiment_id": (isLess, isGreater) = (left.id < right.id, left.id > right.id)
        default:
          (isLess, isGreater) = (time(left, key) < time(right, key), time(left, key) > time(right, key))
        }
        if isLess || isGreater { return isLess == ascending }
      }
      return left.created != right.created ? left.created > right.created : left.id < right.id
    }
  }
}
