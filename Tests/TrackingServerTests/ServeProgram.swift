import Foundation
import Glibc
import Tracking

/// `runs serve` as a process, on a store in a folder of its own.
final class ServeProgram {
  let folder: String
  let port: Int
  private let id: pid_t
  private let output: String
  private var end: Int32?

  /// Starts it, and waits until it listens.
  ///
  /// - Parameter folder: of an earlier server, whose store is served again; nil for a new one.
  init(in folder: String? = nil, _ options: String...) throws {
    self.folder = folder ?? NSTemporaryDirectory() + "/runs-serve-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
    output = self.folder + "/said-\(UUID().uuidString.prefix(8))"
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    let arguments = [Self.program, "serve", "--port", "0", "--store", self.folder + "/.runs"] + options
    var words = arguments.map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var started = pid_t()
    let status = posix_spawn(&started, Self.program, &actions, nil, &words, environ)
    guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: status) ?? .ENOENT) }
    id = started
    var found: Int?
    let began = ContinuousClock.now
    while found == nil {
      let said = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
      found = said.split(separator: "\n").first { $0.hasPrefix("serving ") }
        .flatMap { $0.split(separator: ":").last.flatMap { Int($0) } }
      var status: Int32 = 0
      guard ContinuousClock.now - began < .seconds(30), waitpid(started, &status, WNOHANG) == 0 else {
        kill(started, SIGKILL)
        throw RawClient.Failure(message: "`runs serve` did not start: \(said)")
      }
      sched_yield()
    }
    port = found!
  }

  /// The `runs` that was built with the tests.
  static let program: String = {
    let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/runs"
    let other = Bundle.main.bundleURL.deletingLastPathComponent().path + "/runs"
    return FileManager.default.isExecutableFile(atPath: beside) ? beside : other
  }()

  deinit {
    if end == nil {
      kill(id, SIGKILL)
      _ = wait()
    }
  }

  /// What it said.
  var said: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }

  /// Connects.
  func client() throws -> RawClient { try RawClient(port: port) }

  /// Sends it a signal.
  func signal(_ number: Int32) { kill(id, number) }

  /// Lets no file of it grow beyond so many bytes, or (nil) any.
  func limitFiles(to bytes: Int?) throws {
    let limit = bytes.map(String.init) ?? "unlimited"
    let (code, said) = try ClientProgram.run(["prlimit", "--pid", "\(id)", "--fsize=\(limit):unlimited"])
    guard code == 0 else { throw RawClient.Failure(message: "prlimit: \(said)") }
  }

  /// Waits for its end.
  ///
  /// - Returns: its exit code; 128 and the number of the signal that ended it.
  func wait() -> Int32 {
    if let end { return end }
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    let code = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f)
    end = code
    return code
  }

  /// What `runs` says of the store, and its exit code.
  func runs(_ arguments: String...) throws -> (code: Int32, said: String) {
    try ClientProgram.run([Self.program] + arguments + ["--store", folder + "/.runs"])
  }
}
