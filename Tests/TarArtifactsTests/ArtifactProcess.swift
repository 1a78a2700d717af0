import Glibc

/// A process of `Tests/ArtifactProcess`: a writer that can die.
struct ArtifactProcess {
  /// How it ended.
  struct End: Equatable {
    /// The signal that ended it, 0 for none.
    var signal: Int32
    /// Its exit code.
    var code: Int32
    /// What it said.
    var said: String
  }

  private let id: pid_t
  private let output: Int32

  /// Starts one.
  init(_ arguments: String...) {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
    let tests = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let program = tests.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    // A file rather than a pipe: other tests start processes at the same time, and would hold a pipe's end open.
    let path = "/tmp/runs-said-\(UInt64.random(in: 0...UInt64.max))"
    output = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    precondition(output >= 0, "no file for what the process says")
    unlink(path)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    // Threads of the tests block signals, which a child would inherit.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var texts = ([program + "/ArtifactProcess"] + arguments).map { strdup($0) } + [nil]
    defer { texts.forEach { free($0) } }
    var id = pid_t()
    let status = posix_spawn(&id, program + "/ArtifactProcess", &actions, &attributes, &texts, environ)
    precondition(status == 0, "\(program)/ArtifactProcess does not start: \(String(cString: strerror(status)))")
    self.id = id
  }

  /// Waits for its end.
  func end() -> End {
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    var said = [UInt8](repeating: 0, count: 4096)
    let count = max(0, pread(output, &said, said.count, 0))
    close(output)
    return End(
      signal: status & 0x7F, code: status >> 8 & 0xFF, said: String(decoding: said[..<count], as: UTF8.self))
  }
}
