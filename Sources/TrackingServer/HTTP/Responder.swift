internal import NIOCore
internal import NIOHTTP1
internal import Tracking

/// A request that was let in, and where it leads.
struct Admitted: Sendable {
  var route: Route
  var request: APIRequest
  /// The length of its body, where the sender tells.
  var length: Int?
}

/// Leads requests to their routes, each on the kind of thread that it needs.
struct Responder: Sendable {
  /// The way back of one answer; called once, on any thread.
  typealias Answer = @Sendable (APIReply) -> Void

  let routes: RouteTable
  let work: RouteContext.Work
  let rules: RequestRules
  let limits: TrackingServer.Limits
  let faults: FaultReport

  /// The answer to a body above the limit.
  var tooLarge: APIReply {
    APIError(.badRequest, status: 413, "the body is larger than \(limits.bodyBytes) bytes; send less at once").reply
  }

  /// Checks a head and finds its route.
  ///
  /// - Throws: `APIError`.
  func admit(_ head: HTTPRequestHead) throws -> Admitted {
    guard head.uri.utf8.first == UInt8(ascii: "/") else {
      throw APIError(.badRequest, "the address should begin with /")
    }
    guard head.uri.utf8.count <= 16 << 10 else {
      throw APIError(.badRequest, status: 414, "the address is longer than 16 KiB")
    }
    // By bytes: to look for the ends of characters would cost more than all the rest of this.
    let mark = head.uri.utf8.firstIndex(of: UInt8(ascii: "?"))
    let path = mark.map { String(head.uri[..<$0]) } ?? head.uri
    let method = head.method == .HEAD ? .get : APIMethod(rawValue: head.method.rawValue)
    guard let method else {
      throw APIError(.endpointNotFound, status: 405, "there is no method \(head.method.rawValue) here")
    }
    switch try routes.find(method, path) {
    case .nothing: throw APIError(.endpointNotFound, "there is nothing at this address")
    case .otherMethod(let others):
      throw APIError(
        .endpointNotFound, status: 405,
        "this address answers to \(others.map(\.rawValue).sorted().joined(separator: ", ")) only")
    case .route(let route, let parameters, let rest):
      let grant = try rules.admit(head, to: route)
      let length = head.headers.first(name: "content-length").flatMap { Int($0) }
      if case .upload = route.work {
        if let length, length > limits.uploadBytes {
          throw APIError(.badRequest, status: 413, "an upload is at most \(limits.uploadBytes) bytes")
        }
      } else if let length, length > limits.bodyBytes {
        throw APIError(.badRequest, status: 413, "the body is larger than \(limits.bodyBytes) bytes; send less at once")
      }
      var request = APIRequest(method: method, path: path)
      request.parameters = parameters
      request.rest = rest
      if let mark { request.query = try PercentEncoding.arguments(head.uri[head.uri.utf8.index(after: mark)...]) }
      request.headers = head.headers.map { (name: $0.name, value: $0.value) }
      request.grant = grant
      return Admitted(route: route, request: request, length: length)
    }
  }

  /// Answers a request whose body is here.
  ///
  /// - Parameter loop: that of the connection, on which this is called; nil on any other thread.
  func respond(_ admitted: Admitted, on loop: (any EventLoop)? = nil, answer: @escaping Answer) {
    let request = admitted.request
    switch admitted.route.work {
    case .quick(let route): answer(reply { try route(request) })
    case .blocking(let route): work.blocking.run { answer(reply { try route(request) }) }
    case .record(let route):
      do {
        let recording = try route(request)
        guard let check = recording.check else { return record(recording, on: loop, answer: answer) }
        work.blocking.run {
          do {
            var checked = recording
            checked.batch = try check(recording.batch)
            record(checked, on: nil, answer: answer)
          } catch {
            answer(refusal(error))
          }
        }
      } catch {
        answer(refusal(error))
      }
    case .upload: answer(APIError(.internalError, "the server led an upload astray").reply)
    }
  }

  /// The answer to a request that did not arrive in time.
  var tooSlow: APIReply {
    APIError(.badRequest, status: 408, "the request did not arrive in time; send it again").reply
  }

  // On a loop, what its other connections have brought by now is recorded together.
  private func record(_ recording: Route.Recording, on loop: (any EventLoop)?, answer: @escaping Answer) {
    if recording.batch.changes.isEmpty, recording.batch.points.isEmpty {
      return answer(recording.reply)
    }
    work.committer.submit(recording.batch, on: loop) { result in
      switch result {
      case .success: answer(recording.reply)
      case .failure(let refusal as TrackingError) where !refusal.isFault:
        work.blocking.run { answer(reply { try recording.refused(refusal) }) }
      case .failure(let error): answer(refusal(error))
      }
    }
  }

  /// Answers an upload, whose body comes while the route works.
  func upload(
    _ request: APIRequest, _ body: UploadBody,
    _ route: @escaping @Sendable (APIRequest, any BodyStream) throws -> APIReply, answer: @escaping Answer
  ) {
    work.streams.run { answer(reply { try route(request, body) }) }
  }

  /// Runs what writes a streamed answer.
  func stream(_ produce: @escaping @Sendable () -> Void) { work.streams.run(produce) }

  private func reply(_ route: () throws -> APIReply) -> APIReply {
    do {
      return try route()
    } catch {
      return refusal(error)
    }
  }

  private func refusal(_ error: any Error) -> APIReply {
    faults.note(error)
    return APIError(error).reply
  }
}
