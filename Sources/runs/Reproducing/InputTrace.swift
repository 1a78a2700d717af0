internal import Glibc
internal import Provenance
internal import Tracking

/// Which files a command reads, as strace sees it.
struct InputTrace {
  /// The tag of a run that names what it read and did not declare: a JSON object of SHA-256 by path.
  static let tag = "runs.undeclared_inputs"
  /// More than this are not listed.
  private static let limit = 500
  private let program: String

  /// Finds strace.
  ///
  /// - Throws: `.system` where there is none.
  init() throws {
    let folders = (environment("PATH") ?? "/usr/bin:/bin").split(separator: ":").map(String.init)
    guard let found = folders.map({ $0 + "/strace" }).first(where: { access($0, X_OK) == 0 }) else {
      throw CommandFailure(
        .system, "--trace-inputs needs strace, which is not installed; `apt-get install strace` installs it on Debian")
    }
    program = found
  }

  private func file(in directory: String) -> String { directory + "/opened" }

  /// Returns the command under the trace.
  func wrapped(_ command: [String], into directory: String) -> [String] {
    [
      program, "-f", "-qq", "-y", "-e", "trace=open,openat", "-e", "signal=none", "-s", "4096", "-o",
      file(in: directory), "--",
    ]
      + command
  }

  /// Returns what was read that is neither a declared input, nor code, nor part of the system or the interpreter.
  ///
  /// - Returns: SHA-256 by path, as the files are now.
  func undeclared(in directory: String, besides provenance: Provenance?) throws -> [String: Digest] {
    defer { unlink(file(in: directory)) }
    guard let text = try readText(file(in: directory)) else { return [:] }
    let known = InputTrace.known(provenance) + [directory]
    let code = provenance?.code.map { code in Set(code.manifest.files.map { code.root + "/" + $0.path }) } ?? []
    var found: [String: Digest] = [:]
    var written: Set<String> = []
    var read: Set<String> = []
    for line in text.split(separator: "\n") {
      guard let path = InputTrace.path(ofLine: line) else { continue }
      if line.contains("O_WRONLY") || line.contains("O_RDWR") { written.insert(path) } else { read.insert(path) }
    }
    for path in read.subtracting(written).sorted() where found.count < InputTrace.limit {
      guard !code.contains(path), !known.contains(where: { path == $0 || path.hasPrefix($0 + "/") }),
        !path.hasSuffix(".pyc"), !path.hasSuffix(".so"), !path.contains(".so."),
        let digest = InputTrace.digest(of: path)
      else { continue }
      found[path] = digest
    }
    return found
  }

  private static let system = [
    "/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/proc", "/sys", "/dev", "/opt/conda", "/run", "/var/lib",
    "/var/cache",
  ]

  private static func known(_ provenance: Provenance?) -> [String] {
    var known = system + (provenance?.inputs.map(\.path) ?? [])
    let interpreter = provenance?.environment[.interpreter] ?? [:]
    for name in ["prefix", "path", "file"] {
      guard let path = interpreter[name] else { continue }
      known.append(name == "prefix" ? path : parent(of: parent(of: path)))
    }
    return known.filter { $0 != "/" && !$0.isEmpty }
  }

  // `PID openat(AT_FDCWD</home/me>, "data.csv", O_RDONLY|O_CLOEXEC) = 3</home/me/data.csv>`: what was opened stands last.
  private static func path(ofLine line: Substring) -> String? {
    guard line.hasSuffix(">"), let equals = line.lastIndex(of: "="), let open = line[equals...].firstIndex(of: "<")
    else {
      return nil
    }
    let path = line[line.index(after: open)...].dropLast()
    return path.hasPrefix("/") ? unescaped(path) : nil
  }

  // strace writes bytes that are no printable ASCII as `\\ooo`.
  private static func unescaped(_ path: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(path.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      guard byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (48...55).contains($0) }) else {
        bytes.append(byte)
        continue
      }
      bytes.append(UInt8(truncatingIfNeeded: digits.reduce(0) { $0 * 8 + Int($1 - 48) }))
      rest.removeFirst(3)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func digest(of path: String) -> Digest? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return try? fileDigest(path)
  }
}
