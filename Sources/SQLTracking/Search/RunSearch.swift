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
    /// From the series of the first key of the order.
    case order
  }

  /// The runs of the page and one more, if there is one.
  func page() throws -> [Found] {
    guard query.limit >= 1 else { throw TrackingError(.invalid, "a page has at least 1 run, not \(query.limit).") }
    return try page(by: plan())
  }

  /// The same by a plan.
  func page(by plan: Plan) throws -> [Found] {
    let token = try query.pageToken.map { try PageToken($0, of: query) }
    // One more than the page, to know whether there is another.
    let wanted = query.limit == .max ? .max : query.limit + 1
    guard plan == .order else { return try page(plan, nil, after: token, limit: wanted) }
    // The index holds the numbers only: NaN and runs without the metric come by statements of their own.
    var found: [Found] = []
    var reached = 0
    if case .integer(let number)? = token?.values.first { reached = Int(number) }
    for metricClass in MetricClass.allCases where metricClass.rawValue >= reached && found.count <= query.limit {
      let token = metricClass.rawValue == reached ? token : nil
      found += try page(plan, metricClass, after: token, limit: wanted - found.count)
    }
    return found
  }

  private func page(
    _ plan: Plan, _ metricClass: MetricClass?, after token: PageToken?, limit: Int
  ) throws -> [Found] {
    var statement = try statement(plan, metricClass)
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

  /// - Parameter metricClass: which runs of the plan `.order`; `nil` for every other plan.
  func statement(_ plan: Plan, _ metricClass: MetricClass?) throws -> Statement {
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
      guard case .metric(let name)? = query.order.first?.field,
        let number = try names.number(of: name, in: connection)
      else { preconditionFailure("the order begins with a metric") }
      let metric = text.bind(.integer(number))
      if metricClass == .missing {
        driving = [
          "NOT EXISTS (SELECT 1 FROM series k0 WHERE k0.run = r.id AND k0.metric = \(metric) AND k0.counted = 1)"
        ]
      } else {
        from = "series k0 CROSS JOIN runs r"
        driving = [
          "k0.metric = \(metric)", "k0.counted = 1", "r.id = k0.run",
          metricClass == .finite ? "k0.last IS NOT NULL" : "k0.last IS NULL",
        ]
      }
    }
    let order = try RunOrder(query.order, drivenBy: metricClass, names: names, in: connection, &text)
    var filtering: [String] = []
    for index in query.filter.indices where !done.contains(index) {
      filtering.append(try translator.condition(query.filter[index], &text))
    }
    try filtering.append(contentsOf: scope(&text))
    return Statement(text: text, from: from, driving: driving, filtering: filtering, order: order)
  }

  var translator: ClauseTranslator { ClauseTranslator(names: names, connection: connection) }

  private func driver(_ clause: Int, _ text: inout SQLText) throws -> (table: String, condition: String) {
    guard let driver = try translator.drive(query.filter[clause], &text) else {
      preconditionFailure("a plan names a clause without an index")
    }
    return driver
  }

  private func scope(_ text: inout SQLText) throws -> [String] {
    var conditions: [String] = []
    if !query.experiments.isEmpty {
      let list = query.experiments.map { text.bind(.text($0)) }.joined(separator: ", ")
      conditions.append("r.experiment IN (SELECT id FROM experiments WHERE name IN (\(list)))")
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
