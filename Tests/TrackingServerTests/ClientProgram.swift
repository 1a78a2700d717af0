import Foundation
import Glibc

/// A program that a test runs to its end: a script of an MLflow client, or what sets one up.
struct ClientProgram {
  /// The repository's folder.
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// The clients that tests run: those that `RUNS_CLIENTS` names (`skinny models full old boost torch`), otherwise the newest
  /// `mlflow-skinny`, and the newest `mlflow` where it has been installed: that takes minutes, its tests take one.
  static let clients: [String] = {
    if let named = ProcessInfo.processInfo.environment["RUNS_CLIENTS"] {
      return named.split(separator: " ").map(String.init)
    }
    let hasFull = FileManager.default.fileExists(atPath: repository + "/.build/clients/full/complete")
    return hasFull ? ["skinny", "full"] : ["skinny"]
  }()

  /// Runs a script of `Clients/` to its end, as users run theirs: unmodified, told of the server by the environment alone.
  ///
  /// - Returns: its exit code and everything that it said.
  static func run(_ script: String, with client: String, at url: String) throws -> (code: Int32, said: String) {
    try run(
      [try python(client), repository + "/Tests/TrackingServerTests/Clients/" + script],
      environment: [
        "MLFLOW_TRACKING_URI": url, "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
      ])
  }

  /// Runs a program with further variables of the environment.
  ///
  /// - Returns: its exit code and everything that it said.
  static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> (code: Int32, said: String) {
    let file = NSTemporaryDirectory() + "/client-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: file) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var variables = ProcessInfo.processInfo.environment
    variables.merge(environment) { $1 }
    var words = arguments.map { strdup($0) } + [nil]
    var pairs = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (words + pairs).forEach { free($0) } }
    var id = pid_t()
    let status = posix_spawnp(&id, arguments[0], &actions, nil, &words, &pairs)
    guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: status) ?? .ENOENT) }
    var end: Int32 = 0
    while waitpid(id, &end, 0) < 0, errno == EINTR {}
    let said = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    return (end & 0x7f == 0 ? end >> 8 & 0xff : 128 + (end & 0x7f), said)
  }

  /// Returns the python of a virtual environment with a client, which is made where there is none.
  static func python(_ client: String) throws -> String {
    let made = try run([repository + "/scripts/clients", client])
    let path = made.said.split(separator: "\n").last.map(String.init) ?? ""
    guard made.code == 0, FileManager.default.isExecutableFile(atPath: path) else {
      throw RawClient.Failure(message: "scripts/clients \(client) failed: \(made.said.suffix(2000))")
    }
    return path
  }
}
