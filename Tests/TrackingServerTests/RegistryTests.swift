import SQLTracking
import Testing
import Tracking

/// Registered models, their versions, stages and aliases.
struct RegistryTests {
  private struct Place {
    let served: ServedStore
    let api: MLflowAPI
    let run: String
    let model: String

    init() throws {
      served = try ServedStore()
      api = try MLflowAPI(served)
      run = try api.run()
      let made = try api.post("logged-models", ["experiment_id": "0", "source_run_id": .text(run)])
      model = try #require(made.json["model"]?["info"]?["model_id"]?.text)
      #expect(try api.post("registered-models/create", ["name": "net"]).status == 200)
    }

    func call(_ method: String, _ path: String, _ body: Value? = nil) throws -> (status: Int, json: Value) {
      let answer = try api.client.request(method, api.prefix + path, body?.json)
      return (answer.status, try Value(json: answer.text))
    }

    /// Registers the artifacts of the run as the next version.
    @discardableResult
    func version(_ fields: [String: Value] = [:]) throws -> (status: Int, json: Value) {
      var body: [String: Value] = [
        "name": "net", "source": .text("mlflow-artifacts:/0/\(run)/artifacts/model"), "run_id": .text(run),
      ]
      body.merge(fields) { $1 }
      return try api.post("model-versions/create", .object(body))
    }
  }

  @Test func `a model is registered, described, renamed and deleted`() throws {
    let place = try Place()
    #expect(
      try place.api.post("registered-models/create", ["name": "net"]).json["error_code"] == "RESOURCE_ALREADY_EXISTS")
    let made = try place.call("GET", "registered-models/get?name=net").json["registered_model"]
    #expect(
      made == [
        "name": "net", "creation_timestamp": 1_700_000_000_000, "last_updated_timestamp": 1_700_000_000_000,
      ])
    #expect(try place.call("PATCH", "registered-models/update", ["name": "net", "description": "d"]).status == 200)
    #expect(
      try place.api.post("registered-models/set-tag", ["name": "net", "key": "k", "value": "v"]).json == [:])
    #expect(try place.api.post("registered-models/rename", ["name": "net", "new_name": "other"]).status == 200)
    let other = try place.call("GET", "registered-models/get?name=other").json["registered_model"]
    #expect(other?["description"] == "d")
    #expect(other?["tags"] == [["key": "k", "value": "v"]])
    #expect(try place.call("GET", "registered-models/get?name=net").status == 404)
    #expect(try place.call("DELETE", "registered-models/delete-tag", ["name": "other", "key": "k"]).json == [:])
    #expect(try place.call("DELETE", "registered-models/delete", ["name": "other"]).json == [:])
    #expect(try place.call("DELETE", "registered-models/delete", ["name": "other"]).status == 404)
    for name in ["", " ", "a/b", "a:b", "..", ".", "..%2f", "a\u{1}b"] where name != "..%2f" {
      #expect(try place.api.post("registered-models/create", ["name": .text(name)]).status == 400, "\(name)")
    }
  }

  @Test func `versions count up, move through stages and have aliases`() throws {
    let place = try Place()
    for number in 1...3 {
      let made = try place.version(["tags": [["key": "n", "value": .text("\(number)")]]]).json["model_version"]
      #expect(made?["version"] == .text("\(number)"))
      #expect(made?["current_stage"] == "None")
      #expect(made?["status"] == "READY")
      #expect(made?["run_id"]?.text == place.run)
      #expect(made?["tags"] == [["key": "n", "value": .text("\(number)")]])
    }
    let move: [String: Value] = ["name": "net", "stage": "production", "archive_existing_versions": true]
    for version: Value in ["1", 2] {
      var body = move
      body["version"] = version
      #expect(try place.api.post("model-versions/transition-stage", .object(body)).status == 200)
    }
    let latest = try place.api.post("registered-models/get-latest-versions", ["name": "net"]).json["model_versions"]
    #expect(latest?.list?.map { $0["version"] } == ["3", "2", "1"])
    #expect(latest?.list?.map { $0["current_stage"] } == ["None", "Production", "Archived"])
    let production = try place.call("GET", "registered-models/get-latest-versions?name=net&stages=Production")
    #expect(production.json["model_versions"]?.list?.map { $0["version"] } == ["2"])
    #expect(
      try place.api.post("registered-models/alias", ["name": "net", "alias": "champion", "version": "3"]).json == [:])
    let champion = try place.call("GET", "registered-models/alias?name=net&alias=champion").json["model_version"]
    #expect(champion?["version"] == "3")
    #expect(champion?["aliases"] == ["champion"])
    #expect(try place.call("GET", "model-versions/get?name=net&version=3").json["model_version"] == champion)
    #expect(try place.call("DELETE", "registered-models/alias", ["name": "net", "alias": "champion"]).status == 200)
    #expect(try place.call("GET", "registered-models/alias?name=net&alias=champion").status == 400)
    for alias in ["latest", "v1", "V22", "a b", ""] {
      let body: Value = ["name": "net", "alias": .text(alias), "version": "1"]
      #expect(try place.api.post("registered-models/alias", body).status == 400, "\(alias)")
    }
    let described: Value = ["name": "net", "version": "1", "description": "first"]
    #expect(
      try place.call("PATCH", "model-versions/update", described).json["model_version"]?["description"] == "first")
    #expect(
      try place.api.post("model-versions/set-tag", ["name": "net", "version": "1", "key": "k", "value": "v"]).json
        == [:])
    #expect(
      try place.call("DELETE", "model-versions/delete-tag", ["name": "net", "version": "1", "key": "k"]).status == 200)
    #expect(try place.call("DELETE", "model-versions/delete", ["name": "net", "version": "3"]).json == [:])
    #expect(try place.call("GET", "model-versions/get?name=net&version=3").status == 404)
    #expect(try place.version().json["model_version"]?["version"] == "4")
    #expect(try place.call("GET", "model-versions/get?name=net&version=x").status == 400)
    #expect(
      try place.api.post("model-versions/transition-stage", ["name": "net", "version": "1", "stage": "Moon"]).status
        == 400)
  }

  @Test func `models and versions are found by name, run and tag`() throws {
    let place = try Place()
    for name in ["a", "b", "c"] { try place.api.post("registered-models/create", ["name": .text(name)]) }
    func names(_ query: String) throws -> [String?] {
      let (status, json) = try place.call("GET", "registered-models/search?" + query)
      #expect(status == 200, "\(json.json)")
      return json["registered_models"]?.list?.map { $0["name"]?.text } ?? []
    }
    #expect(try names("") == ["a", "b", "c", "net"])
    #expect(try names("filter=name%20LIKE%20%27n%25%27") == ["net"])
    // As clients ask for models.
    #expect(
      try names("filter=name%20LIKE%20%27n%25%27%20AND%20tag.%60mlflow.prompt.is_prompt%60%20!%3D%20%27true%27") == [
        "net"
      ])
    #expect(try names("order_by=name%20DESC&max_results=2") == ["net", "c"])
    let page = try place.call("GET", "registered-models/search?max_results=3").json
    let token = try #require(page["next_page_token"]?.text).replacingEquals()
    #expect(try names("max_results=3&page_token=" + token) == ["net"])
    try place.version()
    try place.version(["tags": [["key": "k", "value": "v"]]])
    func versions(_ query: String) throws -> [String?] {
      let (status, json) = try place.call("GET", "model-versions/search?" + query)
      #expect(status == 200, "\(json.json)")
      return json["model_versions"]?.list?.map { $0["version"]?.text } ?? []
    }
    #expect(try versions("filter=name%3D%27net%27") == ["2", "1"])
    #expect(try versions("filter=run_id%20IN%20(%27\(place.run)%27)&order_by=version_number%20ASC") == ["1", "2"])
    #expect(try versions("filter=tags.k%20%3D%20%27v%27") == ["2"])
    #expect(try versions("filter=version_number%20%3E%201") == ["2"])
    for query in ["filter=x%20%3D%201", "filter=name%20%3E%201", "max_results=0", "max_results=x", "order_by=tags.x"] {
      #expect(try place.call("GET", "model-versions/search?" + query).status == 400, "\(query)")
      #expect(try place.call("GET", "registered-models/search?" + query).status == 400, "\(query)")
    }
  }

  @Test func `a version leads to where its files are`() throws {
    let place = try Place()
    func uri(_ version: Int) throws -> String? {
      try place.call("GET", "model-versions/get-download-uri?name=net&version=\(version)").json["artifact_uri"]?.text
    }
    try place.version()
    #expect(try uri(1) == "mlflow-artifacts:/0/\(place.run)/artifacts/model")
    #expect(
      try place.version(["source": .text("models:/\(place.model)"), "model_id": .text(place.model)]).status == 200)
    #expect(try uri(2) == "mlflow-artifacts:/0/models/\(place.model)/artifacts")
    try place.version(["source": "models:/net/2"])
    #expect(try uri(3) == "mlflow-artifacts:/0/models/\(place.model)/artifacts")
    try place.api.post("registered-models/alias", ["name": "net", "alias": "best", "version": "1"])
    try place.version(["source": "models:/net@best"])
    #expect(try uri(4) == "mlflow-artifacts:/0/\(place.run)/artifacts/model")
    try place.version(["source": "s3://bucket/some/model"])
    #expect(try uri(5) == "s3://bucket/some/model")
    #expect(
      try place.served.store.loggedModel(place.model).tags["mlflow.modelVersions"] == #"[{"name":"net","version":2}]"#)
  }

  @Test(arguments: [
    "/etc", "/etc/passwd", "etc", "./x", "../x", "//proc/self/root", "//proc/self/root/etc", "\\..\\..\\x", "C:/../..",
    "C:\\x", "c:x", "file:///etc", "file:/etc", "file://localhost/etc", "FILE:///etc", "file://a#/..//tmp", ":/x",
    "://x",
    "http://h:1/../../../x", "https://h/a/..%2f..%2fx", "http://h/%252e%252e%252fb", "s3:/b/x/../../y",
    "s3://b/x%2f..%2fy",
    "http://h/x#/../../y", "http://h/x?/../../y", "s3://b/x#y", "http://h/x%23/../y", "ftp://h/x;/../../y",
    "dbfs:/x/a%3f/../../y", "dbfs:/x%00", "s3://b/x%2500", "gs://b/x\\..\\y", "s3://b/%5c..%5cy", "http://h/%09../x",
    "mlflow-artifacts:/0/other/artifacts/model", "mlflow-artifacts:/../../x", "mlflow-artifacts://host:1/../../../",
    "mlflow-artifacts://host/0/r/artifacts", "http://h/api/2.0/mlflow-artifacts/artifacts/../../../../",
    "http://h/api/2.0/mlflow-artifacts/artifacts%00", "http://h/api/2.0/mlflow-artifacts/artifacts/0/r/artifacts",
    "http://h/api/2.0/MLFLOW-artifacts/artifacts/x", "runs:/other/model", "runs://h/x", "models:/m-other",
    "models://h/net/1",
    "models:/nothing/1", "models:/net/99", "mlflow-artifacts:/0/\u{2025}/x", "s3://b/\u{FF0E}\u{FF0E}/x",
  ]) func `a source that leads elsewhere is refused`(source: String) throws {
    let place = try Place()
    let prompt: Value = [["key": "mlflow.prompt.is_prompt", "value": "true"]]
    for fields: [String: Value] in [[:], ["tags": prompt], ["model_id": .text(place.model)], ["run_id": ""]] {
      let (status, json) = try place.version(fields.merging(["source": .text(source)]) { $1 })
      #expect(status == 400, "\(source): \(json.json)")
      #expect(json["error_code"] == "INVALID_PARAMETER_VALUE")
    }
    #expect(try place.served.store.modelVersions(of: "net").isEmpty)
  }
}

extension String {
  // As an argument behind the `?`.
  fileprivate func replacingEquals() -> String {
    split(separator: "=", omittingEmptySubsequences: false).joined(separator: "%3D")
  }
}
