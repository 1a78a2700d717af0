internal import NIOCore

/// The head of an answer, as bytes.
enum ReplyHead {
  /// Writes status line and fields.
  ///
  /// - Parameter length: of the body; nil for chunks.
  static func write(_ reply: APIReply, length: Int?, closes: Bool, to buffer: inout ByteBuffer) {
    buffer.writeStaticString("HTTP/1.1 ")
    buffer.writeString(status(reply.status))
    buffer.writeStaticString("\r\nContent-Type: ")
    buffer.writeString(plain(reply.contentType))
    buffer.writeStaticString("\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: SAMEORIGIN\r\n")
    for (name, value) in reply.headers { buffer.writeString("\(name): \(plain(value))\r\n") }
    if closes { buffer.writeStaticString("Connection: close\r\n") }
    if let length {
      buffer.writeStaticString("Content-Length: ")
      buffer.writeString(String(length))
      buffer.writeStaticString("\r\n\r\n")
    } else {
      buffer.writeStaticString("Transfer-Encoding: chunked\r\n\r\n")
    }
  }

  // A line break would begin another field.
  private static func plain(_ value: String) -> String {
    guard value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return value }
    return String(String.UnicodeScalarView(value.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "_" : $0 }))
  }

  private static func status(_ status: Int) -> String {
    switch status {
    case 200: "200 OK"
    case 400: "400 Bad Request"
    case 401: "401 Unauthorized"
    case 403: "403 Forbidden"
    case 404: "404 Not Found"
    case 405: "405 Method Not Allowed"
    case 408: "408 Request Timeout"
    case 409: "409 Conflict"
    case 413: "413 Content Too Large"
    case 414: "414 URI Too Long"
    case 429: "429 Too Many Requests"
    case 431: "431 Request Header Fields Too Large"
    case 500: "500 Internal Server Error"
    case 501: "501 Not Implemented"
    case 503: "503 Service Unavailable"
    case 507: "507 Insufficient Storage"
    default: "\(status) Status"
    }
  }
}
