internal import Tracking

/// A filter and an order in MLflow's grammar for records that the store lists whole: what of them can be asked for.
struct RecordSearch<Record> {
  /// Attributes that are texts, by name.
  var texts: [String: (Record) -> String?]
  /// Attributes that are numbers, by name.
  var numbers: [String: (Record) -> Double]
  /// The tags.
  var tags: (Record) -> [String: String]

  /// Returns the records that fit, as ordered; in the order in which they came where that is not told.
  ///
  /// - Throws: 400.
  func found(in records: [Record], filter: String, order: [String]) throws -> [Record] {
    let clauses = try SearchText.clauses(of: filter)
    for clause in clauses { try check(clause) }
    let keys = try order.map { text in
      let (key, ascending) = try SearchText.order(of: text)
      guard key.entity == "attribute", texts[key.name] != nil || numbers[key.name] != nil else {
        throw APIError.invalid(
          "Invalid order by key '\(key.name.prefix(250))' specified. Valid keys are \(names)")
      }
      return (name: key.name, ascending: ascending)
    }
    let fitting = records.filter { record in clauses.allSatisfy { fits(record, $0) } }
    guard !keys.isEmpty else { return fitting }
    return fitting.enumerated().sorted { left, right in
      for key in keys {
        if let isLess = isLess(left.element, right.element, key.name) { return isLess == key.ascending }
      }
      return left.offset < right.offset
    }.map(\.element)
  }

  private var names: String {
    (Array(texts.keys) + Array(numbers.keys)).sorted().map { "'\($0)'" }.joined(separator: ", ")
  }

  private func check(_ clause: SearchText.Clause) throws {
    switch clause.key.entity {
    case "tag" where clause.operand == .none: break
    case "tag":
      guard Matching.fits("", clause.comparator, clause.operand) != nil else { throw wrong(clause) }
    case "attribute" where numbers[clause.key.name] != nil:
      guard number(clause) != nil else { throw wrong(clause) }
    case "attribute" where texts[clause.key.name] != nil:
      guard Matching.fits("", clause.comparator, clause.operand) != nil else { throw wrong(clause) }
    case "attribute":
      throw APIError.invalid(
        "Invalid attribute key '\(clause.key.name.prefix(250))' specified. Valid keys are \(names)")
    default:
      throw APIError.invalid("Invalid entity type '\(clause.key.entity)'. Valid values are ['attribute', 'tag']")
    }
  }

  private func wrong(_ clause: SearchText.Clause) -> APIError {
    let wanted = numbers[clause.key.name] != nil ? "a number" : "a quoted string value (e.g. 'my-value')"
    return .invalid(
      "Expected \(wanted) for '\(clause.key.name)'. Got \(clause.comparator) \(clause.written)")
  }

  // The number to compare with; nil where the clause compares with none.
  private func number(_ clause: SearchText.Clause) -> Double? {
    let text: String
    switch clause.operand {
    case .number(let number), .text(let number): text = number
    default: return nil
    }
    guard let number = Double(text), Matching.fits(0, clause.comparator, number) != nil else { return nil }
    return number
  }

  private func fits(_ record: Record, _ clause: SearchText.Clause) -> Bool {
    if clause.key.entity == "attribute", let value = numbers[clause.key.name] {
      return number(clause).flatMap { Matching.fits(value(record), clause.comparator, $0) } == true
    }
    let text = clause.key.entity == "tag" ? tags(record)[clause.key.name] : texts[clause.key.name]?(record)
    switch clause.comparator {
    case "IS NULL": return text == nil
    case "IS NOT NULL": return text != nil
    default: return text.flatMap { Matching.fits($0, clause.comparator, clause.operand) } == true
    }
  }

  // Nil when they are equal there.
  private func isLess(_ left: Record, _ right: Record, _ name: String) -> Bool? {
    if let value = numbers[name] {
      let (one, other) = (value(left), value(right))
      return one == other ? nil : one < other
    }
    guard let value = texts[name] else { return nil }
    let (one, other) = (value(left) ?? "", value(right) ?? "")
    return one == other ? nil : one < other
  }
}
