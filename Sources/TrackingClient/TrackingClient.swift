public import Tracking

/// A store behind a tracking server: the whole tracking API over HTTP or a unix socket.
///
/// It refuses what the store behind the server refuses, with the same codes and words. Calls block the calling thread
/// until the answer is there. A call that reads is sent again when the connection breaks; one that writes is not once it
/// was sent, since it may have been recorded: the error says so.
public final class TrackingClient: TrackingStore {
  private let connection: ServerConnection

  /// Points to a server; nothing is sent before the first call.
  ///
  /// - Parameters:
  ///   - token: what the server wants as bearer; nil for none.
  ///   - timeout: seconds that the server may be silent before a call fails.
  public init(_ address: ServerAddress, token: String? = nil, timeout: Double = 120) {
    connection = ServerConnection(address, token: token, timeout: timeout)
  }

  /// Points to a server by its address: `http://host:port`, `unix:///path`.
  ///
  /// - Throws: `.invalid` for what is no address.
  public convenience init(_ address: String, token: String? = nil, timeout: Double = 120) throws {
    self.init(try ServerAddress(address), token: token, timeout: timeout)
  }

  /// Sends a call, and reads its answer.
  func call<Answer: WireRecord>(
    _ call: TrackingCall, _ arguments: [String: (any WireRecord)?] = [:]
  ) throws -> Answer {
    let result = try connection.answer(call, .record(arguments))
    do {
      return try Answer(wire: result)
    } catch let error as TrackingError {
      throw TrackingError(.incompatible, "the server's answer to '\(call.rawValue)' cannot be read: \(error.message)")
    }
  }

  /// Sends a call and does not wait.
  func send(_ call: TrackingCall, _ arguments: [String: (any WireRecord)?]) {
    connection.send(call, .record(arguments))
  }
}
