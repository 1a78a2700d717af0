internal import AsyncHTTPClient
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Tracking

/// The way to a server: sends calls one by one over connections that stay open, and waits for the answers.
///
/// The calling thread waits; what is waited for happens on the event loop's own thread, so that it comes to an end even
/// where every thread of Swift's shared pool waits here.
final class ServerConnection: Sendable {
  private let address: ServerAddress
  private let token: String?
  private let timeout: Double
  private let client: HTTPClient
  // Where all calls and their connections are. On two loops an answer can be here before the end of its request counts as
  // sent; async-http-client 1.37 ends the process when the client is shut down or its connection closed just then.
  private let loop = MultiThreadedEventLoopGroup.singleton.next()
  /// Milliseconds before each further attempt at what may be sent again.
  private static let pauses: [UInt32] = [50, 250]

  init(_ address: ServerAddress, token: String?, timeout: Double) {
    self.address = address
    self.token = token
    self.timeout = timeout
    var settings = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: .init(connect: .seconds(5), read: .milliseconds(Int64(timeout * 1_000))), decompression: .disabled)
    settings.httpVersion = .http1Only
    // Shorter than a server keeps idle connections, so that hardly ever a call meets one that is just being closed.
    settings.connectionPool.idleTimeout = .seconds(30)
    // What may be tried again is decided here.
    settings.connectionPool.retryConnectionEstablishment = false
    client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: settings)
  }

  // The client lives on until its connections are closed.
  deinit { _ = client.shutdown() }

  /// Sends a call and waits for its answer.
  ///
  /// A call that reads is sent again when no answer came; one that writes only where it surely was not sent before.
  ///
  /// - Throws: what the store behind the server refuses, with the same code and message; `.system` naming the server when
  ///   it cannot be reached or does not answer; `.invalid` when it wants another token.
  func answer(_ call: TrackingCall, _ arguments: Value) throws -> Value {
    let body = arguments.json
    for pause in Self.pauses {
      do {
        return try attempt(call, body)
      } catch let failure as Failure where call.isRead || !failure.wasSent {
        usleep(pause * 1_000)
      } catch let failure as Failure {
        throw lost(call, failure)
      }
    }
    do {
      return try attempt(call, body)
    } catch let failure as Failure {
      throw lost(call, failure)
    }
  }

  /// Sends a call and does not wait for what becomes of it.
  func send(_ call: TrackingCall, _ arguments: Value) {
    guard let request = try? request(call, arguments.json) else { return }
    // The client must not be shut down while a call is under way: async-http-client 1.37 ends the process then.
    execute(request).whenComplete { _ in withExtendedLifetime(self) {} }
  }

  // MARK: one attempt

  private struct Failure: Error {
    var error: any Error
    /// False when the server surely has not seen the call.
    var wasSent: Bool
  }

  private func request(_ call: TrackingCall, _ body: String) throws -> HTTPClient.Request {
    var request = try HTTPClient.Request(url: address.root + call.path, method: .POST)
    request.headers.add(name: "Content-Type", value: "application/json")
    request.headers.add(name: "User-Agent", value: "runs-tracking-client")
    if let token { request.headers.add(name: "Authorization", value: "Bearer " + token) }
    request.body = .string(body)
    return request
  }

  private func execute(_ request: HTTPClient.Request) -> EventLoopFuture<HTTPClient.Response> {
    client.execute(request: request, eventLoop: .delegateAndChannel(on: loop))
  }

  private func attempt(_ call: TrackingCall, _ body: String) throws -> Value {
    let request: HTTPClient.Request
    do {
      request = try self.request(call, body)
    } catch {
      throw TrackingError(.invalid, "'\(address)' is no server's address: \(error)")
    }
    let response: HTTPClient.Response
    do {
      response = try execute(request).wait()
    } catch {
      throw Failure(error: error, wasSent: Self.wasSent(error))
    }
    let text = response.body.map { String(buffer: $0) } ?? ""
    let value = try? Value(json: text)
    if response.status == .ok, let result = value?["result"] { return result }
    if let refusal = value?["error"], let error = try? TrackingError(wire: refusal) { throw error }
    throw refused(call, Int(response.status.code), value?["message"]?.text)
  }

  // Connections that were never made have not sent anything.
  private static func wasSent(_ error: any Error) -> Bool {
    switch error {
    case is NIOConnectionError: false
    case let error as HTTPClientError:
      error != .connectTimeout && error != .getConnectionFromPoolTimeout && error != .tlsHandshakeTimeout
    case let error as IOError: error.errnoCode != ECONNREFUSED && error.errnoCode != ENOENT && error.errnoCode != EACCES
    default: true
    }
  }

  // MARK: words

  private func lost(_ call: TrackingCall, _ failure: Failure) -> TrackingError {
    let why = Self.words(failure.error)
    if !failure.wasSent {
      return TrackingError(
        .system, "the server at \(address) cannot be reached: \(why); is `runs serve` running there?")
    }
    if failure.error as? HTTPClientError == .readTimeout {
      let left = call.isRead ? "" : "; what was to be recorded may be recorded, so look before sending it again"
      return TrackingError(.system, "the server at \(address) did not answer '\(call.rawValue)' in \(timeout) s\(left)")
    }
    let left = call.isRead ? "try again" : "what was to be recorded may be recorded, so look before sending it again"
    return TrackingError(
      .system, "the connection to the server at \(address) ended before it answered '\(call.rawValue)': \(why); \(left)"
    )
  }

  private static func words(_ error: any Error) -> String {
    switch error {
    case let error as NIOConnectionError:
      error.connectionErrors.last.map { words($0.error) }
        ?? (error.dnsAError ?? error.dnsAAAAError).map { _ in "there is no host '\(error.host)'" } ?? "no connection"
    case let error as IOError: String(cString: strerror(error.errnoCode))
    case let error as HTTPClientError where error == .connectTimeout: "no answer"
    case let error as HTTPClientError where error == .remoteConnectionClosed: "it was closed at the other end"
    default: "\(error)"
    }
  }

  // An answer that is no answer to a call.
  private func refused(_ call: TrackingCall, _ status: Int, _ message: String?) -> TrackingError {
    let said = message.map { ": \($0)" } ?? ""
    switch status {
    case 401:
      return TrackingError(
        .invalid,
        token == nil
          ? "the server at \(address) wants a token; set RUNS_TOKEN to one that `runs token create` made there"
          : "the server at \(address) does not know the token; set RUNS_TOKEN to one that `runs token create` made there"
      )
    case 403: return TrackingError(.invalid, "the server at \(address) does not allow '\(call.rawValue)'\(said)")
    case 404, 405, 200:
      return TrackingError(
        .incompatible,
        "what answers at \(address) does not know the call '\(call.rawValue)'; it is no `runs serve`, or another version"
      )
    case 503: return TrackingError(.busy, "the server at \(address) is busy\(said)")
    case 400..<500:
      return TrackingError(.invalid, "the server at \(address) refuses '\(call.rawValue)' (\(status))\(said)")
    default: return TrackingError(.system, "the server at \(address) failed at '\(call.rawValue)' (\(status))\(said)")
    }
  }
}
