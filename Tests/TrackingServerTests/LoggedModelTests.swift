import SQLTracking
import Testing
import Tracking

/// Logged models, and what runs tell of their inputs and outputs.
struct LoggedModelTests {
  private struct Place {
    let served: ServedStore
    let api: MLflowAPI
    let run: String

    init() throws {
      served = try ServedStore()
      api = try MLflowAPI(served)
      run = try api.run()
    }

    func model(_ name: String, _ fields: [String: Value] = [:]) throws -> String {
      var body: [String: Value] = ["experiment_id": "0", "name": .text(name), "source_run_id": .text(run)]
      body.merge(fields) { $1 }
      let (status, json) = try api.post("logged-models", .object(body))
      #expect(status == 200, "\(json.json)")
      return try #require(json["model"]?["info"]?["model_id"]?.text)
    }

    func call(_ method: String, _ path: String, _ body: Value? = nil) throws -> (status: Int, json: Value) {
      let answer = try api.client.request(method, api.prefix + path, body?.json)
      return (answer.status, try Value(json: answer.text))
    }

    func search(_ fields: [String: Value]) throws -> [String] {
      var body: [String: Value] = ["experiment_ids": ["0"]]
      body.merge(fields) { $1 }
      let (status, json) = try api.post("logged-models/search", .object(body))
      #expect(status == 200, "\(json.json)")
      return (json["models"]?.list ?? []).compactMap { $0["info"]?["name"]?.text }
    }
  }

  @Test func `a model is made, uploaded to and finalized`() throws {
    let place = try Place()
    let id = try place.model(
      "net",
      [
        "model_type": "classifier", "params": [["key": "depth", "value": "3"]],
        "tags": [["key": "team", "value": "vision"]],
      ])
    #expect(id.hasPrefix("m-") && id.count == 34)
    var info = try place.call("GET", "logged-models/\(id)").json["model"]?["info"]
    #expect(info?["status"] == "LOGGED_MODEL_PENDING")
    #expect(info?["artifact_uri"] == .text("mlflow-artifacts:/0/models/\(id)/artifacts"))
    #expect(info?["source_run_id"]?.text == place.run)
    #expect(info?["model_type"] == "classifier")
    #expect(info?["creation_timestamp_ms"] == 1_700_000_000_000)
    let base = "/api/2.0/mlflow-artifacts/artifacts/0/models/\(id)/artifacts"
    #expect(try place.api.client.request("PUT", base + "/data/w.bin", "12345").status == 200)
    #expect(try place.api.client.request("GET", base + "/data/w.bin").text == "12345")
    #expect(
      try place.api.client.request("GET", "/api/2.0/mlflow-artifacts/artifacts?path=0/models/\(id)/artifacts/data").text
        == #"{"files":[{"path":"w.bin","is_dir":false,"file_size":5}]}"#)
    #expect(
      try place.call("GET", "logged-models/\(id)/artifacts/directories").json["files"]
        == [["path": "data", "is_dir": true]])
    #expect(
      try place.call("PATCH", "logged-models/\(id)", ["model_id": .text(id), "status": "LOGGED_MODEL_READY"]).status
        == 200)
    info = try place.call("GET", "logged-models/\(id)").json["model"]?["info"]
    #expect(info?["status"] == "LOGGED_MODEL_READY")
    #expect(info?["tags"] == [["key": "team", "value": "vision"]])
    for (experiment, model) in [("1", id), ("0", "m-nothing")] {
      let path = "/api/2.0/mlflow-artifacts/artifacts/\(experiment)/models/\(model)/artifacts/x"
      #expect(try place.api.client.request("PUT", path, "x").status == 404)
    }
  }

  @Test func `tags and parameters of a model change as MLflow has it`() throws {
    let place = try Place()
    let id = try place.model("net")
    let tags: Value = ["tags": [["key": "a/b", "value": "1"], ["key": "c", "value": "2"]]]
    #expect(try place.call("PATCH", "logged-models/\(id)/tags", tags).status == 200)
    #expect(try place.call("DELETE", "logged-models/\(id)/tags/a%2Fb").status == 200)
    #expect(try place.call("DELETE", "logged-models/\(id)/tags/a%2Fb").status == 404)
    #expect(
      try place.call("POST", "logged-models/\(id)/params", ["params": [["key": "p", "value": "1"]]]).status == 200)
    #expect(
      try place.call("POST", "logged-models/\(id)/params", ["params": [["key": "p", "value": "2"]]]).status == 400)
    let model = try place.call("GET", "logged-models/\(id)").json["model"]
    #expect(model?["info"]?["tags"] == [["key": "c", "value": "2"]])
    #expect(model?["data"]?["params"] == [["key": "p", "value": "1"]])
    #expect(try place.call("DELETE", "logged-models/\(id)").json == [:])
    #expect(try place.call("GET", "logged-models/\(id)").status == 404)
    #expect(try place.call("GET", "logged-models/\(id)?allow_deleted=true").status == 200)
    #expect(try place.call("PATCH", "logged-models/\(id)/tags", tags).status == 404)
  }

  @Test func `a model that cannot be is refused with 400 or 404`() throws {
    let place = try Place()
    for (body, status): (Value, Int) in [
      ([:], 400), (["experiment_id": "99"], 404), (["experiment_id": "x"], 400),
      (["experiment_id": "0", "name": "a/b"], 400), (["experiment_id": "0", "source_run_id": "nothing"], 404),
      (["experiment_id": "0", "params": [["key": "#", "value": ""]]], 400),
      (["experiment_id": "0", "tags": "x"], 400), (["experiment_id": "0", "name": 3], 400),
    ] {
      #expect(try place.api.post("logged-models", body).status == status, "\(body.json)")
    }
    let id = try place.model("net")
    #expect(try place.call("PATCH", "logged-models/\(id)", ["status": "SPLENDID"]).status == 400)
    #expect(try place.call("PATCH", "logged-models/\(id)", [:]).status == 400)
    #expect(try place.call("GET", "logged-models/m-nothing").status == 404)
    #expect(try place.call("GET", "logged-models/..%2F..%2Fetc").status == 404)
  }

  @Test func `models are found by name, parameters, tags, metrics and datasets`() throws {
    let place = try Place()
    for (place_, name) in ["one", "two", "three"].enumerated() {
      let id = try place.model(
        name,
        [
          "params": [["key": "depth", "value": .text("\(place_)")]], "tags": [["key": "t", "value": .text(name)]],
        ])
      try place.api.post(
        "runs/log-metric",
        [
          "run_id": .text(place.run), "key": "acc", "value": .real(0.5 + Double(place_) / 10), "timestamp": 1000,
          "model_id": .text(id), "dataset_name": .text(place_ == 0 ? "train" : "test"), "dataset_digest": "d",
        ])
    }
    let order: Value = [["field_name": "metrics.acc", "ascending": false]]
    #expect(try place.search(["order_by": order]) == ["three", "two", "one"])
    #expect(try place.search(["order_by": [["field_name": "name"]]]) == ["one", "three", "two"])
    #expect(try place.search(["filter": "name = 'two'"]) == ["two"])
    #expect(try place.search(["filter": "params.depth != '1' AND tags.t LIKE 't%'"]) == ["three"])
    #expect(try place.search(["filter": "metrics.acc > 0.55", "order_by": order]) == ["three", "two"])
    #expect(try place.search(["filter": "metrics.acc < 1", "datasets": [["dataset_name": "train"]]]) == ["one"])
    #expect(
      try place.search(["datasets": [["dataset_name": "test", "dataset_digest": "d"]], "order_by": order])
        == ["three", "two"])
    #expect(try place.search(["filter": .text("source_run_id = '\(place.run)' AND creation_timestamp > 0")]).count == 3)
    #expect(try place.search(["filter": "status = 'READY'"]) == [])
    #expect(try place.search(["experiment_ids": ["77"]]) == [])
    let first = try place.api.post(
      "logged-models/search", ["experiment_ids": ["0"], "max_results": 2, "order_by": order])
    let token = try #require(first.json["next_page_token"])
    #expect(try place.search(["max_results": 2, "order_by": order, "page_token": token]) == ["one"])
    for filter in ["nonsense = 'x'", "metrics.acc > 'x'", "name > 3", "dataset.name = 'x'", "name = 'x' OR name = 'y'"]
    {
      let body: Value = ["experiment_ids": ["0"], "filter": .text(filter)]
      #expect(try place.api.post("logged-models/search", body).status == 400, "\(filter)")
    }
    #expect(try place.api.post("logged-models/search", ["datasets": [["dataset_digest": "x"]]]).status == 400)
    #expect(try place.api.post("logged-models/search", ["order_by": [["field_name": "x"]]]).status == 400)
  }

  @Test func `inputs and outputs come back with the run`() throws {
    let place = try Place()
    let id = try place.model("net")
    let dataset: Value = [
      "name": "iris", "digest": "abc", "source_type": "local", "source": "{}", "schema": "{\"a\": 1}",
    ]
    let input: Value = ["dataset": dataset, "tags": [["key": "mlflow.data.context", "value": "training"]]]
    for _ in 0..<2 {
      #expect(
        try place.api.post("runs/log-inputs", ["run_id": .text(place.run), "datasets": [input]]).json == [:])
      #expect(
        try place.api.post(
          "runs/outputs", ["run_id": .text(place.run), "models": [["model_id": .text(id), "step": "3"]]]
        ).json == [:])
    }
    let loaded: Value = ["run_id": .text(place.run), "models": [["model_id": .text(id)]]]
    #expect(try place.api.post("runs/log-inputs", loaded).status == 200)
    let run = try place.api.get("runs/get", "run_id=\(place.run)").json["run"]
    #expect(run?["inputs"]?["dataset_inputs"] == [input])
    #expect(run?["inputs"]?["model_inputs"] == [["model_id": .text(id)]])
    #expect(run?["outputs"]?["model_outputs"] == [["model_id": .text(id), "step": 3]])
    #expect(run?["data"]?["tags"]?.list?.contains { $0["key"] == "mlflow.inputModels" } == false)
    for body: Value in [
      ["datasets": [input]], ["run_id": .text(place.run), "datasets": [["tags": []]]],
      ["run_id": .text(place.run), "datasets": [["dataset": ["name": "x"]]]],
    ] { #expect(try place.api.post("runs/log-inputs", body).status == 400, "\(body.json)") }
    #expect(try place.api.post("runs/log-inputs", ["run_id": "nothing"]).status == 404)
    #expect(
      try place.api.post("runs/outputs", ["run_id": .text(place.run), "models": [["model_id": "m-no"]]]).status == 404)
    try place.api.post("runs/delete", ["run_id": .text(place.run)])
    #expect(try place.api.post("runs/log-inputs", loaded).status == 400)
  }

  @Test func `older clients tell of models in a tag`() throws {
    let place = try Place()
    let model = #"{"artifact_path":"m","flavors":{},"run_id":"r","utc_time_created":"t","model_size_bytes":7}"#
    for _ in 0..<2 {
      let body: Value = ["run_id": .text(place.run), "model_json": .text(model)]
      #expect(try place.api.post("runs/log-model", body).status == 200)
    }
    let tags = try place.served.store.tags(of: RunID(place.run)!)
    #expect(try Value(json: tags["mlflow.log-model.history"] ?? "").list?.count == 2)
    for bad in ["", "[]", "{", "{}"] {
      let body: Value = ["run_id": .text(place.run), "model_json": .text(bad)]
      #expect(try place.api.post("runs/log-model", body).status == 400, "\(bad)")
    }
  }

  @Test func `points that log_model sends again for its model stand once in their series`() throws {
    let place = try Place()
    let id = try place.model("net")
    func point(_ key: String, _ step: Int64, _ time: Int64, _ value: Double, model: Bool) -> Value {
      var fields: [String: Value] = [
        "key": .text(key), "step": .integer(step), "timestamp": .integer(time), "value": .real(value),
      ]
      if model { fields["model_id"] = .text(id) }
      return .object(fields)
    }
    func log(_ points: [Value]) throws -> Int {
      try place.api.post("runs/log-batch", ["run_id": .text(place.run), "metrics": .list(points)]).status
    }
    #expect(try log([point("a", 0, 1, 0.5, model: false), point("b", 0, 1, 1, model: false)]) == 200)
    #expect(try log([point("a", 1, 2, 0.25, model: false)]) == 200)
    // As `log_model` does: what was logged at its step, with the model's id. Two points are new.
    let again = [point("a", 0, 1, 0.5, model: true), point("b", 0, 1, 1, model: true)]
    for _ in 0..<2 { #expect(try log(again) == 200) }
    #expect(try log([point("a", 0, 1, 0.75, model: true), point("a", 2, 3, 0.125, model: true)]) == 200)
    let run = try #require(RunID(place.run))
    #expect(try place.served.store.points(of: run, metric: "a").values == [0.5, 0.25, 0.75, 0.125])
    #expect(try place.served.store.points(of: run, metric: "b").values == [1])
    // Nor is one that a client sends again for want of an answer; another time makes another point.
    #expect(try log([point("b", 0, 1, 1, model: false)]) == 200)
    #expect(try place.served.store.points(of: run, metric: "b").values == [1])
    #expect(try log([point("b", 0, 2, 1, model: false)]) == 200)
    #expect(try place.served.store.points(of: run, metric: "b").values == [1, 1])
    let model = try place.call("GET", "logged-models/\(id)").json["model"]
    #expect(model?["data"]?["metrics"]?.list?.count == 2)
  }
}
