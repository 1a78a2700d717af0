import Testing
import Tracking

/// Calls of MLflow's API on a connection, as a client of MLflow's makes them.
struct MLflowAPI {
  let client: RawClient
  let prefix = "/api/2.0/mlflow/"

  init(_ served: ServedStore) throws { client = try served.client() }

  /// Posts a body, and returns status and answer.
  @discardableResult
  func post(_ path: String, _ body: Value) throws -> (status: Int, json: Value) {
    try raw(path, body.json)
  }

  /// Posts a text.
  func raw(_ path: String, _ body: String) throws -> (status: Int, json: Value) {
    let answer = try client.request("POST", prefix + path, body)
    return (answer.status, try Value(json: answer.text))
  }

  /// Gets with arguments, which are encoded already.
  func get(_ path: String, _ arguments: String = "") throws -> (status: Int, json: Value) {
    let answer = try client.request("GET", prefix + path + (arguments.isEmpty ? "" : "?" + arguments))
    return (answer.status, try Value(json: answer.text))
  }

  /// Makes an experiment, and returns its id.
  func experiment(_ name: String) throws -> String {
    let (status, json) = try post("experiments/create", ["name": .text(name)])
    #expect(status == 200)
    return try #require(json["experiment_id"]?.text)
  }

  /// Makes a run, and returns its id.
  func run(in experiment: String = "0", _ fields: [String: Value] = [:]) throws -> String {
    var body: [String: Value] = ["experiment_id": .text(experiment), "start_time": 1000]
    body.merge(fields) { $1 }
    let (status, json) = try post("runs/create", .object(body))
    #expect(status == 200, "\(json.json)")
    return try #require(json["run"]?["info"]?["run_id"]?.text)
  }

  /// Returns the ids of the runs that a search finds, in its order.
  func search(
    _ filter: String = "", in experiments: [String] = ["0"], order: [String] = [], _ fields: [String: Value] = [:]
  ) throws -> [String] {
    var body: [String: Value] = [
      "experiment_ids": .list(experiments.map(Value.text)), "filter": .text(filter),
      "order_by": .list(order.map(Value.text)), "max_results": 1000,
    ]
    body.merge(fields) { $1 }
    let (status, json) = try post("runs/search", .object(body))
    #expect(status == 200, "\(filter): \(json.json)")
    return (json["runs"]?.list ?? []).compactMap { $0["info"]?["run_id"]?.text }
  }

  /// Expects a refusal, and returns its message.
  @discardableResult
  func refusal(
    _ path: String, _ body: Value, status: Int = 400, code: String = "INVALID_PARAMETER_VALUE",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let (found, json) = try post(path, body)
    #expect(found == status, "\(json.json)", sourceLocation: sourceLocation)
    #expect(json["error_code"]?.text == code, "\(json.json)", sourceLocation: sourceLocation)
    return json["message"]?.text ?? ""
  }
}
