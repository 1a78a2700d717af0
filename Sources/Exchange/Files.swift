internal import Glibc
internal import Tracking

extension TrackingError {
  /// Words what the system refused, with the reason of `errno`.
  init(cannot deed: String, _ path: String) {
    let number = errno
    self.init(
      number == ENOENT ? .notFound : .system, "cannot \(deed) '\(path)': \(String(cString: strerror(number)))")
  }
}

/// What is at a path.
enum FileKind {
  case file(bytes: Int64)
  case directory
  case link
  case other

  /// Looks at a path without following a link there; nil where there is nothing.
  init?(at path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .file(bytes: Int64(status.st_size))
    case S_IFDIR: self = .directory
    case S_IFLNK: self = .link
    default: self = .other
    }
  }

  var isDirectory: Bool { if case .directory = self { true } else { false } }
  var isFile: Bool { if case .file = self { true } else { false } }
}

/// Returns whether a path leads to a directory, a link to one included.
func isDirectory(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Returns the names in a directory, sorted.
func names(in directory: String) throws -> [String] {
  guard let stream = opendir(directory) else { throw TrackingError(cannot: "list", directory) }
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

/// Returns the files below a directory by their paths relative to it, sorted; none where it is not there. Links are left
/// out and named to a closure.
func files(
  below directory: String, leftOut: (String) -> Void = { _ in }
) throws -> [(path: String, bytes: Int64)] {
  guard isDirectory(directory) else { return [] }
  var found: [(path: String, bytes: Int64)] = []
  func walk(_ prefix: String) throws {
    for name in try names(in: directory + "/" + prefix) {
      switch FileKind(at: directory + "/" + prefix + name) {
      case .file(let bytes): found.append((prefix + name, bytes))
      case .directory: try walk(prefix + name + "/")
      case .link, .other: leftOut(directory + "/" + prefix + name)
      case nil: continue
      }
    }
  }
  try walk("")
  return found
}

/// Returns the bytes of a file.
func contents(of path: String) throws -> [UInt8] {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw TrackingError(cannot: "read", path) }
  defer { close(file) }
  var status = stat()
  guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
    throw TrackingError(.invalid, "'\(path)' is no file")
  }
  var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
  var count = 0
  while true {
    let got = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress! + count, $0.count - count) }
    if got == 0 { break }
    if got < 0 {
      if errno == EINTR { continue }
      throw TrackingError(cannot: "read", path)
    }
    count += got
    if count == bytes.count { bytes.append(contentsOf: repeatElement(0, count: bytes.count)) }
  }
  bytes.removeLast(bytes.count - count)
  return bytes
}

/// Returns the text of a file; what is no UTF-8 is replaced, as MLflow's own reader does not.
func fileText(_ path: String) throws -> String { String(decoding: try contents(of: path), as: UTF8.self) }

/// Makes a directory and those above it.
func makeDirectories(_ path: String) throws {
  if mkdir(path, 0o755) == 0 || (errno == EEXIST && isDirectory(path)) { return }
  guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
    throw TrackingError(cannot: "make", path)
  }
  try makeDirectories(String(path[..<slash]))
  guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw TrackingError(cannot: "make", path) }
}

/// Writes a new file, making the directories above it.
func write(_ text: String, to path: String) throws {
  if let slash = path.lastIndex(of: "/") { try makeDirectories(String(path[..<slash])) }
  let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  guard file >= 0 else { throw TrackingError(cannot: "write", path) }
  defer { close(file) }
  var text = text
  try text.withUTF8 { bytes in
    var written = 0
    while written < bytes.count {
      let count = Glibc.write(file, bytes.baseAddress! + written, bytes.count - written)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw TrackingError(cannot: "write", path) }
      written += count
    }
  }
}

/// Removes a directory with everything below; links are removed, not followed.
func removeTree(_ path: String) {
  guard FileKind(at: path)?.isDirectory == true else {
    unlink(path)
    return
  }
  for name in (try? names(in: path)) ?? [] { removeTree(path + "/" + name) }
  rmdir(path)
}
