internal import Glibc
internal import Tracking

/// The files by which a job is found again: `stdout`, `stderr`, and `job`, which its supervisor holds locked as long as it
/// lives. The first line of `job` is the supervisor's process id, written before the program is started; the second is the
/// program's exit code.
struct JobFiles {
  /// The job's directory.
  let directory: String

  var record: String { directory + "/job" }
  var stdout: String { directory + "/stdout" }
  var stderr: String { directory + "/stderr" }

  /// True when somebody has tried to launch the job here.
  var exists: Bool { access(record, F_OK) == 0 }

  /// True when a supervisor has come to life, even if it did not finish writing its number.
  var wasStarted: Bool {
    var status = stat()
    return stat(record, &status) == 0 && status.st_size > 0
  }

  /// The supervisor's process id; nil when none is written yet.
  var supervisorID: pid_t? { lines.first.flatMap { pid_t($0) } }

  /// How the program ended, as its supervisor noted; nil when it did not. A code above 128 is a shell's word for a signal.
  var recordedEnd: JobState? {
    guard let code = lines.dropFirst().first.flatMap({ Int32($0) }) else { return nil }
    return (129...192).contains(code) ? .signaled(code - 128) : .exited(code)
  }

  /// Takes the job's lock, which a living supervisor holds.
  ///
  /// - Returns: a descriptor that holds the lock until it and its copies are closed; nil when another holds it.
  func takeLock() throws -> Int32? {
    let descriptor = open(record, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw TrackingError(.system, "cannot open \(record): \(String(cString: strerror(errno)))")
    }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
    let reason = errno
    close(descriptor)
    if reason == EWOULDBLOCK { return nil }
    throw TrackingError(.system, "cannot lock \(record): \(String(cString: strerror(reason)))")
  }

  /// Gives the lock back. Unlocking reaches copies of the descriptor in processes that are just being started, which closing
  /// alone does not.
  static func release(_ lock: Int32) {
    flock(lock, LOCK_UN)
    close(lock)
  }

  // The finished lines of the record.
  private var lines: [Substring] {
    let descriptor = open(record, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(descriptor, &bytes, bytes.count)
    guard count > 0, let end = bytes[..<count].lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    return String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
  }
}
