internal import SQL
internal import Tracking

/// Turns clauses of a filter into conditions on `runs r`, joined with `experiments e` and the parents `p`.
struct ClauseTranslator {
  let names: Names
  let connection: any SQLConnection

  /// A condition that holds for the runs that a clause wants.
  func condition(_ clause: FilterClause, _ text: inout SQLText) throws -> String {
    switch clause.field {
    case .metric(let name):
      let column = Column(table: "series", alias: "s", number: "s.last", text: nil, name: name)
      return try condition(clause, column, "s.run = r.id AND s.counted = 1 AND s.metric", &text)
    case .parameter(let name):
      let column = Column(table: "parameters", alias: "q", number: "q.number", text: "q.value", name: name)
      return try condition(clause, column, "q.run = r.id AND q.name", &text)
    case .tag(let name):
      let column = Column(table: "tags", alias: "t", number: nil, text: "t.value", name: name)
      return try condition(clause, column, "t.run = r.id AND t.name", &text)
    case .attribute(let attribute):
      return try comparison(clause, on: attribute, &text)
    case .dataset(let property): return try condition(clause, on: property, &text)
    }
  }

  /// A table and condition that list the runs (`f.run`) that a clause wants by an index, and how; `nil` if none does.
  func drive(_ clause: FilterClause, _ text: inout SQLText) throws -> (table: String, condition: String)? {
    switch clause.comparison {
    case .number(let comparison, let number): if comparison == .notEqual || number.isNaN { return nil }
    case .equals(_, let negated), .oneOf(_, let negated): if negated { return nil }
    case .like, .isNull: return nil
    }
    let column: Column
    let belongs: String
    switch clause.field {
    case .metric(let name):
      column = Column(table: "series", alias: "f", number: "f.last", text: nil, name: name)
      belongs = "f.counted = 1 AND f.metric"
    case .parameter(let name):
      column = Column(table: "parameters", alias: "f", number: "f.number", text: "f.value", name: name)
      belongs = "f.name"
    case .tag(let name):
      column = Column(table: "tags", alias: "f", number: nil, text: "f.value", name: name)
      belongs = "f.name"
    case .dataset: return nil
    case .attribute(let attribute):
      let runs = "(SELECT id AS run, key, state, created FROM runs)"
      switch attribute {
      case .id: return (runs, try comparison(clause, number: nil, text: "f.key", isIndexed: true, &text))
      case .state: return (runs, try comparison(clause, number: nil, text: "f.state", isIndexed: true, &text))
      case .created: return (runs, try comparison(clause, number: "f.created", text: nil, isIndexed: true, &text))
      case .name, .kind, .experiment, .parent, .number, .started, .ended: return nil
      }
    }
    guard let number = try names.number(of: column.name, in: connection) else { return (column.table, "1 = 0") }
    let match = try comparison(clause, number: column.number, text: column.text, isIndexed: true, &text)
    return (column.table, "\(belongs) = \(text.bind(.integer(number))) AND \(match)")
  }

  private struct Column {
    var table: String
    var alias: String
    var number: String?
    var text: String?
    var name: String
  }

  private func condition(
    _ clause: FilterClause, _ column: Column, _ belongs: String, _ text: inout SQLText
  ) throws -> String {
    var absent = ""
    var match = ""
    let number = try names.number(of: column.name, in: connection)
    if case .isNull(let negated) = clause.comparison {
      absent = negated ? "" : "NOT "
    } else {
      // A name that no run has makes no difference to what makes sense, and its arguments belong to no statement.
      var bound = text
      match = " AND \(try comparison(clause, number: column.number, text: column.text, isIndexed: false, &bound))"
      if number != nil { text = bound }
    }
    guard let number else { return absent.isEmpty ? "1 = 0" : "1 = 1" }
    let found =
      "SELECT 1 FROM \(column.table) \(column.alias) WHERE \(belongs) = \(text.bind(.integer(number)))\(match)"
    return "\(absent)EXISTS (\(found))"
  }

  /// Holds when it holds for one of the run's datasets.
  private func condition(
    _ clause: FilterClause, on property: RunField.DatasetProperty, _ text: inout SQLText
  ) throws -> String {
    let (table, column) =
      switch property {
      case .name: ("inputs i JOIN datasets d ON d.id = i.dataset WHERE i.run = r.id", "d.name")
      case .digest: ("inputs i JOIN datasets d ON d.id = i.dataset WHERE i.run = r.id", "d.digest")
      case .context: ("input_tags i WHERE i.run = r.id AND i.name = 'mlflow.data.context'", "i.value")
      }
    if case .isNull(let negated) = clause.comparison {
      return "\(negated ? "" : "NOT ")EXISTS (SELECT 1 FROM \(table))"
    }
    let match = try comparison(clause, number: nil, text: column, isIndexed: true, &text)
    return "EXISTS (SELECT 1 FROM \(table) AND \(match))"
  }

  private func comparison(
    _ clause: FilterClause, on attribute: RunField.Attribute, _ text: inout SQLText
  ) throws -> String {
    let column = Self.column(of: attribute)
    if case .isNull(let negated) = clause.comparison { return "\(column) IS \(negated ? "NOT " : "")NULL" }
    return attribute.isNumeric
      ? try comparison(clause, number: column, text: nil, isIndexed: true, &text)
      : try comparison(clause, number: nil, text: column, isIndexed: true, &text)
  }

  /// - Parameter isIndexed: false to keep the number's index out of it: SQLite would take it for the better one.
  private func comparison(
    _ clause: FilterClause, number: String?, text column: String?, isIndexed: Bool, _ text: inout SQLText
  ) throws -> String {
    switch clause.comparison {
    case .number(let comparison, let value):
      guard let number else { throw Self.nonsense(clause, "a text, not a number") }
      // NaN is smaller than nothing, larger than nothing, and equal to nothing.
      if value.isNaN { return comparison == .notEqual ? "1 = 1" : "1 = 0" }
      if comparison == .notEqual { return "(\(number) IS NULL OR \(number) <> \(text.bind(.real(value))))" }
      return "\(isIndexed ? "" : "+")\(number) \(comparison.rawValue) \(text.bind(.real(value)))"
    case .equals(let value, let negated):
      guard let column else { throw Self.nonsense(clause, "a number, not a text") }
      return "\(column) \(negated ? "<>" : "=") \(text.bind(.text(value)))"
    case .oneOf(let values, let negated):
      guard let column else { throw Self.nonsense(clause, "a number, not texts") }
      if values.count > Self.mostPlaceholders {
        // SQLite looks each placeholder up among those before it, takes 32,766 of them, and a text for each count of them would
        // be prepared anew. (PostgreSQL has `json_array_elements_text`.)
        let list = text.bind(.text(Value.list(values.map { .text($0) }).json))
        return "\(column) \(negated ? "NOT " : "")IN (SELECT value FROM json_each(\(list)))"
      }
      let list = values.map { text.bind(.text($0)) }.joined(separator: ", ")
      return list.isEmpty ? (negated ? "1 = 1" : "1 = 0") : "\(column) \(negated ? "NOT " : "")IN (\(list))"
    case .like(let pattern, let ignoringCase):
      guard let column else { throw Self.nonsense(clause, "a number, not a text") }
      guard pattern.utf8.count <= Self.longestPattern else {
        throw TrackingError(
          .invalid, "a pattern has \(pattern.utf8.count) bytes; at most \(Self.longestPattern) are allowed.")
      }
      // A backslash is an ordinary character to MLflow.
      var escaped = ""
      for character in pattern { escaped += character == "\\" ? "\\\\" : String(character) }
      let bound = text.bind(.text(escaped))
      return ignoringCase
        ? "lower(\(column)) LIKE lower(\(bound)) ESCAPE '\\'" : "\(column) LIKE \(bound) ESCAPE '\\'"
    case .isNull: preconditionFailure("was dealt with before")
    }
  }

  // SQLite takes 50,000, escapes included.
  private static let longestPattern = 20_000
  /// The most values of a list that are placeholders each.
  private static let mostPlaceholders = 100

  private static func nonsense(_ clause: FilterClause, _ wanted: String) -> TrackingError {
    let field =
      switch clause.field {
      case .metric(let name): "metrics.\(name)"
      case .parameter(let name): "params.\(name)"
      case .tag(let name): "tags.\(name)"
      case .dataset(let property): "dataset.\(property.rawValue)"
      case .attribute(let attribute): attribute.rawValue
      }
    return TrackingError(.invalid, "\(field) is compared with \(wanted).")
  }

  /// The column of an attribute.
  static func column(of attribute: RunField.Attribute) -> String {
    switch attribute {
    case .id: "r.key"
    case .name: "r.name"
    case .state: "r.state"
    case .kind: "r.kind"
    case .experiment: "e.name"
    case .parent: "p.key"
    case .number: "r.number"
    case .created: "r.created"
    case .started: "r.started"
    case .ended: "r.ended"
    }
  }
}
