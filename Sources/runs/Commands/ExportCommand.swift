internal import ArgumentParser
internal import Exchange
internal import Tracking

/// `runs export`.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes runs as a file store that MLflow opens.",
    usage: "runs export --mlflow <folder> [<options>]",
    discussion: """
      Everything goes along: parameters, tags, every point, artifacts, models; deleted runs stay deleted ones. Into a store \
      that is there already, runs that it lacks are added. MLflow 3 opens it with MLFLOW_ALLOW_FILE_STORE=true.

      Examples:
        runs export --mlflow mlruns
        runs export --mlflow mlruns --experiment digits
      """)

  @Option(
    help: ArgumentHelp("The folder; empty, not there yet, or an MLflow file store.", valueName: "folder"),
    completion: .directory)
  var mlflow: String

  @Option(help: ArgumentHelp("Only this experiment; may be repeated.", valueName: "name"))
  var experiment: [String] = []

  @Flag(name: [.short, .long], help: "No progress.")
  var quiet = false

  @OptionGroup var common: GlobalOptions

  /// Writes the store.
  func run() throws {
    let store = try common.openStore()
    let display = ProgressDisplay(common: common)
    let began = Timestamp.now()
    let exporter = MLflowExporter(of: store.tracking, artifacts: store.artifacts, to: absolute(mlflow)) { progress in
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
