internal import Glibc
internal import Tracking

/// A program that was started in a process group of its own.
struct ChildProcess {
  /// How a program ended.
  enum End: Equatable {
    /// By itself, with an exit code.
    case exited(Int32)
    /// By a signal.
    case signaled(Int32)

    /// As attempts record it.
    var outcome: Attempt.Outcome {
      switch self {
      case .exited(let code): .exited(code)
      case .signaled(let signal): .signaled(signal)
      }
    }

    /// The exit code that a shell would tell.
    var code: Int32 {
      switch self {
      case .exited(let code): code
      case .signaled(let signal): 128 + signal
      }
    }
  }

  /// Why a program could not be started.
  struct StartFailure: Error {
    /// The system's error number.
    var number: Int32
    /// The system's word for it.
    var message: String { String(cString: strerror(number)) }
  }

  /// The process id, which is its group's id too.
  let id: pid_t

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - arguments: the program, looked up in PATH, and its arguments; not empty.
  ///   - environment: its whole environment.
  ///   - output: the file descriptor that becomes its standard output.
  ///   - errors: the file descriptor that becomes its standard error.
  /// - Throws: `StartFailure`.
  static func start(
    _ arguments: [String], environment: [String: String], output: Int32, errors: Int32
  ) throws -> ChildProcess {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    posix_spawnattr_setpgroup(&attributes, 0)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGPIPE, SIGTTOU] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let argumentPointers = arguments.map { strdup($0) } + [nil]
    let environmentPointers = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
    var id: pid_t = 0
    let number = posix_spawnp(&id, arguments[0], &actions, &attributes, argumentPointers, environmentPointers)
    guard number == 0 else { throw StartFailure(number: number) }
    return ChildProcess(id: id)
  }

  /// Returns how the program ended; nil while it has not.
  func endIfAny() -> End? {
    var status: Int32 = 0
    guard waitpid(id, &status, WNOHANG) == id else { return nil }
    return ChildProcess.end(status)
  }

  /// Waits until the program has ended.
  func waitForEnd() -> End {
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    return ChildProcess.end(status)
  }

  /// Sends a signal to the whole group.
  func send(_ signal: Int32) { _ = kill(-id, signal) }

  // The C macros WIFSIGNALED and WEXITSTATUS are not there in Swift.
  private static func end(_ status: Int32) -> End {
    status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signaled(status & 0x7F)
  }
}

/// Returns the environment of this process, without the variables that name another run.
func inheritedEnvironment() -> [String: String] {
  var all: [String: String] = [:]
  var next = environ
  while let entry = next.pointee {
    let text = String(cString: entry)
    if let equals = text.firstIndex(of: "="), !text.hasPrefix("RUNS_") {
      all[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
    next += 1
  }
  return all
}

/// Returns whether there is a process with an id.
func processExists(_ id: pid_t) -> Bool { kill(id, 0) == 0 || errno == EPERM }
