import Glibc

/// A connection that sends bytes and reads answers, and knows nothing of what it sends: for requests that no client
/// library would make. Its calls block, for at most 20 seconds.
final class RawClient {
  struct Failure: Error { var message: String }

  struct Answer {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  private let descriptor: Int32
  private var received: [UInt8] = []

  /// Connects to a port of this machine.
  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Failure(message: "connect: \(errno)") }
    bound()
  }

  /// Connects to a socket file.
  init(path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard connected == 0 else { throw Failure(message: "connect: \(errno)") }
    bound()
  }

  private func bound() {
    var time = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// Sends bytes as they are.
  func send(_ bytes: some Sequence<UInt8>) throws {
    let bytes = Array(bytes)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure(message: "send: \(errno)") }
      sent += count
    }
  }

  /// Sends a request with the fields that a well-behaved client sends, and reads the answer.
  func request(
    _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:]
  ) throws -> Answer {
    var fields = ["Host": "localhost"]
    if let body {
      fields["Content-Type"] = "application/json"
      fields["Content-Length"] = String(body.utf8.count)
    }
    fields.merge(headers) { $1 }
    let head = fields.filter { !$0.value.isEmpty }.map { "\($0.key): \($0.value)\r\n" }.joined()
    try send("\(method) \(path) HTTP/1.1\r\n\(head)\r\n\(body ?? "")".utf8)
    return try answer(toHead: method == "HEAD")
  }

  /// Reads an answer.
  func answer(toHead: Bool = false) throws -> Answer {
    let end = Array("\r\n\r\n".utf8)
    while true {
      if let place = received.firstRange(of: end) {
        let lines = String(decoding: received[..<place.lowerBound], as: UTF8.self).split(separator: "\r\n")
        received.removeSubrange(..<place.upperBound)
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
          let parts = line.split(separator: ":", maxSplits: 1)
          headers[parts[0].lowercased()] = parts.count == 2 ? String(parts[1].drop { $0 == " " }) : ""
        }
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        if status == 100 { continue }
        let body = toHead ? [] : try body(headers)
        return Answer(status: status, headers: headers, body: body)
      }
      guard try receive() else { throw Failure(message: "the connection ended before the answer") }
    }
  }

  private func body(_ headers: [String: String]) throws -> [UInt8] {
    if headers["transfer-encoding"] == "chunked" {
      var body: [UInt8] = []
      while true {
        while received.firstRange(of: Array("\r\n".utf8)) == nil {
          guard try receive() else { throw Failure(message: "a chunk is missing") }
        }
        let line = received.firstRange(of: Array("\r\n".utf8))!
        let size = Int(String(decoding: received[..<line.lowerBound], as: UTF8.self), radix: 16) ?? 0
        while received.count < line.upperBound + size + 2 {
          guard try receive() else { throw Failure(message: "a chunk is short") }
        }
        body += received[line.upperBound..<line.upperBound + size]
        received.removeSubrange(..<(line.upperBound + size + 2))
        if size == 0 { return body }
      }
    }
    let length = Int(headers["content-length"] ?? "0") ?? 0
    while received.count < length {
      guard try receive() else { throw Failure(message: "the answer is short") }
    }
    defer { received.removeSubrange(..<length) }
    return Array(received[..<length])
  }

  /// Waits so many milliseconds for something to come, and answers whether it did.
  func hasAnswer(within milliseconds: Int32) -> Bool {
    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&ready, 1, milliseconds) > 0
  }

  /// Reads what comes next, and takes it for no answer.
  func raw() throws -> String {
    _ = try receive()
    defer { received = [] }
    return String(decoding: received, as: UTF8.self)
  }

  /// Whether the other end has closed the connection, after what it sent.
  func isClosed() throws -> Bool { try !receive() }

  private func receive() throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count >= 0 else {
      if errno == ECONNRESET { return false }
      throw Failure(message: "receive: \(errno)")
    }
    received += buffer[..<count]
    return count > 0
  }
}
