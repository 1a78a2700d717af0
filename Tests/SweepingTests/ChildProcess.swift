import Glibc
import Tracking

/// A process that a test starts, with no signal blocked or ignored: threads of a test runner block most of them, and a child
/// would inherit that.
final class ChildProcess {
  let id: pid_t
  private var status: Int32?

  /// Starts a program; its output goes nowhere, its errors into a file.
  init(_ arguments: [String], in folder: String, environment: [String: String], errors: String) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGPIPE] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    // The shell changes the directory and becomes the program.
    let line = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder] + arguments
    var words: [UnsafeMutablePointer<CChar>?] = line.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in words + variables { free(pointer) } }
    var id = pid_t()
    let code = posix_spawn(&id, "/bin/sh", &actions, &attributes, &words, &variables)
    guard code == 0 else { throw TrackingError(.system, "no child: \(String(cString: strerror(code)))") }
    self.id = id
  }

  /// True until it has ended.
  var isRunning: Bool {
    if status != nil { return false }
    var raw: Int32 = 0
    guard waitpid(id, &raw, WNOHANG) == id else { return true }
    status = raw
    return false
  }

  func send(_ signal: Int32) { if isRunning { kill(id, signal) } }

  /// Waits for its end.
  ///
  /// - Returns: its exit code; nil when it was killed.
  @discardableResult
  func wait() -> Int32? {
    if status == nil {
      var raw: Int32 = 0
      while waitpid(id, &raw, 0) < 0, errno == EINTR {}
      status = raw
    }
    let raw = status ?? 0
    return raw & 0x7F == 0 ? (raw >> 8) & 0xFF : nil
  }
}
