internal import Glibc
internal import Tracking

/// An open file descriptor with one owner, closed when the owner lets it go.
struct Descriptor: ~Copyable {
  let number: CInt
  /// The path that messages name.
  let path: String

  /// Opens a path; made files get the mode, whatever the umask leaves of it.
  init(opening path: String, _ flags: CInt, mode: mode_t = 0o600) throws {
    number = open(path, flags | O_CLOEXEC, mode)
    self.path = path
    guard number >= 0 else { throw TrackingError.system("open", path) }
  }

  /// Opens a name below a directory.
  init(opening name: String, below parent: borrowing Descriptor, _ flags: CInt, mode: mode_t = 0o600) throws {
    number = openat(parent.number, name, flags | O_CLOEXEC, mode)
    path = parent.path + "/" + name
    guard number >= 0 else { throw TrackingError.system("open", path) }
  }

  /// Takes an open descriptor over.
  init(owning number: CInt, path: String) {
    self.number = number
    self.path = path
  }

  deinit { close(number) }

  borrowing func status() throws -> stat {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw TrackingError.system("look at", path) }
    return status
  }

  /// Reads up to the buffer's size; 0 at the end.
  borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Glibc.read(number, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      guard errno == EINTR else { throw TrackingError.system("read", path) }
    }
  }

  /// Reads exactly the buffer's size from an offset.
  ///
  /// - Throws: `.corrupt` when the file ends before.
  borrowing func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws {
    var done = 0
    while done < buffer.count {
      let count = pread(number, buffer.baseAddress! + done, buffer.count - done, Int(offset) + done)
      if count < 0 {
        guard errno == EINTR else { throw TrackingError.system("read", path) }
        continue
      }
      guard count > 0 else { throw TrackingError(.corrupt, "'\(path)' is shorter than it says of itself") }
      done += count
    }
  }

  /// Writes all of the bytes.
  borrowing func write(_ bytes: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      let count = Glibc.write(number, bytes.baseAddress! + done, bytes.count - done)
      if count < 0 {
        guard errno == EINTR else { throw TrackingError.system("write", path) }
        continue
      }
      done += count
    }
  }

  /// Writes all of the bytes at an offset.
  borrowing func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
    var done = 0
    while done < bytes.count {
      let count = pwrite(number, bytes.baseAddress! + done, bytes.count - done, Int(offset) + done)
      if count < 0 {
        guard errno == EINTR else { throw TrackingError.system("write", path) }
        continue
      }
      done += count
    }
  }

  /// Brings everything written onto the disk; for a directory, its entries.
  borrowing func synchronize() throws {
    guard fsync(number) == 0 else { throw TrackingError.system("bring onto the disk", path) }
  }

  borrowing func setMode(_ mode: mode_t) throws {
    guard fchmod(number, mode) == 0 else { throw TrackingError.system("set the mode of", path) }
  }

  /// Takes the file's lock without waiting; false when another descriptor holds it. The lock ends with the descriptor,
  /// so with the process too.
  borrowing func tryLock() -> Bool { flock(number, LOCK_EX | LOCK_NB) == 0 }
}

/// Makes a directory and those above it that are missing; what is made is on the disk.
func makeDirectories(_ path: String) throws {
  if mkdir(path, 0o777) != 0 {
    guard errno != EEXIST else {
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        errno = ENOTDIR
        throw TrackingError.system("use as a directory", path)
      }
      return
    }
    guard errno == ENOENT, let above = parent(of: path), above != path else {
      throw TrackingError.system("make the directory", path)
    }
    try makeDirectories(above)
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw TrackingError.system("make the directory", path) }
  }
  try Descriptor(opening: parent(of: path) ?? ".", O_RDONLY | O_DIRECTORY).synchronize()
}

/// Returns the directory that a path lies in; nil for a bare name.
func parent(of path: String) -> String? {
  let trimmed = path.utf8.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  guard let slash = trimmed.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
  return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
}

/// Returns the bytes of each name in a directory, `.` and `..` left out; in no order.
func names(in directory: borrowing Descriptor) throws -> [[UInt8]] {
  // fdopendir takes the descriptor over, so it gets one of its own.
  let number = openat(directory.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard number >= 0, let stream = fdopendir(number) else { throw TrackingError.system("list", directory.path) }
  defer { closedir(stream) }
  var names: [[UInt8]] = []
  while true {
    errno = 0
    guard let entry = readdir(stream) else {
      guard errno == 0 else { throw TrackingError.system("list", directory.path) }
      return names
    }
    let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
      tuple.withMemoryRebound(to: UInt8.self, capacity: 256) { bytes in
        Array(
          UnsafeBufferPointer(start: bytes, count: strlen(UnsafeRawPointer(bytes).assumingMemoryBound(to: CChar.self))))
      }
    }
    if name != [0x2E] && name != [0x2E, 0x2E] { names.append(name) }
  }
}

/// Removes a name below a directory with everything in it; nothing there is well too.
func removeTree(_ name: [UInt8], below parent: borrowing Descriptor) throws {
  let cName = name.map { CChar(bitPattern: $0) } + [0]
  if unlinkat(parent.number, cName, 0) == 0 || errno == ENOENT { return }
  let shown = String(decoding: name, as: UTF8.self)
  guard errno == EISDIR || errno == EPERM else { throw TrackingError.system("remove", parent.path + "/" + shown) }
  do {
    let directory = try Descriptor(opening: shown, below: parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    for inner in try names(in: directory) { try removeTree(inner, below: directory) }
  }
  guard unlinkat(parent.number, cName, AT_REMOVEDIR) == 0 || errno == ENOENT else {
    throw TrackingError.system("remove", parent.path + "/" + shown)
  }
}
