import Exchange
import Glibc
import SQLTracking
import SQLite
import TarArtifacts
import Tracking

// ImportProcess FOLDER STORE MOMENT: imports an MLflow file store a run a transaction, or a file FOLDER.tar.zst of `runs export`
// at once, and kills itself when it has told its progress so many times.
let folder = CommandLine.arguments[2]
let moment = Int(CommandLine.arguments[3]) ?? .max
let store = try SQLTrackingStore(SQLiteDatabase(path: folder + "/runs.db"), journalFolder: folder + "/journals")
if CommandLine.arguments[1].hasSuffix(".tar.zst") {
  var told = 0
  let importer = RunsImporter(
    from: FileParts(reader: try PartFileReader(CommandLine.arguments[1])), into: store,
    artifacts: TarArtifactStore(directory: folder + "/artifacts")
  ) { _ in
    told += 1
    if told == moment { kill(getpid(), SIGKILL) }
  }
  _ = try importer.run()
  exit(0)
}
let source = try MLflowFileStore(CommandLine.arguments[1]) { _ in exit(1) }
var told = 0
let importer = Importer(
  from: source, files: LocalFiles(folder: nil) { _ in exit(1) }, origin: "mlflow", into: store,
  artifacts: TarArtifactStore(directory: folder + "/artifacts"), runsAtOnce: 1
) { _ in
  told += 1
  if told == moment { kill(getpid(), SIGKILL) }
}
_ = try importer.run()

/// What `runs` hands to the importer.
struct FileParts: PartSource {
  let reader: PartFileReader
  var names: [String] { reader.names }
  var bytes: Int64 { reader.bytes }
  func verify(_ progress: (Int) -> Void) throws { try reader.verify(progress) }
  func pieces(of name: String) throws -> () throws -> [UInt8]? { try reader.pieces(of: name) }
}
