private import Glibc
public import Tracking

/// Returns what a sweep's record keeps of its inputs that are files or folders: by name `path`, `sha256` and `bytes`.
///
/// The digest of a file is that of its bytes. That of a folder is of a line `SHA256  PATH` for each file in it, sorted by
/// path, as `sha256sum` writes them.
///
/// - Throws: `.system` for what cannot be read.
public func inputDigests(of spec: SweepSpec) throws -> Value {
  var found: [String: Value] = [:]
  for name in spec.inputPaths {
    guard let path = spec.inputs[name]?.text else { continue }
    var status = stat()
    guard stat(path, &status) == 0 else { throw systemError("look at \(path)") }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    let (digest, bytes) = isFolder ? try folderDigest(path) : try fileDigest(path)
    found[name] = ["path": .text(path), "sha256": .text(digest.hex), "bytes": .integer(bytes)]
  }
  return .object(found)
}

private func folderDigest(_ path: String) throws -> (Digest, Int64) {
  var lines = Digest.Hasher()
  var total: Int64 = 0
  for file in try files(in: path, below: "").sorted() {
    let (digest, bytes) = try fileDigest(path + "/" + file)
    lines.update("\(digest.hex)  \(file)\n".utf8)
    total += bytes
  }
  return (lines.finalize(), total)
}

private func files(in folder: String, below path: String) throws -> [String] {
  try names(in: folder).flatMap { name -> [String] in
    let inner = path.isEmpty ? name : path + "/" + name
    var status = stat()
    guard lstat(folder + "/" + name, &status) == 0 else { throw systemError("look at \(folder)/\(name)") }
    // A link to a folder may lead back to where it stands.
    if status.st_mode & S_IFMT == S_IFLNK, stat(folder + "/" + name, &status) != 0 || status.st_mode & S_IFMT == S_IFDIR
    {
      return []
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return try files(in: folder + "/" + name, below: inner)
    case S_IFREG: return [inner]
    default: return []
    }
  }
}

private func fileDigest(_ path: String) throws -> (Digest, Int64) {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw systemError("read \(path)") }
  defer { close(file) }
  var hasher = Digest.Hasher()
  var total: Int64 = 0
  var piece = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = read(file, &piece, piece.count)
    guard count >= 0 else { throw systemError("read \(path)") }
    if count == 0 { return (hasher.finalize(), total) }
    piece.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    total += Int64(count)
  }
}
