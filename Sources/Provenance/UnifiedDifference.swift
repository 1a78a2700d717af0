internal import Glibc
internal import Tracking

/// The lines in which two versions of a file differ, as `diff -u` prints them.
public enum UnifiedDifference {
  /// Compares two versions of a file.
  ///
  /// - Parameters:
  ///   - path: what the file is called in the headings, below `a/` and `b/`.
  ///   - old: the first version; nil where there is none.
  ///   - new: the second version; nil where there is none.
  ///   - scratch: a directory for what is compared; made when it is not there.
  /// - Returns: the difference, ending in a line feed; empty for equal versions; a line for files that are no text.
  /// - Throws: `.system` where `diff` is not installed, or the directory cannot be written to.
  public static func text(of path: String, old: [UInt8]?, new: [UInt8]?, scratch: String) throws -> String {
    if old == new { return "" }
    if (old ?? []).contains(0) || (new ?? []).contains(0) { return "Binary files a/\(path) and b/\(path) differ\n" }
    let folder = "\(scratch)/diff.\(getpid()).\(UInt64.random(in: 0 ... .max))"
    try makeDirectories(folder)
    defer { removeTree(folder) }
    try write(old ?? [], to: folder + "/old")
    try write(new ?? [], to: folder + "/new")
    // Its exit code is 1 where files differ.
    let script = "LC_ALL=C diff -u --label \"$1\" --label \"$2\" old new; [ $? -le 1 ]"
    let labels = [old == nil ? "/dev/null" : "a/" + path, new == nil ? "/dev/null" : "b/" + path]
    guard let bytes = output(of: ["/bin/sh", "-c", "cd \"$0\" && " + script, folder] + labels, limit: 256 << 20) else {
      throw TrackingError(.system, "`diff` cannot be run; it is part of diffutils: apt-get install diffutils")
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
