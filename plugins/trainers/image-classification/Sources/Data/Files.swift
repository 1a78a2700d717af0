// libarchive's header draws in `timespec`; a whole-module build takes that for its owner.
internal import CArchive

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Files as the trainer writes them.
enum Files {
  /// Writes a file so that after a crash there is the old one or the whole new one: temporary file, fsync, rename.
  static func replace(_ path: String, with bytes: UnsafeRawBufferPointer) throws {
    let temporary = path + ".new"
    try save(temporary, bytes, durable: true)
    guard rename(temporary, path) == 0 else { throw failure("'\(path)' cannot be put into place") }
    let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let directory = open(parent.isEmpty ? "." : parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }

  /// Writes a file.
  static func save(_ path: String, _ bytes: UnsafeRawBufferPointer, durable: Bool = false) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure("'\(path)' cannot be written") }
    defer { close(file) }
    var done = 0
    while done < bytes.count {
      let wrote = write(file, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if wrote < 0 && errno == EINTR { continue }
      guard wrote > 0 else { throw failure("'\(path)' cannot be written") }
      done += wrote
    }
    if durable && fsync(file) != 0 { throw failure("'\(path)' cannot be brought to the disk") }
  }

  static func save(_ path: String, _ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try save(path, $0) }
  }

  /// Writes a line to standard output at once: a reader follows it, and a kill loses none.
  static func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    var done = 0
    while done < bytes.count {
      let wrote = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress.map { $0 + done }, bytes.count - done) }
      if wrote < 0 && errno == EINTR { continue }
      // Nobody reads: the training goes on.
      if wrote <= 0 { return }
      done += wrote
    }
  }

  /// Makes a directory with those above it; one that is there is fine.
  static func makeDirectory(_ path: String) throws {
    var so = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      so += part
      if mkdir(so, 0o755) != 0 && errno != EEXIST { throw failure("the directory '\(so)' cannot be made") }
      so += "/"
    }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The names in a directory, sorted; none when it is not there.
  static func names(in directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  static func remove(_ path: String) { unlink(path) }

  private static func failure(_ what: String) -> TrainerError {
    TrainerError(.unreadable, "\(what): \(String(cString: strerror(errno)))")
  }

  /// Seconds of a clock that only goes forward.
  static func seconds() -> Double { read(CLOCK_MONOTONIC) }

  /// Seconds that all threads of this process have computed.
  static func cpuSeconds() -> Double { read(CLOCK_PROCESS_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
