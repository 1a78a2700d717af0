internal import Glibc
internal import SQL
internal import SQLTracking
internal import SQLite
internal import TarArtifacts
internal import Tracking
internal import TrackingClient

/// A store that is open: its records and its artifacts. The one file that names concrete stores.
struct OpenStore: Sendable {
  /// The store's folder, an absolute path; of records behind a server the server's address.
  let folder: String
  /// The records.
  let tracking: any TrackingStore
  /// The artifacts.
  let artifacts: any ArtifactStore
  /// Examines all records, slowly: a sentence for each thing that is wrong.
  let recordProblems: @Sendable () throws -> [String]

  /// The name of a store's folder.
  static let folderName = ".runs"

  /// Opens the store that a command means.
  ///
  /// - Parameters:
  ///   - named: what `--store` says; then `RUNS_STORE` counts, then the nearest `.runs` from here upwards.
  ///   - creates: true makes the store where there is none: at the name, or `.runs` in the working directory.
  /// - Throws: `.notFound` where there is none and none is to be made.
  static func open(named: String?, creates: Bool) throws -> OpenStore {
    try open(folder: folder(named: named, creates: creates))
  }

  /// Opens the records that a command means: those of a store, found as `open` finds it, or those behind the server whose
  /// address `--store` or `RUNS_STORE` gives. For commands that need nothing of a store but its records.
  static func openRecords(named: String?) throws -> OpenStore {
    guard let address = address(named) else { return try open(named: named, creates: false) }
    let token = environment("RUNS_TOKEN").flatMap { $0.isEmpty ? nil : $0 }
    return OpenStore(
      folder: address, tracking: try TrackingClient(address, token: token), artifacts: ArtifactsElsewhere(address),
      recordProblems: { throw filesNeeded(address) })
  }

  /// Whether the store's files are here, and not behind a server.
  var hasFiles: Bool { !ServerAddress.isMeant(by: folder) }

  private static func address(_ named: String?) -> String? {
    (named ?? environment("RUNS_STORE")).flatMap { ServerAddress.isMeant(by: $0) ? $0 : nil }
  }

  private static func filesNeeded(_ address: String) -> CommandFailure {
    CommandFailure(
      .usage,
      "this command needs the files of a store, and \(address) is a server; run it where the store is, and name its "
        + "folder with --store")
  }

  /// Returns the folder of the store that a command means, as `open` finds it.
  static func folder(named: String?, creates: Bool) throws -> String {
    if let address = address(named) { throw filesNeeded(address) }
    if let name = named ?? environment("RUNS_STORE"), !name.isEmpty {
      let path = absolute(name)
      let inner = path + "/" + folderName
      if !isStore(path), isStore(inner) { return inner }
      guard creates || isStore(path) else {
        let source = named == nil ? "RUNS_STORE" : "--store"
        throw CommandFailure(
          .notFound, "there is no store at \(path), which \(source) names; a command that records makes one there")
      }
      return path
    }
    var directory = workingDirectory()
    while true {
      let candidate = (directory == "/" ? "" : directory) + "/" + folderName
      if isStore(candidate) { return candidate }
      guard directory != "/" else { break }
      directory = parent(of: directory)
    }
    guard creates else {
      throw CommandFailure(
        .notFound,
        "there is no store here: no folder .runs in \(workingDirectory()) or above; "
          + "`runs sweep start` and `runs exec` make one, --store and RUNS_STORE name one")
    }
    return workingDirectory() + "/" + folderName
  }

  private static func isStore(_ path: String) -> Bool { access(path + "/runs.db", F_OK) == 0 }

  private static func open(folder: String) throws -> OpenStore {
    try makeDirectory(folder)
    do {
      let database = try SQLiteDatabase(path: folder + "/runs.db")
      let records = try SQLTrackingStore(database, journalFolder: folder + "/journals")
      return OpenStore(
        folder: folder, tracking: records, artifacts: TarArtifactStore(directory: folder + "/artifacts"),
        recordProblems: { try records.problems() })
    } catch let error as SQLError {
      let isDamaged = error.code == .corrupt || error.code == .notADatabase
      throw CommandFailure(isDamaged ? .damaged : .system, "the store \(folder) cannot be opened: \(error)")
    }
  }
}

/// Returns the working directory, an absolute path.
func workingDirectory() -> String {
  guard let path = getcwd(nil, 0) else { return "/" }
  defer { free(path) }
  return String(cString: path)
}

/// Returns the absolute form of a path, without `.` and `..` where the path exists.
func absolute(_ path: String) -> String {
  if let resolved = realpath(path, nil) {
    defer { free(resolved) }
    return String(cString: resolved)
  }
  return path.hasPrefix("/") ? path : workingDirectory() + "/" + path
}

/// Returns the directory that a path lies in.
func parent(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
  return String(path[..<slash])
}
