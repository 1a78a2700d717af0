internal import Tracking

/// A method and a path that the server answers, and the function that does.
struct Route: Sendable {
  /// How a request is worked on.
  enum Work: Sendable {
    /// Answered at once; must neither block nor touch the store.
    case quick(@Sendable (APIRequest) throws -> APIReply)
    /// Answered on a thread that may wait for the store.
    case blocking(@Sendable (APIRequest) throws -> APIReply)
    /// Translated at once into a batch of changes and points, which must neither block nor touch the store; answered when
    /// the batch is on the disk. The fast way for requests that only record.
    case record(@Sendable (APIRequest) throws -> Recording)
    /// Answered on a thread of its own that reads the body as it arrives. The body need not be read to its end.
    case upload(@Sendable (APIRequest, any BodyStream) throws -> APIReply)
  }

  /// What to record for a request, and what to answer.
  struct Recording: Sendable {
    /// What is recorded; nothing when it is empty.
    var batch: WriteBatch
    /// Checks the batch before it is recorded, and returns it without what is on record; called on a thread that may wait for
    /// the store. Nil for nothing to look up.
    var check: (@Sendable (WriteBatch) throws -> WriteBatch)?
    /// What is answered once it is on the disk.
    var reply: APIReply = .empty
    /// Answers a refusal in its own way; called on a thread that may wait for the store.
    var refused: @Sendable (TrackingError) throws -> APIReply = { throw $0 }
  }

  let method: APIMethod
  /// Segments: a word, `{name}` for any one segment, and at the end `**` for any further ones.
  let pattern: [String]
  /// What a sender must be allowed.
  let scope: AccessToken.Scope
  /// False where the body of a changing method may be anything but JSON.
  let takesJSON: Bool
  let work: Work

  /// Makes a route.
  ///
  /// - Parameters:
  ///   - path: `/api/2.0/mlflow/runs/create`; a path that begins with `/api/` is answered under `/ajax-api/` too.
  ///   - scope: nil for `read` with GET, and `log` otherwise.
  init(
    _ method: APIMethod, _ path: String, scope: AccessToken.Scope? = nil, takesJSON: Bool = true, _ work: Work
  ) {
    self.method = method
    pattern = path.split(separator: "/").map(String.init)
    self.scope = scope ?? (method == .get ? .read : .log)
    self.takesJSON = takesJSON
    self.work = work
  }
}

/// All routes, found by method and path.
struct RouteTable: Sendable {
  /// What a path led to.
  enum Found {
    case route(Route, parameters: [String: String], rest: [String])
    /// There is such a path, for these methods.
    case otherMethod([APIMethod])
    case nothing
  }

  private var literal: [String: [Route]] = [:]
  private var patterns: [Route] = []

  init(_ families: [Route]...) {
    for route in families.joined() {
      if route.pattern.contains(where: { $0.hasPrefix("{") || $0 == "**" }) {
        patterns.append(route)
      } else {
        literal["/" + route.pattern.joined(separator: "/"), default: []].append(route)
      }
    }
  }

  /// Every route, in no order.
  var all: [Route] { literal.values.flatMap { $0 } + patterns }

  /// Finds the route for a path as it was sent.
  ///
  /// - Throws: 400 for a path whose encoding is damaged.
  func find(_ method: APIMethod, _ path: String) throws -> Found {
    let canonical = path.hasPrefix("/ajax-api/") ? "/" + path.dropFirst(6) : path
    if let routes = literal[canonical] {
      if let route = routes.first(where: { $0.method == method }) { return .route(route, parameters: [:], rest: []) }
      return .otherMethod(routes.map(\.method))
    }
    let segments = canonical.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
    var others: [APIMethod] = []
    for route in patterns {
      guard let match = try match(route, Array(segments)) else { continue }
      if route.method == method { return .route(route, parameters: match.parameters, rest: match.rest) }
      others.append(route.method)
    }
    return others.isEmpty ? .nothing : .otherMethod(others)
  }

  private func match(
    _ route: Route, _ segments: [Substring.UTF8View]
  ) throws -> (parameters: [String: String], rest: [String])? {
    let pattern = route.pattern
    let takesRest = pattern.last == "**"
    guard takesRest ? segments.count >= pattern.count : segments.count == pattern.count else { return nil }
    var parameters: [String: String] = [:]
    for (word, segment) in zip(takesRest ? pattern.dropLast() : pattern[...], segments) {
      if word.hasPrefix("{") {
        guard !segment.isEmpty else { return nil }
        parameters[String(word.dropFirst().dropLast())] = try PercentEncoding.decode(segment)
      } else if !word.utf8.elementsEqual(segment) {
        return nil
      }
    }
    guard takesRest else { return (parameters, []) }
    return (parameters, try segments.dropFirst(pattern.count - 1).map { try PercentEncoding.decode($0) })
  }
}
