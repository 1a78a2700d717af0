internal import SQL
internal import Tracking

/// The order of a search as terms that are never NULL, the last of which is unique: what the next page goes on from.
struct RunOrder {
  /// One term.
  struct Term {
    var expression: String
    var ascending: Bool
  }

  /// What must be joined for the terms.
  var joins = ""
  var terms: [Term] = []

  /// - Parameter driver: the first key has an index that the statement runs down, and only in one of its classes; a metric's
  ///   is that of the table `k0`.
  init(
    _ order: [RunQuery.Order], drivenBy driver: OrderClass?, names: Names, in connection: any SQLConnection,
    _ text: inout SQLText
  ) throws {
    var hasCreation = false
    for (index, key) in order.enumerated() {
      let alias = "k\(index)"
      switch key.field {
      case .metric(let name):
        if index == 0, let driver {
          terms.append(Term(expression: "\(driver.rawValue)", ascending: true))
          terms.append(Term(expression: driver == .present ? "k0.last" : "0.0", ascending: key.ascending))
        } else if let number = try names.number(of: name, in: connection) {
          joins += """
             LEFT JOIN series \(alias) ON \(alias).run = r.id AND \(alias).counted = 1
               AND \(alias).metric = \(text.bind(.integer(number)))
            """
          let isMissing = "CASE WHEN \(alias).run IS NULL THEN 2 WHEN \(alias).last IS NULL THEN 1 ELSE 0 END"
          terms.append(Term(expression: isMissing, ascending: true))
          terms.append(Term(expression: "coalesce(\(alias).last, 0.0)", ascending: key.ascending))
        }
      case .parameter(let name):
        guard let number = try names.number(of: name, in: connection) else { continue }
        joins +=
          " LEFT JOIN parameters \(alias) ON \(alias).run = r.id AND \(alias).name = \(text.bind(.integer(number)))"
        // Numbers by size, then texts by their letters.
        let kind = "CASE WHEN \(alias).run IS NULL THEN 2 WHEN \(alias).number IS NULL THEN 1 ELSE 0 END"
        terms.append(Term(expression: kind, ascending: true))
        terms.append(Term(expression: "coalesce(\(alias).number, 0.0)", ascending: key.ascending))
        terms.append(
          Term(
            expression: "CASE WHEN \(alias).number IS NULL THEN coalesce(\(alias).value, '') ELSE '' END",
            ascending: key.ascending))
      case .tag(let name):
        guard let number = try names.number(of: name, in: connection) else { continue }
        joins += " LEFT JOIN tags \(alias) ON \(alias).run = r.id AND \(alias).name = \(text.bind(.integer(number)))"
        terms.append(Term(expression: "CASE WHEN \(alias).run IS NULL THEN 1 ELSE 0 END", ascending: true))
        terms.append(Term(expression: "coalesce(\(alias).value, '')", ascending: key.ascending))
      case .dataset:
        throw TrackingError(.invalid, "runs are not ordered by their datasets; a run may have several.")
      case .attribute(let attribute):
        let column = ClauseTranslator.column(of: attribute)
        let absent = attribute.isNumeric ? "0" : "''"
        switch attribute {
        case .id:
          terms.append(Term(expression: column, ascending: key.ascending))
          // Nothing is left to be ordered.
          return
        case .created, .state, .kind, .experiment:
          if attribute == .created { hasCreation = true }
          terms.append(Term(expression: column, ascending: key.ascending))
        case .name, .parent, .number, .started, .ended:
          if index == 0, let driver {
            terms.append(Term(expression: "\(driver.rawValue)", ascending: true))
            terms.append(Term(expression: driver == .present ? column : absent, ascending: key.ascending))
          } else {
            terms.append(Term(expression: "CASE WHEN \(column) IS NULL THEN 2 ELSE 0 END", ascending: true))
            terms.append(Term(expression: "coalesce(\(column), \(absent))", ascending: key.ascending))
          }
        }
      }
    }
    if !hasCreation { terms.append(Term(expression: "r.created", ascending: false)) }
    terms.append(Term(expression: "r.key", ascending: true))
  }

  /// What stands after ORDER BY. Constants are left out, since an index cannot see that they do nothing.
  var clause: String {
    terms.filter { !$0.isConstant }.map { $0.ascending ? $0.expression : "\($0.expression) DESC" }
      .joined(separator: ", ")
  }

  /// A condition that holds for the rows after one with these values.
  func after(_ values: [SQLValue], _ text: inout SQLText) -> String {
    var alternatives: [String] = []
    var equal: [String] = []
    for (term, value) in zip(terms, values) where !term.isConstant {
      let bound = text.bind(value)
      alternatives.append(
        (equal + ["\(term.expression) \(term.ascending ? ">" : "<") \(bound)"]).joined(separator: " AND "))
      equal.append("\(term.expression) = \(bound)")
    }
    var condition = "(\(alternatives.map { "(\($0))" }.joined(separator: " OR ")))"
    // Said once more by itself, so that an index can begin there.
    if let first = zip(terms, values).first(where: { !$0.0.isConstant }) {
      condition += " AND \(first.0.expression) \(first.0.ascending ? ">=" : "<=") \(text.bind(first.1))"
    }
    return condition
  }
}

extension RunOrder.Term {
  fileprivate var isConstant: Bool { ["0", "1", "2", "0.0", "''"].contains(expression) }
}

/// In which order runs come by a key: those that have it (of metrics, the numbers), then NaN, then those without it.
enum OrderClass: Int, CaseIterable {
  case present = 0
  case notANumber = 1
  case missing = 2
}
