import Exchange
import Glibc
import SQLTracking
import SQLite
import TarArtifacts
import Tracking

// ImportProcess FOLDER STORE MOMENT: imports an MLflow file store a run a transaction, and kills itself when it has told its
// progress so many times.
let folder = CommandLine.arguments[2]
let moment = Int(CommandLine.arguments[3]) ?? .max
let store = try SQLTrackingStore(SQLiteDatabase(path: folder + "/runs.db"), journalFolder: folder + "/journals")
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
