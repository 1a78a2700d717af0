internal import NIOCore
internal import Synchronization
internal import Tracking

/// The body of an upload on its way from the connection to the thread that reads it.
final class UploadBody: BodyStream, Sendable {
  private struct State {
    var blocks: [[UInt8]] = []
    var waiting = 0
    var received = 0
    var isEnded = false
    var isFailed = false
    var isTooLong = false
  }

  /// How many bytes may wait to be read before the sender is made to wait.
  private static let window = 1 << 20

  let length: Int?
  private let limit: Int
  private let resume: @Sendable () -> Void
  private let state = Monitor(State())

  /// - Parameter resume: called when more may be taken.
  init(length: Int?, limit: Int, resume: @escaping @Sendable () -> Void) {
    self.length = length
    self.limit = limit
    self.resume = resume
  }

  /// Whether the sender may go on.
  var takesMore: Bool { state.change(waking: .nobody) { $0.waiting < Self.window || $0.isFailed } }

  /// Takes bytes that came.
  func append(_ bytes: [UInt8]) {
    state.change { state in
      state.received += bytes.count
      if state.received > limit { state.isTooLong = true }
      guard !state.isFailed, !state.isTooLong else { return }
      state.blocks.append(bytes)
      state.waiting += bytes.count
    }
  }

  /// Says that the body is whole.
  func end() { state.change { $0.isEnded = true } }

  /// Says that no more will come, though it should.
  func fail() {
    state.change { state in
      if !state.isEnded { state.isFailed = true }
    }
  }

  func next() throws -> [UInt8]? {
    let blocks: [[UInt8]]? = try state.wait { state -> [[UInt8]]?? in
      if state.isTooLong { throw APIError(.badRequest, status: 413, "an upload is at most \(limit) bytes") }
      if state.isFailed { throw APIError(.badRequest, "the upload ended before its end") }
      guard state.blocks.isEmpty else {
        defer {
          state.blocks = []
          state.waiting = 0
        }
        return .some(state.blocks)
      }
      return state.isEnded ? .some(nil) : nil
    }
    resume()
    guard let blocks else { return nil }
    if blocks.count == 1 { return blocks[0] }
    // Block by block: `joined` would copy byte by byte.
    var bytes: [UInt8] = []
    bytes.reserveCapacity(blocks.reduce(0) { $0 + $1.count })
    for block in blocks { bytes += block }
    return bytes
  }
}

/// Where a thread writes a streamed answer.
final class ConnectionSink: ReplySink {
  private let isChunked: Bool
  private let length: Int?
  private let send: @Sendable (ByteBuffer) throws -> Void
  private let written = Atomic<Int>(0)

  /// - Parameter send: returns when the bytes are on their way.
  init(isChunked: Bool, length: Int?, send: @escaping @Sendable (ByteBuffer) throws -> Void) {
    self.isChunked = isChunked
    self.length = length
    self.send = send
  }

  /// Whether all that was promised was written.
  var isWhole: Bool { length == nil || length == written.load(ordering: .relaxed) }

  func write(_ bytes: [UInt8]) throws {
    guard !bytes.isEmpty else { return }
    let sum = written.add(bytes.count, ordering: .relaxed).newValue
    if let length, sum > length { throw TrackingError(.system, "the answer is longer than was promised") }
    var buffer = ByteBuffer()
    if isChunked {
      buffer.writeString(String(bytes.count, radix: 16) + "\r\n")
      buffer.writeBytes(bytes)
      buffer.writeString("\r\n")
    } else {
      buffer.writeBytes(bytes)
    }
    do {
      try send(buffer)
    } catch {
      throw TrackingError(.system, "the receiver of an answer has gone")
    }
  }
}
