internal import Glibc
internal import Sweeping
internal import Synchronization

/// The wish of a person or of the system that the program ends, and the end of child processes: what signals tell.
enum Interrupts {
  // Touched by the signal handler, so nothing but atomics.
  private static let requests = Atomic<Int>(0)
  private static let lastSignal = Atomic<Int32>(0)
  private static let wakeWriter = Atomic<Int32>(-1)
  private static let wakeReader = Atomic<Int32>(-1)

  /// Asked once for each SIGINT, SIGTERM or SIGHUP; handed to a sweep's driver.
  static let stop = StopRequest()

  /// How often the program was asked to end.
  static var count: Int { requests.load(ordering: .relaxed) }

  /// The signal that asked last; 0 for none.
  static var signal: Int32 { lastSignal.load(ordering: .relaxed) }

  /// Watches SIGINT, SIGTERM, SIGHUP and SIGCHLD instead of dying of them.
  ///
  /// - Returns: a file descriptor that becomes readable with each; `drain` empties it.
  @discardableResult
  static func watch() throws -> Int32 {
    let known = wakeReader.load(ordering: .relaxed)
    if known >= 0 { return known }
    _ = stop.isRequested
    let ends = try makePipe()
    makeNonBlocking(ends.reader)
    makeNonBlocking(ends.writer)
    wakeReader.store(ends.reader, ordering: .relaxed)
    wakeWriter.store(ends.writer, ordering: .relaxed)
    // Whoever started us may have left them blocked, and that is inherited.
    var watched = sigset_t()
    sigemptyset(&watched)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGCHLD] { sigaddset(&watched, number) }
    pthread_sigmask(SIG_UNBLOCK, &watched, nil)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGCHLD] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in Interrupts.arrived(number) }
      action.sa_flags = SA_RESTART
      sigaction(number, &action, nil)
    }
    return ends.reader
  }

  /// Empties the descriptor that `watch` returned.
  static func drain() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while read(wakeReader.load(ordering: .relaxed), &bytes, bytes.count) > 0 {}
  }

  private static func arrived(_ number: Int32) {
    let kept = errno
    if number != SIGCHLD {
      lastSignal.store(number, ordering: .relaxed)
      requests.add(1, ordering: .relaxed)
      stop.request()
    }
    var byte: UInt8 = 1
    _ = Glibc.write(wakeWriter.load(ordering: .relaxed), &byte, 1)
    errno = kept
  }
}
