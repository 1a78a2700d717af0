internal import Glibc
public import Tracking

/// A server that speaks MLflow's REST interface: its records, and the artifacts that it hands out.
public final class MLflowServer: ForeignStore, ForeignFiles {
  let client: RESTClient
  let report: ProblemReport
  private let scratch: String
  private let local: LocalFiles
  private var known: [Experiment]?
  // The runs of the page that was read last, as the server said them.
  private var page: [RunID: Value] = [:]
  private var modelPlaces: [String: String] = [:]

  private static let runsAPage = 200
  /// What MLflow's own client asks for.
  private static let pointsAPage = 25_000

  /// Names a server; it is called when something is asked.
  ///
  /// - Parameters:
  ///   - authorization: the header's value: `Bearer TOKEN` or `Basic ...`; nil for none.
  ///   - scratch: a folder for files on their way; it must exist.
  ///   - artifacts: where artifacts are that the server does not hand out; nil for none.
  ///   - report: takes what cannot be read.
  public init(
    url: String, authorization: String?, scratch: String, artifacts: String?, report: @escaping ProblemReport
  ) {
    client = RESTClient(base: url, authorization: authorization)
    self.scratch = scratch
    self.report = report
    local = LocalFiles(folder: artifacts, report: report)
  }

  private static let routes = "/api/2.0/mlflow/"

  func get(_ route: String, _ query: [(String, String)]) throws -> Value {
    try client.json(Self.routes + route, query: query)
  }

  func post(_ route: String, _ body: [String: Value]) throws -> Value {
    try client.json(Self.routes + route, body: .object(body))
  }

  /// Asks page after page until there is no next one.
  func pages(_ ask: (_ token: String?) throws -> Value, _ take: (Value) throws -> Void) throws {
    var token: String?
    repeat {
      let reply = try ask(token)
      try take(reply)
      let next = reply["next_page_token"]?.text.flatMap { $0.isEmpty ? nil : $0 }
      guard next != token || next == nil else { return }
      token = next
    } while token != nil
  }

  /// Returns the experiments, deleted ones included.
  public func experiments() throws -> [Experiment] {
    if let known { return known }
    var found: [Experiment] = []
    try pages { token in
      var body: [String: Value] = ["max_results": 1000, "view_type": "ALL"]
      body["page_token"] = token.map { .text($0) }
      return try post("experiments/search", body)
    } _: { reply in
      for said in reply["experiments"]?.list ?? [] {
        guard let id = said.int64("experiment_id"), let name = said["name"]?.text else {
          report("the server has an experiment without a number or a name: \(said.json.prefix(200))")
          continue
        }
        let created = said.time("creation_time") ?? Timestamp(milliseconds: 0)
        let updated = said.time("last_update_time") ?? created
        found.append(
          Experiment(
            id: id, name: name, created: created, updated: updated, runs: 0,
            deleted: said["lifecycle_stage"]?.text == "deleted" ? updated : nil, tags: said.texts("tags")))
      }
    }
    known = found.sorted { $0.id < $1.id }
    return known ?? []
  }

  /// The server does not tell without listing them.
  public func runCount() throws -> Int? { nil }

  /// Returns a page of an experiment's runs by their start.
  public func runs(in experiment: Experiment, page token: String?) throws -> RunPage {
    var body: [String: Value] = [
      "experiment_ids": [.text(String(experiment.id))], "run_view_type": "ALL",
      "max_results": .integer(Int64(Self.runsAPage)), "order_by": ["attributes.start_time ASC"],
    ]
    body["page_token"] = token.map { .text($0) }
    let reply = try post("runs/search", body)
    page = [:]
    var rows: [RunRow] = []
    for said in reply["runs"]?.list ?? [] {
      do {
        rows.append(try row(said, in: experiment))
      } catch let error as TrackingError {
        report("run '\(said["info"]?["run_id"]?.text ?? "")' of experiment '\(experiment.name)': \(error.message)")
      }
    }
    return RunPage(rows: rows, next: reply["next_page_token"]?.text.flatMap { $0.isEmpty ? nil : $0 })
  }

  /// Returns a run; nil where there is none.
  public func run(_ id: RunID) throws -> RunRow? {
    do {
      guard let said = try get("runs/get", [("run_id", id.text)])["run"] else { return nil }
      let number = said["info"]?.int64("experiment_id")
      guard let experiment = try experiments().first(where: { $0.id == number }) else { return nil }
      return try row(said, in: experiment)
    } catch let error as TrackingError where error.code == .notFound {
      return nil
    }
  }

  private func row(_ said: Value, in experiment: Experiment) throws -> RunRow {
    let info = said["info"] ?? .null
    let data = said["data"] ?? .null
    let metrics = (data["metrics"]?.list ?? []).compactMap { metric -> SeriesSummary? in
      guard let name = metric["key"]?.text, let point = metric.point else { return nil }
      return SeriesSummary(foreign: name, count: 0, last: point)
    }
    let row = try RunRow(
      mlflow: info["run_id"]?.text ?? info["run_uuid"]?.text ?? "", experiment: experiment.name,
      name: info["run_name"]?.text, status: info["status"]?.text ?? "RUNNING", started: info.int64("start_time"),
      ended: info.int64("end_time"), user: info["user_id"]?.text, artifactPlace: info["artifact_uri"]?.text,
      isDeleted: info["lifecycle_stage"]?.text == "deleted",
      parameters: data.texts("params").map { Parameter($0.key, .text($0.value)) }, tags: data.texts("tags"),
      metrics: metrics)
    page[row.run.id] = said
    return row
  }

  /// Returns the points of a metric of a run.
  public func points(of row: RunRow, metric: String) throws -> MetricColumns {
    var columns = MetricColumns(name: metric)
    try pages { token in
      var query = [
        ("run_id", row.run.id.text), ("metric_key", metric), ("max_results", String(Self.pointsAPage)),
      ]
      if let token { query.append(("page_token", token)) }
      return try get("metrics/get-history", query)
    } _: { reply in
      for said in reply["metrics"]?.list ?? [] {
        guard let point = said.point else {
          report(
            "metric '\(metric)' of run '\(row.run.id)' has a point without time or value: \(said.json.prefix(200))")
          continue
        }
        columns.append(point)
      }
    }
    return columns
  }

  /// Returns the datasets that went into a run.
  public func inputs(of row: RunRow) throws -> [RunInput] {
    (page[row.run.id]?["inputs"]?["dataset_inputs"]?.list ?? []).compactMap { said in
      guard let dataset = said["dataset"], let name = dataset["name"]?.text, let digest = dataset["digest"]?.text
      else { return nil }
      return RunInput(
        Dataset(
          name: name, digest: digest, sourceType: dataset["source_type"]?.text ?? "",
          source: dataset["source"]?.text ?? "", schema: dataset["schema"]?.text, profile: dataset["profile"]?.text),
        tags: said.texts("tags"))
    }
  }

  /// Returns the logged models that came out of a run.
  public func outputs(of row: RunRow) throws -> [RunOutput] {
    (page[row.run.id]?["outputs"]?["model_outputs"]?.list ?? []).compactMap { said in
      said["model_id"]?.text.map { RunOutput(model: $0, step: said.int64("step") ?? 0) }
    }
  }

  /// Returns the logged models of an experiment; none where the server does not know such.
  public func loggedModels(in experiment: Experiment) throws -> [LoggedModel] {
    var models: [LoggedModel] = []
    do {
      try pages { token in
        var body: [String: Value] = ["experiment_ids": [.text(String(experiment.id))], "max_results": 50]
        body["page_token"] = token.map { .text($0) }
        return try post("logged-models/search", body)
      } _: { reply in
        models += (reply["models"]?.list ?? []).compactMap { model($0, in: experiment) }
      }
    } catch let error as TrackingError where error.code == .notFound {
      return []
    }
    return models
  }

  private func model(_ said: Value, in experiment: Experiment) -> LoggedModel? {
    guard let info = said["info"], let id = info["model_id"]?.text else { return nil }
    modelPlaces[id] = info["artifact_uri"]?.text
    let created = info.time("creation_timestamp_ms") ?? Timestamp(milliseconds: 0)
    let metrics = (said["data"]?["metrics"]?.list ?? []).compactMap { metric -> LoggedModelMetric? in
      guard let name = metric["key"]?.text, let point = metric.point,
        let run = metric["run_id"]?.text.flatMap({ RunID($0) })
      else { return nil }
      var dataset: LoggedModelMetric.DatasetName?
      if let name = metric["dataset_name"]?.text, let digest = metric["dataset_digest"]?.text {
        dataset = .init(name: name, digest: digest)
      }
      return LoggedModelMetric(name: name, point: point, run: run, dataset: dataset)
    }
    return LoggedModel(
      id: id, experiment: experiment.name, name: info["name"]?.text ?? "",
      source: info["source_run_id"]?.text.flatMap { RunID($0) }, status: MLflowNames.modelStatus(info["status"]?.text),
      type: info["model_type"]?.text ?? "", created: created,
      updated: info.time("last_updated_timestamp_ms") ?? created, parameters: said["data"]?.texts("params") ?? [:],
      tags: info.texts("tags"), metrics: metrics.latestOfEach)
  }

  /// Returns where a run's artifacts are.
  public func artifactPlace(of row: RunRow) throws -> String? {
    guard let place = row.run.origin["artifact_uri"]?.text else { return nil }
    if place.hasPrefix("mlflow-artifacts:") || LocalFiles.path(ofFileURI: place).map(isDirectory) == true {
      return place
    }
    // The server may reach what we cannot.
    return "runs:/" + row.run.id.text
  }

  /// Returns where a logged model's artifacts are.
  public func artifactPlace(of model: LoggedModel) throws -> String? { modelPlaces[model.id] }

  // MARK: - Artifacts

  private static let proxy = "/api/2.0/mlflow-artifacts/artifacts"

  // The path of a place on the server's own root; nil for one that it does not hand out itself.
  private func proxied(_ place: String) -> String? {
    guard place.hasPrefix("mlflow-artifacts:/") else { return nil }
    var rest = place.dropFirst("mlflow-artifacts:".count)
    if rest.hasPrefix("//") { rest = rest.dropFirst(2).drop { $0 != "/" } }
    return String(rest.drop { $0 == "/" })
  }

  /// Returns the files below a place.
  public func files(at place: String) throws -> [ForeignFile] {
    var found: [ForeignFile] = []
    if let root = proxied(place) {
      // Names are relative to the folder that was asked for.
      found = try walk("", names: { folder, said in folder + lastName(said) }) { folder in
        try client.json(Self.proxy, query: [("path", folder.isEmpty ? root : root + "/" + folder)])
      }
    } else if place.hasPrefix("runs:/") {
      let id = String(place.dropFirst("runs:/".count))
      found = try walk("", names: { _, said in said }) { folder in
        try get("artifacts/list", [("run_id", id)] + (folder.isEmpty ? [] : [("path", folder)]))
      }
    } else {
      return try local.files(at: place)
    }
    return found.sorted { $0.path < $1.path }
  }

  private func walk(
    _ folder: String, names: (_ folder: String, _ said: String) -> String, list: (String) throws -> Value
  ) throws -> [ForeignFile] {
    let reply: Value
    do {
      reply = try list(folder)
    } catch let error as TrackingError where error.code == .notFound {
      return []
    }
    var found: [ForeignFile] = []
    for said in reply["files"]?.list ?? [] {
      guard let name = said["path"]?.text else { continue }
      let path = names(folder.isEmpty ? "" : folder + "/", name)
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      guard !parts.contains(where: { ["", ".", ".."].contains($0) }), path.hasPrefix(folder), path != folder else {
        report("the server names an artifact '\(name.prefix(200))', which is no path below its run")
        continue
      }
      if said["is_dir"]?.boolean == true {
        found += try walk(path, names: names, list: list)
      } else {
        found.append(ForeignFile(path: path, bytes: said.int64("file_size") ?? 0))
      }
    }
    return found
  }

  /// Downloads a file and hands its copy to a closure.
  public func withFile<Result>(
    _ file: ForeignFile, at place: String, _ body: (String) throws -> Result
  ) throws -> Result {
    let copy = scratch + "/" + lastName(file.path)
    defer { unlink(copy) }
    if let root = proxied(place) {
      let path = percentEncoded(root + "/" + file.path, keepsSlashes: true)
      _ = try client.download(Self.proxy + "/" + path, to: copy)
    } else if place.hasPrefix("runs:/") {
      let id = String(place.dropFirst("runs:/".count))
      _ = try client.download("/get-artifact", query: [("path", file.path), ("run_uuid", id)], to: copy)
    } else {
      return try local.withFile(file, at: place, body)
    }
    return try body(copy)
  }
}
