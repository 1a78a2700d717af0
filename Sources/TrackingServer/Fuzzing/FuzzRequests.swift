internal import Tracking

/// Makes up requests, of every route alike, and remembers ids that it saw in answers.
struct FuzzRequests {
  typealias Request = ServerFuzzer.Request

  var known = FuzzBodies.Known()
  private let routes: [(method: String, path: String)]
  // Those whose texts have a grammar of their own.
  private let searches: [(method: String, path: String)]
  // Those without which there is soon nothing left to ask for.
  private let creations: [(method: String, path: String)]

  init(routes: [(method: String, path: String)]) {
    self.routes = routes
    searches = routes.filter { $0.path.hasSuffix("/search") }
    creations = routes.filter { route in
      ["/create", "/restore", "mlflow/logged-models", "/log-batch", "/open-logger", "artifacts/**"].contains {
        route.path.hasSuffix($0) && ["POST", "PUT"].contains(route.method) && !route.path.contains("mpu")
      }
    }
  }

  /// Requests that give a store something to ask for.
  static let beginning: [Request] = {
    let api = "/api/2.0/mlflow/"
    func post(_ path: String, _ body: String) -> Request {
      Request(method: "POST", uri: api + path, body: Array(body.utf8))
    }
    var all = [post("experiments/create", "{\"name\":\"e1\"}"), post("experiments/create", "{\"name\":\"e2\"}")]
    for number in 0..<6 {
      all.append(
        post(
          "runs/create",
          "{\"experiment_id\":\"\(number % 2)\",\"start_time\":\(number),\"tags\":[{\"key\":\"t\",\"value\":\"\(number)\"}]}"
        ))
    }
    all += [
      post("logged-models", "{\"experiment_id\":\"0\",\"name\":\"net\"}"),
      post("registered-models/create", "{\"name\":\"net\"}"),
      post("model-versions/create", "{\"name\":\"net\",\"source\":\"s3://b/net\"}"),
    ]
    return all
  }()

  /// Remembers the ids of an answer.
  mutating func learn(from answer: UnconnectedServer.Answer) {
    guard answer.body.count < 5_000, let text = String(validating: answer.body, as: UTF8.self),
      let json = try? Value(json: text)
    else { return }
    func keep(_ id: String?, _ path: WritableKeyPath<FuzzBodies.Known, [String]>) {
      guard let id, !known[keyPath: path].contains(id) else { return }
      known[keyPath: path].append(id)
      // The first is one that does not exist.
      if known[keyPath: path].count > 12 { known[keyPath: path].remove(at: 1) }
    }
    keep(json["run"]?["info"]?["run_id"]?.text, \.runs)
    for uri in [json["run"]?["info"]?["artifact_uri"]?.text, json["model"]?["info"]?["artifact_uri"]?.text] {
      keep(uri.map { String($0.drop { $0 != "/" }.dropFirst()) }, \.roots)
    }
    keep(json["model"]?["info"]?["model_id"]?.text, \.models)
    keep(json["experiment_id"]?.text, \.experiments)
    keep(json["next_page_token"]?.text, \.tokens)
    keep(json["result"]?["logger"]?.text, \.loggers)
  }

  /// Makes up the next request.
  ///
  /// - Returns: it, and the route that it is meant for.
  mutating func next(_ random: inout FuzzRandom) -> (Request, route: String?) {
    // A third makes as much sense as may be, so that there are records, and what lies behind the first checks is reached.
    let isPlain = random.chance(35)
    known.oddness = isPlain ? 0 : 12
    let route = random.pick(random.chance(25) ? searches : random.chance(15) ? creations : routes)
    var uri = address(route, &random)
    var body: [UInt8] = []
    // Registry routes that delete read a body, as clients send them.
    if route.method == "GET" || (route.method == "DELETE" && random.chance(30)) {
      let names = FuzzBodies.names(ofRoute: route.path) ?? []
      let arguments = names.map { name in
        name + "=" + FuzzTexts.encoded(FuzzBodies.argument(of: name, &random, known), &random)
      }
      if !arguments.isEmpty { uri += "?" + arguments.joined(separator: "&") }
    } else if route.method == "PUT" {
      body = Array(String(repeating: "content ", count: random.below(50)).utf8)
    } else {
      body = Array(FuzzBodies.object(ofRoute: route.path, &random, known).utf8)
    }
    if !isPlain, random.chance(25) { random.mutate(&body) }
    if !isPlain, random.chance(5) {
      var bytes = Array(uri.utf8)
      random.mutate(&bytes)
      // An address with a space or a line break never gets through the parser of HTTP.
      uri = String(decoding: bytes.filter { $0 > 0x20 && $0 != 0x7F }, as: UTF8.self)
    }
    return (Request(method: route.method, uri: uri, body: body), route.method + " " + route.path)
  }

  private func address(_ route: (method: String, path: String), _ random: inout FuzzRandom) -> String {
    var parts = route.path.split(separator: "/").map(String.init)
    for place in parts.indices {
      switch parts[place] {
      case "{id}":
        let id =
          known.oddness == 0
          ? known.models.last! : random.chance(85) ? random.pick(known.models) : random.pick(FuzzTexts.names)
        parts[place] = FuzzTexts.encoded(id, &random)
      case "**":
        let root = random.pick(known.roots) + "/" + random.pick(["f", "d/f", "g"])
        let path = known.oddness == 0 ? root : FuzzTexts.path(&random, runs: known.runs, models: known.models)
        parts[place] = random.chance(90) ? path : FuzzTexts.encoded(path, &random)
      case let name where name.hasPrefix("{"): parts[place] = FuzzTexts.encoded(random.pick(FuzzTexts.names), &random)
      default: break
      }
    }
    if parts.first == "api", random.chance(5) { parts[0] = "ajax-api" }
    return "/" + parts.joined(separator: "/")
  }
}
