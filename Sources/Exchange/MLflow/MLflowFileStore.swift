internal import Glibc
public import Tracking

/// An MLflow file store: a folder `mlruns` of MLflow 1, 2 or 3.
public final class MLflowFileStore: ForeignStore {
  let root: String
  let report: ProblemReport
  /// Folders of experiments, by their numbers.
  private var folders: [Int64: String] = [:]
  private var known: [Experiment]?
  private var listed: (experiment: Int64, rows: [(start: Int64, folder: String)])?
  // The points of the run that was read last, by folder and metric.
  private var points: (folder: String, columns: [String: MetricColumns]) = ("", [:])
  private var runFolders: [RunID: (experiment: Experiment, folder: String)] = [:]

  /// Opens a folder.
  ///
  /// - Parameter report: takes what cannot be read.
  /// - Throws: `.notFound`; `.invalid` for a folder that is no such store.
  public init(_ root: String, report: @escaping ProblemReport) throws {
    self.root = root
    self.report = report
    guard MLflowFileStore.isStore(root) else {
      throw TrackingError(
        isDirectory(root) ? .invalid : .notFound,
        "'\(root)' is no MLflow file store: it has no folder with a meta.yaml; name the folder mlruns itself")
    }
  }

  /// Returns whether a folder looks like a file store: it has an experiment.
  public static func isStore(_ root: String) -> Bool {
    let folders = ((try? names(in: root)) ?? []) + ((try? names(in: root + "/.trash")) ?? []).map { ".trash/" + $0 }
    return folders.contains { isExperiment($0) && FileKind(at: "\(root)/\($0)/meta.yaml")?.isFile == true }
  }

  private static func isExperiment(_ folder: String) -> Bool {
    lastName(folder).utf8.allSatisfy { (48...57).contains($0) }
  }

  /// Returns the experiments, deleted ones (in `.trash`) included.
  public func experiments() throws -> [Experiment] {
    if let known { return known }
    var found: [Experiment] = []
    let trash = isDirectory(root + "/.trash") ? try names(in: root + "/.trash").map { ".trash/" + $0 } : []
    for folder in try names(in: root) + trash
    where lastName(folder) != "models" && isDirectory("\(root)/\(folder)") && !lastName(folder).hasPrefix(".") {
      do {
        let experiment = try self.experiment(in: folder)
        guard folders[experiment.id] == nil else {
          report("'\(root)/\(folder)' has the same experiment as '\(root)/\(folders[experiment.id] ?? "")'")
          continue
        }
        folders[experiment.id] = folder
        found.append(experiment)
      } catch let error as TrackingError {
        report("experiment in '\(root)/\(folder)': \(error.message)")
      }
    }
    found.sort { $0.id < $1.id }
    known = found
    return found
  }

  private func experiment(in folder: String) throws -> Experiment {
    let meta = try MetaFile("\(root)/\(folder)/meta.yaml")
    guard let number = try meta.integer("experiment_id") ?? Int64(lastName(folder)) else {
      throw TrackingError(.corrupt, "'\(folder)' is no number of an experiment")
    }
    let created = try meta.time("creation_time") ?? Timestamp(milliseconds: 0)
    let updated = try meta.time("last_update_time") ?? created
    let isDeleted = meta.text("lifecycle_stage") == "deleted" || folder.hasPrefix(".trash/")
    return Experiment(
      id: number, name: try meta.need("name"), created: created, updated: updated,
      runs: try runFolders(in: "\(root)/\(folder)").count, deleted: isDeleted ? updated : nil,
      tags: try texts(below: "\(root)/\(folder)/tags"))
  }

  // A folder of an experiment is a run, unless it is one of its own.
  private func runFolders(in folder: String) throws -> [String] {
    let own: Set<String> = ["tags", "datasets", "traces", "models"]
    return try names(in: folder).filter { !own.contains($0) && !$0.hasPrefix(".") && isDirectory("\(folder)/\($0)") }
  }

  /// Returns how many runs there are.
  public func runCount() throws -> Int? { try experiments().reduce(0) { $0 + $1.runs } }

  func folder(of experiment: Experiment) -> String { "\(root)/\(folders[experiment.id] ?? String(experiment.id))" }

  /// Returns a page of one of an experiment's runs, by their start.
  public func runs(in experiment: Experiment, page: String?) throws -> RunPage {
    let folder = folder(of: experiment)
    if page == nil || listed?.experiment != experiment.id {
      let rows = try runFolders(in: folder).map { name -> (Int64, String) in
        // A damaged one is told when it is read.
        ((try? MetaFile("\(folder)/\(name)/meta.yaml").integer("start_time")) ?? 0, name)
      }
      listed = (experiment.id, rows.sorted { $0 < $1 })
    }
    let all = listed?.rows ?? []
    let place = page.flatMap { Int($0) } ?? 0
    let next = place + 1 < all.count ? String(place + 1) : nil
    guard all.indices.contains(place) else { return RunPage(rows: []) }
    let name = all[place].folder
    do {
      return RunPage(rows: [try row(in: "\(folder)/\(name)", of: experiment)], next: next)
    } catch let error as TrackingError {
      report("run '\(name)' of experiment '\(experiment.name)': \(error.message)")
      return RunPage(rows: [], next: next)
    }
  }

  /// Returns a run, whatever experiment it is in.
  public func run(_ id: RunID) throws -> RunRow? {
    for experiment in try experiments() {
      let place = "\(folder(of: experiment))/\(id)"
      if isDirectory(place) { return try row(in: place, of: experiment) }
    }
    return nil
  }

  func folder(of row: RunRow) throws -> String {
    if let known = runFolders[row.run.id] { return known.folder }
    _ = try run(row.run.id)
    guard let known = runFolders[row.run.id] else {
      throw TrackingError(.notFound, "run '\(row.run.id)' is not there any more")
    }
    return known.folder
  }

  private func row(in place: String, of experiment: Experiment) throws -> RunRow {
    let meta = try MetaFile(place + "/meta.yaml")
    let id = try meta.text("run_id") ?? meta.need("run_uuid")
    var parameters: [Parameter] = []
    for (name, value) in try texts(below: place + "/params") { parameters.append(Parameter(name, .text(value))) }
    var metrics: [SeriesSummary] = []
    points = (place, [:])
    for (name, _) in try files(below: place + "/metrics") {
      let points = try metric(name, in: place)
      guard points.count > 0 else { continue }
      self.points.columns[name] = points
      metrics.append(
        SeriesSummary(foreign: name, count: points.count, last: points.sortedAsMLflowDoes()[points.count - 1]))
    }
    let row = try RunRow(
      mlflow: id, experiment: experiment.name, name: meta.text("run_name") ?? meta.text("name"),
      status: meta.need("status"), started: meta.integer("start_time"), ended: meta.integer("end_time"),
      user: meta.text("user_id"), artifactPlace: meta.text("artifact_uri"),
      isDeleted: meta.text("lifecycle_stage") == "deleted", parameters: parameters, tags: texts(below: place + "/tags"),
      metrics: metrics)
    runFolders[row.run.id] = (experiment, place)
    return row
  }

  /// Returns the texts of the files below a folder, by their paths.
  func texts(below folder: String) throws -> [String: String] {
    var found: [String: String] = [:]
    for (path, _) in try files(below: folder) { found[path] = try fileText(folder + "/" + path) }
    return found
  }

  /// Returns the points of a metric.
  public func points(of row: RunRow, metric: String) throws -> MetricColumns {
    let folder = try folder(of: row)
    if points.folder == folder, let known = points.columns[metric] { return known }
    return try self.metric(metric, in: folder)
  }

  // A line has time, value and (since MLflow 1.0) step.
  private func metric(_ name: String, in folder: String) throws -> MetricColumns {
    let path = "\(folder)/metrics/\(name)"
    var columns = MetricColumns(name: name)
    var number = 0
    for line in try contents(of: path).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      let parts = String(decoding: line, as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == "\r" })
      if parts.isEmpty { continue }
      guard (2...5).contains(parts.count), let time = Int64(parts[0]), let value = MLflowNames.number(parts[1]),
        let step = parts.count > 2 ? Int64(parts[2]) : 0
      else {
        report("\(path):\(number) is no point of a metric, so it is left out")
        continue
      }
      columns.append(MetricPoint(step: step, time: Timestamp(milliseconds: time), value: value))
    }
    return columns
  }

  /// Returns where a run's artifacts are: where its record says, or beside the record where the store was moved.
  public func artifactPlace(of row: RunRow) throws -> String? {
    try place(said: row.run.origin["artifact_uri"]?.text, beside: folder(of: row) + "/artifacts")
  }

  func place(said: String?, beside: String) -> String {
    guard let said else { return beside }
    let path = said.hasPrefix("file:") ? LocalFiles.path(ofFileURI: said) : said
    if isDirectory(beside), path.map({ !isDirectory($0) }) ?? true { return beside }
    return said.hasPrefix("/") || said.contains(":/") ? said : beside
  }
}

/// Returns the last name of a path.
func lastName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
