import SQLite
import Testing
import Tracking

@testable import SQLTracking

/// Searches of every plan against the same search done by hand.
struct RunSearchTests {
  private struct Noise: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      return Checksum.mix(state)
    }
  }

  /// A run with what it is searched by.
  private struct Known {
    var id: String
    var metrics: [String: Double] = [:]
    var parameter: Value?
    var tag: String?
    var name: String?
    var started: Int64?
    var isDeleted = false
  }

  /// 400 runs whose metrics are often equal, NaN, infinite or missing.
  private func makeStore(_ noise: inout Noise) throws -> (SQLTrackingStore, [Known]) {
    let store = try SQLTrackingStore(
      SQLiteDatabase(), journalFolder: nil, clock: { Timestamp(milliseconds: 0) })
    var known: [Known] = []
    for index in 0..<400 {
      var run = Known(id: "run\(index)")
      for name in ["a", "b"] where Bool.random(using: &noise) || Bool.random(using: &noise) {
        run.metrics[name] =
          [Double.nan, .infinity, -.infinity, -0.0].randomElement(using: &noise).flatMap { odd in
            Int.random(in: 0..<10, using: &noise) == 0 ? odd : nil
          } ?? Double(Int.random(in: 0..<30, using: &noise)) / 10
      }
      run.parameter = [nil, .text("adam"), .text("sgd"), .integer(3), .real(0.5)].randomElement(using: &noise) ?? nil
      run.tag = [nil, "x", "y"].randomElement(using: &noise) ?? nil
      run.name = [nil, "one", "two", ""].randomElement(using: &noise) ?? nil
      run.started = [nil, 0, 5, -5, 7].randomElement(using: &noise) ?? nil
      run.isDeleted = Int.random(in: 0..<20, using: &noise) == 0
      let id = try #require(RunID(run.id))
      try store.commit(
        .createRun(
          NewRun(
            id: id, experiment: index % 3 == 0 ? "e" : "f", name: run.name, state: .queued,
            started: run.started.map { Timestamp(milliseconds: $0) },
            parameters: run.parameter.map { [Parameter("p", $0)] } ?? [], tags: run.tag.map { ["t": $0] } ?? [:])))
      for (name, value) in run.metrics {
        try store.append([MetricColumns(name: name, steps: [0], times: [0], values: [value])], to: id)
      }
      if run.isDeleted { try store.commit(.delete(id)) }
      known.append(run)
    }
    return (store, known)
  }

  private func holds(_ clause: FilterClause, _ run: Known) -> Bool {
    switch (clause.field, clause.comparison) {
    case (.metric(let name), .number(let comparison, let number)):
      guard let value = run.metrics[name] else { return false }
      switch comparison {
      case .less: return value < number
      case .atMost: return value <= number
      case .equal: return value == number
      case .notEqual: return value != number
      case .atLeast: return value >= number
      case .greater: return value > number
      }
    case (.metric(let name), .isNull(let negated)): return (run.metrics[name] == nil) != negated
    case (.parameter, .equals(let text, let negated)):
      return run.parameter.map { ($0.plain == text) != negated } ?? false
    case (.tag, .equals(let text, let negated)): return run.tag.map { ($0 == text) != negated } ?? false
    case (.attribute(.id), .oneOf(let ids, let negated)): return ids.contains(run.id) != negated
    case (.attribute(.state), .equals(let state, let negated)): return (state == "queued") != negated
    case (.attribute(.created), .number(let comparison, _)): return comparison == .atMost
    default: return false
    }
  }

  /// Numbers first, then NaN, then nothing.
  private func precedes(_ left: Double?, _ right: Double?, ascending: Bool) -> Bool? {
    func rank(_ value: Double?) -> Int { value.map { $0.isNaN ? 1 : 0 } ?? 2 }
    if rank(left) != rank(right) { return rank(left) < rank(right) }
    guard let left, let right, !left.isNaN, left != right else { return nil }
    return (left < right) == ascending
  }

  private func precedes(_ left: Known, _ right: Known, by key: RunQuery.Order) -> Bool? {
    let names: [String?] = ["", "one", "two"]
    func number(_ run: Known) -> Double? {
      switch key.field {
      case .metric(let name): run.metrics[name]
      case .attribute(.started): run.started.map { Double($0) }
      // By their places among all names that there are.
      default: run.name.flatMap { name in names.firstIndex(of: name).map { Double($0) } }
      }
    }
    return precedes(number(left), number(right), ascending: key.ascending)
  }

  @Test func `every plan finds what a search by hand finds, in its order, page by page`() throws {
    var noise = Noise(state: 11)
    let (store, known) = try makeStore(&noise)
    let operators = FilterClause.NumberOperator.allCases
    for _ in 0..<150 {
      var filter: [FilterClause] = []
      for _ in 0..<Int.random(in: 0...3, using: &noise) {
        let metric = RunField.metric(["a", "b"].randomElement(using: &noise) ?? "a")
        filter.append(
          [
            FilterClause(
              metric,
              .number(
                operators.randomElement(using: &noise) ?? .less, Double(Int.random(in: -1...31, using: &noise)) / 10)),
            FilterClause(metric, .isNull(negated: Bool.random(using: &noise))),
            FilterClause(.parameter("p"), .equals("adam", negated: Bool.random(using: &noise))),
            FilterClause(.tag("t"), .equals("x", negated: Bool.random(using: &noise))),
            FilterClause(
              .attribute(.id),
              .oneOf((0..<150).map { "run\($0 * 2)" }, negated: Bool.random(using: &noise))),
            FilterClause(.attribute(.state), .equals("queued", negated: Bool.random(using: &noise))),
            FilterClause(.attribute(.created), .number([.less, .atMost].randomElement(using: &noise) ?? .less, 0)),
          ][[0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6].randomElement(using: &noise) ?? 0])
      }
      let fields: [RunField] = [.metric("a"), .metric("b"), .attribute(.started), .attribute(.name)]
      var order = fields.shuffled(using: &noise).prefix(Int.random(in: 0...2, using: &noise)).map {
        RunQuery.Order($0, ascending: Bool.random(using: &noise))
      }
      if Int.random(in: 0..<3, using: &noise) == 0 { order.append(RunQuery.Order(.attribute(.id))) }
      let experiments = [[], ["e"], ["e", "f"], ["f", "none"]].randomElement(using: &noise) ?? []
      let expected = known.enumerated().filter { index, run in
        !run.isDeleted && (experiments.isEmpty || experiments.contains(index % 3 == 0 ? "e" : "f"))
          && filter.allSatisfy { holds($0, run) }
      }.map(\.element).sorted { left, right in
        for key in order where key.field != .attribute(.id) {
          if let answer = precedes(left, right, by: key) { return answer }
        }
        return left.id < right.id
      }.map(\.id)
      var query = RunQuery(
        filter: filter, experiments: experiments, order: order, limit: 1_000, includesDetails: false)
      // Few runs do not call for every plan: here is each that can be made.
      try store.reading { connection in
        let search = RunSearch(connection: connection, names: store.names, query: query)
        let listed = try filter.indices.filter { index in
          var text = SQLText()
          return try search.translator.drive(filter[index], &text) != nil
        }
        var plans = [RunSearch.Plan.runs, .clauses(listed)] + listed.map { .clause($0) }
        if listed.isEmpty { plans.remove(at: 1) }
        if let first = order.first, first.field != .attribute(.id) { plans.append(.order) }
        for plan in plans {
          let found = try search.page(by: plan).map(\.record.run.id.text)
          #expect(found == expected, "\(filter) by \(order), \(plan)")
        }
      }
      for limit in [1, 7, 100, 1_000] {
        // Whole lists in pages of one would take long; the first of them tell as much.
        let most = min(expected.count, limit * 30)
        query.limit = limit
        query.pageToken = nil
        var found: [String] = []
        repeat {
          let page = try store.runs(matching: query)
          found += page.rows.map(\.run.id.text)
          query.pageToken = page.next
        } while query.pageToken != nil && found.count < most
        #expect(found.prefix(most).elementsEqual(expected.prefix(most)), "\(filter) by \(order), \(limit) a page")
      }
    }
  }

  // Each was a failure of the database, which a server tells as one of its own.

  @Test func `a name that no run has is searched for by any comparison`() throws {
    var noise = Noise(state: 5)
    let (store, known) = try makeStore(&noise)
    let active = known.filter { !$0.isDeleted }.count
    let clauses = [
      FilterClause(.tag("none"), .equals("x", negated: true)),
      FilterClause(.tag("none"), .like("%x%", ignoringCase: true)),
      FilterClause(.metric("none"), .number(.notEqual, 1)), FilterClause(.metric("none"), .number(.less, 1)),
      FilterClause(.parameter("none"), .oneOf(["a", "b"], negated: true)),
    ]
    for clause in clauses {
      for order in [[], [RunQuery.Order(.metric("a"), ascending: false)], [RunQuery.Order(.attribute(.started))]] {
        #expect(try store.runs(matching: RunQuery(filter: [clause], order: order, limit: 1)).rows.isEmpty)
        let both = [clause, FilterClause(.tag("t"), .equals("x", negated: false))]
        #expect(try store.runs(matching: RunQuery(filter: both, order: order, limit: 1)).rows.isEmpty)
      }
    }
    let missing = FilterClause(.tag("none"), .isNull(negated: false))
    #expect(try store.runs(matching: RunQuery(filter: [missing], limit: 1_000)).rows.count == active)
  }

  @Test func `a query beyond what a statement bears is refused as such`() throws {
    var noise = Noise(state: 6)
    let (store, _) = try makeStore(&noise)
    func code(_ query: RunQuery) throws -> TrackingError.Code? {
      do {
        _ = try store.runs(matching: query)
        return nil
      } catch let error as TrackingError {
        return error.code
      }
    }
    let clause = FilterClause(.tag("t"), .equals("z", negated: true))
    #expect(try code(RunQuery(filter: Array(repeating: clause, count: 500), limit: 1)) == nil)
    #expect(try code(RunQuery(filter: Array(repeating: clause, count: 501), limit: 1)) == .invalid)
    let key = RunQuery.Order(.metric("a"))
    #expect(try code(RunQuery(order: Array(repeating: key, count: 50), limit: 1)) == nil)
    #expect(try code(RunQuery(order: Array(repeating: key, count: 51), limit: 1)) == .invalid)
    for count in [20_000, 20_001, 60_000] {
      let pattern = FilterClause(.tag("t"), .like(String(repeating: "%", count: count), ignoringCase: false))
      #expect(try code(RunQuery(filter: [pattern], limit: 1)) == (count == 20_000 ? nil : .invalid))
    }
  }

  @Test func `a page token with a number that is none is refused`() throws {
    var noise = Noise(state: 7)
    let (store, _) = try makeStore(&noise)
    var query = RunQuery(order: [RunQuery.Order(.metric("a"))], limit: 3)
    let token = try #require(try store.runs(matching: query).next)
    let mark = token.prefix { $0 != ":" }
    query.pageToken = mark + ":[0,[\(Int64(bitPattern: Double.nan.bitPattern))],0,\"x\"]"
    let error = #expect(throws: TrackingError.self) { try store.runs(matching: query) }
    #expect(error?.code == .invalid)
  }
}
