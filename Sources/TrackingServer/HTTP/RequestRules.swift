internal import NIOHTTP1
internal import Tracking

/// Which requests are let in at all: those that call the server by a name of its own, and no web page's.
///
/// A page that a person visits can make a browser send requests to this machine; the `Host` that it cannot choose
/// (DNS rebinding), the `Origin` and the content type tell them apart.
struct RequestRules: Sendable {
  private let hosts: Set<String>
  private let isUnix: Bool
  private let access: AccessRule

  init(_ settings: TrackingServer.Settings) {
    var hosts: Set<String> = ["localhost", "127.0.0.1", "[::1]"]
    hosts.formUnion(settings.allowedHosts.map { $0.lowercased() })
    isUnix = if case .unix = settings.address { true } else { false }
    if case .tcp(let host, _) = settings.address, host != "0.0.0.0", host != "::" {
      hosts.insert(host.contains(":") ? "[\(host.lowercased())]" : host.lowercased())
    }
    self.hosts = hosts
    access = settings.access
  }

  /// Checks a head that leads to a route, and returns what the sender may do.
  ///
  /// - Throws: 400, 401, 403.
  func admit(_ head: HTTPRequestHead, to route: Route) throws -> AccessGrant {
    let isOpen = route.pattern == ["health"] || route.pattern == ["version"]
    if !isOpen { try checkHost(head.headers) }
    if route.method.changes {
      try checkOrigin(head.headers)
      if route.takesJSON { try checkContentType(head.headers) }
    }
    if isOpen { return AccessGrant(.read) }
    guard let grant = access.grant(Self.token(head.headers)) else {
      throw APIError(
        .unauthenticated,
        "a valid token is required; set MLFLOW_TRACKING_TOKEN, or send it as bearer or as the password of basic")
    }
    guard grant.scope.includes(route.scope) else {
      throw APIError(
        .permissionDenied, "the token's scope is \(grant.scope.rawValue), and this takes \(route.scope.rawValue)")
    }
    return grant
  }

  private func checkHost(_ headers: HTTPHeaders) throws {
    let values = headers["host"]
    if isUnix && values.count <= 1 { return }
    guard values.count == 1, let host = values.first, hosts.contains(Self.name(host)) else {
      throw APIError(
        .permissionDenied,
        "the request's Host is not a name of this server; `runs serve` answers to more of them "
          + "with --allowed-host")
    }
  }

  private func checkOrigin(_ headers: HTTPHeaders) throws {
    for origin in headers["origin"] {
      // A page of ours has our own name and port; a page of anyone else must not record anything.
      guard let host = headers.first(name: "host"),
        origin.lowercased() == "http://" + host.lowercased() || origin.lowercased() == "https://" + host.lowercased()
      else { throw APIError(.permissionDenied, "cross-origin requests that change something are refused") }
    }
    if let site = headers.first(name: "sec-fetch-site"), site != "same-origin", site != "none" {
      throw APIError(.permissionDenied, "cross-origin requests that change something are refused")
    }
  }

  private func checkContentType(_ headers: HTTPHeaders) throws {
    let type = headers.first(name: "content-type") ?? ""
    if type == "application/json" { return }
    let essence = type.split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() } ?? ""
    guard essence == "application/json" else {
      throw APIError(.badRequest, "the request's Content-Type must be application/json")
    }
  }

  // Without the port.
  private static func name(_ host: String) -> String {
    let isBracketed = host.utf8.first == UInt8(ascii: "[")
    if isBracketed, let end = host.utf8.firstIndex(of: UInt8(ascii: "]")) { return host[...end].lowercased() }
    return host[..<(host.utf8.firstIndex(of: UInt8(ascii: ":")) ?? host.endIndex)].lowercased()
  }

  /// Returns the token of an `Authorization` field: of bearer, or the password of basic.
  static func token(_ headers: HTTPHeaders) -> String? {
    guard let value = headers.first(name: "authorization"), let space = value.firstIndex(of: " ") else { return nil }
    let credentials = value[value.index(after: space)...].drop { $0 == " " }
    switch value[..<space].lowercased() {
    case "bearer": return String(credentials)
    case "basic":
      guard let bytes = ByteText.decode(String(credentials)), let text = String(validating: bytes, as: UTF8.self),
        let colon = text.firstIndex(of: ":")
      else { return nil }
      return String(text[text.index(after: colon)...])
    default: return nil
    }
  }
}

extension AccessToken.Scope {
  /// Whether this allows all that another does.
  func includes(_ other: AccessToken.Scope) -> Bool {
    let order = AccessToken.Scope.allCases
    return order.firstIndex(of: self)! >= order.firstIndex(of: other)!
  }
}
