internal import Tracking

/// The methods that routes answer to.
enum APIMethod: String, Sendable, CaseIterable {
  case get = "GET"
  case post = "POST"
  case put = "PUT"
  case patch = "PATCH"
  case delete = "DELETE"

  /// True for those that may change something.
  var changes: Bool { self != .get }
}

/// A request as routes see it.
struct APIRequest: Sendable {
  var method: APIMethod
  /// The path as it was sent, without the query, still encoded.
  var path: String
  /// What the `{name}` of the route's pattern stood for, decoded once. A segment may hold any character, `/` and `..` too.
  var parameters: [String: String] = [:]
  /// The segments that the `**` at the pattern's end stood for, each decoded once; each may hold any character.
  var rest: [String] = []
  /// The arguments behind the `?`, decoded, in order; a name may stand several times.
  var query: [String: [String]] = [:]
  /// The fields of the head.
  var headers: [(name: String, value: String)] = []
  /// The whole body; empty for a route that streams.
  var body: [UInt8] = []
  /// What the sender may do.
  var grant = AccessGrant(.admin)

  /// Returns the value of a header field, whatever the case of its name; the first of several.
  func header(_ name: String) -> String? {
    headers.first { Self.isEqual($0.name, name) }?.value
  }

  /// Returns an argument behind the `?`; the first of several.
  func argument(_ name: String) -> String? { query[name]?.first }

  /// Returns the body as JSON: an object.
  ///
  /// - Throws: 400 for anything else.
  func json() throws -> Value {
    if body.isEmpty { return .object([:]) }
    guard let text = String(validating: body, as: UTF8.self) else {
      throw APIError(.badRequest, "the body is no JSON: it is not UTF-8")
    }
    let value = try Value(json: text)
    guard case .object = value else { throw APIError(.badRequest, "the body is no JSON object") }
    return value
  }

  static func isEqual(_ left: String, _ right: String) -> Bool {
    guard left.utf8.count == right.utf8.count else { return false }
    return zip(left.utf8, right.utf8).allSatisfy { lowered($0) == lowered($1) }
  }

  private static func lowered(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 32 : byte }
}
