import Exchange
import Glibc
import SQLTracking
import SQLite
import TarArtifacts
import Testing
import Tracking
import TrackingContracts

/// What the golden archives hold, unpacked.
struct Golden {
  let folder = ScratchFolder()

  /// Unpacks `mlflow-2`, `mlflow-3` or `tensorboard`.
  init(_ name: String) throws {
    let archive = #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Golden/\(name).tar.gz"
    try #require(runTool("tar", "-xzf", archive, "-C", folder("")) == 0)
  }

  func callAsFunction(_ path: String) -> String { folder(path) }
}

/// Runs a program that is found on PATH, and returns its exit code.
func runTool(_ arguments: String...) -> Int32 {
  var process: pid_t = 0
  let pointers = arguments.map { strdup($0) } + [nil]
  defer { pointers.forEach { free($0) } }
  guard posix_spawnp(&process, arguments[0], nil, nil, pointers, environ) == 0 else { return -1 }
  var status: Int32 = 0
  while waitpid(process, &status, 0) < 0, errno == EINTR {}
  return status >> 8 & 255
}

/// A store of ours in a folder of its own.
struct OwnStore {
  let folder = ScratchFolder()
  let tracking: SQLTrackingStore
  let artifacts: TarArtifactStore

  init() throws {
    tracking = try SQLTrackingStore(SQLiteDatabase(path: folder("runs.db")), journalFolder: folder("journals"))
    artifacts = TarArtifactStore(directory: folder("artifacts"))
  }

  /// Imports a file store.
  func importing(fileStore path: String) throws -> ImportSummary {
    let problems = Problems()
    let source = try MLflowFileStore(path) { problems.list.append($0) }
    return try importing(source, problems, origin: "mlflow")
  }

  /// Imports a folder of event files.
  func importing(tensorBoard path: String) throws -> ImportSummary {
    let problems = Problems()
    let source = try TensorBoardFolder(path, experiment: "tb") { problems.list.append($0) }
    return try importing(source, problems, origin: "tensorboard")
  }

  private func importing(_ source: any ForeignStore, _ problems: Problems, origin: String) throws -> ImportSummary {
    let importer = Importer(
      from: source, files: LocalFiles(folder: nil) { problems.list.append($0) }, origin: origin, into: tracking,
      artifacts: artifacts)
    var summary = try importer.run()
    summary.problems += problems.list
    return summary
  }

  /// The runs by their names.
  func runs() throws -> [String: RunRow] {
    let page = try tracking.runs(matching: RunQuery(stage: .all, limit: 1_000))
    return Dictionary(page.rows.map { ($0.run.name ?? "", $0) }, uniquingKeysWith: { $1 })
  }
}

/// The sentences that a source told.
final class Problems {
  var list: [String] = []
}

/// Runs an importer of its own, which kills itself at a moment.
///
/// - Returns: 0 for one that came to its end; otherwise its signal or exit code.
func importing(_ path: String, to folder: String, dyingAt moment: Int) throws -> Int32 {
  let program = try #require(readLink("/proc/self/exe"))
  let built = program.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/ImportProcess"
  let beside = CommandLine.arguments[0].split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/ImportProcess"
  let executable = access(beside, X_OK) == 0 ? beside : built
  var process: pid_t = 0
  let arguments: [String] = [executable, path, folder, String(moment)]
  let pointers = arguments.map { strdup($0) } + [nil]
  defer { pointers.forEach { free($0) } }
  try #require(posix_spawn(&process, executable, nil, nil, pointers, environ) == 0)
  var status: Int32 = 0
  while waitpid(process, &status, 0) < 0, errno == EINTR {}
  return status & 127 != 0 ? status & 127 : status >> 8 & 255
}

private func readLink(_ path: String) -> String? {
  var place = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
  let count = readlink(path, &place, Int(PATH_MAX))
  return count > 0 ? String(decoding: place.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
}
