internal import SQL
internal import Tracking

/// Finds a page of runs, beginning with the side of the query that leaves the least to look at (`RunSearch+Plan.swift`).
struct RunSearch {
  let connection: any SQLConnection
  let names: Names
  let query: RunQuery

  /// A run with its terms of the order.
  typealias Found = (record: RunRecord, terms: [SQLValue])

  /// Where a search begins.
  enum Plan: Equatable {
    /// From the runs, by whatever index of theirs fits.
    case runs
    /// From those that a clause lists.
    case clause(Int)
    /// From those that all of several clauses list.
    case clauses([Int])
    /// Down the index of the first key of the order: a metric, or an attribute that has one.
    case order
  }

  /// The runs of the page and one more, if there is one.
  func page() throws -> [Found] {
    guard query.limit >= 1 else { throw TrackingError(.invalid, "a page has at least 1 run, not \(query.limit).") }
    // What databases bear in one statement: SQLite 1,000 nested conditions and 64 tables.
    guard query.filter.count <= Self.mostClauses else {
      throw TrackingError(
        .invalid, "a filter has at most \(Self.mostClauses) clauses, not \(query.filter.count); ask several times.")
    }
    guard query.order.count <= Self.mostKeys else {
      throw TrackingError(.invalid, "an order has at most \(Self.mostKeys) keys, not \(query.order.count).")
    }
    return try page(by: plan())
  }

  private static let mostClauses = 500
  private static let mostKeys = 50

  /// The same by a plan.
  func page(by plan: Plan) throws -> [Found] {
    let token = try query.pageToken.map { try PageToken($0, of: query) }
    // One more than the page, to know whether there is another.
    let wanted = query.limit == .max ? .max : query.limit + 1
    guard plan == .order else { return try page(plan, nil, after: token, limit: wanted) }
    // The index holds the values only: NaN and runs without any come by statements of their own.
    var found: [Found] = []
    var reached = 0
    if case .integer(let number)? = token?.values.first { reached = Int(number) }
    for orderClass in OrderClass.allCases where orderClass.rawValue >= reached && found.count <= query.limit {
      if orderClass == .notANumber, case .attribute = query.order.first?.field { continue }
      let token = orderClass.rawValue == reached ? token : nil
      found += try page(plan, orderClass, after: token, limit: wanted - found.count)
    }
    return found
  }

  private func page(
    _ plan: Plan, _ orderClass: OrderClass?, after token: PageToken?, limit: Int
  ) throws -> [Found] {
    var statement = try statement(plan, orderClass)
    let order = statement.order
    if let token {
      guard token.values.count == order.terms.count else {
        throw TrackingError(.invalid, "the page token no longer fits what is recorded; ask for the first page again.")
      }
      statement.driving.append(order.after(token.values, &statement.text))
    }
    let conditions = statement.driving + statement.filtering
    let sql = """
      SELECT \(RunRecord.columns), \(order.terms.map(\.expression).joined(separator: ", "))
      FROM \(statement.from) \(RunRecord.joins)\(order.joins)
      \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "))
      ORDER BY \(order.clause) LIMIT \(statement.text.bind(SQLValue(limit)))
      """
    return try connection.rows(sql, statement.text.arguments) { row in
      (try RunRecord(row), order.terms.indices.map { row.value(RunRecord.columnCount + $0) })
    }
  }

  // MARK: - Statements

  /// The parts of a statement that finds runs.
  struct Statement {
    var text = SQLText()
    /// The tables that it begins with, the last of them `runs r`.
    var from = "runs r"
    /// What the plan itself asks of them.
    var driving: [String] = []
    /// What the query asks besides.
    var filtering: [String] = []
    var order: RunOrder
  }

  /// - Parameter orderClass: which runs of the plan `.order`; `nil` for every other plan.
  func statement(_ plan: Plan, _ orderClass: OrderClass?) throws -> Statement {
    var text = SQLText()
    var from = "runs r"
    var driving: [String] = []
    var done: [Int] = []
    switch plan {
    case .runs: break
    case .clause(let index):
      let (table, condition) = try driver(index, &text)
      from = "\(table) f CROSS JOIN runs r"
      driving = [condition, "r.id = f.run"]
      done = [index]
    case .clauses(let indices):
      let lists = try indices.map { index in
        let (table, condition) = try driver(index, &text)
        return "SELECT f.run FROM \(table) f WHERE \(condition)"
      }
      from = "(\(lists.joined(separator: " INTERSECT "))) AS f CROSS JOIN runs r"
      driving = ["r.id = f.run"]
      done = indices
    case .order:
      (from, driving) = try drive(query.order.first?.field, orderClass, &text)
    }
    let order = try RunOrder(query.order, drivenBy: orderClass, names: names, in: connection, &text)
    var filtering: [String] = []
    for index in query.filter.indices where !done.contains(index) {
      filtering.append(try translator.condition(query.filter[index], &text))
    }
    try filtering.append(contentsOf: scope(plan, &text))
    return Statement(text: text, from: from, driving: driving, filtering: filtering, order: order)
  }

  var translator: ClauseTranslator { ClauseTranslator(names: names, connection: connection) }

  private func driver(_ clause: Int, _ text: inout SQLText) throws -> (table: String, condition: String) {
    guard let driver = try translator.drive(query.filter[clause], &text) else {
      preconditionFailure("a plan names a clause without an index")
    }
    return driver
  }

  /// The tables and conditions that list the runs of a class down the index of the order's first key.
  private func drive(
    _ key: RunField?, _ orderClass: OrderClass?, _ text: inout SQLText
  ) throws -> (from: String, driving: [String]) {
    switch key {
    case .attribute(let attribute):
      return ("runs r", ["\(ClauseTranslator.column(of: attribute)) IS \(orderClass == .present ? "NOT " : "")NULL"])
    case .metric(let name):
      guard let number = try names.number(of: name, in: connection) else { break }
      let metric = text.bind(.integer(number))
      if orderClass == .missing {
        let found = "SELECT 1 FROM series k0 WHERE k0.run = r.id AND k0.metric = \(metric) AND k0.counted = 1"
        return ("runs r", ["NOT EXISTS (\(found))"])
      }
      return (
        "series k0 CROSS JOIN runs r",
        [
          "k0.metric = \(metric)", "k0.counted = 1", "r.id = k0.run",
          orderClass == .present ? "k0.last IS NOT NULL" : "k0.last IS NULL",
        ]
      )
    default: break
    }
    preconditionFailure("the order begins with something that has an index")
  }

  private func scope(_ plan: Plan, _ text: inout SQLText) throws -> [String] {
    var conditions: [String] = []
    if !query.experiments.isEmpty {
      let rows = try query.experiments.compactMap {
        try connection.firstInteger("SELECT id FROM experiments WHERE name = $1", [.text($0)])
      }
      let list = rows.map { text.bind(.integer($0)) }
      // The plan `.order` runs down an index of all runs, unless there is one of the experiment's.
      let hasIndex = plan != .order || rows.count == 1 && query.order.first?.field == .attribute(.started)
      let column = hasIndex ? "r.experiment" : "+r.experiment"
      switch rows.count {
      case 0: conditions.append("1 = 0")
      case 1: conditions.append("\(column) = \(list[0])")
      default: conditions.append("\(column) IN (\(list.joined(separator: ", ")))")
      }
    }
    if let parent = query.parent {
      conditions.append("r.parent = (SELECT id FROM runs WHERE key = \(text.bind(SQLValue(parent))))")
    }
    switch query.stage {
    case .active: conditions.append("r.deleted IS NULL")
    case .deleted: conditions.append("r.deleted IS NOT NULL")
    case .all: break
    }
    if query.kinds != Set(RunKind.allCases) {
      let list = query.kinds.map(\.rawValue).sorted().map { text.bind(.text($0)) }.joined(separator: ", ")
      conditions.append(list.isEmpty ? "1 = 0" : "r.kind IN (\(list))")
    }
    return conditions
  }
}
