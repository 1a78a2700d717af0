internal import Glibc
internal import Tracking

/// The files by which a job is found again.
struct JobFiles {
  /// The job's directory.
  let directory: String

  var lock: String { directory + "/lock" }
  var pid: String { directory + "/pid" }
  var exit: String { directory + "/exit" }
  var stdout: String { directory + "/stdout" }
  var stderr: String { directory + "/stderr" }

  /// True when somebody has tried to launch the job here.
  var exists: Bool { access(lock, F_OK) == 0 }

  /// True when a supervisor has come to life, even if it did not get to writing its number.
  var wasStarted: Bool { access(pid, F_OK) == 0 }

  /// The supervisor's process id; nil when none is written yet.
  var supervisorID: pid_t? { JobFiles.line(of: pid).flatMap { pid_t($0) } }

  /// How the program ended, as its supervisor noted; nil when it did not. A code above 128 is a shell's word for a signal.
  var recordedEnd: JobState? {
    guard let code = JobFiles.line(of: exit).flatMap({ Int32($0) }) else { return nil }
    return (129...192).contains(code) ? .signaled(code - 128) : .exited(code)
  }

  /// Takes the job's lock, which a living supervisor holds.
  ///
  /// - Returns: a descriptor that holds the lock until it and its copies are closed; nil when another holds it.
  func takeLock() throws -> Int32? {
    let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw TrackingError(.system, "cannot open \(lock): \(String(cString: strerror(errno)))")
    }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
    let reason = errno
    close(descriptor)
    if reason == EWOULDBLOCK { return nil }
    throw TrackingError(.system, "cannot lock \(lock): \(String(cString: strerror(reason)))")
  }

  // The first line of a small file; nil when it is not there or its line is not finished.
  private static func line(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = read(descriptor, &bytes, bytes.count)
    guard count > 0, let end = bytes[..<count].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    return String(decoding: bytes[..<end], as: UTF8.self)
  }
}
