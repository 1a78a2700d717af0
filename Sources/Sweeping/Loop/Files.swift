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

private func names(in directory: String) -> [String] {
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
