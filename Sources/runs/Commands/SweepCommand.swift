internal import ArgumentParser
internal import Glibc
internal import Sweeping
internal import Tracking

/// `runs sweep`.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Tunes hyperparameters: starts sweeps of trials, stops them, goes on with them.",
    discussion: """
      Examples:
        runs sweep check examples/digits.yaml
        runs sweep start examples/digits.yaml
        runs sweep resume @last
      """,
    subcommands: [
      SweepCheck.self, SweepStart.self, SweepResume.self, SweepExtend.self, SweepStop.self, SweepStatus.self,
      SweepRerun.self,
    ])
}

/// What is said beside a spec file, so that one that was made for other machines runs here unchanged.
struct SpecArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "An input, instead of the file's: a path where the file has one; may be repeated.", valueName: "name=value"))
  var input: [String] = []

  @Option(
    help: ArgumentHelp(
      "The interpreter, or the folder, of an environment that the file names; may be repeated.", valueName: "name=path")
  )
  var environment: [String] = []

  @Flag(help: "Refuse a file whose environment is not known, rather than run in the current one.")
  var strictEnv = false

  /// The same for the reader of specs.
  var options: SpecOptions {
    get throws {
      func pairs(_ texts: [String], _ noun: String) throws -> [String: String] {
        Dictionary(try texts.map { try ExecCommand.assignment($0, noun) }, uniquingKeysWith: { $1 })
      }
      return SpecOptions(
        inputs: try pairs(input, "input"), environments: try pairs(environment, "environment"),
        refusesUnknownEnvironments: strictEnv)
    }
  }
}

/// What starting and resuming share.
struct DriveOptions: ParsableArguments {
  @Flag(name: [.short, .long], help: "No progress, only the result.")
  var quiet = false

  @Option(help: ArgumentHelp("How many trials the result lists.", valueName: "count"))
  var top = 10

  @Flag(help: "Print the result as JSON.")
  var json = false
}

extension OpenStore {
  /// Returns a driver of this store's sweeps.
  ///
  /// - Parameter found: what is attached to every trial that it starts.
  func driver(
    found: [String: StoredArtifact] = [:], observer: @escaping @Sendable (SweepProgress) -> Void = { _ in }
  ) -> SweepDriver {
    SweepDriver(
      store: tracking, artifacts: artifacts, plugins: everyPlugin(in: folder), launcher: builtinLauncher(),
      paths: SweepPaths(root: folder), runsExecutable: ownExecutable(), environment: inheritedEnvironment(),
      clock: { .now() }, openDoor: doorOpener(), runAgain: determinismCheck(), found: found, stop: Interrupts.stop,
      observer: observer
    )
  }
}

/// Returns the absolute path of this program.
func ownExecutable() -> String {
  var buffer = [CChar](repeating: 0, count: 4096)
  let length = readlink("/proc/self/exe", &buffer, buffer.count)
  guard length > 0 else { return CommandLine.arguments[0] }
  return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Reads a sweep's spec file and says what is wrong with it.
///
/// - Parameter storeFolder: where plugins outside may be; nil where there is no store yet.
/// - Throws: `.notFound`; `.usage` when there is an error in it, which has been printed with line and column.
func checkedSpec(
  _ path: String, in storeFolder: String?, _ arguments: SpecArguments
) throws -> (spec: SweepSpec, text: String, findings: [Finding], warmStart: WarmStart?) {
  guard let text = try readText(path) else {
    throw CommandFailure(.notFound, "there is no file \(path)")
  }
  let checked = try SweepFile.check(
    text: text, path: absolute(path), plugins: everyPlugin(in: storeFolder), options: arguments.options)
  guard let spec = checked.spec else { throw SpecFailure(path: path, findings: checked.findings) }
  return (spec, text, checked.findings, checked.warmStart)
}

/// A spec file with errors.
struct SpecFailure: Error {
  /// The file.
  var path: String
  /// What was found.
  var findings: [Finding]

  /// A line a finding, and how many errors there are.
  var lines: [String] {
    let errors = findings.count { $0.severity == .error }
    return findings.map { "\(path):\($0)" } + ["runs: \(path) has \(counted(errors, "error")); nothing was started"]
  }
}

/// Returns the text of a file; nil where there is none.
///
/// - Throws: `.system`, `.usage` for what is no UTF-8.
func readText(_ path: String) throws -> String? {
  guard let file = fopen(path, "re") else {
    if errno == ENOENT { return nil }
    throw CommandFailure(.system, "\(path) cannot be read: \(String(cString: strerror(errno)))")
  }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 65536)
  while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
  guard ferror(file) == 0 else {
    throw CommandFailure(.system, "\(path) cannot be read: \(String(cString: strerror(errno)))")
  }
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw CommandFailure(.usage, "\(path) is no UTF-8 text")
  }
  return text
}

/// `runs sweep check`.
struct SweepCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks a spec file and starts nothing.",
    usage: "runs sweep check <spec> [<options>]",
    discussion: """
      Every finding has its line and column. The exit code is 2 when there is an error.

      Examples:
        runs sweep check examples/digits.yaml
      """)

  @Argument(
    help: ArgumentHelp("The spec file (docs/spec.md).", valueName: "spec"),
    completion: .file(extensions: ["yaml", "yml"]))
  var path: String

  @Flag(help: "Print the findings and the complete spec as JSON.")
  var json = false

  @OptionGroup var arguments: SpecArguments
  @OptionGroup var common: GlobalOptions

  /// Prints the findings.
  func run() throws {
    do {
      let (spec, _, findings, warmStart) = try checkedSpec(path, in: common.storeFolder, arguments)
      if json { return printJSON(spec, findings) }
      for finding in findings { remark("\(path):\(finding)") }
      write(summary(spec, warmStart))
    } catch let failure as SpecFailure {
      if json { printJSON(nil, failure.findings) }
      throw failure
    }
  }

  private func summary(_ spec: SweepSpec, _ warmStart: WarmStart?) -> String {
    let work =
      switch spec.work {
      case .trainer(let name, _): "the trainer \(name)"
      case .command(let command, _, _): "the command \(command.split(separator: "\n").first ?? "")"
      }
    let limits = spec.limits
    var pairs: [(String, String)] = [
      ("trials", "at most \(limits.maxTotalTrials), \(limits.maxConcurrentTrials) at a time, of \(work)"),
      ("objective", spec.objectiveText),
      ("strategy", "\(spec.strategy.name), seed \(spec.seed)"),
    ]
    if let policy = spec.earlyTermination {
      let options = policy.options.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.plain)" }
      pairs.append(("early end", policy.name + (options.isEmpty ? "" : ", " + options.joined(separator: ", "))))
    }
    if !spec.space.constraints.isEmpty {
      pairs.append(("where", spec.space.constraints.map(\.text).joined(separator: ", ")))
    }
    pairs += spec.endPairs
    if let warmStart {
      let task = warmStart.trust == .same ? "" : ", as of another task"
      pairs.append(("begins with", warmStart.sweeps.joined(separator: ", ") + task))
    }
    return "\(path) is sound\n" + RunRecord.pairs(pairs, on: common.out) + "\n"
      + spec.space.table.text(on: common.out)
  }

  private func printJSON(_ spec: SweepSpec?, _ findings: [Finding]) {
    let listed = findings.map { finding -> Value in
      [
        "line": .integer(Int64(finding.line)), "column": .integer(Int64(finding.column)),
        "severity": .text(finding.severity.rawValue), "message": .text(finding.message),
      ]
    }
    let whole: Value = ["spec": spec?.value ?? .null, "findings": .list(listed)]
    write(whole.prettyJSON + "\n")
  }
}
