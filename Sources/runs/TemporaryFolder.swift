internal import Glibc
internal import Provenance

/// A folder of the command's own below `$TMPDIR`, removed with everything in it when the last reference goes.
final class TemporaryFolder: Sendable {
  /// Its path.
  let path: String

  /// Makes the folder.
  ///
  /// - Throws: `.system` when there can be none.
  init() throws {
    let root = environment("TMPDIR") ?? "/tmp"
    var template = Array((root + "/runs-XXXXXX").utf8CString)
    guard let made = mkdtemp(&template) else {
      throw CommandFailure(.system, "no folder can be made in \(root): \(String(cString: strerror(errno)))")
    }
    path = String(cString: made)
  }

  deinit { removeTree(path) }
}
