internal import Glibc
internal import Tracking

/// Lines over two file descriptors: read whole, each written with one call.
public struct LineStream: ~Copyable {
  private let input: Int32
  private let output: Int32
  private var buffer: [UInt8] = []
  // Everything before it was handed out; moved to the front when the buffer has to grow.
  private var begin = 0
  // Everything before it holds no line's end.
  private var looked = 0

  /// Speaks over two file descriptors, which stay open.
  public init(input: Int32, output: Int32) {
    self.input = input
    self.output = output
  }

  /// Returns the next line without its end; nil at the end of the input.
  ///
  /// - Throws: `.system`.
  public mutating func read() throws -> String? {
    while true {
      if let end = buffer[looked...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: buffer[begin..<end], as: UTF8.self)
        begin = end + 1
        looked = begin
        return line
      }
      if begin > 0 {
        buffer.removeFirst(begin)
        begin = 0
      }
      looked = buffer.count
      let old = buffer.count
      buffer.append(contentsOf: repeatElement(0, count: 1 << 16))
      let count = buffer.withUnsafeMutableBytes { Glibc.read(input, $0.baseAddress?.advanced(by: old), 1 << 16) }
      buffer.removeLast((1 << 16) - max(0, count))
      if count == 0 { return nil }
      if count < 0, errno != EINTR { throw LineStream.failure("read from") }
    }
  }

  /// Writes a line.
  ///
  /// - Throws: `.system`, also when nobody reads any more.
  public func write(_ line: String) throws {
    let bytes = Array((line + "\n").utf8)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(output, $0.baseAddress?.advanced(by: done), bytes.count - done) }
      if count < 0, errno != EINTR { throw LineStream.failure("written to") }
      done += max(0, count)
    }
  }

  private static func failure(_ what: String) -> TrackingError {
    TrackingError(.system, "the other end cannot be \(what): \(String(cString: strerror(errno)))")
  }
}

extension PluginServer {
  /// Answers lines until they end.
  ///
  /// - Parameter timings: a file descriptor that gets a line a request: milliseconds of CPU time for all of it, and for
  ///   the plugin alone; nil for none.
  /// - Throws: `.system` when a line cannot be read or its answer not written.
  public mutating func serve(input: Int32 = 0, output: Int32 = 1, timings: Int32? = nil) throws {
    var lines = LineStream(input: input, output: output)
    let times = LineStream(input: -1, output: timings ?? -1)
    var before = cpuMilliseconds()
    while let line = try lines.read() {
      if line.allSatisfy(\.isWhitespace) { continue }
      deciderMilliseconds = 0
      try lines.write(answer(line))
      guard timings != nil else { continue }
      let after = cpuMilliseconds()
      let spent: Value = ["cpu_ms": .real(after - before), "decider_cpu_ms": .real(deciderMilliseconds)]
      try times.write(spent.json)
      before = cpuMilliseconds()
    }
  }
}
