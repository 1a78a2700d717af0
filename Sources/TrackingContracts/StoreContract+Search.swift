internal import Testing
internal import Tracking

extension StoreContract {
  /// Runs a, b, c, ... a second apart, with these metric values, parameters and tags.
  private static func makeRuns(_ subject: Subject) throws {
    let rows: [(String, Double?, Value?, String?)] = [
      ("a", 0.9, "adam", "vision"), ("b", 0.95, "sgd", nil), ("c", .nan, 0.1, "Vision 100%"), ("d", nil, nil, "a\\b_c"),
      ("e", .infinity, 10, ""), ("f", -.infinity, 2.5, "vision"), ("g", 0.9, true, "text"), ("h", -0.0, "Adam", "tex"),
    ]
    for (name, metric, parameter, tag) in rows {
      let run = try makeRun(
        subject, name, experiment: name < "e" ? "one" : "two",
        parameters: parameter.map { [Parameter("p", $0)] } ?? [], tags: tag.map { ["t": $0] } ?? [:])
      if let metric { try log(subject, run, "m", [77, metric]) }
      subject.clock.advance()
    }
    try subject.store.commit([
      .transition(id("b"), to: .finished, reason: ""), .setName(id("c"), "named"),
      .transition(id("g"), to: .failed, reason: ""),
    ])
  }

  private static func found(
    _ subject: Subject, _ filter: String, order: [String] = ["id"], experiments: [String] = [], parent: RunID? = nil,
    kinds: Set<RunKind> = Set(RunKind.allCases)
  ) throws -> String {
    let query = RunQuery(
      filter: try FilterParser.clauses(of: filter), experiments: experiments, parent: parent, kinds: kinds,
      order: try order.map(FilterParser.order(of:)))
    return try subject.store.runs(matching: query).rows.map(\.run.id.text).joined()
  }

  static let search: [ContractCase<Subject>] = [
    demand("metrics are compared by their latest value") { subject in
      try makeRuns(subject)
      for (filter, runs) in [
        ("metrics.m > 0.9", "be"), ("metrics.m >= 0.9", "abeg"), ("metrics.m < 0.9", "fh"), ("metrics.m <= 0", "fh"),
        ("metrics.m = 0.9", "ag"), ("metrics.m = 0", "h"), ("metrics.m != 0.9", "bcefh"), ("metrics.m IS NULL", "d"),
        ("metrics.m IS NOT NULL", "abcefgh"), ("metrics.m > 70", "e"), ("metrics.none > 0", ""),
        ("metrics.none IS NULL", "abcdefgh"), ("metrics.m > nan", ""), ("metrics.m != nan", "abcefgh"),
        ("metrics.m >= inf", "e"), ("metrics.m > 0 AND metrics.m < 0.95", "ag"),
      ] { #expect(try found(subject, filter) == runs, "\(filter)") }
    },
    demand("parameters are compared as texts and as numbers") { subject in
      try makeRuns(subject)
      for (filter, runs) in [
        ("params.p = 'adam'", "a"), ("params.p != 'adam'", "bcefgh"), ("params.p = '0.1'", "c"),
        ("params.p = 'true'", "g"),
        ("params.p = 0.1", "c"), ("params.p > 1", "ef"), ("params.p > 2.5", "e"), ("params.p = 10", "e"),
        ("params.p != 10", "abcfgh"), ("params.p LIKE '%dam'", "ah"), ("params.p LIKE 'ad%'", "a"),
        ("params.p ILIKE 'AD%'", "ah"), ("params.p IN ('adam', 'sgd')", "ab"),
        ("params.p NOT IN ('adam', 'sgd')", "cefgh"),
        ("params.p IS NULL", "d"), ("params.q = 'x'", ""), ("params.q IS NULL", "abcdefgh"),
      ] { #expect(try found(subject, filter) == runs, "\(filter)") }
    },
    demand("tags are compared as texts") { subject in
      try makeRuns(subject)
      for (filter, runs) in [
        ("tags.t = 'vision'", "af"), ("tags.t != 'vision'", "cdegh"), ("tags.t ILIKE 'vision%'", "acf"),
        ("tags.t LIKE 'vision%'", "af"), ("tags.t LIKE 'te_t'", "g"), ("tags.t = ''", "e"), ("tags.t IS NULL", "b"),
        ("tags.t LIKE 'a\\b%'", "d"), ("tags.t LIKE '%100%'", "c"), ("tags.t IN ('', 'tex')", "eh"),
        ("tags.none = 'x'", ""), ("tags.none IS NOT NULL", ""),
      ] { #expect(try found(subject, filter) == runs, "\(filter)") }
    },
    demand("attributes are compared by their kind") { subject in
      try makeRuns(subject)
      let third = subject.clock.time.milliseconds - 6_000
      for (filter, runs) in [
        ("state = 'finished'", "b"), ("status != 'RUNNING'", "bg"), ("state IN ('failed', 'finished')", "bg"),
        ("id = 'd'", "d"), ("id IN ('d', 'a', 'none')", "ad"), ("name = 'named'", "c"), ("name IS NULL", "abdefgh"),
        ("name != 'x'", "c"), ("created < \(third)", "ab"), ("created = \(third)", "c"), ("ended IS NOT NULL", "bg"),
        ("experiment = 'two'", "efgh"), ("experiment LIKE 'o%'", "abcd"), ("kind = 'run'", "abcdefgh"),
        ("parent IS NULL", "abcdefgh"), ("number IS NOT NULL", ""),
      ] { #expect(try found(subject, filter) == runs, "\(filter)") }
    },
    demand("clauses, experiment, kinds and parent hold together") { subject in
      try makeRuns(subject)
      try makeSweep(subject, "s", trials: 2)
      #expect(try found(subject, "metrics.m > 0.5 AND params.p = 'adam' AND tags.t = 'vision'") == "a")
      #expect(try found(subject, "metrics.m > 0.5 AND params.p = 'adam' AND tags.t = 'text'") == "")
      #expect(try found(subject, "metrics.m > 0.5", experiments: ["two"]) == "eg")
      #expect(try found(subject, "", experiments: ["none"]) == "")
      #expect(try found(subject, "", parent: id("s")) == "s-0s-1")
      #expect(try found(subject, "params.lr > 0.15", parent: id("s")) == "s-1")
      #expect(try found(subject, "", parent: id("none")) == "")
      #expect(try found(subject, "", kinds: [.hyperdrive]) == "s")
      #expect(try found(subject, "", kinds: [.run, .hyperdrive]) == "abcdefghs")
      #expect(try found(subject, "", kinds: []) == "")
      #expect(try found(subject, "parent = 's' AND number > 0") == "s-1")
    },
    demand("an order puts NaN after the numbers and missing values last, either way") { subject in
      try makeRuns(subject)
      for (order, runs) in [
        (["metrics.m"], "fhgabecd"), (["metrics.m DESC"], "ebgahfcd"), (["metrics.none"], "hgfedcba"),
        (["params.p"], "cfehabgd"), (["params.p DESC"], "efcgbahd"), (["tags.t"], "ecdhgfab"),
        (["created"], "abcdefgh"), ([], "hgfedcba"), (["id DESC"], "hgfedcba"),
        (["name", "id"], "cabdefgh"), (["state", "id"], "gbacdefh"), (["ended", "id"], "bgacdefh"),
        (["experiment DESC", "metrics.m"], "fhgeabcd"), (["tags.t DESC", "metrics.m"], "faghdceb"),
      ] as [([String], String)] {
        let found = try found(subject, "", order: order)
        #expect(found == runs, "\(order)")
      }
      #expect(try found(subject, "metrics.m > 0", order: ["metrics.m DESC"]) == "ebga")
      #expect(try found(subject, "params.p IS NOT NULL", order: ["metrics.m DESC"], experiments: ["one"]) == "bac")
    },
    demand("a comparison that makes no sense is refused") { subject in
      try makeRuns(subject)
      for clause in [
        FilterClause(.metric("m"), .equals("x", negated: false)),
        FilterClause(.metric("m"), .like("x", ignoringCase: true)),
        FilterClause(.tag("t"), .number(.less, 1)), FilterClause(.attribute(.state), .number(.less, 1)),
        FilterClause(.attribute(.created), .oneOf(["x"], negated: false)),
      ] {
        refuses(.invalid) { _ = try subject.store.runs(matching: RunQuery(filter: [clause])) }
      }
      refuses(.invalid) { _ = try subject.store.runs(matching: RunQuery(limit: 0)) }
    },
    demand("a found run brings along what was asked for") { subject in
      try makeRuns(subject)
      let filter = try FilterParser.clauses(of: "id = 'a'")
      let row = try subject.store.runs(matching: RunQuery(filter: filter)).rows[0]
      #expect(row.run == (try subject.store.run(id("a"))))
      #expect(row.parameters == [Parameter("p", "adam")] && row.tags == ["t": "vision"])
      #expect(row.metrics == (try subject.store.series(of: id("a"))))
      let bare = try subject.store.runs(matching: RunQuery(filter: filter, includesDetails: false)).rows[0]
      #expect(bare == RunRow(run: row.run))
      #expect(row.inputs.isEmpty && row.outputs.isEmpty)
      let inputs = [
        RunInput(Dataset(name: "d", digest: "1", sourceType: "local", source: "s"), tags: ["context": "train"])
      ]
      let model = LoggedModel(
        id: "m-1", experiment: try subject.store.run(id("a")).experiment, name: "net", source: id("a"),
        created: Timestamp(milliseconds: 1), updated: Timestamp(milliseconds: 1))
      try subject.store.commit([
        .addInputs(id("a"), inputs), .model(.create(model)), .addOutputs(id("a"), [RunOutput(model: "m-1", step: 2)]),
      ])
      for run in ["a", "b"] {
        let filter = try FilterParser.clauses(of: "id = '\(run)'")
        let row = try subject.store.runs(matching: RunQuery(filter: filter, includesInputs: true)).rows[0]
        #expect(row.inputs == (run == "a" ? inputs : []))
        #expect(row.outputs == (run == "a" ? [RunOutput(model: "m-1", step: 2)] : []))
      }
    },
  ]

  static let paging: [ContractCase<Subject>] = [
    demand("pages of every size give every run once, in order") { subject in
      try makeRuns(subject)
      for order in [[], ["metrics.m"], ["metrics.m DESC"], ["params.p"], ["tags.t DESC", "metrics.m"], ["ended"]] {
        for filter in ["", "metrics.m IS NOT NULL", "metrics.m < 1"] {
          var query = RunQuery(
            filter: try FilterParser.clauses(of: filter), order: try order.map(FilterParser.order(of:)))
          let all = try subject.store.runs(matching: query)
          #expect(all.next == nil)
          for limit in 1...9 {
            query.limit = limit
            query.pageToken = nil
            var rows: [RunRow] = []
            repeat {
              let page = try subject.store.runs(matching: query)
              #expect(page.rows.count == limit || page.next == nil)
              rows += page.rows
              query.pageToken = page.next
            } while query.pageToken != nil && rows.count < 20
            #expect(rows == all.rows, "\(order) \(filter) \(limit)")
          }
        }
      }
    },
    demand("a page may be as large as one likes") { subject in
      try makeRuns(subject)
      for order in [[], ["metrics.m"]] {
        let query = RunQuery(order: try order.map(FilterParser.order(of:)), limit: .max)
        #expect(try subject.store.runs(matching: query).rows.count == 8)
      }
    },
    demand("a run that is recorded meanwhile does not shift the pages") { subject in
      try makeRuns(subject)
      var query = RunQuery(limit: 4)
      let first = try subject.store.runs(matching: query)
      try makeRun(subject, "new")
      query.pageToken = first.next
      let second = try subject.store.runs(matching: query)
      #expect((first.rows + second.rows).map(\.run.id.text).joined() == "hgfedcba")
    },
    demand("a page token of another query is refused") { subject in
      try makeRuns(subject)
      let token = try subject.store.runs(matching: RunQuery(limit: 1)).next
      refuses(.invalid, "token") {
        _ = try subject.store.runs(
          matching: RunQuery(order: [RunQuery.Order(.metric("m"))], limit: 1, pageToken: token))
      }
      refuses(.invalid) { _ = try subject.store.runs(matching: RunQuery(pageToken: "nonsense")) }
    },
  ]

  static let finding: [ContractCase<Subject>] = [
    demand("a run is meant by its id, by a unique beginning, and a trial by its sweep's beginning") { subject in
      let store = subject.store
      for name in ["abc1", "abc2", "xyz", "xy", "q-7"] { try makeRun(subject, name) }
      try makeSweep(subject, "sweep1", trials: 12)
      try makeSweep(subject, "sweep2", trials: 1)
      for (text, found) in [
        ("abc1", "abc1"), ("xy", "xy"), ("xyz", "xyz"), ("q", "q-7"), ("sweep1", "sweep1"), ("sweep1-1", "sweep1-1"),
        ("sweep1-11", "sweep1-11"), ("sweep2-0", "sweep2-0"),
      ] { #expect(try store.runID(matching: text) == id(found), "\(text)") }
      refuses(.ambiguous, "abc1, abc2") { _ = try store.runID(matching: "ab") }
      refuses(.ambiguous, "sweep1, sweep2") { _ = try store.runID(matching: "swe") }
      refuses(.ambiguous) { _ = try store.runID(matching: "swe-0") }
      refuses(.notFound) { _ = try store.runID(matching: "none") }
      refuses(.notFound) { _ = try store.runID(matching: "sweep1-12") }
      refuses(.notFound) { _ = try store.runID(matching: "") }
      try makeSweep(subject, "other", trials: 2)
      #expect(try store.runID(matching: "oth") == id("other"))
      #expect(try store.runID(matching: "o-1") == id("other-1"))
    }
  ]
}
