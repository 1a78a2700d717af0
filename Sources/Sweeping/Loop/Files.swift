internal import Glibc
internal import Tracking

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

func errorText(_ number: Int32) -> String { String(cString: strerror(number)) }

/// Returns whether there is something at a path.
func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Returns whether a directory is empty, or not there.
func isEmptyDirectory(_ path: String) -> Bool { names(in: path).isEmpty }

/// Removes a directory with everything below, as far as that is allowed; links are removed, not followed.
func removeTree(_ path: String) {
  if rmdir(path) == 0 || errno == ENOENT { return }
  if errno == ENOTDIR {
    unlink(path)
    return
  }
  for name in names(in: path) {
    if unlink(path + "/" + name) != 0 { removeTree(path + "/" + name) }
  }
  rmdir(path)
}

/// The names in a directory; none when it is not there.
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
  return names
}

/// Copies a directory with everything below, or does nothing when it is not there. What is found at the other path once this
/// was begun is the whole copy: killed in between, it begins anew.
///
/// - Returns: false when there was nothing to copy.
func copyTree(_ source: String, to target: String) throws -> Bool {
  guard exists(source) else { return false }
  let draft = target + ".new"
  removeTree(draft)
  try makeDirectories(draft)
  try copyContents(of: source, to: draft)
  guard rename(draft, target) == 0 else { throw systemError("rename \(draft) to \(target)") }
  return true
}

/// Copies what is in a directory: files, directories, links.
///
/// - Parameter takes: asked for each path below the directory; false leaves it out.
func copyContents(
  of source: String, to target: String, below path: String = "", takes: (String, stat) throws -> Bool = { _, _ in true }
) throws {
  for name in names(in: source) {
    let (from, to) = (source + "/" + name, target + "/" + name)
    let inner = path.isEmpty ? name : path + "/" + name
    var status = stat()
    guard lstat(from, &status) == 0 else { throw systemError("look at \(from)") }
    guard try takes(inner, status) else { continue }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      try makeDirectories(to)
      try copyContents(of: from, to: to, below: inner, takes: takes)
    case S_IFREG: try copyFile(from, to: to, mode: status.st_mode & 0o777)
    case S_IFLNK:
      var place = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
      guard readlink(from, &place, Int(PATH_MAX)) >= 0, symlink(place, to) == 0 else { throw systemError("link \(to)") }
    // A socket or a pipe is no state.
    default: continue
    }
  }
}

/// Moves what is in a directory into another one of the same file system; a name that is taken there stays where it is.
func moveContents(of source: String, to target: String) {
  for name in names(in: source) where !exists(target + "/" + name) { rename(source + "/" + name, target + "/" + name) }
}

// `FICLONE`: a copy that shares its blocks with the source until one of them is written.
private let cloneRequest: UInt = 0x4004_9409

private func copyFile(_ source: String, to target: String, mode: mode_t) throws {
  let from = open(source, O_RDONLY | O_CLOEXEC)
  guard from >= 0 else { throw systemError("read \(source)") }
  defer { close(from) }
  let to = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
  guard to >= 0 else { throw systemError("write \(target)") }
  defer { close(to) }
  var status = stat()
  guard fstat(from, &status) == 0 else { throw systemError("look at \(source)") }
  if status.st_size >= 1 << 16, ioctl(to, cloneRequest, from) == 0 { return }
  var piece = [UInt8](repeating: 0, count: min(1 << 18, max(4096, Int(status.st_size) + 1)))
  while true {
    let count = read(from, &piece, piece.count)
    guard count > 0 else {
      if count == 0 { return }
      throw systemError("read \(source)")
    }
    var written = 0
    while written < count {
      let step = piece.withUnsafeBytes { Glibc.write(to, $0.baseAddress! + written, count - written) }
      guard step > 0 else { throw systemError("write \(target)") }
      written += step
    }
  }
}
