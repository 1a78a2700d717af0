internal import Glibc

/// A directory of a test's own: made empty, removed with everything in it when the last reference goes.
public final class ScratchFolder: Sendable {
  /// The absolute path.
  public let path: String

  /// Makes a directory below the system's temporary one.
  public init() {
    let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array((root + "/runs-test-XXXXXX").utf8CString)
    guard let made = mkdtemp(&template) else { preconditionFailure("no scratch folder in \(root)") }
    path = String(cString: made)
  }

  deinit { ScratchFolder.remove(path) }

  /// Returns the path of something below.
  public func callAsFunction(_ name: String) -> String { path + "/" + name }

  /// Writes a file below, and the directories above it; returns its path.
  @discardableResult
  public func write(_ name: String, _ bytes: [UInt8], executable: Bool = false) -> String {
    let whole = self(name)
    if let slash = name.lastIndex(of: "/") { makeDirectory(String(name[..<slash])) }
    let file = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    precondition(file >= 0, "cannot write \(whole)")
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + done, bytes.count - done) }
      precondition(count > 0, "cannot write \(whole)")
      done += count
    }
    fchmod(file, executable ? 0o755 : 0o644)
    close(file)
    return whole
  }

  /// Writes a text as a file below.
  @discardableResult
  public func write(_ name: String, _ text: String, executable: Bool = false) -> String {
    write(name, Array(text.utf8), executable: executable)
  }

  /// Makes a directory below, and those above it; returns its path.
  @discardableResult
  public func makeDirectory(_ name: String) -> String {
    var whole = path
    for part in name.split(separator: "/") {
      whole += "/" + part
      precondition(mkdir(whole, 0o755) == 0 || errno == EEXIST, "cannot make \(whole)")
    }
    return whole
  }

  /// Makes a symbolic link below.
  public func link(_ name: String, to target: String) {
    precondition(symlink(target, self(name)) == 0, "cannot link \(name)")
  }

  /// Returns the bytes of a file; nil when it is not there.
  public static func read(_ path: String) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      guard count > 0 else { return count == 0 ? bytes : nil }
      bytes += buffer[..<count]
    }
  }

  /// Returns everything below a directory as lines sorted by path: `d MODE PATH`, `f MODE PATH = CONTENT`,
  /// `l 0 PATH -> TARGET`. Two directories with equal lines are equal.
  public static func listing(_ directory: String) -> [String] {
    var lines: [String] = []
    for name in names(directory) {
      let path = directory + "/" + name
      var status = stat()
      guard lstat(path, &status) == 0 else { continue }
      let mode = String(status.st_mode & 0o7777, radix: 8)
      switch status.st_mode & S_IFMT {
      case S_IFDIR:
        lines.append("d \(mode) \(name)")
        lines += listing(path).map { line in
          let parts = line.split(separator: " ", maxSplits: 2)
          return "\(parts[0]) \(parts[1]) \(name)/\(parts[2])"
        }
      case S_IFLNK:
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes {
          readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        lines.append("l 0 \(name) -> \(String(decoding: buffer[..<max(0, count)], as: UTF8.self))")
      default:
        lines.append("f \(mode) \(name) = \(String(decoding: read(path) ?? [], as: UTF8.self))")
      }
    }
    return lines
  }

  /// Returns the names in a directory, sorted by bytes; none when it is not there.
  public static func names(_ directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    for name in names(path) { remove(path + "/" + name) }
    rmdir(path)
  }
}
