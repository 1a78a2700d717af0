internal import ArgumentParser
internal import Exchange
internal import Tracking

/// A store of another program that is open.
struct OpenForeignStore {
  /// The records.
  var store: any ForeignStore
  /// The artifacts.
  var files: any ForeignFiles
  /// The program, as runs' origin names it.
  var origin: String
  /// What is to be said at the end, a sentence each.
  var remarks: () -> [String] = { [] }
  /// Removes what was made on the way.
  var close: () -> Void = {}
}

/// The problems that are found before the importer is there to take them.
final class ProblemList {
  private var early: [String] = []
  private var importer: Importer?

  /// Takes a problem.
  func add(_ problem: String) {
    if let importer { importer.report(problem) } else { early.append(problem) }
  }

  /// Hands everything to an importer from now on.
  func hand(to importer: Importer) {
    self.importer = importer
    early.forEach { importer.report($0) }
    early = []
  }
}

/// What every import takes.
struct ImportOptions: ParsableArguments {
  @Flag(name: [.short, .long], help: "No progress.")
  var quiet = false

  @Flag(help: "Print what was done as JSON; the fields are listed in docs/cli.md.")
  var json = false

  /// Imports a store and says what was done.
  ///
  /// - Throws: exit code 5 where something could not be read, 4 where something is here with other content.
  func importing(_ common: GlobalOptions, open: (ProblemList) throws -> OpenForeignStore) throws {
    let problems = ProblemList()
    let source = try open(problems)
    defer { source.close() }
    let store = try common.openOrMakeStore()
    let display = ProgressDisplay(common: common)
    let began = Timestamp.now()
    let isQuiet = quiet
    let importer = Importer(
      from: source.store, files: source.files, origin: source.origin, into: store.tracking, artifacts: store.artifacts
    ) { progress in
      if !isQuiet { display.show(progress.deed, done: progress.runs, total: progress.total, since: began) }
    }
    problems.hand(to: importer)
    let summary: ImportSummary
    do {
      summary = try importer.run()
    } catch {
      display.end()
      throw error
    }
    display.end()
    if json {
      write(summary.json.prettyJSON + "\n")
    } else {
      for sentence in summary.differing { remark(common.err.paint("different: " + sentence, .yellow)) }
      for sentence in summary.problems { remark(common.err.paint("left out: " + sentence, .red)) }
      for sentence in source.remarks() { remark(common.err.paint(sentence, .dim)) }
      write(summary.text + "\n")
    }
    if !summary.problems.isEmpty { throw CommandFailure(.damaged) }
    if !summary.differing.isEmpty { throw CommandFailure(.conflict) }
  }
}

extension ImportSummary {
  /// What was done, in a line.
  fileprivate var text: String {
    var parts = [counted(runs, "run") + " imported"]
    if points > 0 { parts.append(counted(points, "point")) }
    if files > 0 { parts.append("\(counted(files, "file")), \(size(bytes))") }
    if loggedModels > 0 { parts.append(counted(loggedModels, "logged model")) }
    if modelVersions > 0 { parts.append(counted(modelVersions, "model version")) }
    if present > 0 { parts.append("\(present) there already") }
    if !differing.isEmpty { parts.append("\(differing.count) with other content here") }
    if !problems.isEmpty { parts.append(counted(problems.count, "problem")) }
    return parts.joined(separator: ", ")
  }

  /// What was done, for programs.
  fileprivate var json: Value {
    [
      "experiments": .integer(Int64(experiments)), "runs": .integer(Int64(runs)), "present": .integer(Int64(present)),
      "points": .integer(Int64(points)), "files": .integer(Int64(files)), "bytes": .integer(bytes),
      "logged_models": .integer(Int64(loggedModels)), "model_versions": .integer(Int64(modelVersions)),
      "different": .list(differing.map { .text($0) }), "problems": .list(problems.map { .text($0) }),
    ]
  }
}
