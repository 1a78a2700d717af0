internal import AsyncHTTPClient
internal import Dispatch
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization
internal import Tracking

/// Calls of a server's REST interface, one after the other; each blocks until the reply is there.
///
/// What may pass by itself (no connection, a server that is busy) is tried again for some seconds.
final class RESTClient: Sendable {
  private let base: String
  private let headers: HTTPHeaders

  private static let tries = 5
  // A reply of any route but downloads; a page of runs with all their tags has a few MB.
  private static let largestReply = 1 << 30

  /// - Parameters:
  ///   - base: the server's URL, with the path that it is mounted at.
  ///   - authorization: the header's value; nil for none.
  init(base: String, authorization: String?) {
    var base = base
    while base.hasSuffix("/") { base.removeLast() }
    self.base = base
    var headers = HTTPHeaders([("User-Agent", "runs"), ("Accept-Encoding", "identity")])
    if let authorization { headers.add(name: "Authorization", value: authorization) }
    self.headers = headers
  }

  /// Asks for JSON.
  ///
  /// - Parameters:
  ///   - query: names and values, in order.
  ///   - body: is posted; nil gets.
  /// - Throws: `.notFound` for 404, `.busy` when there is no answer, `.invalid` for any other refusal.
  func json(_ path: String, query: [(String, String)] = [], body: Value? = nil) throws -> Value {
    let bytes = try reply(url(path, query), body: body) { response in
      try await Array(buffer: response.body.collect(upTo: RESTClient.largestReply))
    }
    do {
      return try Value(json: String(decoding: bytes, as: UTF8.self))
    } catch let error as JSONError {
      throw TrackingError(
        .corrupt, "\(base)\(path) answers with something else than JSON (\(error)); is it an MLflow server?")
    }
  }

  /// Downloads to a new file, piece by piece.
  ///
  /// - Returns: how many bytes it has.
  func download(_ path: String, query: [(String, String)] = [], to file: String) throws -> Int64 {
    try reply(url(path, query), body: nil) { response in
      let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw TrackingError(cannot: "write", file) }
      defer { close(descriptor) }
      var total: Int64 = 0
      for try await piece in response.body {
        try piece.withUnsafeReadableBytes { bytes in
          var written = 0
          while written < bytes.count {
            let count = write(descriptor, bytes.baseAddress! + written, bytes.count - written)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw TrackingError(cannot: "write", file) }
            written += count
          }
        }
        total += Int64(piece.readableBytes)
      }
      if let expected = response.headers.first(name: "Content-Length").flatMap({ Int64($0) }), expected != total {
        throw Interrupted()
      }
      return total
    }
  }

  private func url(_ path: String, _ query: [(String, String)]) -> String {
    guard !query.isEmpty else { return base + path }
    let pairs = query.map { percentEncoded($0) + "=" + percentEncoded($1) }
    return base + path + "?" + pairs.joined(separator: "&")
  }

  /// A reply that ended too early.
  private struct Interrupted: Error, CustomStringConvertible {
    var description: String { "the reply ended too early" }
  }

  private func reply<Result: Sendable>(
    _ url: String, body: Value?, _ take: @escaping @Sendable (HTTPClientResponse) async throws -> Result
  ) throws -> Result {
    var request = HTTPClientRequest(url: url)
    request.headers = headers
    if let body {
      request.method = .POST
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(string: body.json))
    }
    let sent = request
    var trouble = ""
    for attempt in 0..<RESTClient.tries {
      // 0, 0.5, 1, 2 and 4 seconds.
      if attempt > 0 { usleep(250_000 << UInt32(attempt)) }
      do {
        return try RESTClient.waiting {
          let response = try await HTTPClient.shared.execute(sent, timeout: .minutes(10))
          guard response.status.code < 300 else { throw try await Refusal(response) }
          return try await take(response)
        }
      } catch let refusal as Refusal where !refusal.mayPass {
        throw refusal.error(url: url)
      } catch let error as TrackingError {
        throw error
      } catch {
        trouble = "\(error)"
      }
    }
    throw TrackingError(
      .busy, "the server at \(base) does not answer (\(trouble)); import again when it does, to go on")
  }

  /// A status that is no success.
  private struct Refusal: Error, CustomStringConvertible {
    var status: UInt
    var message: String

    init(_ response: HTTPClientResponse) async throws {
      status = response.status.code
      let text = String(buffer: (try? await response.body.collect(upTo: 1 << 20)) ?? ByteBuffer())
      let said = (try? Value(json: text))?["message"]?.text
      message = said.map { String($0.prefix(500)) } ?? response.status.reasonPhrase
    }

    var mayPass: Bool { [408, 429, 500, 502, 503, 504].contains(status) }
    var description: String { "\(status): \(message)" }

    func error(url: String) -> TrackingError {
      let place = url.prefix { $0 != "?" }
      if status == 401 || status == 403 {
        return TrackingError(
          .invalid,
          "\(place) answers \(self); set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        )
      }
      return TrackingError(status == 404 ? .notFound : .invalid, "\(place) answers \(self)")
    }
  }

  /// What a task hands to the thread that waits for it.
  private final class Outcome<Result: Sendable>: Sendable {
    let value = Mutex<Swift.Result<Result, any Error>?>(nil)
  }

  // The caller's thread waits; the pool's threads do the work.
  private static func waiting<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
  ) throws -> Result {
    let done = DispatchSemaphore(value: 0)
    let outcome = Outcome<Result>()
    Task.detached {
      let result: Swift.Result<Result, any Error>
      do { result = .success(try await body()) } catch { result = .failure(error) }
      outcome.value.withLock { $0 = result }
      done.signal()
    }
    done.wait()
    guard let result = outcome.value.withLock({ $0 }) else { preconditionFailure("a task ended without an outcome") }
    return try result.get()
  }
}
