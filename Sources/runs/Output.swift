internal import Glibc
internal import Synchronization

/// Our own standard output and standard error.
enum Output {
  private static let waiting = Mutex<[UInt8]>([])
  private static let failure = Atomic<Int32>(0)

  /// Writes to standard output, which `flush` and a full buffer bring out.
  static func write(_ bytes: some Sequence<UInt8>) {
    let isFull = waiting.withLock { buffer in
      buffer.append(contentsOf: bytes)
      return buffer.count >= 1 << 16
    }
    if isFull { flush() }
  }

  /// Brings out what was written to standard output.
  static func flush() {
    let bytes = waiting.withLock { buffer in
      let bytes = buffer
      buffer.removeAll(keepingCapacity: true)
      return bytes
    }
    writeAll(bytes[...], to: 1)
  }

  /// Writes to standard error at once, after what standard output has waiting.
  static func writeError(_ bytes: [UInt8]) {
    flush()
    writeAll(bytes[...], to: 2)
  }

  /// Why standard output could not be written; nil when all went well, and when its reader had had enough.
  static var trouble: String? {
    let number = failure.load(ordering: .relaxed)
    return number == 0 || number == EPIPE ? nil : String(cString: strerror(number))
  }

  private static func writeAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) {
    if Output.put(bytes, to: descriptor) != 0, descriptor == 1 { failure.store(errno, ordering: .relaxed) }
  }

  /// Writes bytes to a descriptor, however slowly it takes them.
  ///
  /// - Returns: 0, or -1 with `errno` where it takes no more.
  static func put(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let count = Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
        if count >= 0 {
          offset += count
        } else if errno == EAGAIN {
          var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = poll(&ready, 1, 1000)
        } else if errno != EINTR {
          return -1
        }
      }
      return 0
    }
  }
}

/// Writes to standard output.
func write(_ text: String) { Output.write(text.utf8) }

/// Writes a remark for people to standard error.
func remark(_ text: String) { Output.writeError(Array((text + "\n").utf8)) }

/// Writes an error to standard error: `runs: ` and the message.
func complain(_ message: String) { remark("runs: " + message) }

/// Returns a pipe's two ends, which programs that are started do not inherit.
///
/// - Throws: `.system`.
func makePipe() throws -> (reader: Int32, writer: Int32) {
  var ends: [Int32] = [-1, -1]
  guard pipe(&ends) == 0 else {
    throw CommandFailure(.system, "no pipe can be made: \(String(cString: strerror(errno)))")
  }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  return (ends[0], ends[1])
}

/// Makes reading from, or writing to, a descriptor return at once where it would wait.
func makeNonBlocking(_ descriptor: Int32) { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }
