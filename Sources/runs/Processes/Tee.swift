internal import Glibc
internal import Tracking

/// Copies what a program writes to files and to our own output, until the program has ended.
struct Tee {
  /// A pipe from the program and where its bytes go.
  private struct Stream {
    var source: Int32
    var file: Int32
    var copy: Int32
    var isOpen = true
  }

  /// The last bytes of standard error, for the reason of a failure.
  private(set) var lastErrors: [UInt8] = []
  private var streams: [Stream] = []
  private let writers: [Int32]

  /// Opens two pipes and two files, `stdout` and `stderr` in a directory.
  ///
  /// - Throws: `.system`.
  init(into directory: String) throws {
    var writers: [Int32] = []
    for (name, copy) in [("stdout", Int32(1)), ("stderr", Int32(2))] {
      let file = open(directory + "/" + name, O_WRONLY | O_CREAT | O_APPEND | Int32(O_CLOEXEC), 0o644)
      guard file >= 0 else {
        throw CommandFailure(
          .system, "the output cannot be kept in \(directory)/\(name): \(String(cString: strerror(errno)))")
      }
      let ends = try makePipe()
      makeNonBlocking(ends.reader)
      streams.append(Stream(source: ends.reader, file: file, copy: copy))
      writers.append(ends.writer)
    }
    self.writers = writers
  }

  /// The descriptors that the program writes to: output, errors.
  var ends: (output: Int32, errors: Int32) { (writers[0], writers[1]) }

  /// Copies until the program has ended.
  ///
  /// - Parameters:
  ///   - onWake: called whenever a signal arrived.
  ///   - onTick: called a few times a second.
  mutating func run(
    _ child: ChildProcess, onWake: (ChildProcess) -> Void, onTick: () -> Void
  ) throws -> ChildProcess.End {
    writers.forEach { _ = close($0) }
    let wake = try Interrupts.watch()
    var end: ChildProcess.End?
    while end == nil {
      var watched = streams.map { pollfd(fd: $0.isOpen ? $0.source : -1, events: Int16(POLLIN), revents: 0) }
      watched.append(pollfd(fd: wake, events: Int16(POLLIN), revents: 0))
      _ = poll(&watched, nfds_t(watched.count), 250)
      onTick()
      if watched[2].revents != 0 {
        Interrupts.drain()
        onWake(child)
      }
      for index in streams.indices where watched[index].revents != 0 { copy(index) }
      end = child.endIfAny()
    }
    // What the program wrote last; a descendant that holds the pipe open is not waited for.
    for index in streams.indices {
      if streams[index].isOpen { copy(index) }
      close(streams[index].source)
      close(streams[index].file)
    }
    return end ?? .exited(0)
  }

  private mutating func copy(_ index: Int) {
    var bytes = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(streams[index].source, &bytes, bytes.count)
      if count < 0 { return }
      if count == 0 {
        streams[index].isOpen = false
        return
      }
      // A terminal that has gone away must not end the recording.
      _ = Output.put(bytes[..<count], to: streams[index].file)
      _ = Output.put(bytes[..<count], to: streams[index].copy)
      if index == 1 { lastErrors = (lastErrors + bytes[..<count]).suffix(4096) }
    }
  }

  /// The last line that is not blank of standard error; nil for none.
  var lastErrorLine: String? {
    String(decoding: lastErrors, as: UTF8.self).split(whereSeparator: \.isNewline).last {
      $0.contains { !$0.isWhitespace }
    }.map { String($0.prefix(300)) }
  }
}
