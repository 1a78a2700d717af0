internal import SQL
internal import Tracking

/// Finds a page of runs, beginning with the side of the query that leaves the least to look at.
///
/// A query of a filter and an order can run down the filter's index and sort what it finds, or run down the order's
/// index until enough runs pass the filter. SQLite cannot know which is better; the wrong one takes seconds at a
/// million runs. So each clause that has an index is counted first, up to a limit (about a millisecond each).
struct RunSearch {
  let connection: any SQLConnection
  let names: Names
  let query: RunQuery

  /// A run with its terms of the order.
  typealias Found = (record: RunRecord, terms: [SQLValue])

  /// Counting a clause stops here.
  private static let probeLimit = 20_000

  private enum Plan {
    /// From the runs, by whatever index of theirs fits.
    case runs
    /// From those that a clause lists.
    case clause(Int)
    /// From the series of the first key of the order.
    case order
  }

  /// The runs of the page and one more, if there is one.
  func page() throws -> [Found] {
    guard query.limit >= 1 else { throw TrackingError(.invalid, "a page has at least 1 run, not \(query.limit).") }
    let token = try query.pageToken.map { try PageToken($0, of: query) }
    // One more than the page, to know whether there is another.
    let wanted = query.limit == .max ? .max : query.limit + 1
    let plan = try plan()
    guard case .order = plan else { return try page(plan, nil, after: token, limit: wanted) }
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

  private func plan() throws -> Plan {
    var fewest = Int.max
    var plan = Plan.runs
    for index in query.filter.indices {
      var text = SQLText()
      guard let driver = try translator.drive(query.filter[index], &text) else { continue }
      let count = try connection.firstInteger(
        "SELECT count(*) FROM (SELECT 1 FROM \(driver.table) f WHERE \(driver.condition) LIMIT \(Self.probeLimit)) AS c",
        text.arguments)
      if let count, count < fewest { (fewest, plan) = (Int(count), .clause(index)) }
    }
    let (below, all) = try sizes()
    if below <= fewest { (fewest, plan) = (below, .runs) }
    guard let first = query.order.first else {
      // Runs lie in the order of their creation: as good as an index of the order.
      return cost(ofScanning: all, for: fewest) < fewest ? .runs : plan
    }
    if case .metric(let name) = first.field, try names.number(of: name, in: connection) != nil,
      cost(ofScanning: all, for: fewest) < fewest
    {
      return .order
    }
    return plan
  }

  /// How many runs of an order are looked at until enough of `count` of `all` are found, if they lie evenly.
  private func cost(ofScanning all: Int, for count: Int) -> Int {
    guard count > 0 else { return all }
    let looked = Double(query.limit) * Double(all) / Double(count) * Double(1 + query.filter.count)
    return Int(min(looked.rounded(.up), 1e15))
  }

  /// How many runs the experiment and the parent leave, and how many there are.
  private func sizes() throws -> (below: Int, all: Int) {
    let all = Int(try connection.firstInteger("SELECT coalesce(sum(runs), 0) FROM experiments") ?? 0)
    var below = all
    if let experiment = query.experiment {
      let count = try connection.firstInteger("SELECT runs FROM experiments WHERE name = $1", [.text(experiment)])
      below = min(below, Int(count ?? 0))
    }
    if let parent = query.parent {
      let count = try connection.firstInteger(
        """
        SELECT count(*) FROM (
          SELECT 1 FROM runs WHERE parent = (SELECT id FROM runs WHERE key = $1) LIMIT \(Self.probeLimit)) AS c
        """, [SQLValue(parent)])
      below = min(below, Int(count ?? 0))
    }
    return (below, all)
  }

  private var translator: ClauseTranslator { ClauseTranslator(names: names, connection: connection) }

  private func page(
    _ plan: Plan, _ metricClass: MetricClass?, after token: PageToken?, limit: Int
  ) throws -> [Found] {
    var text = SQLText()
    var from = "runs r"
    var conditions: [String] = []
    var driving: Int?
    switch plan {
    case .runs: break
    case .clause(let index):
      guard let driver = try translator.drive(query.filter[index], &text) else { preconditionFailure("it was counted") }
      driving = index
      from = "\(driver.table) f CROSS JOIN runs r"
      conditions = [driver.condition, "r.id = f.run"]
    case .order:
      guard case .metric(let name)? = query.order.first?.field,
        let number = try names.number(of: name, in: connection)
      else { preconditionFailure("the order begins with a metric") }
      let metric = text.bind(.integer(number))
      switch metricClass {
      case .missing:
        conditions = [
          "NOT EXISTS (SELECT 1 FROM series k0 WHERE k0.run = r.id AND k0.metric = \(metric) AND k0.counted = 1)"
        ]
      default:
        from = "series k0 CROSS JOIN runs r"
        conditions = [
          "k0.metric = \(metric)", "k0.counted = 1", "r.id = k0.run",
          metricClass == .finite ? "k0.last IS NOT NULL" : "k0.last IS NULL",
        ]
      }
    }
    let order = try RunOrder(query.order, drivenBy: metricClass, names: names, in: connection, &text)
    if let token {
      guard token.values.count == order.terms.count else {
        throw TrackingError(.invalid, "the page token no longer fits what is recorded; ask for the first page again.")
      }
      conditions.append(order.after(token.values, &text))
    }
    for index in query.filter.indices where index != driving {
      conditions.append(try translator.condition(query.filter[index], &text))
    }
    try conditions.append(contentsOf: scope(&text))
    let sql = """
      SELECT \(RunRecord.columns), \(order.terms.map(\.expression).joined(separator: ", "))
      FROM \(from) \(RunRecord.joins)\(order.joins)
      \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "))
      ORDER BY \(order.clause) LIMIT \(text.bind(SQLValue(limit)))
      """
    return try connection.rows(sql, text.arguments) { row in
      (try RunRecord(row), order.terms.indices.map { row.value(RunRecord.columnCount + $0) })
    }
  }

  private func scope(_ text: inout SQLText) throws -> [String] {
    var conditions: [String] = []
    if let experiment = query.experiment {
      conditions.append("r.experiment = (SELECT id FROM experiments WHERE name = \(text.bind(.text(experiment))))")
    }
    if let parent = query.parent {
      conditions.append("r.parent = (SELECT id FROM runs WHERE key = \(text.bind(SQLValue(parent))))")
    }
    if query.kinds != Set(RunKind.allCases) {
      let list = query.kinds.map(\.rawValue).sorted().map { text.bind(.text($0)) }.joined(separator: ", ")
      conditions.append(list.isEmpty ? "1 = 0" : "r.kind IN (\(list))")
    }
    return conditions
  }
}
