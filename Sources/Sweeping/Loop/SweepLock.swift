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
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno
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

  deinit { close(descriptor) }
}

/// Makes a directory and those above it.
func makeDirectories(_ path: String) throws {
  if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
  guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
    throw systemError("make \(path)")
  }
  try makeDirectories(String(path[..<slash]))
  guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw systemError("make \(path)") }
}

/// Returns the text of a small file; nil when it cannot be read.
func readFile(_ path: String, lastBytes: Int = 1 << 20) -> String? {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  let size = Int(lseek(file, 0, SEEK_END))
  var bytes = [UInt8](repeating: 0, count: min(size, lastBytes))
  let count = pread(file, &bytes, bytes.count, off_t(size - bytes.count))
  return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
}

/// Words what the system refused, with the reason of `errno`.
func systemError(_ deed: String) -> TrackingError {
  TrackingError(.system, "cannot \(deed): \(errorText(errno))")
}

private func errorText(_ number: Int32) -> String { String(cString: strerror(number)) }
