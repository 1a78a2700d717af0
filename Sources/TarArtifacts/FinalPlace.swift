internal import Glibc
internal import Tracking

/// Where a restore or an export will appear, and the name that its draft has beside it until then.
struct FinalPlace {
  /// The whole path. A link that leads to a directory is followed, so that the directory is what is replaced.
  let path: String
  /// The directory that it lies in, which may not be there yet.
  let parent: String
  /// What its draft's name begins with.
  let prefix: String

  init(_ path: String) throws {
    var whole = path
    if let real = realpath(path, nil) {
      whole = String(cString: real)
      free(real)
    } else {
      while whole.utf8.count > 1, whole.hasSuffix("/") { whole.removeLast() }
    }
    guard let name = whole.utf8.split(separator: UInt8(ascii: "/")).last.map({ String($0)! }), name != "..", name != "."
    else { throw TrackingError(.invalid, "'\(path)' is no place to write to; name a new file or directory") }
    self.path = whole
    parent = TarArtifacts.parent(of: whole) ?? "."
    prefix = ".\(name)."
  }

  /// Checks that a directory may take this place: nothing is here, or a directory with nothing in it.
  ///
  /// - Throws: `.conflict`.
  func checkEmptyDirectory() throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw TrackingError(.conflict, "'\(path)' is there and is no directory; name another to restore to")
    }
    guard try names(in: Descriptor(opening: path, O_RDONLY | O_DIRECTORY)).isEmpty else {
      throw TrackingError(.conflict, "the directory '\(path)' is not empty; name a new or an empty one to restore to")
    }
  }
}
