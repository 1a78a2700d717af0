internal import Glibc
public import Tracking

/// Writes our records as a file store that MLflow opens.
///
/// A run appears in the folder when all of it has been written; one that is there already is left alone, so an export that
/// was killed is completed by the next one.
public final class MLflowExporter {
  let store: any TrackingStore
  let artifacts: any ArtifactStore
  let root: String
  /// The root as a URI, without a slash at the end.
  let rootURI: String
  var summary = ExportSummary()
  /// The numbers of experiments in the folder, by their names.
  private(set) var numbers: [String: Int64] = [:]

  private let progress: (ImportProgress) -> Void
  private var staging: String { root + "/.runs-export" }

  /// Makes an exporter.
  ///
  /// - Parameters:
  ///   - folder: the file store's absolute path; made when it is not there.
  ///   - progress: told now and then how far it is.
  public init(
    of store: any TrackingStore, artifacts: any ArtifactStore, to folder: String,
    progress: @escaping (ImportProgress) -> Void = { _ in }
  ) {
    self.store = store
    self.artifacts = artifacts
    root = folder
    rootURI = "file://" + percentEncoded(folder, keepsSlashes: true)
    self.progress = progress
  }

  /// Exports experiments with everything in them, and the model registry.
  ///
  /// - Parameter wanted: names of experiments; empty for all, and for the registry.
  /// - Throws: `.conflict` for a folder that has something else in it; `.notFound` for an unknown experiment.
  public func run(experiments wanted: [String]) throws -> ExportSummary {
    var experiments = try store.experiments()
    if !wanted.isEmpty {
      for name in wanted { _ = try store.experiment(named: name) }
      experiments = try experiments.filter { wanted.contains($0.name) }.map { try store.experiment(named: $0.name) }
    }
    numbers = try prepareFolder()
    defer { removeTree(staging) }
    let total = experiments.reduce(0) { $0 + $1.runs }
    var seen = 0
    // The default experiment first: its number is not to be taken by another.
    for experiment in experiments.filter({ $0.name == "Default" }) + experiments.filter({ $0.name != "Default" }) {
      let number = try place(of: experiment)
      var query = RunQuery(experiments: [experiment.name], stage: .all, limit: 500)
      repeat {
        let page = try store.runs(matching: query)
        for row in page.rows {
          seen += 1
          progress(ImportProgress(runs: seen, total: total, deed: "runs of '\(experiment.name)'"))
          try export(row, to: number, experimentIsDeleted: experiment.deleted != nil)
        }
        query.pageToken = page.next
      } while query.pageToken != nil
      try exportModels(of: experiment, to: number)
    }
    if wanted.isEmpty { try exportRegistry() }
    return summary
  }

  // MARK: - The folder and its experiments

  /// Makes the folder where there is none.
  ///
  /// - Returns: the numbers of the experiments that it has, by their names.
  private func prepareFolder() throws -> [String: Int64] {
    if FileKind(at: root) != nil, !isDirectory(root) {
      throw TrackingError(.conflict, "'\(root)' is a file; name a folder that is empty or not there yet")
    }
    let content = isDirectory(root) ? try names(in: root).filter { $0 != ".runs-export" } : []
    guard content.isEmpty || MLflowFileStore.isStore(root) else {
      throw TrackingError(
        .conflict, "'\(root)' is not empty and no MLflow file store; name a folder that is empty or not there yet")
    }
    removeTree(staging)
    try makeDirectories(root + "/.trash")
    try makeDirectories(staging)
    guard !content.isEmpty else { return [:] }
    let present = try MLflowFileStore(root) { self.summary.problems.append($0) }.experiments()
    return Dictionary(present.map { ($0.name, $0.id) }, uniquingKeysWith: { first, _ in first })
  }

  /// Returns an experiment's folder, which is made where there is none.
  private func place(of experiment: Experiment) throws -> Place {
    let trash = experiment.deleted != nil ? ".trash/" : ""
    if let number = numbers[experiment.name] {
      let folders = ["\(number)", ".trash/\(number)"]
      return Place(number: number, folder: folders.first { isDirectory(root + "/" + $0) } ?? folders[0])
    }
    // MLflow takes the experiment 0 for the one that scripts log to when they name none.
    var number = experiment.name == "Default" ? 0 : experiment.id
    let taken = Set(numbers.values)
    if taken.contains(number) || (number == 0 && experiment.name != "Default") { number = (taken.max() ?? 0) + 1 }
    numbers[experiment.name] = number
    let draft = staging + "/experiment"
    var meta = MetaText()
    meta.add("artifact_location", "\(rootURI)/\(number)")
    meta.add("creation_time", experiment.created.milliseconds)
    meta.add("experiment_id", String(number))
    meta.add("last_update_time", experiment.updated.milliseconds)
    meta.add("lifecycle_stage", experiment.deleted == nil ? "active" : "deleted")
    meta.add("name", experiment.name)
    try makeDirectories(draft)
    try Exchange.write(meta.text, to: draft + "/meta.yaml")
    try write(texts: experiment.tags, below: draft + "/tags", of: "experiment '\(experiment.name)'", "tag")
    let place = Place(number: number, folder: trash + String(number))
    try move(draft, to: root + "/" + place.folder)
    summary.experiments += 1
    return place
  }

  /// Where an experiment is in the folder.
  struct Place {
    var number: Int64
    /// Relative to the root.
    var folder: String
  }

  // MARK: - Writing

  /// Writes a file for each name; a name that is no path is told and left out.
  func write(texts: [String: String], below folder: String, of owner: String, _ kind: String) throws {
    for (name, value) in texts.sorted(by: { $0.key < $1.key }) {
      try write(value, named: name, below: folder, of: owner, kind)
    }
  }

  /// Writes a file; a name that no file can have is told and left out.
  func write(_ text: String, named name: String, below folder: String, of owner: String, _ kind: String) throws {
    guard isPath(name) else {
      summary.problems.append("\(kind) '\(name)' of \(owner) has a name that MLflow's files cannot have")
      return
    }
    do {
      try Exchange.write(text, to: folder + "/" + name)
    } catch let error as TrackingError {
      // `a` and `a/b` would be a file and a folder of one name.
      guard errno == EEXIST || errno == ENOTDIR || errno == EISDIR || errno == ENAMETOOLONG else { throw error }
      summary.problems.append(
        "\(kind) '\(name)' of \(owner) has a name that MLflow's files cannot have beside the others")
    }
  }

  func isPath(_ name: String) -> Bool {
    !name.utf8.contains(0)
      && name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
        !["", ".", ".."].contains($0) && $0.utf8.count <= 255
      }
  }

  /// Gives what was written below the staging folder its place.
  func move(_ draft: String, to place: String) throws {
    if let slash = place.lastIndex(of: "/") { try makeDirectories(String(place[..<slash])) }
    guard rename(draft, place) == 0 else { throw TrackingError(cannot: "make", place) }
  }

  /// Returns a path below the staging folder at which nothing is.
  func draft(_ name: String) throws -> String {
    let path = staging + "/" + name
    removeTree(path)
    try makeDirectories(path)
    return path
  }

  /// Unpacks a stored tarball under a name: the file itself where it holds one of that name, otherwise a folder.
  func unpack(_ digest: Digest, named name: String, below folder: String, of owner: String) throws {
    guard isPath(name) else {
      summary.problems.append("artifact '\(name)' of \(owner) has a name that no file can have")
      return
    }
    do {
      let target = folder + "/" + name
      let members = try artifacts.members(of: digest)
      if members.count == 1, members[0].kind == .file, members[0].path == lastName(name) {
        let unpacked = try draft("file")
        try artifacts.restore(digest, to: unpacked, limits: RestoreLimits(bytes: .max, members: .max))
        try move(unpacked + "/" + members[0].path, to: target)
      } else {
        if let slash = target.lastIndex(of: "/") { try makeDirectories(String(target[..<slash])) }
        try artifacts.restore(digest, to: target, limits: RestoreLimits(bytes: .max, members: .max))
      }
      summary.files += members.count { $0.kind == .file }
      summary.bytes += members.reduce(0) { $0 + $1.bytes }
    } catch let error as TrackingError where error.code != .system {
      summary.problems.append("artifact '\(name)' of \(owner): \(error.message)")
    }
  }
}

/// What an export did.
public struct ExportSummary: Sendable, Equatable {
  /// Experiments that were written.
  public var experiments = 0
  /// Runs that were written.
  public var runs = 0
  /// Runs that were there already.
  public var present = 0
  /// Points that were written.
  public var points = 0
  /// Files that were written, of runs and logged models.
  public var files = 0
  /// The size of these files in bytes.
  public var bytes: Int64 = 0
  /// What was left out: a sentence each.
  public var problems: [String] = []
}
