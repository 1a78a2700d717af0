internal import Glibc
internal import Tracking

/// What is to be stored: the members of a directory or the one file, sorted by the bytes of their paths.
struct SourceTree {
  /// A file, directory or link on the disk.
  struct Entry {
    /// The path inside the tarball.
    var path: String
    /// The path on the disk.
    var source: String
    var kind: ArtifactMember.Kind
    /// A link's target.
    var target: String?
  }

  let entries: [Entry]

  /// Walks a directory, or takes a single file under its own name. A link given as the path itself is followed.
  ///
  /// - Throws: `.notFound`; `.invalid` for what a tarball must not hold.
  init(_ path: String) throws {
    var status = stat()
    guard stat(path, &status) == 0 else { throw TrackingError.system("store", path) }
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      let name = path.utf8.split(separator: UInt8(ascii: "/")).last.map { Array($0) } ?? []
      entries = [Entry(path: try MemberPath.names(of: name).joined(), source: path, kind: .file)]
    case S_IFDIR:
      var found: [Entry] = []
      try SourceTree.walk(path, below: [], into: &found)
      entries = found.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    default:
      throw TrackingError(.invalid, "'\(path)' is neither a file nor a directory, so it cannot be stored")
    }
  }

  /// Takes a file under another name.
  ///
  /// - Throws: `.invalid` for a name that is none.
  init(file source: String, named name: String) throws {
    entries = [Entry(path: try SourceTree.fileName(name), source: source, kind: .file)]
  }

  /// Returns a file's name that is one.
  ///
  /// - Throws: `.invalid` for any other.
  static func fileName(_ name: String) throws -> String {
    let names = try MemberPath.names(of: name.utf8)
    guard names.count == 1, names[0].utf8.elementsEqual(name.utf8), !name.utf8.contains(0) else {
      throw TrackingError(.invalid, "'\(name)' is not the name of a file; give one without '/'")
    }
    return name
  }

  private static func walk(_ directory: String, below above: [String], into found: inout [Entry]) throws {
    let descriptor = try Descriptor(opening: directory, O_RDONLY | O_DIRECTORY)
    for bytes in try names(in: descriptor) {
      guard let name = String(validating: bytes, as: UTF8.self) else {
        throw TrackingError(
          .invalid,
          "'\(directory)/\(String(decoding: bytes, as: UTF8.self))' has a name that is not UTF-8; rename it")
      }
      let source = directory + "/" + name
      let path = (above + [name]).joined(separator: "/")
      var status = stat()
      guard fstatat(descriptor.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
        throw TrackingError.system("look at", source)
      }
      switch status.st_mode & S_IFMT {
      case S_IFREG: found.append(Entry(path: path, source: source, kind: .file))
      case S_IFDIR:
        found.append(Entry(path: path, source: source, kind: .directory))
        try walk(source, below: above + [name], into: &found)
      case S_IFLNK:
        let target = try readLink(name, below: descriptor)
        try MemberPath.checkLink(path, target: target, depth: above.count)
        found.append(Entry(path: path, source: source, kind: .link, target: target))
      default:
        throw TrackingError(
          .invalid, "'\(source)' is a socket, a pipe or a device, which no tarball holds; remove it or store without it"
        )
      }
    }
  }

  private static func readLink(_ name: String, below directory: borrowing Descriptor) throws -> String {
    let bytes = try [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
      count = buffer.withMemoryRebound(to: CChar.self) {
        max(0, readlinkat(directory.number, name, $0.baseAddress!, $0.count))
      }
      guard count > 0 else { throw TrackingError.system("read the link", directory.path + "/" + name) }
    }
    guard let target = String(validating: bytes, as: UTF8.self) else {
      throw TrackingError(.invalid, "the link '\(directory.path)/\(name)' has a target that is not UTF-8")
    }
    return target
  }
}
