internal import ArgumentParser
internal import Exchange
internal import TarArtifacts
internal import Tracking

extension ImportCommand {
  /// `runs import runs`, which is also `runs import FILE`.
  struct ExportedRuns: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "runs",
      abstract: "Brings in a file that `runs export` wrote: all of it or nothing.",
      usage: "runs import [runs] <file> [<options>]",
      discussion: """
        Every byte is verified before anything is recorded. Ids, times and the order of changes are kept. Repeated, it \
        changes nothing; a newer export of runs that went on extends them; a run that is here with other content is \
        named, and nothing is recorded.

        Examples:
          runs import q7k2.tar.zst
          runs import runs q7k2.tar.zst --json
        """)

    @Argument(help: ArgumentHelp("The file.", valueName: "file"), completion: .file())
    var file: String

    @Flag(name: [.short, .long], help: "No progress.")
    var quiet = false

    @Flag(help: "Print what was done as JSON; the fields are listed in docs/cli.md.")
    var json = false

    @OptionGroup var common: GlobalOptions

    /// Imports everything.
    func run() throws {
      guard exists(file) else {
        throw CommandFailure(
          .notFound,
          "there is no file '\(file)'; other programs' runs come in by `runs import mlflow` and "
            + "`runs import tensorboard`")
      }
      let source = try PartFileReader(file)
      let store = try common.openOrMakeStore()
      let display = ProgressDisplay(common: common)
      let began = Timestamp.now()
      defer { display.end() }
      let importer = RunsImporter(from: source, into: try store.histories(), artifacts: store.artifacts) { progress in
        if !quiet {
          display.show(progress.deed, done: Int(progress.done), total: progress.total.map { Int($0) }, since: began)
        }
      }
      let imported = try importer.run()
      display.end()
      if json { return write(imported.json.prettyJSON + "\n") }
      for (sweep, part) in imported.outcome.parts.sorted(by: { $0.key < $1.key }) {
        remark(common.err.paint("of sweep \(sweep) this store has \(part)", .yellow))
      }
      write(imported.text + "\n")
    }
  }
}

extension ImportedRuns {
  /// What was done, in a line.
  fileprivate var text: String {
    var parts = [counted(outcome.added, "run") + " imported"]
    if outcome.extended > 0 { parts.append("\(outcome.extended) extended") }
    if outcome.points > 0 { parts.append(counted(outcome.points, "point")) }
    if outcome.models > 0 { parts.append(counted(outcome.models, "logged model")) }
    if artifacts > 0 { parts.append(counted(artifacts, "artifact")) }
    if outcome.present > 0 { parts.append("\(outcome.present) there already") }
    return parts.joined(separator: ", ")
  }

  /// What was done, for programs.
  fileprivate var json: Value {
    [
      "runs": .integer(Int64(outcome.added)), "extended": .integer(Int64(outcome.extended)),
      "present": .integer(Int64(outcome.present)), "points": .integer(Int64(outcome.points)),
      "logged_models": .integer(Int64(outcome.models)), "artifacts": .integer(Int64(artifacts)),
      "partial_sweeps": .object(
        Dictionary(uniqueKeysWithValues: outcome.parts.map { ($0.key.text, .text($0.value)) })),
    ]
  }
}
