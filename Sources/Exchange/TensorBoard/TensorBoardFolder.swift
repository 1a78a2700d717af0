internal import Glibc
public import Tracking

/// A folder of TensorBoard's event files: each folder that has some is a run.
public final class TensorBoardFolder: ForeignStore {
  private let root: String
  private let experiment: String
  private let report: ProblemReport
  private let folders: [String]
  // What was read of the run that was asked for last.
  private var current: (id: RunID, columns: [MetricColumns])?

  /// How many values of another kind than scalars were left out, by kind.
  public private(set) var leftOut: [String: Int] = [:]
  private var counted: Set<RunID> = []

  /// Opens a folder.
  ///
  /// - Parameters:
  ///   - experiment: the experiment that the runs are to be kept in.
  ///   - report: takes what cannot be read.
  /// - Throws: `.notFound`, also where there is no event file below.
  public init(_ root: String, experiment: String, report: @escaping ProblemReport) throws {
    self.root = root
    self.experiment = experiment
    self.report = report
    guard isDirectory(root) else { throw TrackingError(.notFound, "there is no folder '\(root)'") }
    let all = try files(below: root).map(\.path).filter { lastName($0).contains("tfevents") }
    folders = Array(Set(all.map { String($0.dropLast(lastName($0).count)) })).sorted()
    guard !folders.isEmpty else {
      throw TrackingError(
        .notFound, "there is no event file (events.out.tfevents...) in '\(root)' or below; name the log directory")
    }
  }

  /// Returns the one experiment.
  public func experiments() throws -> [Experiment] {
    [
      Experiment(
        id: 0, name: experiment, created: Timestamp(milliseconds: 0), updated: Timestamp(milliseconds: 0),
        runs: folders.count)
    ]
  }

  /// Returns how many runs there are.
  public func runCount() throws -> Int? { folders.count }

  /// Returns a page of one run.
  public func runs(in experiment: Experiment, page: String?) throws -> RunPage {
    let place = page.flatMap { Int($0) } ?? 0
    let next = place + 1 < folders.count ? String(place + 1) : nil
    do {
      return RunPage(rows: try row(in: folders[place]).map { [$0] } ?? [], next: next)
    } catch let error as TrackingError {
      report("'\(root)/\(folders[place])': \(error.message)")
      return RunPage(rows: [], next: next)
    }
  }

  /// Returns a run; nil where there is none.
  public func run(_ id: RunID) throws -> RunRow? { nil }

  // The name of a run: its folder below the root, or the root's own.
  private func name(of folder: String) -> String { folder.isEmpty ? lastName(root) : String(folder.dropLast()) }

  private func row(in folder: String) throws -> RunRow? {
    let place = root + "/" + folder
    let files = try names(in: place).filter { $0.contains("tfevents") && FileKind(at: place + $0)?.isFile == true }
    guard let first = files.first else { return nil }
    // The first file's name has its time and its writer; the files of a training that went on come after it.
    let key = Digest(hashing: "\(folder)\n\(first)").hex.prefix(24)
    guard let id = RunID("tb\(key)") else { preconditionFailure("hexadecimal digits are an id") }
    var content = EventContent()
    for file in files { try content.read(place + file, report: report) }
    if counted.insert(id).inserted { leftOut.merge(content.leftOut, uniquingKeysWith: +) }
    let columns = content.columns
    current = (id, columns)
    let metrics = columns.map { SeriesSummary(foreign: $0.name, count: $0.count, last: $0[$0.count - 1]) }
    let begin = content.first ?? Timestamp(milliseconds: 0)
    return RunRow(
      run: Run(
        id: id, experiment: experiment, kind: .run, name: name(of: folder),
        state: content.hyperparameters.hasFailed ? .failed : .finished, created: begin, started: content.first,
        ended: content.last, origin: ["folder": .text(folder.isEmpty ? "." : String(folder.dropLast()))]),
      parameters: content.hyperparameters.parameters, metrics: metrics)
  }

  /// Returns the points of one metric of the run that was read last.
  public func points(of row: RunRow, metric: String) throws -> MetricColumns {
    guard let current, current.id == row.run.id, let columns = current.columns.first(where: { $0.name == metric })
    else {
      throw TrackingError(.notFound, "run '\(row.run.id)' has no scalars '\(metric)'")
    }
    return columns
  }

  /// Event files tell nothing of datasets.
  public func inputs(of row: RunRow) throws -> [RunInput] { [] }
  /// Event files tell nothing of models.
  public func outputs(of row: RunRow) throws -> [RunOutput] { [] }
  /// Event files tell nothing of models.
  public func loggedModels(in experiment: Experiment) throws -> [LoggedModel] { [] }
  /// A run of TensorBoard has no artifacts.
  public func artifactPlace(of row: RunRow) throws -> String? { nil }
  /// There are no logged models.
  public func artifactPlace(of model: LoggedModel) throws -> String? { nil }
  /// There is no registry.
  public func registeredModels() throws -> [RegisteredModel] { [] }
  /// There is no registry.
  public func modelVersions() throws -> [ModelVersion] { [] }
}
