internal import Glibc
internal import Tracking

/// Writes members below a directory that nobody else knows yet. Their paths have been checked by the reader.
struct MemberWriter {
  private let top: CInt
  private let path: String

  init(_ directory: borrowing Descriptor) {
    top = directory.number
    path = directory.path
  }

  func write(_ member: ArtifactMember, from reader: TarReader) throws {
    try makeDirectories(above: member.path)
    switch member.kind {
    case .directory: try makeDirectory(member.path)
    case .link:
      guard symlinkat(member.target ?? "", top, member.path) == 0 else { throw failure("make the link", member.path) }
    case .file:
      let number = openat(top, member.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
      guard number >= 0 else { throw failure("make the file", member.path) }
      let file = Descriptor(owning: number, path: path + "/" + member.path)
      try reader.readFile { offset, bytes in try file.write(bytes, at: offset) }
      // A tar of another hand may say zeros at a file's end by leaving them out.
      guard ftruncate(number, off_t(member.bytes)) == 0 else { throw failure("size the file", member.path) }
      try file.setMode(member.isExecutable ? 0o755 : 0o644)
    }
  }

  private func makeDirectories(above path: String) throws {
    for slash in path.utf8.indices where path.utf8[slash] == UInt8(ascii: "/") {
      try makeDirectory(String(path[..<slash]))
    }
  }

  private func makeDirectory(_ path: String) throws {
    if mkdirat(top, path, 0o755) != 0 {
      guard errno == EEXIST else { throw failure("make the directory", path) }
      return
    }
    guard fchmodat(top, path, 0o755, 0) == 0 else { throw failure("set the mode of", path) }
  }

  private func failure(_ deed: String, _ member: String) -> TrackingError {
    TrackingError.system(deed, path + "/" + member)
  }
}
