/// An answer as routes give it.
struct APIReply: Sendable {
  /// What follows the head.
  enum Body: Sendable {
    /// These bytes.
    case bytes([UInt8])
    /// What the function writes, called on a thread of the server's; `length` where it is known before.
    case stream(length: Int?, @Sendable (any ReplySink) throws -> Void)
  }

  var status: Int
  var contentType: String
  /// Further fields; length, type and the security fields are set by the server.
  var headers: [(name: String, value: String)] = []
  var body: Body

  init(status: Int = 200, contentType: String, headers: [(String, String)] = [], body: Body) {
    self.status = status
    self.contentType = contentType
    self.headers = headers.map { (name: $0.0, value: $0.1) }
    self.body = body
  }

  /// Answers with JSON that a pen wrote.
  init(status: Int = 200, json pen: JSONPen) {
    self.init(status: status, contentType: "application/json", body: .bytes(pen.bytes))
  }

  /// Answers with a text.
  init(status: Int = 200, text: String) {
    self.init(status: status, contentType: "text/plain; charset=utf-8", body: .bytes(Array(text.utf8)))
  }

  /// `{}`
  static let empty = APIReply(contentType: "application/json", body: .bytes([0x7B, 0x7D]))
}

/// Where a streamed answer goes. Calls block while the receiver is slow.
protocol ReplySink: Sendable {
  /// Sends bytes.
  ///
  /// - Throws: `.system` when the receiver has gone.
  func write(_ bytes: [UInt8]) throws
}

/// The body of an upload, as it arrives. Calls block until there is more.
protocol BodyStream: Sendable {
  /// How long it is, where the sender tells.
  var length: Int? { get }

  /// Returns the next bytes; nil at the end.
  ///
  /// - Throws: 400 when the sender has gone before the end; 413 above the limit.
  func next() throws -> [UInt8]?
}
