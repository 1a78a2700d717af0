import Foundation
import Glibc

/// A process of `Tests/StoreProcess`.
final class ChildProcess {
  private let id: pid_t
  private let output: FileHandle
  private var hasEnded = false

  /// Starts one with arguments.
  init(_ arguments: String...) throws {
    let program = Bundle.main.bundleURL.deletingLastPathComponent().appendingPathComponent("StoreProcess").path
    let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("StoreProcess").path
    let path = FileManager.default.isExecutableFile(atPath: beside) ? beside : program
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var texts = ([path] + arguments).map { strdup($0) } + [nil]
    defer { texts.forEach { free($0) } }
    var id = pid_t()
    let status = posix_spawn(&id, path, &actions, nil, &texts, environ)
    close(ends[1])
    guard status == 0 else {
      close(ends[0])
      throw POSIXError(POSIXErrorCode(rawValue: status) ?? .ENOENT)
    }
    self.id = id
    output = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
  }

  /// Waits until it has said something.
  func waitForWord() { _ = output.availableData }

  func kill() { Glibc.kill(id, SIGKILL) }

  /// Waits for its end.
  ///
  /// - Returns: what it said, and the signal that ended it, 0 for none.
  func end() throws -> (said: String, signal: Int32, code: Int32) {
    let said = String(decoding: try output.readToEnd() ?? Data(), as: UTF8.self)
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    return (said, status & 0x7f, status >> 8)
  }
}
