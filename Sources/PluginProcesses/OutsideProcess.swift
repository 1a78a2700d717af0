internal import CProcess
internal import Glibc
internal import Tracking

/// A program outside that was started: a line to it, a line from it.
///
/// Not for several threads at once; its owner guards it.
final class OutsideProcess {
  /// How much of its standard error is kept: the end of it.
  private static let keptErrors = 4096

  let path: String
  private let id: pid_t
  private let input: Int32
  private let output: Int32
  private let errors: Int32
  private var received: [UInt8] = []
  private var errorTail: [UInt8] = []
  private var isBuried = false

  /// Starts a program, in a process group of its own, without arguments.
  ///
  /// - Throws: `.system`.
  init(_ path: String, environment: [String: String]) throws {
    self.path = path
    var pipes: [Int32] = []
    for _ in 0..<3 {
      var pair: [Int32] = [-1, -1]
      guard pipe2(&pair, O_CLOEXEC) == 0 else {
        let reason = String(cString: strerror(errno))
        for descriptor in pipes { close(descriptor) }
        throw TrackingError(.system, "no pipe to \(path): \(reason)")
      }
      pipes += pair
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipes[0], 0)
    posix_spawn_file_actions_adddup2(&actions, pipes[3], 1)
    posix_spawn_file_actions_adddup2(&actions, pipes[5], 2)
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    let arguments = [strdup(path), nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var started = pid_t()
    let code = posix_spawn(&started, path, &actions, &attributes, arguments, variables)
    for descriptor in [pipes[0], pipes[3], pipes[5]] { close(descriptor) }
    (input, output, errors) = (pipes[1], pipes[2], pipes[4])
    id = started
    guard code == 0 else {
      isBuried = true
      throw TrackingError(.system, "it cannot be started: \(String(cString: strerror(code)))")
    }
    for descriptor in [input, output, errors] {
      _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }
  }

  deinit {
    // At the end of its input a plugin ends by itself; one that does not, or has children that do not, is ended.
    close(input)
    _ = end(within: 500)
    close(output)
    close(errors)
  }

  /// Sends a line and returns the line that comes back.
  ///
  /// - Parameter milliseconds: how long to wait for it.
  /// - Throws: `.system` telling what happened instead; the process is of no use any more then.
  func call(_ line: String, within milliseconds: Int) throws -> String {
    let deadline = monotonicMilliseconds() + milliseconds
    var sending = Array((line + "\n").utf8)[...]
    while true {
      if let end = received.firstIndex(of: UInt8(ascii: "\n")), sending.isEmpty {
        let answer = String(decoding: received[..<end], as: UTF8.self)
        received.removeFirst(end + 1)
        return answer
      }
      let left = deadline - monotonicMilliseconds()
      guard left > 0 else {
        throw TrackingError(.system, "it did not answer within \(Double(milliseconds) / 1000) s")
      }
      var waits = [
        pollfd(fd: output, events: Int16(POLLIN), revents: 0),
        pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
        pollfd(fd: sending.isEmpty ? -1 : input, events: Int16(POLLOUT), revents: 0),
      ]
      if poll(&waits, nfds_t(waits.count), Int32(clamping: left)) < 0, errno != EINTR {
        throw TrackingError(.system, "it cannot be waited for: \(String(cString: strerror(errno)))")
      }
      if waits[1].revents != 0 { readErrors() }
      if waits[2].revents != 0, !send(&sending), received.isEmpty { throw ended() }
      if waits[0].revents != 0, !receive() { throw ended() }
    }
  }

  /// The last lines that it wrote to standard error, as one text; empty where there are none.
  var lastErrors: String {
    readErrors()
    let lines = String(decoding: errorTail, as: UTF8.self).split(separator: "\n")
    return lines.suffix(6).map { $0.filter { !$0.isNewline } }.joined(separator: " | ")
  }

  /// Ends it at once, with everything that it started.
  func kill() {
    _ = end(within: 0)
  }

  // The two ends of a pipe: false when the other one is gone.
  private func receive() -> Bool {
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(output, &piece, piece.count)
    if count > 0 { received += piece[..<count] }
    return count > 0 || count < 0 && (errno == EAGAIN || errno == EINTR)
  }

  private func send(_ bytes: inout ArraySlice<UInt8>) -> Bool {
    // A signal for a reader that is gone would end the whole program.
    var pipeSignal = sigset_t()
    var before = sigset_t()
    sigemptyset(&pipeSignal)
    sigaddset(&pipeSignal, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipeSignal, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let count = bytes.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
    if count > 0 {
      bytes = bytes.dropFirst(count)
      return true
    }
    let reason = errno
    if reason == EPIPE {
      var none = timespec()
      sigtimedwait(&pipeSignal, nil, &none)
      bytes = []
    }
    return reason == EAGAIN || reason == EINTR
  }

  private func readErrors() {
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    while case let count = read(errors, &piece, piece.count), count > 0 {
      errorTail += piece[..<count]
      if errorTail.count > Self.keptErrors { errorTail.removeFirst(errorTail.count - Self.keptErrors) }
    }
  }

  private func ended() -> TrackingError {
    guard let status = end(within: 500) else { return TrackingError(.system, "it closed its output") }
    if status & 0x7F != 0 { return TrackingError(.system, "it was ended by signal \(status & 0x7F)") }
    return TrackingError(.system, "it ended with exit code \(status >> 8 & 0xFF) before it answered")
  }

  // Returns how it ended by itself; nil when it had to be killed.
  private func end(within milliseconds: Int) -> Int32? {
    guard !isBuried else { return nil }
    isBuried = true
    var status: Int32 = 0
    let deadline = monotonicMilliseconds() + milliseconds
    let watch = runs_pidfd_open(id)
    defer { if watch >= 0 { close(watch) } }
    var wait = pollfd(fd: watch, events: Int16(POLLIN), revents: 0)
    while watch >= 0, poll(&wait, 1, Int32(clamping: max(0, deadline - monotonicMilliseconds()))) < 0, errno == EINTR {}
    readErrors()
    let didEnd = wait.revents != 0
    // The group's number is its own until it is buried.
    Glibc.kill(-id, SIGKILL)
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    return didEnd ? status : nil
  }
}

/// Milliseconds of a clock that nobody sets.
func monotonicMilliseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}
