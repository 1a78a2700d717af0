import Glibc

/// A session at a shell as a document shows it, in a fenced block marked `console`.
///
/// A line that begins with `$ ` is a command, its output follows. A line `> ` goes on with the command above. In the
/// output, a line `...` stands for any lines, and `...` within a line for any text. `$ ...` lines are told to a shell, each
/// to one of its own, in one folder for the whole document.
struct Transcript {
  struct Step {
    var command: String
    var expected: [String]
    /// The line in the document, from 1.
    var line: Int
  }

  var steps: [Step] = []

  init(_ block: FencedBlock) {
    for (offset, line) in block.lines.enumerated() {
      if line.hasPrefix("$ ") {
        steps.append(Step(command: String(line.dropFirst(2)), expected: [], line: block.line + 1 + offset))
      } else if line.hasPrefix("> "), let last = steps.indices.last, steps[last].expected.isEmpty {
        steps[last].command += "\n" + line.dropFirst(2)
      } else if let last = steps.indices.last {
        steps[last].expected.append(line)
      }
    }
  }

  /// Whether output is what was expected; trailing spaces do not count.
  static func matches(_ expected: [String], _ actual: [String]) -> Bool {
    guard let first = expected.first else { return actual.isEmpty }
    if trimmed(first) == "..." {
      let rest = Array(expected.dropFirst())
      return (0...actual.count).contains { matches(rest, Array(actual.dropFirst($0))) }
    }
    guard let line = actual.first, matches(line: trimmed(first), trimmed(line)) else { return false }
    return matches(Array(expected.dropFirst()), Array(actual.dropFirst()))
  }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }

  private static func matches(line expected: String, _ actual: String) -> Bool {
    let parts = pieces(of: expected)
    guard parts.count > 1 else { return expected == actual }
    guard actual.hasPrefix(parts[0]), actual.hasSuffix(parts[parts.count - 1]) else { return false }
    var rest = Substring(actual).dropFirst(parts[0].count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let found = rest.firstRange(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return rest.count >= parts[parts.count - 1].count
  }

  private static func pieces(of text: String) -> [String] {
    var pieces: [String] = []
    var rest = Substring(text)
    while let dots = rest.firstRange(of: "...") {
      pieces.append(String(rest[..<dots.lowerBound]))
      rest = rest[dots.upperBound...]
    }
    return pieces + [String(rest)]
  }
}

/// A folder where a document's commands are run, with the project's examples in it and `runs` on the path.
final class TranscriptFolder {
  let path: String

  init() {
    var template = Array("/tmp/runs-docs-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template))
    symlink(Documents.root + "/examples", path + "/examples")
  }

  deinit { _ = run("cd / && rm -rf '\(path)'") }

  /// Runs a command and returns the lines that it printed on both outputs.
  func run(_ command: String) -> [String] {
    let variables = "PATH='\(TranscriptFolder.programs)':\"$PATH\" TZ=UTC LC_ALL=C.UTF-8 NO_COLOR=1"
    let quoted = command.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
    guard
      let pipe = popen(
        "cd '\(path)' && unset RUNS_STORE RUNS_RUN_ID && \(variables) sh -c '\(quoted)' </dev/null 2>&1", "r")
    else { return ["cannot start a shell"] }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&piece, 1, piece.count, pipe), count > 0 { bytes += piece[..<count] }
    pclose(pipe)
    var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      .map { String($0) }
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  /// Where `runs` was built: beside the tests.
  static let programs: String = {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
    let executable = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return executable.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  }()
}
