internal import SQL
internal import Tracking

/// Where a search begins.
///
/// A query of a filter and an order can run down the filter's index and sort what it finds, or run down the order's
/// index until enough runs pass the filter. SQLite cannot know which is better, and the wrong one takes seconds at a
/// million runs. So each clause that has an index is counted first, up to a limit (about a millisecond each). Where all
/// clauses hold for many runs, a glance at the first runs of the order tells whether they do so together; if not, the
/// lists of their indexes, which lie row beside row, are intersected.
extension RunSearch {
  /// Counting a clause stops here...
  private static let countLimit = 20_000
  /// ...and here where it has to be known better.
  private static let longCountLimit = 200_000
  /// How many runs a glance takes in.
  private static let glance = 300
  /// Costs up to here are not worth a better estimate.
  private static let cheap = 20_000.0

  /// The plan that looks at the fewest rows.
  ///
  /// Costs are in rows that are sought one by one, a few microseconds each; of rows that lie beside each other, ten cost
  /// as much.
  func plan() throws -> Plan {
    // One run is found by its id at once, whatever else is asked.
    guard !query.filter.contains(where: \.namesOneRun) else { return .runs }
    let (below, all) = try sizes()
    let clauses = Double(1 + query.filter.count)
    let counts = try count(upTo: Self.countLimit)
    var plans: [(cost: Double, plan: Plan)] = [(Double(below) * clauses, .runs)]
    if let fewest = counts.min(by: { $0.count < $1.count }) {
      plans.append((Double(fewest.count) * clauses, .clause(fewest.clause)))
    }
    var share = Double(below) / Double(max(all, 1))
    for clause in counts { share *= Double(clause.count) / Double(max(all, 1)) }
    let scanned = try scanPlan()
    if let scanned { plans.append((scanCost(share, all), scanned)) }
    guard let best = plans.min(by: { $0.cost < $1.cost }) else { return .runs }
    // Several long lists may have little in common: then all of this is slow, and worth a better estimate.
    guard best.cost > Self.cheap, counts.count > 1 else { return best.plan }
    plans = [(Double(below) * clauses, .runs)]
    if let scanned {
      let hits = try glance(scanned)
      let cost = scanCost((Double(hits) + 0.5) / Double(Self.glance), all)
      if hits > 0, cost < Self.cheap { return scanned }
      plans.append((cost, scanned))
    }
    // What goes on beyond the limit may go on to the end.
    let lengths = try count(upTo: Self.longCountLimit).map { clause in
      (clause: clause.clause, length: Double(clause.count < Self.longCountLimit ? clause.count : all))
    }
    for clause in lengths { plans.append((clause.length * clauses, .clause(clause.clause))) }
    plans.append((lengths.reduce(0) { $0 + $1.length } / 10, .clauses(lengths.map(\.clause))))
    return plans.min { $0.cost < $1.cost }?.plan ?? .runs
  }

  /// What it costs to run down an order until a page is full of those that are a share of all.
  private func scanCost(_ share: Double, _ all: Int) -> Double {
    min(Double(query.limit) / max(share, 1e-12), Double(all)) * Double(1 + query.filter.count)
  }

  /// The plan that runs down the order by an index, if there is one.
  private func scanPlan() throws -> Plan? {
    switch query.order.first?.field {
    // Runs lie in the order of their creation, also those of an experiment.
    case nil: return .runs
    case .metric(let name): return try names.number(of: name, in: connection) == nil ? nil : .order
    case .attribute(.started), .attribute(.ended), .attribute(.name): return .order
    case .attribute(.created): return .runs
    case .parameter, .tag, .dataset, .attribute: return nil
    }
  }

  /// How many of the first runs of an order pass the filter.
  private func glance(_ plan: Plan) throws -> Int {
    let statement = try statement(plan, plan == .order ? .present : nil)
    var text = statement.text
    let driving = statement.driving.isEmpty ? "" : "WHERE \(statement.driving.joined(separator: " AND "))"
    let filtering = statement.filtering.isEmpty ? "" : "WHERE \(statement.filtering.joined(separator: " AND "))"
    let sql = """
      SELECT count(*) FROM (
        SELECT r.id AS id FROM \(statement.from) \(RunRecord.joins)\(statement.order.joins) \(driving)
        ORDER BY \(statement.order.clause) LIMIT \(text.bind(SQLValue(Self.glance)))) AS first
      JOIN runs r ON r.id = first.id \(RunRecord.joins) \(filtering)
      """
    return Int(try connection.firstInteger(sql, text.arguments) ?? 0)
  }

  /// How many runs each clause that has an index holds for.
  private func count(upTo limit: Int) throws -> [(clause: Int, count: Int)] {
    try query.filter.indices.compactMap { index in
      var text = SQLText()
      guard let driver = try translator.drive(query.filter[index], &text) else { return nil }
      let count = try connection.firstInteger(
        "SELECT count(*) FROM (SELECT 1 FROM \(driver.table) f WHERE \(driver.condition) LIMIT \(limit)) AS c",
        text.arguments)
      return (index, Int(count ?? 0))
    }
  }

  /// How many runs the experiment and the parent leave, and how many there are.
  private func sizes() throws -> (below: Int, all: Int) {
    let all = Int(try connection.firstInteger("SELECT coalesce(sum(runs), 0) FROM experiments") ?? 0)
    var below = all
    if !query.experiments.isEmpty {
      let counts = try query.experiments.map {
        try connection.firstInteger("SELECT runs FROM experiments WHERE name = $1", [.text($0)]) ?? 0
      }
      below = min(below, Int(counts.reduce(0, +)))
    }
    if let parent = query.parent {
      let count = try connection.firstInteger(
        """
        SELECT count(*) FROM (
          SELECT 1 FROM runs WHERE parent = (SELECT id FROM runs WHERE key = $1) LIMIT \(Self.countLimit)) AS c
        """, [SQLValue(parent)])
      below = min(below, Int(count ?? 0))
    }
    return (below, all)
  }
}

extension FilterClause {
  fileprivate var namesOneRun: Bool {
    guard case .attribute(.id) = field, case .equals(_, negated: false) = comparison else { return false }
    return true
  }
}
