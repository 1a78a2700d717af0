internal import Glibc
public import Tracking

/// What of a file's status tells that it was not written since: as git's index does it.
struct FileStamp: Hashable {
  var device: UInt64
  var inode: UInt64
  var size: Int64
  /// Nanoseconds since 1970.
  var modified: Int64
  /// Nanoseconds since 1970.
  var changed: Int64

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
  }

  init(device: UInt64, inode: UInt64, size: Int64, modified: Int64, changed: Int64) {
    (self.device, self.inode, self.size) = (device, inode, size)
    (self.modified, self.changed) = (modified, changed)
  }
}

/// Words what the system refused, with the reason of `errno`.
func systemError(_ deed: String) -> TrackingError {
  TrackingError(.system, "cannot \(deed): \(String(cString: strerror(errno)))")
}

/// Returns a path's status, links not followed; nil where there is nothing.
func status(of path: String) -> stat? {
  var status = stat()
  return lstat(path, &status) == 0 ? status : nil
}

/// Returns a path's status, links followed; nil where there is nothing.
func statusBehindLinks(of path: String) -> stat? {
  var status = stat()
  return stat(path, &status) == 0 ? status : nil
}

extension stat {
  var isFile: Bool { st_mode & S_IFMT == S_IFREG }
  var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }
  var isLink: Bool { st_mode & S_IFMT == S_IFLNK }
  var isExecutable: Bool { st_mode & 0o111 != 0 }
}

/// The names in a directory, sorted; none when it cannot be read.
func names(in directory: String) -> [String] {
  guard let stream = opendir(directory) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}

/// Returns the bytes of a file; nil when it cannot be read or is longer.
func bytes(of path: String, atMost limit: Int = 16 << 20) -> [UInt8]? {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  var all: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(file, &piece, piece.count)
    guard count >= 0, all.count + count <= limit else { return nil }
    if count == 0 { return all }
    all.append(contentsOf: piece[..<count])
  }
}

/// Returns the text of a file; nil when it cannot be read or is longer.
func text(of path: String, atMost limit: Int = 16 << 20) -> String? {
  bytes(of: path, atMost: limit).map { String(decoding: $0, as: UTF8.self) }
}

/// Returns the digest of a file's bytes.
///
/// - Throws: `.system` when it cannot be read.
public func fileDigest(_ path: String) throws -> Digest {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw systemError("read \(path)") }
  defer { close(file) }
  var hasher = Digest.Hasher()
  var piece = [UInt8](repeating: 0, count: 1 << 18)
  while true {
    let count = read(file, &piece, piece.count)
    guard count >= 0 else { throw systemError("read \(path)") }
    if count == 0 { return hasher.finalize() }
    piece.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }
}

/// Returns where a link points; nil for what is none.
func target(ofLink path: String) -> String? {
  var place = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
  let count = readlink(path, &place, Int(PATH_MAX))
  return count < 0 ? nil : String(decoding: place[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Returns the absolute path without links; nil where there is nothing.
func resolved(_ path: String) -> String? {
  guard let place = realpath(path, nil) else { return nil }
  defer { free(place) }
  return String(cString: place)
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

/// Removes a directory with everything below; links are removed, not followed.
public func removeTree(_ path: String) {
  if unlink(path) == 0 || rmdir(path) == 0 || errno == ENOENT { return }
  for name in names(in: path) { removeTree(path + "/" + name) }
  rmdir(path)
}

/// Writes a file; what was there is replaced as a whole, or not at all.
func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws {
  let draft = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).new"
  let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
  guard file >= 0 else { throw systemError("write \(path)") }
  defer { unlink(draft) }
  var written = 0
  while written < bytes.count {
    let step = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + written, bytes.count - written) }
    guard step > 0 else {
      close(file)
      throw systemError("write \(path)")
    }
    written += step
  }
  guard close(file) == 0, rename(draft, path) == 0 else { throw systemError("write \(path)") }
}
