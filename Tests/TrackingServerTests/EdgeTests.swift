import SQLTracking
import TarArtifacts
import Testing
import Tracking
import TrackingServer

/// The edge cases that MLflow 3.17.2 was asked, with its answers.
struct EdgeTests {
  @Test func `experiments are made once, renamed, tagged, deleted and restored`() throws {
    let served = try ServedStore()
    let api = try MLflowAPI(served)
    let id = try api.experiment("vision")
    #expect(id == "1")
    #expect(
      try api.refusal("experiments/create", ["name": "vision"], code: "RESOURCE_ALREADY_EXISTS")
        .hasPrefix("Experiment(name=vision) already exists."))
    #expect(
      try api.refusal("experiments/create", ["name": "Default"], code: "RESOURCE_ALREADY_EXISTS").contains("Default"))
    #expect(try api.refusal("experiments/create", [:]).hasPrefix("Missing value for required parameter 'name'."))
    #expect(
      try api.refusal("experiments/create", ["name": .text(String(repeating: "x", count: 501))])
        == "'name' exceeds the maximum length of 500 characters")
    let byName = try api.get("experiments/get-by-name", "experiment_name=vision").json["experiment"]
    #expect(byName?["experiment_id"]?.text == id)
    #expect(byName?["lifecycle_stage"]?.text == "active")
    #expect(byName?["artifact_location"]?.text == "mlflow-artifacts:/1")
    #expect(try api.get("experiments/get-by-name", "experiment_name=none").status == 404)
    #expect(try api.get("experiments/get", "experiment_id=77").status == 404)
    #expect(try api.get("experiments/get", "experiment_id=x").status == 400)
    try api.post("experiments/set-experiment-tag", ["experiment_id": .text(id), "key": "team", "value": "a b"])
    try api.post("experiments/update", ["experiment_id": .text(id), "new_name": "seeing"])
    let renamed = try api.get("experiments/get", "experiment_id=1").json["experiment"]
    #expect(renamed?["name"]?.text == "seeing")
    #expect(renamed?["tags"] == [["key": "team", "value": "a b"]])
    #expect(try api.post("experiments/delete", ["experiment_id": .text(id)]).status == 200)
    #expect(try api.post("experiments/delete", ["experiment_id": .text(id)]).status == 404)
    #expect(
      try api.refusal("runs/create", ["experiment_id": .text(id)])
        == "The experiment 1 must be in the 'active' state. Current state is deleted.")
    #expect(try api.post("experiments/restore", ["experiment_id": .text(id)]).status == 200)
    #expect(try api.post("runs/create", ["experiment_id": .text(id)]).status == 200)
  }

  @Test func `a run is made, read, ended, deleted and restored`() throws {
    let served = try ServedStore()
    let api = try MLflowAPI(served)
    let made = try api.post(
      "runs/create",
      [
        "experiment_id": "0", "start_time": "1234", "user_id": "ada", "run_name": "first",
        "tags": [["key": "mlflow.runName", "value": "first"], ["key": "team", "value": "v"]], "unknown": 1,
      ]
    ).json["run"]
    let id = try #require(made?["info"]?["run_id"]?.text)
    #expect(id.count == 32)
    #expect(made?["info"]?["run_uuid"]?.text == id)
    #expect(made?["info"]?["start_time"] == 1234)
    #expect(made?["info"]?["end_time"] == nil)
    #expect(made?["info"]?["status"] == "RUNNING")
    #expect(made?["info"]?["user_id"] == "ada")
    #expect(made?["info"]?["artifact_uri"]?.text == "mlflow-artifacts:/0/\(id)/artifacts")
    let update = try api.post(
      "runs/update", ["run_uuid": .text(id), "run_id": .text(id), "status": "FINISHED", "end_time": 5678]
    ).json["run_info"]
    #expect(update?["status"] == "FINISHED")
    #expect(update?["end_time"] == 5678)
    let read = try api.get("runs/get", "run_id=\(id)").json["run"]
    #expect(
      read?["data"]?["tags"]
        == [
          ["key": "mlflow.runName", "value": "first"], ["key": "mlflow.user", "value": "ada"],
          ["key": "team", "value": "v"],
        ])
    for _ in 0..<2 { #expect(try api.post("runs/delete", ["run_id": .text(id)]).status == 200) }
    #expect(try api.get("runs/get", "run_uuid=\(id)").json["run"]?["info"]?["lifecycle_stage"] == "deleted")
    #expect(
      try api.refusal("runs/log-metric", ["run_id": .text(id), "key": "m", "value": 1, "timestamp": 1])
        == "The run \(id) must be in the 'active' state. Current state is deleted.")
    #expect(try api.post("runs/restore", ["run_id": .text(id)]).status == 200)
    #expect(try api.search() == [id])
  }

  @Test func `what is wrong with a run is said as MLflow says it`() throws {
    let api = try MLflowAPI(ServedStore.shared)
    #expect(try api.get("runs/get", "run_id=no").json["message"] == "Run with id=no not found")
    #expect(try api.get("runs/get", "run_id=no").status == 404)
    #expect(try api.get("runs/get", "run_id=..%2F..").status == 404)
    let missing = try api.get("runs/get")
    #expect(missing.status == 400)
    #expect(missing.json["message"]?.text?.hasPrefix("Missing value for required parameter 'run_id'.") == true)
    #expect(
      try api.refusal("runs/create", ["experiment_id": "99999999"], status: 404, code: "RESOURCE_DOES_NOT_EXIST")
        == "No Experiment with id=99999999 exists")
    for body in ["not json", "[]", "{", "{\"run_id\":", "{\"a\":1}x", "\u{1}"] {
      let (status, json) = try api.raw("runs/create", body)
      #expect(status == 400, "\(body)")
      #expect(json["error_code"] == "BAD_REQUEST")
    }
    for path in ["runs/create", "runs/log-metric", "runs/log-batch", "runs/search", "experiments/search"] {
      for opening in ["[", "{\"a\":"] {
        let body = "{\"x\":" + String(repeating: opening, count: 100_000)
        #expect(try api.raw(path, body).status == 400, "\(path)")
      }
    }
  }

  @Test func `metrics are checked and kept`() throws {
    let api = try MLflowAPI(ServedStore.shared)
    let run = try api.run(in: api.experiment("metrics"))
    func log(_ fields: [String: Value]) -> Value {
      .object(["run_id": .text(run), "key": "m", "value": 1, "timestamp": 1].merging(fields) { $1 })
    }
    #expect(
      try api.refusal("runs/log-metric", log(["value": "abc"])).hasPrefix(
        "Invalid value \"abc\" for parameter 'value' supplied: Hint: Value was of type 'str'."))
    #expect(
      try api.refusal("runs/log-metric", log(["timestamp": .null])).hasPrefix(
        "Missing value for required parameter 'timestamp'."))
    #expect(
      try api.refusal("runs/log-metric", log(["key": .text(String(repeating: "k", count: 251))]))
        == "'Metric name' exceeds the maximum length of 250 characters")
    #expect(
      try api.refusal("runs/log-metric", log(["key": "a#b"]))
        == "Invalid value \"a#b\" for parameter 'name' supplied: Names may only contain alphanumerics, underscores (_), "
        + "dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).")
    for name in ["../up", "/top", "a//b", "a/../b", "./a", ".."] {
      try api.refusal("runs/log-metric", log(["key": .text(name)]))
    }
    try api.refusal("runs/log-metric", log(["timestamp": -1]))
    try api.refusal("runs/log-metric", log(["step": 1.5]))
    try api.refusal(
      "runs/log-metric", log(["run_id": "nobody"]), status: 404, code: "RESOURCE_DOES_NOT_EXIST")
    for (fields, value) in [
      (["value": "2.5", "timestamp": "12", "step": "3"], 2.5), (["value": "NaN"], Double.nan),
      (["key": "größe/α", "value": -1e-300], -1e-300), (["value": "-Infinity", "step": 9], -.infinity),
    ] as [([String: Value], Double)] {
      #expect(try api.post("runs/log-metric", log(fields)).status == 200, "\(value)")
    }
    let history = try api.get("metrics/get-history", "run_id=\(run)&metric_key=m").json["metrics"]
    #expect(
      history == [
        ["key": "m", "value": "NaN", "timestamp": 1, "step": 0],
        ["key": "m", "value": "-Infinity", "timestamp": 1, "step": 9],
        ["key": "m", "value": 2.5, "timestamp": 12, "step": 3],
      ])
    // The latest point of a metric is the one of the largest step, not the one logged last.
    try api.post("runs/log-metric", log(["key": "latest", "value": 8, "step": 8]))
    try api.post("runs/log-metric", log(["key": "latest", "value": 7, "step": 7, "timestamp": 99]))
    let shown = try api.get("runs/get", "run_id=\(run)").json["run"]?["data"]?["metrics"]?.list ?? []
    #expect(shown.contains(["key": "latest", "value": 8.0, "timestamp": 1, "step": 8]))
    let page = try api.get("metrics/get-history", "run_id=\(run)&metric_key=m&max_results=2").json
    #expect(page["metrics"]?.list?.count == 2)
    let token = try #require(page["next_page_token"]?.text)
    let rest = try api.get("metrics/get-history", "run_id=\(run)&metric_key=m&max_results=2&page_token=\(token)").json
    #expect(rest["metrics"]?.list?.count == 1)
    #expect(rest["next_page_token"] == nil)
    let beyond = ByteText.encode(Array("{\"offset\": 9223372036854775807}".utf8)).replacing("=", with: "%3D")
    #expect(
      try api.get("metrics/get-history", "run_id=\(run)&metric_key=m&page_token=\(beyond)").json["metrics"] == nil)
    let last: Value = [
      "page_token": .text(beyond.replacing("%3D", with: "=")), "max_results": 100, "experiment_ids": ["0"],
    ]
    for path in ["experiments/search", "logged-models/search"] {
      let found = try api.post(path, last)
      #expect(found.status == 200 && found.json == .object([:]), "\(path): \(found.json.json)")
    }
    for path in ["registered-models/search", "model-versions/search"] {
      #expect(try api.get(path, "page_token=\(beyond)").status == 200)
    }
    #expect(try api.get("metrics/get-history", "run_id=\(run)&metric_key=none").json == [:])
    #expect(try api.get("metrics/get-history", "run_id=\(run)&metric_key=m&max_results=0").status == 400)
    let bulk = try api.get("metrics/get-history-bulk", "run_id=\(run)&metric_key=m").json["metrics"]
    #expect(bulk?.list?.count == 3)
    #expect(bulk?.list?.first?["run_id"]?.text == run)
  }

  @Test func `parameters are set once, and tags as often as one likes`() throws {
    let api = try MLflowAPI(ServedStore.shared)
    let run = try api.run(in: api.experiment("parameters"))
    let id = Value.text(run)
    #expect(try api.post("runs/log-parameter", ["run_id": id, "key": "p", "value": "1"]).status == 200)
    #expect(try api.post("runs/log-parameter", ["run_id": id, "key": "p", "value": "1"]).status == 200)
    #expect(
      try api.refusal("runs/log-parameter", ["run_id": id, "key": "p", "value": "2"])
        == "Changing param values is not allowed. Param with key='p' was already logged with value='1' for run "
        + "ID='\(run)'. Attempted logging new value '2'.")
    let long = Value.text(String(repeating: "é", count: 9000))
    #expect(try api.post("runs/log-parameter", ["run_id": id, "key": "long", "value": long]).status == 200)
    #expect(try api.post("runs/set-tag", ["run_id": id, "key": "long", "value": long]).status == 200)
    #expect(try api.post("runs/set-tag", ["run_id": id, "key": "mlflow.runName", "value": "named"]).status == 200)
    #expect(
      try api.post("runs/set-tag", ["run_id": id, "key": "mlflow.note.content", "value": "a note"]).status == 200)
    #expect(try api.post("runs/set-tag", ["run_id": id, "key": "gone", "value": "x"]).status == 200)
    #expect(try api.post("runs/delete-tag", ["run_id": id, "key": "gone"]).status == 200)
    #expect(try api.post("runs/delete-tag", ["run_id": id, "key": "gone"]).status == 404)
    let read = try api.get("runs/get", "run_id=\(run)").json["run"]
    #expect(read?["info"]?["run_name"] == "named")
    #expect(read?["data"]?["params"]?.list?.map { $0["key"] } == ["p", "long"])
    #expect(read?["data"]?["params"]?.list?.last?["value"]?.text?.count == 6000)
    let tags = read?["data"]?["tags"]?.list ?? []
    #expect(tags.map { $0["key"]?.text } == ["long", "mlflow.note.content", "mlflow.runName"])
    #expect(tags.first?["value"]?.text?.count == 8000)
  }

  @Test func `a batch is logged whole or not at all`() throws {
    let api = try MLflowAPI(ServedStore.shared)
    let run = try api.run(in: api.experiment("batches"))
    func metrics(_ count: Int) -> Value {
      .list((0..<count).map { ["key": "m", "value": .real(Double($0)), "timestamp": 5, "step": .integer(Int64($0))] })
    }
    func pairs(_ count: Int) -> Value { .list((0..<count).map { ["key": .text("k\($0)"), "value": "v"] }) }
    func batch(_ fields: [String: Value]) -> Value { .object(["run_id": .text(run)].merging(fields) { $1 }) }
    func tooMany(_ limit: Int, _ name: String, _ count: Int) -> String {
      "A batch logging request can contain at most \(limit) \(name). Got \(count) \(name). Please split up \(name) across "
        + "multiple requests and try again."
    }
    #expect(try api.refusal("runs/log-batch", batch(["metrics": metrics(1001)])) == tooMany(1000, "metrics", 1001))
    #expect(try api.refusal("runs/log-batch", batch(["params": pairs(101)])) == tooMany(100, "params", 101))
    #expect(try api.refusal("runs/log-batch", batch(["tags": pairs(101)])) == tooMany(100, "tags", 101))
    #expect(
      try api.refusal("runs/log-batch", batch(["metrics": metrics(990), "params": pairs(10), "tags": pairs(10)]))
        == tooMany(1000, "metrics, params, and tags", 1010))
    let double: Value = [["key": "d", "value": "1"], ["key": "d", "value": "1"]]
    #expect(
      try api.refusal("runs/log-batch", batch(["params": double]))
        == "Duplicate parameter keys have been submitted: ['d']. Please ensure the request contains only one param value "
        + "per param key.")
    #expect(try api.post("runs/log-batch", batch([:])).status == 200)
    try api.post("runs/log-batch", batch(["params": pairs(1)]))
    let mixed: Value = [["key": "new", "value": "1"], ["key": "k0", "value": "other"]]
    #expect(
      try api.refusal("runs/log-batch", batch(["metrics": metrics(3), "params": mixed]))
        == "Changing param values is not allowed. Params were already logged='[{'key': 'k0', 'old_value': 'v', "
        + "'new_value': 'other'}]' for run ID='\(run)'.")
    #expect(try api.get("runs/get", "run_id=\(run)").json["run"]?["data"]?["metrics"] == nil)
    #expect(try api.post("runs/log-batch", batch(["metrics": metrics(900), "tags": pairs(100)])).status == 200)
    let data = try api.get("runs/get", "run_id=\(run)").json["run"]?["data"]
    #expect(data?["metrics"] == [["key": "m", "value": 899.0, "timestamp": 5, "step": 899]])
    #expect(data?["tags"]?.list?.count == 101)
    #expect(data?["params"]?.list?.count == 1)
  }

  @Test func `a token for one run reaches it and those below it`() throws {
    let open = try ServedStore()
    let first = try MLflowAPI(open)
    let parent = try first.run()
    let child = try first.run(in: "0", ["tags": [["key": "mlflow.parentRunId", "value": .text(parent)]]])
    let other = try first.run()
    let granted = try #require(RunID(parent))
    let guarded = TrackingServer(
      store: open.store, artifacts: TarArtifactStore(directory: open.folder + "/artifacts"),
      settings: TrackingServer.Settings(access: .token("t", AccessGrant(.log, run: granted))))
    let bound = try guarded.start()
    defer { guarded.stop() }
    let client = try RawClient(port: bound.port)
    func status(_ method: String, _ path: String, _ body: Value? = nil) throws -> Int {
      try client.request(
        method, "/api/2.0/mlflow/" + path, body?.json, headers: ["Authorization": "Bearer t"]
      ).status
    }
    for (run, expected) in [(parent, 200), (child, 200), (other, 403), ("nobody", 403)] {
      let id = Value.text(run)
      #expect(
        try status("POST", "runs/log-metric", ["run_id": id, "key": "m", "value": 1, "timestamp": 1]) == expected)
      #expect(try status("POST", "runs/log-batch", ["run_id": id]) == expected, "\(run)")
      #expect(try status("POST", "runs/set-tag", ["run_id": id, "key": "t", "value": "v"]) == expected)
      #expect(try status("POST", "runs/log-parameter", ["run_id": id, "key": "p", "value": "v"]) == expected)
      #expect(try status("POST", "runs/delete-tag", ["run_id": id, "key": "t"]) == expected)
      #expect(try status("POST", "runs/update", ["run_id": id]) == expected)
      #expect(try status("GET", "runs/get?run_id=\(run)") == expected)
      #expect(try status("GET", "metrics/get-history?run_id=\(run)&metric_key=m") == expected)
      #expect(try status("GET", "metrics/get-history-bulk?run_id=\(run)&metric_key=m") == expected)
      #expect(try status("POST", "runs/delete", ["run_id": id]) == 403)
    }
    #expect(try status("POST", "runs/create", ["experiment_id": "0"]) == 403)
    let nested: Value = [["key": "mlflow.parentRunId", "value": .text(child)]]
    #expect(try status("POST", "runs/create", ["experiment_id": "0", "tags": nested]) == 200)
    #expect(try status("POST", "experiments/update", ["experiment_id": "0", "new_name": "x"]) == 403)
    #expect(try status("POST", "experiments/delete", ["experiment_id": "0"]) == 403)
    #expect(try open.store.points(of: try #require(RunID(other)), metric: "m").count == 0)
  }

  @Test func `a token for one run loads what is registered, and no other run's model`() throws {
    let open = try ServedStore()
    let api = try MLflowAPI(open)
    let (granted, other) = (try api.run(), try api.run())
    var models: [String] = []
    for name in ["base", "private"] {
      let made = try api.post(
        "logged-models", ["experiment_id": "0", "name": .text(name), "source_run_id": .text(other)])
      models.append(try #require(made.json["model"]?["info"]?["model_id"]?.text))
    }
    let artifacts = "/api/2.0/mlflow-artifacts/artifacts"
    let places = models.map { "0/models/\($0)/artifacts" } + ["0/\(other)/artifacts"]
    for place in places {
      for file in ["MLmodel", "net/MLmodel", "network/MLmodel"] {
        #expect(try api.client.request("PUT", "\(artifacts)/\(place)/\(file)", "x").status == 200)
      }
    }
    #expect(try api.post("registered-models/create", ["name": "base"]).status == 200)
    for (source, field, id) in [
      ("models:/\(models[0])", "model_id", models[0]), ("mlflow-artifacts:/\(places[2])/net", "run_id", other),
    ] {
      let body: Value = .object(["name": "base", "source": .text(source), field: .text(id)])
      #expect(try api.post("model-versions/create", body).status == 200)
    }
    let run = try #require(RunID(granted))
    let guarded = TrackingServer(
      store: open.store, artifacts: TarArtifactStore(directory: open.folder + "/artifacts"),
      settings: TrackingServer.Settings(access: .token("t", AccessGrant(.log, run: run))))
    let bound = try guarded.start()
    defer { guarded.stop() }
    let client = try RawClient(port: bound.port)
    func ask(_ method: String, _ path: String, _ body: String? = nil) throws -> (status: Int, text: String) {
      let answer = try client.request(method, path, body, headers: ["Authorization": "Bearer t"])
      return (answer.status, answer.text)
    }
    let routes = "/api/2.0/mlflow"
    for (model, status) in zip(models, [200, 403]) {
      #expect(try ask("GET", "\(routes)/logged-models/\(model)").status == status)
      #expect(try ask("GET", "\(artifacts)/0/models/\(model)/artifacts/MLmodel").status == status)
      #expect(try ask("GET", "\(artifacts)?path=0/models/\(model)/artifacts").status == status)
      #expect(try ask("PUT", "\(artifacts)/0/models/\(model)/artifacts/MLmodel", "y").status == 403)
    }
    for (file, status) in [("net/MLmodel", 200), ("MLmodel", 403), ("network/MLmodel", 403)] {
      #expect(try ask("GET", "\(artifacts)/\(places[2])/\(file)").status == status, "\(file)")
    }
    #expect(try ask("GET", "\(artifacts)?path=\(places[2])/net").status == 200)
    #expect(try ask("GET", "\(artifacts)?path=\(places[2])").status == 403)
    let found = try ask("POST", "\(routes)/logged-models/search", #"{"experiment_ids":["0"]}"#)
    #expect(found.text.contains(models[0]) && !found.text.contains(models[1]))
  }

  @Test func `a trial that a sweep launched keeps its state and its typed parameters`() throws {
    let served = try ServedStore()
    let api = try MLflowAPI(served)
    let sweep = try #require(RunID("sweep0000001"))
    let trial = sweep.trial(0)
    try served.store.commit([
      .createRun(NewRun(id: sweep, experiment: "tuning", kind: .hyperdrive, state: .running)),
      .createRun(
        NewRun(
          id: trial, experiment: "tuning", kind: .trial, parent: sweep, number: 0, state: .running,
          parameters: [Parameter("lr", 0.1), Parameter("flag", true), Parameter("n", 3)])),
    ])
    for status in ["FINISHED", "FAILED", "KILLED"] {
      let answer = try api.post(
        "runs/update", ["run_id": .text(trial.text), "status": .text(status), "end_time": 5, "run_name": "mine"])
      #expect(answer.status == 200)
      #expect(answer.json["run_info"]?["status"] == "RUNNING")
      #expect(answer.json["run_info"]?["run_name"] == "mine")
    }
    for (key, value) in [("lr", "0.1"), ("flag", "True"), ("n", "3")] {
      let body: Value = ["run_id": .text(trial.text), "key": .text(key), "value": .text(value)]
      #expect(try api.post("runs/log-parameter", body).status == 200, "\(key)")
    }
    let both: Value = [["key": "lr", "value": "0.1"], ["key": "new", "value": "x"]]
    #expect(try api.post("runs/log-batch", ["run_id": .text(trial.text), "params": both]).status == 200)
    try api.refusal("runs/log-parameter", ["run_id": .text(trial.text), "key": "lr", "value": "0.2"])
    let read = try api.get("runs/get", "run_id=\(trial)").json["run"]
    #expect(read?["data"]?["params"]?.list?.map { $0["value"]?.text } == ["0.1", "true", "3", "x"])
    #expect(read?["data"]?["tags"]?.list?.contains(["key": "mlflow.parentRunId", "value": .text(sweep.text)]) == true)
  }
}
