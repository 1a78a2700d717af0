import SQLTracking
import Testing
import Tracking
import TrackingServer

/// MLflow's search grammar, asked of a store with a few runs.
struct SearchTests {
  /// Five runs in an experiment of their own: metric m is -inf, 1, 2, inf, NaN, and missing.
  private struct Runs {
    let api: MLflowAPI
    let experiment: String
    let ids: [String]

    init() throws {
      let served = ServedStore.shared
      api = try MLflowAPI(served)
      experiment = try api.experiment("search \(UInt32.random(in: 0 ... .max))")
      var ids: [String] = []
      for (place, value) in ["-Infinity", "1", "2", "Infinity", "NaN", ""].enumerated() {
        let id = try api.run(
          in: experiment,
          [
            "start_time": .integer(Int64(1000 + place)), "run_name": .text("run \(place)"), "user_id": "ada",
            "tags": [["key": "team", "value": place < 3 ? "Vision" : "speech"]],
          ])
        ids.append(id)
        if !value.isEmpty {
          try api.post(
            "runs/log-metric", ["run_id": .text(id), "key": "m", "value": .text(value), "timestamp": 1])
        }
        try api.post("runs/log-parameter", ["run_id": .text(id), "key": "p", "value": .text("v\(place)")])
        if place > 0 { try api.post("runs/log-parameter", ["run_id": .text(id), "key": "q", "value": "1"]) }
      }
      self.ids = ids
      try api.post("runs/update", ["run_id": .text(ids[0]), "status": "FINISHED", "end_time": 2000])
      try api.post("runs/update", ["run_id": .text(ids[1]), "status": "KILLED", "end_time": 3000])
      try api.post("runs/update", ["run_id": .text(ids[2]), "status": "FAILED", "end_time": 4000])
    }

    /// The places of the runs that fit, in the order of their making.
    func found(_ filter: String) throws -> [Int] {
      try api.search(filter, in: [experiment]).compactMap(ids.firstIndex).sorted()
    }
  }

  @Test func `a page of more runs than are held at once is whole, and goes on where it ended`() throws {
    let served = try ServedStore()
    let api = try MLflowAPI(served)
    let experiment = try api.experiment("large")
    let changes = (0..<2_105).map { number in
      Change.createRun(
        NewRun(id: RunID("r\(number)")!, experiment: "large", started: Timestamp(milliseconds: Int64(number))))
    }
    try served.store.commit(changes)
    let expected = (0..<2_105).map { "r\($0)" }
    func page(_ limit: Int64, _ token: Value?) throws -> (ids: [String], next: Value?) {
      var body: [String: Value] = [
        "experiment_ids": [.text(experiment)], "order_by": ["start_time ASC"], "max_results": .integer(limit),
      ]
      body["page_token"] = token
      let (status, json) = try api.post("runs/search", .object(body))
      #expect(status == 200, "\(json.json.prefix(300))")
      return ((json["runs"]?.list ?? []).compactMap { $0["info"]?["run_id"]?.text }, json["next_page_token"])
    }
    let first = try page(2_050, nil)
    #expect(first.ids == Array(expected[..<2_050]))
    let second = try page(2_050, first.next)
    #expect(second.ids == Array(expected[2_050...]) && second.next == nil)
    #expect(try page(2_105, nil) == (expected, nil))
    #expect(try page(50_000, nil) == (expected, nil))
    try api.refusal("runs/search", ["experiment_ids": [.text(experiment)], "max_results": 5000, "page_token": "eA=="])
    #expect(try api.search(in: [try api.experiment("empty")], ["max_results": 5000]).isEmpty)
  }

  @Test func `a list may have more names than a statement has places`() throws {
    let runs = try Runs()
    let others = Array(repeating: "''", count: 33_000).joined(separator: ",")
    #expect(try runs.found("run_id IN (\(others),'\(runs.ids[3])')") == [3])
    #expect(try runs.found("run_id NOT IN ('\(runs.ids[3])',\(others))") == [0, 1, 2, 4, 5])
  }

  @Test func `every operator finds what MLflow's finds`() throws {
    let runs = try Runs()
    let expected: [(String, [Int])] = [
      ("", [0, 1, 2, 3, 4, 5]), ("metrics.m > 1", [2, 3]), ("metric.m >= 1.0", [1, 2, 3]), ("metrics.m = 2", [2]),
      ("metrics.`m` != 2", [0, 1, 3, 4]), ("metrics.\"m\" < 1e0", [0]), ("metrics.m <= -1", [0]),
      ("params.p = 'v1'", [1]), ("parameter.p != 'v1'", [0, 2, 3, 4, 5]), ("param.p LIKE 'v%'", [0, 1, 2, 3, 4, 5]),
      ("params.p ilike 'V_'", [0, 1, 2, 3, 4, 5]), ("params.p LIKE 'V_'", []), ("params.q IS NULL", [0]),
      ("params.q IS NOT NULL", [1, 2, 3, 4, 5]), ("params.q != 'x'", [1, 2, 3, 4, 5]),
      ("tags.team = 'Vision'", [0, 1, 2]), ("tag.team ILIKE '%SPEE%'", [3, 4, 5]),
      ("tags.team != 'Vision'", [3, 4, 5]),
      ("tags.none IS NULL", [0, 1, 2, 3, 4, 5]), ("tags.mlflow.user = 'ada' AND metrics.m > 0", [1, 2, 3]),
      ("attributes.status = 'FINISHED'", [0]), ("status = 'RUNNING'", [3, 4, 5]), ("status != 'RUNNING'", [0, 1, 2]),
      ("attr.status LIKE '%ILLED'", [1]), ("run.run_name = 'run 3'", [3]),
      ("`Run name` LIKE 'run%'", [0, 1, 2, 3, 4, 5]),
      ("tags.`mlflow.runName` = 'run 2'", [2]), ("start_time > 1003", [4, 5]), ("created <= 1001", [0, 1]),
      ("end_time >= 3000", [1, 2]), ("user_id = 'ada' and start_time = 1002", [2]),
      ("run_id = '\(runs.ids[4])'", [4]), ("run_id IN ('\(runs.ids[4])', \"\(runs.ids[1])\")", [1, 4]),
      ("run_id NOT IN ('\(runs.ids[4])')", [0, 1, 2, 3, 5]),
      ("artifact_uri = 'mlflow-artifacts:/\(runs.experiment)/\(runs.ids[5])/artifacts'", [5]),
      ("lifecycle_stage = 'active'", [0, 1, 2, 3, 4, 5]), ("lifecycle_stage = 'deleted'", []),
      ("experiment_id = '\(runs.experiment)'", [0, 1, 2, 3, 4, 5]), ("experiment_id != '\(runs.experiment)'", []),
      ("AND metrics.m > 1 AND", [2, 3]), ("status = 'NONE'", []),
    ]
    for (filter, places) in expected { #expect(try runs.found(filter) == places, "\(filter)") }
  }

  @Test func `missing values come last either way, NaN just before them`() throws {
    let runs = try Runs()
    func order(_ keys: String...) throws -> [Int] {
      try runs.api.search(in: [runs.experiment], order: keys).compactMap(runs.ids.firstIndex)
    }
    #expect(try order("metrics.m ASC") == [0, 1, 2, 3, 4, 5])
    #expect(try order("metrics.m DESC") == [3, 2, 1, 0, 4, 5])
    #expect(try order() == [5, 4, 3, 2, 1, 0])
    #expect(try order("start_time") == [0, 1, 2, 3, 4, 5])
    #expect(try order("params.`p` desc") == [5, 4, 3, 2, 1, 0])
    #expect(try order("tags.team DESC", "start_time ASC") == [3, 4, 5, 0, 1, 2])
    #expect(try order("attributes.end_time DESC") == [2, 1, 0, 5, 4, 3])
  }

  @Test func `pages follow each other without gap or overlap`() throws {
    let runs = try Runs()
    var found: [String] = []
    var token: Value = .null
    repeat {
      let (status, json) = try runs.api.post(
        "runs/search",
        [
          "experiment_ids": [.text(runs.experiment)], "max_results": 4, "order_by": ["metrics.m DESC"],
          "page_token": token,
        ])
      #expect(status == 200)
      found += (json["runs"]?.list ?? []).compactMap { $0["info"]?["run_id"]?.text }
      token = json["next_page_token"] ?? .null
    } while token != .null
    #expect(found == [3, 2, 1, 0, 4, 5].map { runs.ids[$0] })
    #expect(
      try runs.api.refusal("runs/search", ["experiment_ids": ["0"], "page_token": "%%"])
        == "Invalid page token, could not base64-decode")
    try runs.api.refusal("runs/search", ["experiment_ids": ["0"], "page_token": "Zm9v"])
    #expect(try runs.api.post("runs/search", ["experiment_ids": []]).json == [:])
    #expect(try runs.api.post("runs/search", ["experiment_ids": ["999"]]).json == [:])
  }

  @Test func `what is no filter is refused in MLflow's words`() throws {
    let api = try MLflowAPI(ServedStore.shared)
    func refusal(_ filter: String) throws -> String {
      try api.refusal("runs/search", ["experiment_ids": ["0"], "filter": .text(filter)])
    }
    #expect(try refusal("metrics.m > 'x'") == "Expected numeric value type for metric. Found 'x'")
    #expect(
      try refusal("params.p = 1") == "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 1")
    #expect(try refusal("params.p = '1' OR params.p = '2'") == "Invalid clause(s) in filter string: 'OR'")
    #expect(try refusal("(params.p = '1')") == "Invalid clause(s) in filter string: '(params.p = '1')'")
    #expect(
      try refusal("foo.p = '1'")
        == "Invalid entity type 'foo'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']")
    #expect(
      try refusal("params.p IN ('1')")
        == "Expected a quoted string value for parameter (e.g. 'my-value'). Got value ('1')")
    #expect(
      try refusal("metrics.m IS NULL")
        == "IS NULL / IS NOT NULL is only supported for tags and params, not for 'metric' 'm'")
    #expect(
      try refusal("run_name IN ('a')")
        == "Only ['run_id'] attributes support comparison with a list of quoted string values.")
    for filter in [
      "metrics.m BETWEEN 1 AND 2", "NOT metrics.m = 1", "metrics.m", "metrics.m >", "= 1", "metrics.m > > 1",
      "params.p > 'a'", "tags.t < 'a'", "status > 'A'", "start_time LIKE 'x'", "start_time = 'x'", "nothing = 'x'",
      "dataset.size = 'x'", "dataset.name > 'x'", "params.p = 'open", "params.`p = 'x'", "run_id IN ()",
      "run_id IN (1)",
      "run_id IN ('a'", "metrics.m = 1; metrics.n = 2", "tags.x IS 'y'", "a b c", "'", "\"", "`", "((((", "))", ",,,",
      "!",
      "metrics.m ! 1", "metrics.m == = 1", "\u{0}", "💥",
    ] {
      _ = try refusal(filter)
    }
    func order(_ text: String) throws -> String {
      try api.refusal("runs/search", ["experiment_ids": ["0"], "order_by": [.text(text)]])
    }
    #expect(try order("metrics.m down") == "Invalid ordering key in order_by clause 'metrics.m down'.")
    for text in ["", "metrics.m ASC DESC", "1", "foo.bar", "dataset.name", "nothing"] { _ = try order(text) }
    #expect(
      try api.refusal("runs/search", ["experiment_ids": ["0"], "max_results": 50001]).hasPrefix(
        "Invalid value 50001 for parameter 'max_results' supplied: Hint: Value was of type 'int'."))
    #expect(
      try api.refusal("runs/search", ["experiment_ids": ["0"], "max_results": 0])
        == "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer")
    try api.refusal("runs/search", ["experiment_ids": ["x"]])
    try api.refusal("runs/search", ["experiment_ids": ["0"], "run_view_type": "SOME"])
  }

  @Test func `children are found by their parent, and deleted runs by their stage`() throws {
    let api = try MLflowAPI(ServedStore.shared)
    let experiment = try api.experiment("family")
    let parent = try api.run(in: experiment)
    let child = try api.run(in: experiment, ["tags": [["key": "mlflow.parentRunId", "value": .text(parent)]]])
    let orphan = try api.run(in: experiment, ["tags": [["key": "mlflow.parentRunId", "value": "elsewhere"]]])
    let record = try ServedStore.shared.store.run(try #require(RunID(child)))
    #expect(record.parent?.text == parent)
    #expect(try api.search("tags.mlflow.parentRunId = '\(parent)'", in: [experiment]) == [child])
    #expect(try api.search("tags.`mlflow.parentRunId` = 'elsewhere'", in: [experiment]) == [orphan])
    let tags = try api.get("runs/get", "run_id=\(child)").json["run"]?["data"]?["tags"]?.list ?? []
    #expect(tags.contains(["key": "mlflow.parentRunId", "value": .text(parent)]))
    try api.post("runs/delete", ["run_id": .text(child)])
    #expect(Set(try api.search(in: [experiment])) == [parent, orphan])
    #expect(try api.search(in: [experiment], ["run_view_type": "DELETED_ONLY"]) == [child])
    #expect(try api.search(in: [experiment], ["run_view_type": "ALL"]).count == 3)
    #expect(try api.search("lifecycle_stage = 'deleted'", in: [experiment], ["run_view_type": "ALL"]) == [child])
  }

  @Test func `experiments are searched by name, tag and time`() throws {
    let served = try ServedStore()
    let api = try MLflowAPI(served)
    for name in ["alpha", "beta", "gamma"] { _ = try api.experiment(name) }
    try api.post("experiments/set-experiment-tag", ["experiment_id": "2", "key": "team", "value": "v"])
    try api.post("experiments/delete", ["experiment_id": "3"])
    func names(_ fields: [String: Value]) throws -> [String] {
      let (status, json) = try api.post("experiments/search", .object(["max_results": 100].merging(fields) { $1 }))
      #expect(status == 200, "\(json.json)")
      return (json["experiments"]?.list ?? []).compactMap { $0["name"]?.text }
    }
    #expect(try names(["order_by": ["name"]]) == ["Default", "alpha", "beta"])
    #expect(
      try names(["view_type": "ALL", "order_by": ["experiment_id DESC"]]) == ["gamma", "beta", "alpha", "Default"])
    #expect(try names(["view_type": "DELETED_ONLY"]) == ["gamma"])
    #expect(try names(["filter": "name = 'alpha'"]) == ["alpha"])
    #expect(try names(["filter": "attribute.name LIKE '%ta'"]) == ["beta"])
    #expect(try names(["filter": "name ILIKE 'AL%'"]) == ["alpha"])
    #expect(try names(["filter": "tags.team = 'v'"]) == ["beta"])
    #expect(try names(["filter": "tags.team IS NULL", "order_by": ["name DESC"]]) == ["alpha", "Default"])
    #expect(try names(["filter": "creation_time > 0 AND last_update_time >= 1", "order_by": ["name"]]).count == 3)
    for filter in ["metrics.m > 1", "size = 'x'", "name > 'a'", "name IN ('a')", "creation_time = 'x'", "name", "("] {
      try api.refusal("experiments/search", ["max_results": 10, "filter": .text(filter)])
    }
    let page = try api.post("experiments/search", ["max_results": 2, "order_by": ["name"]]).json
    let token = try #require(page["next_page_token"])
    let rest = try api.post("experiments/search", ["max_results": 2, "order_by": ["name"], "page_token": token]).json
    #expect(rest["experiments"]?.list?.compactMap { $0["name"]?.text } == ["beta"])
  }
}
