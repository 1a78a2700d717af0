internal import Exchange
internal import Glibc
internal import MLflowDatabase
internal import SQL
internal import SQLite
internal import Tracking

/// Opens the MLflow store that a person names: a folder, a database or a server.
///
/// - Parameters:
///   - artifacts: where artifacts are that are not where their records say.
///   - report: takes what cannot be read.
/// - Throws: exit code 3 where there is nothing, 2 for what is no MLflow store.
func openMLflow(_ place: String, artifacts: String?, report: @escaping ProblemReport) throws -> OpenForeignStore {
  if place.hasPrefix("http://") || place.hasPrefix("https://") {
    return try openServer(place, artifacts: artifacts, report: report)
  }
  // As MLflow writes them: sqlite:///mlflow.db, sqlite:////tmp/mlflow.db, file:///tmp/mlruns.
  var path = place
  for scheme in ["sqlite:///", "file://"] where path.hasPrefix(scheme) { path.removeFirst(scheme.count) }
  if let scheme = path.firstRange(of: "://") {
    throw CommandFailure(
      .usage,
      "a store at '\(path[..<scheme.upperBound])...' cannot be read; name a folder, an SQLite database or a server")
  }
  path = absolute(path)
  guard exists(path) else { throw CommandFailure(.notFound, "there is nothing at '\(path)' to import") }
  if isFolder(path) {
    // The folder that a script ran in is as good as the one that MLflow made there.
    if !MLflowFileStore.isStore(path), MLflowFileStore.isStore(path + "/mlruns") { path += "/mlruns" }
    return OpenForeignStore(
      store: try MLflowFileStore(path, report: report), files: LocalFiles(folder: artifacts, report: report),
      origin: "mlflow")
  }
  do {
    let database = try MLflowDatabase(SQLiteFile(reading: path), report: report)
    // Where MLflow's server and its scripts keep them, should both have been moved.
    let beside = ["mlartifacts", "mlruns"].map { parent(of: path) + "/" + $0 }.first(where: isFolder)
    let remarks = RemarkList()
    return OpenForeignStore(
      store: database, files: LocalFiles(folder: artifacts ?? beside, report: report) { remarks.all.append($0) },
      origin: "mlflow", remarks: { remarks.all })
  } catch let error as SQLError {
    let code: Exit =
      switch error.code {
      case .notADatabase: .usage
      case .corrupt: .damaged
      default: .system
      }
    throw CommandFailure(code, "'\(path)' cannot be read as an SQLite database: \(error.message)")
  }
}

private final class RemarkList {
  var all: [String] = []
}

private func openServer(
  _ url: String, artifacts: String?, report: @escaping ProblemReport
) throws -> OpenForeignStore {
  var authorization: String?
  if let token = environment("MLFLOW_TRACKING_TOKEN"), !token.isEmpty {
    authorization = "Bearer " + token
  } else if let user = environment("MLFLOW_TRACKING_USERNAME"), !user.isEmpty {
    let password = environment("MLFLOW_TRACKING_PASSWORD") ?? ""
    authorization = "Basic " + ByteText.encode(Array("\(user):\(password)".utf8))
  }
  let scratch = try TemporaryFolder()
  let server = MLflowServer(
    url: url, authorization: authorization, scratch: scratch.path, artifacts: artifacts, report: report)
  return OpenForeignStore(store: server, files: server, origin: "mlflow", close: { withExtendedLifetime(scratch) {} })
}

/// Returns whether a path leads to a folder.
func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Returns whether there is something at a path.
func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
