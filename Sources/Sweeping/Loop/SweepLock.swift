internal import Glibc
internal import Tracking

/// The lock that keeps two drivers of one sweep apart. The system lets go of it when its holder dies, however it dies.
final class SweepLock {
  private let descriptor: Int32

  /// Takes the lock of a sweep.
  ///
  /// - Throws: `.busy` naming the process that holds it.
  init(_ sweep: RunID, paths: SweepPaths) throws {
    try makeDirectories(paths.locks)
    let path = paths.lockFile(of: sweep)
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw systemError("open \(path)") }
    // A driver that was killed while it started a job may leave a copy of its descriptor in a process that is about to
    // become that job: gone in a moment.
    var patience = 20
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let reason = errno
      if reason == EWOULDBLOCK, patience > 0 {
        patience -= 1
        usleep(5000)
        continue
      }
      let holder = (readFile(path) ?? "").split(separator: "\n").first.map { "process \($0)" } ?? "another process"
      close(descriptor)
      guard reason == EWOULDBLOCK else { throw TrackingError(.system, "cannot lock \(path): \(errorText(reason))") }
      throw TrackingError(
        .busy, "sweep '\(sweep)' is driven by \(holder); watch it with `runs sweep status \(sweep)`, or stop it there.")
    }
    let text = "\(getpid())\n"
    guard ftruncate(descriptor, 0) == 0, text.withCString({ pwrite(descriptor, $0, strlen($0), 0) }) == text.utf8.count
    else { throw systemError("write \(path)") }
  }

  deinit {
    // Unlocking reaches copies of the descriptor in processes that are being started, closing alone does not.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
