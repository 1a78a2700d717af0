internal import ArgumentParser
internal import Glibc
internal import Sweeping
internal import Tracking

/// `runs logs`.
struct LogsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs",
    abstract: "Prints what a run wrote to standard output and standard error.",
    usage: "runs logs <run> [<options>]",
    discussion: """
      What the run wrote to its standard error goes to standard error here too.

      Examples:
        runs logs q7k2-3
        runs logs q7k2-3 --follow
        runs logs q7k2-3 --lines 20 --attempt 1
      """)

  @OptionGroup var which: RunArgument

  @Flag(name: [.short, .long], help: "Go on until the run has ended.")
  var follow = false

  @Option(name: [.customShort("n"), .long], help: ArgumentHelp("Only the last lines of each.", valueName: "count"))
  var lines: Int?

  @Option(help: ArgumentHelp("An attempt, from 1; otherwise the last.", valueName: "number"))
  var attempt: Int?

  @Flag(name: .customLong("stdout"), help: "Only standard output.")
  var onlyOutput = false

  @Flag(name: .customLong("stderr"), help: "Only standard error.")
  var onlyErrors = false

  @OptionGroup var common: GlobalOptions

  /// Refuses what excludes each other.
  func validate() throws {
    if onlyOutput && onlyErrors { throw ValidationError("--stdout and --stderr exclude each other; give one.") }
    if let lines, lines < 0 { throw ValidationError("--lines is \(lines); it must be at least 0.") }
  }

  /// Prints the output.
  func run() throws {
    let store = try common.openStore()
    let id = try store.run(which.run)
    let run = try store.tracking.run(id)
    guard run.kind != .hyperdrive else {
      throw CommandFailure(.usage, "'\(id)' is a sweep; its trials have output: runs logs \(id)-0")
    }
    var number = try chosenAttempt(of: id, in: store.tracking)
    var files = open(number, of: id, store)
    while number == nil || files.isEmpty {
      guard follow, !(try store.tracking.run(id)).state.isFinal else {
        throw CommandFailure(.notFound, "run '\(id)' has left no output here")
      }
      usleep(100_000)
      number = try chosenAttempt(of: id, in: store.tracking)
      files = open(number, of: id, store)
    }
    if let lines { for file in files { file.seek(toLast: lines) } }
    while true {
      // Asked before reading: what a run wrote before it ended is read after it is known to have ended.
      let isOver = try !follow || store.tracking.run(id).state.isFinal
      let latest = try attempt ?? chosenAttempt(of: id, in: store.tracking)
      for file in files { file.copyNew() }
      Output.flush()
      if latest != number, follow {
        files = open(latest, of: id, store)
        number = latest
      } else if isOver {
        return
      } else {
        usleep(100_000)
      }
    }
  }

  private func chosenAttempt(of id: RunID, in reader: any TrackingReader) throws -> Int? {
    let attempts = try reader.attempts(of: id)
    guard let attempt else { return attempts.last?.number }
    guard attempts.contains(where: { $0.number == attempt }) else {
      throw CommandFailure(
        .notFound, "run '\(id)' has no attempt \(attempt); it has had \(counted(attempts.count, "attempt"))")
    }
    return attempt
  }

  private func open(_ attempt: Int?, of id: RunID, _ store: OpenStore) -> [OutputFile] {
    guard let attempt else { return [] }
    let directory = SweepPaths(root: store.folder).jobDirectory("\(id).\(attempt)")
    var files: [OutputFile?] = []
    if !onlyErrors { files.append(OutputFile(directory + "/stdout", to: 1)) }
    if !onlyOutput { files.append(OutputFile(directory + "/stderr", to: 2)) }
    return files.compactMap { $0 }
  }
}

/// A file that grows while it is read.
private final class OutputFile {
  private let descriptor: Int32
  private let target: Int32

  init?(_ path: String, to target: Int32) {
    descriptor = Glibc.open(path, O_RDONLY | Int32(O_CLOEXEC))
    self.target = target
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  /// Goes to the beginning of the last lines.
  func seek(toLast lines: Int) {
    let end = lseek(descriptor, 0, Int32(SEEK_END))
    var (at, left) = (end, lines)
    var byte: UInt8 = 0
    // The line break at the very end closes a line and begins none.
    if at > 0 { at -= 1 }
    while at > 0, left > 0 {
      pread(descriptor, &byte, 1, at - 1)
      if byte == 0x0A { left -= 1 }
      if left > 0 { at -= 1 }
    }
    lseek(descriptor, lines == 0 ? end : at, Int32(SEEK_SET))
  }

  /// Copies what has been added.
  func copyNew() {
    var bytes = [UInt8](repeating: 0, count: 65536)
    while case let count = read(descriptor, &bytes, bytes.count), count > 0 {
      if target == 1 { Output.write(bytes[..<count]) } else { Output.writeError(Array(bytes[..<count])) }
    }
  }
}
