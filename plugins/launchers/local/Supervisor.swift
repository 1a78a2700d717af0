internal import CProcess
internal import Glibc
internal import Tracking

/// A job's supervisor: the leader of its session and process group.
struct Supervisor: Sendable {
  /// Its process id, which is the group's number, too.
  let id: pid_t
  /// A descriptor that becomes readable when it has ended.
  let watch: Int32
  /// True when this process started it and must bury it.
  let isOwn: Bool

  /// The name comes first, then the work, then how it ended. The traps keep the supervisor alive through a signal to its
  /// group; the program gets signals as they are. The program does not inherit the lock, which is the record's descriptor.
  private static let script = """
    trap : TERM INT HUP
    echo $$ >&3
    "$@" 3>&-
    echo $? >&3
    """

  private static let lockDescriptor: Int32 = 3

  /// Starts a supervisor, which inherits the lock.
  static func start(_ job: Job, files: JobFiles, lock: Int32) throws -> Supervisor {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, files.stdout, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, files.stderr, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, lock, lockDescriptor)
    // Whatever else is open here without being marked close-on-exec is none of the job's business.
    posix_spawn_file_actions_addclosefrom_np(&actions, lockDescriptor + 1)
    posix_spawn_file_actions_addchdir_np(&actions, job.workingDirectory)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let flags = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | runs_spawn_setsid
    posix_spawnattr_setflags(&attributes, flags)

    var environment = job.environment
    environment[StrayProcesses.variable] = job.directory
    let arguments = ["/bin/sh", "-c", script, job.directory] + job.arguments
    var id = pid_t()
    let code = withCStrings(arguments) { arguments in
      withCStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
        posix_spawn(&id, "/bin/sh", &actions, &attributes, arguments, environment)
      }
    }
    guard code == 0 else {
      throw TrackingError(
        .system, "job \(job.name) did not start in \(job.workingDirectory): \(String(cString: strerror(code)))")
    }
    let supervisor = Supervisor(id: id, watch: runs_pidfd_open(id), isOwn: true)
    guard supervisor.watch >= 0 else {
      let reason = String(cString: strerror(errno))
      supervisor.signalGroup(SIGKILL)
      supervisor.bury()
      throw TrackingError(.system, "job \(job.name) cannot be watched and was ended: \(reason)")
    }
    return supervisor
  }

  /// Finds the supervisor of a job that another process launched; nil when it does not live.
  static func adopt(_ files: JobFiles) -> Supervisor? {
    // It writes its number as its first deed; a moment of patience covers the time before.
    for _ in 0..<200 {
      if let id = files.supervisorID {
        let watch = runs_pidfd_open(id)
        guard watch >= 0 else { return nil }
        // While the supervisor holds the lock, the number is its own, and so is what was opened before asking.
        if isLocked(files) { return Supervisor(id: id, watch: watch, isOwn: false) }
        close(watch)
        return nil
      }
      guard files.exists, isLocked(files) else { return nil }
      usleep(500)
    }
    return nil
  }

  private static func isLocked(_ files: JobFiles) -> Bool {
    guard let lock = try? files.takeLock() else { return true }
    JobFiles.release(lock)
    return false
  }

  /// True once the supervisor has ended.
  var hasEnded: Bool {
    var descriptor = pollfd(fd: watch, events: Int16(POLLIN), revents: 0)
    return poll(&descriptor, 1, 0) > 0
  }

  /// Sends a signal to the whole group; the group's number is the supervisor's as long as nobody has buried it.
  func signalGroup(_ number: Int32) {
    if isOwn || !hasEnded { Glibc.kill(-id, number) }
  }

  /// Ends what is left of the group of a supervisor that has ended. Until it is buried, its number is nobody else's.
  func bury() {
    guard isOwn else { return }
    Glibc.kill(-id, SIGKILL)
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
  }
}

/// Calls a body with a null-terminated array of C strings.
private func withCStrings<Result>(
  _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers = texts.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
}
