internal import ArgumentParser
internal import Exchange
internal import TarArtifacts
internal import Tracking

/// `runs export`.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes runs into a file for another store, or as a file store that MLflow opens.",
    usage: """
      runs export <run> ... --output <file> [<options>]
      runs export --mlflow <folder> [<options>]
      """,
    discussion: """
      A file for another store carries runs with everything: parameters, every point, artifacts, code, attempts, \
      decisions. A sweep brings its trials; a trial brings its sweep without the other trials. The same records make \
      the same file; `runs import` verifies every byte of it.

      For MLflow everything goes along that MLflow knows; deleted runs stay deleted ones. Into a file store that is \
      there already, runs that it lacks are added. MLflow 3 opens it with MLFLOW_ALLOW_FILE_STORE=true.

      Examples:
        runs export q7k2 -o q7k2.tar.zst
        runs export q7k2-3 @last -o two.tar.zst
        runs export --mlflow mlruns
        runs export --mlflow mlruns --experiment digits
      """)

  @Argument(
    help: ArgumentHelp("Ids or their unique beginnings, SWEEP-K, @last, @best, SWEEP@best.", valueName: "run"),
    completion: .custom(completeRuns))
  var runs: [String] = []

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("The file to write, mostly NAME.tar.zst; one that is there is replaced.", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp("The folder; empty, not there yet, or an MLflow file store.", valueName: "folder"),
    completion: .directory)
  var mlflow: String?

  @Option(help: ArgumentHelp("For MLflow: only this experiment; may be repeated.", valueName: "name"))
  var experiment: [String] = []

  @Flag(name: [.short, .long], help: "No progress.")
  var quiet = false

  @Flag(help: "Print what was done as JSON; the fields are listed in docs/cli.md.")
  var json = false

  @OptionGroup var common: GlobalOptions

  /// Refuses what is neither of the two, and what is both.
  func validate() throws {
    guard mlflow == nil else {
      guard runs.isEmpty, output == nil, !json else {
        throw ValidationError("--mlflow takes neither runs nor --output nor --json; it writes whole experiments.")
      }
      return
    }
    guard experiment.isEmpty else { throw ValidationError("--experiment goes with --mlflow; name runs otherwise.") }
    guard !runs.isEmpty else { throw ValidationError("Name the runs to export, or a folder with --mlflow.") }
    guard output != nil else { throw ValidationError("Name the file to write with --output.") }
  }

  /// Writes the file or the store.
  func run() throws {
    if let mlflow { return try exportToMLflow(mlflow) }
    let store = try common.openStore()
    let ids = try runs.map { try store.run($0) }
    let file = absolute(output ?? "")
    let display = ProgressDisplay(common: common)
    let began = Timestamp.now()
    let exporter = RunsExporter(of: try store.histories(), artifacts: store.artifacts) { progress in
      if !quiet {
        display.show(progress.deed, done: Int(progress.done), total: progress.total.map { Int($0) }, since: began)
      }
    }
    defer { display.end() }
    var writer: PartFileWriter?
    let exported = try exporter.run(ids, waitingIn: parent(of: file)) {
      let opened = try PartFileWriter(file)
      writer = opened
      return opened
    }
    let bytes = try writer?.finish() ?? 0
    display.end()
    if json {
      let result: Value = [
        "runs": .integer(Int64(exported.runs)), "points": .integer(Int64(exported.points)),
        "models": .integer(Int64(exported.models)), "artifacts": .integer(Int64(exported.artifacts)),
        "partial_sweeps": .object(
          Dictionary(uniqueKeysWithValues: exported.parts.map { ($0.key.text, .integer(Int64($0.value))) })),
        "file": .text(file), "bytes": .integer(bytes),
      ]
      return write(result.prettyJSON + "\n")
    }
    for (sweep, trials) in exported.parts.sorted(by: { $0.key < $1.key }) {
      remark(common.err.paint("of sweep \(sweep) only a part goes along: it has \(counted(trials, "trial"))", .yellow))
    }
    var parts = [counted(exported.runs, "run") + " exported"]
    if exported.points > 0 { parts.append(counted(exported.points, "point")) }
    if exported.models > 0 { parts.append(counted(exported.models, "logged model")) }
    if exported.artifacts > 0 { parts.append(counted(exported.artifacts, "artifact")) }
    write(parts.joined(separator: ", ") + ": \(output ?? file), \(size(bytes))\n")
  }

  private func exportToMLflow(_ folder: String) throws {
    let store = try common.openStore()
    let display = ProgressDisplay(common: common)
    let began = Timestamp.now()
    let exporter = MLflowExporter(of: store.tracking, artifacts: store.artifacts, to: absolute(folder)) { progress in
      if !quiet { display.show(progress.deed, done: progress.runs, total: progress.total, since: began) }
    }
    defer { display.end() }
    let summary = try exporter.run(experiments: experiment)
    display.end()
    for sentence in summary.problems { remark(common.err.paint("left out: " + sentence, .red)) }
    var parts = [counted(summary.runs, "run") + " exported"]
    if summary.points > 0 { parts.append(counted(summary.points, "point")) }
    if summary.files > 0 { parts.append("\(counted(summary.files, "file")), \(size(summary.bytes))") }
    if summary.present > 0 { parts.append("\(summary.present) there already") }
    if !summary.problems.isEmpty { parts.append(counted(summary.problems.count, "problem")) }
    write(parts.joined(separator: ", ") + "\n")
    if !summary.problems.isEmpty { throw CommandFailure(.no) }
  }
}
