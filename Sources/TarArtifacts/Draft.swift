internal import Glibc
internal import Tracking

/// A file or directory under a temporary name, until it is whole and gets its own.
///
/// It holds the lock of its temporary file, so a draft whose lock is free belongs to a writer that died: `sweep`
/// removes those. A draft that is let go without having been published removes itself.
final class Draft {
  /// What a draft is.
  enum Kind {
    case file
    case directory
  }

  let directory: String
  let name: String
  let descriptor: Descriptor
  private var isPublished = false

  var path: String { directory + "/" + name }

  /// Makes a draft named `<prefix><16 hexadecimal digits>.partial` in a directory.
  init(_ kind: Kind, in directory: String, prefix: String) throws {
    self.directory = directory
    // Between making and locking, another process may take the draft for a dead writer's; then there is a next one.
    while true {
      let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
      let name = prefix + String(repeating: "0", count: 16 - digits.count) + digits + Draft.suffix
      let path = directory + "/" + name
      let descriptor: Descriptor
      switch kind {
      case .file: descriptor = try Descriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL)
      case .directory:
        guard mkdir(path, 0o700) == 0 else { throw TrackingError.system("make the directory", path) }
        guard let opened = try? Descriptor(opening: path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { continue }
        descriptor = opened
      }
      guard descriptor.tryLock(), try Draft.isStill(descriptor, at: path) else { continue }
      self.descriptor = descriptor
      self.name = name
      return
    }
  }

  deinit {
    guard !isPublished, let parent = try? Descriptor(opening: directory, O_RDONLY | O_DIRECTORY) else { return }
    // A draft that cannot be removed now is swept later.
    try? removeTree(Array(name.utf8), below: parent)
  }

  private static let suffix = ".partial"

  private static func isStill(_ descriptor: borrowing Descriptor, at path: String) throws -> Bool {
    var named = stat()
    let opened = try descriptor.status()
    return lstat(path, &named) == 0 && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev
  }

  /// Gives the draft its own name, in the place of whatever file or empty directory has it.
  func publish(as path: String) throws {
    guard rename(self.path, path) == 0 else {
      throw TrackingError(
        .system, "cannot give '\(self.path)' the name '\(path)': \(String(cString: strerror(errno)))")
    }
    isPublished = true
  }

  /// Removes the drafts of dead writers from a directory. What cannot be removed stays for the next time.
  static func sweep(_ directory: String, prefix: String) {
    guard let parent = try? Descriptor(opening: directory, O_RDONLY | O_DIRECTORY),
      let found = try? names(in: parent)
    else { return }
    for bytes in found {
      guard let name = String(validating: bytes, as: UTF8.self), name.hasPrefix(prefix), name.hasSuffix(suffix),
        name.utf8.count == prefix.utf8.count + 16 + suffix.utf8.count,
        let draft = try? Descriptor(opening: name, below: parent, O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
        draft.tryLock()
      else { continue }
      try? removeTree(bytes, below: parent)
    }
  }
}
