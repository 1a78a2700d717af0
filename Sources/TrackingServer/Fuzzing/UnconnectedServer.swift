internal import NIOHTTP1
package import Tracking

/// The server without its sockets: requests go the way that they go behind a connection, and answers come back whole.
package final class UnconnectedServer: Sendable {
  /// What a client would have got.
  package struct Answer: Sendable {
    package var status: Int
    package var contentType: String
    package var body: [UInt8]
  }

  private let context: RouteContext
  private let responder: Responder
  /// Method and path of every route, in order; segments in braces and `**` stand for anything.
  package let routes: [(method: String, path: String)]

  /// Makes a server of a store.
  package init(store: any TrackingStore, artifacts: any ArtifactStore, settings: TrackingServer.Settings) throws {
    context = RouteContext(store: store, artifacts: artifacts, settings: settings)
    try context.prepare()
    let table = TrackingServer.routes(context)
    responder = Responder(
      routes: table, work: context.work, rules: RequestRules(settings), limits: settings.limits, faults: context.faults)
    routes = table.all.map { (method: $0.method.rawValue, path: "/" + $0.pattern.joined(separator: "/")) }
      .sorted { ($0.path, $0.method) < ($1.path, $1.method) }
  }

  /// Ends its threads.
  package func stop() { context.stop() }

  /// Answers a request.
  ///
  /// - Returns: nil when no answer came within so many seconds.
  package func answer(_ method: String, _ uri: String, body: [UInt8], within seconds: Double) -> Answer? {
    var headers = HTTPHeaders([("Host", "localhost"), ("Content-Type", "application/json")])
    headers.add(name: "Content-Length", value: String(body.count))
    let head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: uri, headers: headers)
    let answered = Monitor<APIReply?>(nil)
    let answer: Responder.Answer = { reply in answered.change { $0 = reply } }
    do {
      var admitted = try responder.admit(head)
      if case .upload(let work) = admitted.route.work {
        let upload = UploadBody(length: body.count, limit: responder.limits.uploadBytes) {}
        upload.append(body)
        upload.end()
        responder.upload(admitted.request, upload, work, answer: answer)
      } else {
        admitted.request.body = body
        responder.respond(admitted, answer: answer)
      }
    } catch {
      answer(APIError(error).reply)
    }
    guard let reply = answered.wait(seconds: seconds, for: { $0 }) else { return nil }
    return Answer(status: reply.status, contentType: reply.contentType, body: Self.bytes(reply.body))
  }

  private static func bytes(_ body: APIReply.Body) -> [UInt8] {
    switch body {
    case .bytes(let bytes): return bytes
    case .stream(_, let produce):
      let sink = CollectingSink()
      // As with a connection, what fails in the middle ends the answer there.
      try? produce(sink)
      return sink.bytes
    }
  }
}

private final class CollectingSink: ReplySink {
  private let collected = Monitor<[UInt8]>([])

  var bytes: [UInt8] { collected.change { $0 } }

  func write(_ bytes: [UInt8]) throws { collected.change { $0 += bytes } }
}
