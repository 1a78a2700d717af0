package import Tracking

/// Asks a server without end for what clients would never ask, and looks whether it bears it.
///
/// What must hold of every request: an answer within a second, no 5xx, a refusal that is JSON with one of MLflow's codes
/// and names neither paths nor statements, and nothing written by a request that was refused.
package struct ServerFuzzer {
  /// A store that a round begins with, empty.
  package struct Place {
    package var store: any TrackingStore
    package var artifacts: any ArtifactStore
    /// How many rows were changed so far.
    package var changes: () -> Int

    /// Names a store.
    package init(store: any TrackingStore, artifacts: any ArtifactStore, changes: @escaping () -> Int) {
      self.store = store
      self.artifacts = artifacts
      self.changes = changes
    }
  }

  /// What came of it.
  package struct Outcome {
    package var inputs = 0
    package var accepted = 0
    /// Seconds of the slowest answer, and its request.
    package var slowest = 0.0
    package var slowestRequest = ""
    /// What did not hold, with its request.
    package var findings: [String] = []
    /// How often each status was answered.
    package var statuses: [Int: Int] = [:]
    /// Routes that answered 200 at least once, and all of them.
    package var routesAccepting = 0
    package var routes = 0
    /// Routes that never did.
    package var refusing: [String] = []
  }

  /// A request that was made up.
  struct Request {
    var method: String
    var uri: String
    var body: [UInt8]

    var text: String { "\(method) \(uri.prefix(2_000)) \(String(decoding: body.prefix(2_000), as: UTF8.self))" }
  }

  /// Inputs until the store is begun anew, so that it stays small.
  private static let round = 10_000
  private static let longest = 1.0
  private static let hang = 60.0

  private let makePlace: (Int) throws -> Place
  private let seed: UInt64
  /// Told of each request before it is made: of the last one, should it end the process.
  private let willAsk: (Int, String) -> Void

  /// Sets up.
  ///
  /// - Parameter makePlace: makes the empty store of a round.
  package init(
    seed: UInt64, willAsk: @escaping (Int, String) -> Void = { _, _ in }, makePlace: @escaping (Int) throws -> Place
  ) {
    self.seed = seed
    self.willAsk = willAsk
    self.makePlace = makePlace
  }

  /// Makes so many requests; ends early where there is too much to tell.
  package func run(inputs: Int, report: (Outcome) -> Void = { _ in }) throws -> Outcome {
    var outcome = Outcome()
    var accepting: Set<String> = []
    var number = 0
    while outcome.inputs < inputs, outcome.findings.count < 20 {
      let count = min(Self.round, inputs - outcome.inputs)
      try runRound(number, count, &outcome, &accepting)
      outcome.routesAccepting = accepting.count
      number += 1
      report(outcome)
    }
    return outcome
  }

  private func runRound(_ number: Int, _ count: Int, _ outcome: inout Outcome, _ accepting: inout Set<String>) throws {
    let place = try makePlace(number)
    var random = FuzzRandom(seed: seed &+ UInt64(number) &* 0x1_0000_0001)
    let ids = FuzzRandom(seed: random.next())
    var settings = TrackingServer.Settings(clock: { Timestamp(milliseconds: 1_700_000_000_000) })
    let drawn = Monitor(ids)
    settings.random = { drawn.change { $0.next() } }
    let told = Monitor("")
    settings.report = { text in told.change { $0 = text } }
    let server = try UnconnectedServer(store: place.store, artifacts: place.artifacts, settings: settings)
    defer { server.stop() }
    var requests = FuzzRequests(routes: server.routes)
    outcome.routes = server.routes.count
    defer { outcome.refusing = server.routes.map { "\($0.method) \($0.path)" }.filter { !accepting.contains($0) } }
    for request in FuzzRequests.beginning {
      guard let answer = server.answer(request.method, request.uri, body: request.body, within: Self.hang) else {
        continue
      }
      requests.learn(from: answer)
    }
    for _ in 0..<count {
      requests.known.number = outcome.inputs
      let (request, route) = requests.next(&random)
      willAsk(outcome.inputs, request.text)
      outcome.inputs += 1
      let before = place.changes()
      let began = ContinuousClock.now
      guard let answer = server.answer(request.method, request.uri, body: request.body, within: Self.hang) else {
        outcome.findings.append("no answer: \(request.text)")
        return
      }
      let took = Double((ContinuousClock.now - began) / .microseconds(1)) / 1e6
      if took > outcome.slowest { (outcome.slowest, outcome.slowestRequest) = (took, request.text) }
      outcome.statuses[answer.status, default: 0] += 1
      if answer.status < 300 {
        outcome.accepted += 1
        if let route { accepting.insert(route) }
        requests.learn(from: answer)
      }
      for problem in FuzzRules.problems(of: answer, to: request, took > Self.longest, place.changes() - before) {
        outcome.findings.append(
          "\(problem): \(request.text) -> \(answer.status) \(String(decoding: answer.body.prefix(500), as: UTF8.self)) "
            + told.change { $0 })
      }
    }
  }
}

/// What must hold of an answer.
enum FuzzRules {
  private static let codes: Set<String> = [
    "BAD_REQUEST", "INVALID_PARAMETER_VALUE", "RESOURCE_ALREADY_EXISTS", "INVALID_STATE", "RESOURCE_DOES_NOT_EXIST",
    "ENDPOINT_NOT_FOUND", "RESOURCE_CONFLICT", "PERMISSION_DENIED", "NOT_IMPLEMENTED",
  ]

  static func problems(
    of answer: UnconnectedServer.Answer, to request: ServerFuzzer.Request, _ isSlow: Bool, _ changes: Int
  ) -> [String] {
    var problems: [String] = []
    if isSlow { problems.append("slow") }
    let isMultipart = answer.status == 501 && request.uri.contains("/mpu/")
    if answer.status >= 500, !isMultipart { problems.append("status \(answer.status)") }
    if answer.status >= 300, changes != 0 { problems.append("refused, and \(changes) rows written") }
    guard answer.contentType.hasPrefix("application/json") else {
      if answer.status >= 300 { problems.append("a refusal that is no JSON") }
      return problems
    }
    // What is logged as an artifact may be called JSON and be anything.
    let isFile = request.method == "GET" && request.uri.contains("artifact")
    guard let text = String(validating: answer.body, as: UTF8.self), let json = try? Value(json: text) else {
      if !isFile || answer.status >= 300 { problems.append("an answer that is no JSON") }
      return problems
    }
    guard answer.status >= 300 else { return problems }
    if let error = json["error"] {
      if error["code"]?.text == nil || error["message"]?.text == nil { problems.append("a refusal without words") }
    } else if json["error_code"]?.text.map(codes.contains) != true || json["message"]?.text?.isEmpty != false {
      problems.append("a refusal without a code")
    }
    return problems
  }
}
