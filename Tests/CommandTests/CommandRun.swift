import Glibc
import Testing
import Tracking

@testable import runs

/// The project's folder.
let projectFolder = parent(of: parent(of: parent(of: #filePath)))

/// Where the golden files are.
let goldenFolder = parent(of: #filePath) + "/Golden"

/// Returns the names in a folder.
func names(in folder: String) throws -> [String] {
  guard let directory = opendir(folder) else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    if name != ".", name != ".." { names.append(name) }
  }
  return names
}

/// A folder of its own for a test, removed with this object.
final class TestFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/runs-command-XXXXXX".utf8CString)
    path = String(cString: try #require(mkdtemp(&template)))
  }

  deinit { _ = try? runProgram(["rm", "-rf", path]) }

  /// Runs the built `runs` in this folder and returns what came of it.
  @discardableResult
  func runs(_ arguments: String..., environment extra: [String: String] = [:]) throws -> ProgramResult {
    try runProgram([runsExecutable] + arguments, in: path, environment: extra)
  }

  /// Writes a file.
  func write(_ text: String, to name: String) throws { try writeText(text, to: path + "/" + name) }

  /// Writes a sweep that runs a shell script in copies of its folder, as `spec.yaml`: `$1` is drawn from 1 to 2, and the script
  /// prints `loss=NUMBER`.
  ///
  /// - Parameter rest: further lines of the spec.
  func writeSweep(of script: String, trials: Int, atOnce: Int = 1, rest: String = "") throws {
    try runProgram(["mkdir", "-p", path + "/code"])
    try write(script + "\n", to: "code/train.sh")
    try write(
      """
      experiment_name: e
      trial: {command: 'sh train.sh ${{search_space.x}}', code: code}
      metrics: [{name: loss, regex: 'loss=([0-9.]+)'}]
      sampling_algorithm: random
      search_space: {x: {type: uniform, min_value: 1, max_value: 2}}
      objective: {primary_metric: loss, goal: minimize}
      limits: {max_total_trials: \(trials), max_concurrent_trials: \(atOnce)}
      \(rest)
      """, to: "spec.yaml")
  }
}

/// The `runs` that was built with the tests.
let runsExecutable = parent(of: ownExecutable()) + "/runs"

/// What came of a program.
struct ProgramResult {
  var code: Int32
  var output: String
  var errors: String

  /// The lines of the output.
  var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }

  /// The output as JSON.
  func json() throws -> Value { try Value(json: output) }
}

/// Runs a program to its end.
@discardableResult
func runProgram(
  _ arguments: [String], in folder: String? = nil, environment extra: [String: String] = [:]
) throws -> ProgramResult {
  let running = try RunningProgram(arguments, in: folder, environment: extra)
  return try running.result()
}

/// A program that was started.
final class RunningProgram {
  let child: ChildProcess
  private let files: (output: Int32, errors: Int32)

  init(_ arguments: [String], in folder: String? = nil, environment extra: [String: String] = [:]) throws {
    func temporary() -> Int32 {
      var template = Array("/tmp/runs-output-XXXXXX".utf8CString)
      let file = mkstemp(&template)
      _ = fcntl(file, F_SETFD, FD_CLOEXEC)
      unlink(template)
      return file
    }
    files = (temporary(), temporary())
    var variables = inheritedEnvironment()
    variables["TZ"] = "UTC"
    variables.merge(extra, uniquingKeysWith: { $1 })
    let command = folder.map { ["sh", "-c", "cd \"$0\" && exec \"$@\" </dev/null", $0] + arguments } ?? arguments
    child = try ChildProcess.start(command, environment: variables, output: files.output, errors: files.errors)
  }

  /// Waits for its end.
  func result() throws -> ProgramResult {
    let end = child.waitForEnd()
    func text(_ file: Int32) -> String {
      defer { close(file) }
      var bytes = [UInt8](repeating: 0, count: Int(lseek(file, 0, Int32(SEEK_END))))
      let count = pread(file, &bytes, bytes.count, 0)
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
    return ProgramResult(code: end.code, output: text(files.output), errors: text(files.errors))
  }
}

/// A named pipe: a test and a program wait for each other at it.
struct NamedPipe {
  let path: String

  init(_ name: String, in folder: TestFolder) {
    path = folder.path + "/" + name
    mkfifo(path, 0o600)
  }

  /// Waits for a program that writes, and returns what it wrote until everyone who could write has gone.
  func read() throws -> String { try #require(try readText(path)) }

  /// Waits for a program that reads, and writes to it.
  func write(_ text: String) {
    let descriptor = open(path, O_WRONLY)
    _ = Output.put(Array(text.utf8)[...], to: descriptor)
    close(descriptor)
  }
}
