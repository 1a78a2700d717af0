public import Tracking

/// Brings the records of a foreign store into ours.
///
/// A run is recorded in one transaction, after its files have been stored: what an import that was killed leaves behind is
/// runs that are whole, and files that the next one finds. So an import that is repeated goes on where the last one
/// stopped, and one that is complete adds nothing.
public final class Importer {
  let source: any ForeignStore
  let foreignFiles: any ForeignFiles
  let store: any TrackingStore
  let artifacts: any ArtifactStore
  let origin: String
  let isMLflow: Bool
  var summary = ImportSummary()
  var modelsByExperiment: [String: [LoggedModel]] = [:]

  private let progress: (ImportProgress) -> Void
  private var waiting: [WaitingRun] = []
  private var waitingPoints = 0
  private var waitingIDs: Set<RunID> = []
  private var seen = 0
  private var total: Int?

  /// Batches of one run that are to be written, and what they add.
  private struct WaitingRun {
    var id: RunID
    var batches: [WriteBatch]
    var points: Int
    var models: Int
  }

  private let runsAtOnce: Int
  private static let pointsAtOnce = 200_000

  /// Makes an importer.
  ///
  /// - Parameters:
  ///   - origin: the program that the store is of, as runs' `origin` names it: `mlflow`, `tensorboard`.
  ///   - runsAtOnce: runs of one transaction; more of them save few disk writes, and cost those who wait for the database.
  ///   - progress: told now and then how far it is.
  public init(
    from source: any ForeignStore, files: any ForeignFiles, origin: String, into store: any TrackingStore,
    artifacts: any ArtifactStore, runsAtOnce: Int = 50, progress: @escaping (ImportProgress) -> Void = { _ in }
  ) {
    self.source = source
    foreignFiles = files
    self.origin = origin
    isMLflow = origin == "mlflow"
    self.store = store
    self.artifacts = artifacts
    self.runsAtOnce = runsAtOnce
    self.progress = progress
  }

  /// Takes what could not be read.
  public func report(_ problem: String) { summary.problems.append(problem) }

  /// Imports everything.
  ///
  /// - Throws: what concerns the import as a whole: the store cannot be written, the server does not answer.
  public func run() throws -> ImportSummary {
    let experiments = try source.experiments()
    total = try source.runCount()
    var imported: [(Experiment, runs: Int)] = []
    for experiment in experiments {
      guard let name = try prepare(experiment) else { continue }
      var count = 0
      var page: String?
      repeat {
        let runs = try source.runs(in: experiment, page: page)
        for row in runs.rows {
          var row = row
          row.run.experiment = name
          if try take(row, below: []) { count += 1 }
          seen += 1
          show("runs of '\(name)'")
        }
        page = runs.next
      } while page != nil
      imported.append((experiment, count))
    }
    try flush()
    for (experiment, _) in imported { try takeModels(of: experiment) }
    try takeRegistry()
    for (experiment, runs) in imported where experiment.deleted != nil { try delete(experiment, runs: runs) }
    return summary
  }

  func show(_ deed: String) { progress(ImportProgress(runs: seen, total: total, deed: deed)) }

  // Reads something of the source; what cannot be read is told and left out.
  func reading<Result>(_ what: @autoclosure () -> String, _ body: () throws -> Result) throws -> Result? {
    do {
      return try body()
    } catch let error as TrackingError where error.code != .busy {
      report("\(what()): \(error.message)")
      return nil
    }
  }

  /// Takes a run, and its parent before it.
  ///
  /// - Parameter below: the runs that led here, so that a circle of parents ends.
  /// - Returns: true when it is in our store, or on its way there.
  private func take(_ row: RunRow, below: Set<RunID>) throws -> Bool {
    let id = row.run.id
    if waitingIDs.contains(id) { return true }
    var row = row
    if let parent = row.run.parent, try find(parent) == nil {
      let above = below.contains(parent) ? nil : try reading("run '\(parent)'") { try source.run(parent) }
      if let above = above ?? nil, try experimentIsThere(above) { _ = try take(above, below: below.union([id])) }
      if try find(parent) == nil { row.run.parent = nil }
    }
    if let present = try presentRun(id) { return try compare(row, with: present) }
    guard let new = try reading("run '\(id)'", { try batch(of: row) }) else { return false }
    waiting.append(new)
    waitingIDs.insert(id)
    waitingPoints += new.points
    if waiting.count >= runsAtOnce || waitingPoints >= Importer.pointsAtOnce { try flush() }
    return true
  }

  private func experimentIsThere(_ row: RunRow) throws -> Bool {
    do { return try store.experiment(named: row.run.experiment).deleted == nil } catch is TrackingError { return false }
  }

  private func find(_ id: RunID) throws -> RunID? {
    if waitingIDs.contains(id) { return id }
    return try presentRun(id)?.id
  }

  private func presentRun(_ id: RunID) throws -> Run? {
    do { return try store.run(id) } catch let error as TrackingError where error.code == .notFound { return nil }
  }

  /// Stores a run's files and gathers everything that is to be recorded of it.
  private func batch(of row: RunRow) throws -> WaitingRun {
    let run = row.run
    var changes: [Change] = []
    var new = NewRun(
      id: run.id, experiment: run.experiment, parent: run.parent, name: run.name,
      state: run.state.isFinal ? .running : run.state, started: run.started,
      origin: .object((run.origin.object ?? [:]).merging(["imported_from": .text(origin)]) { $1 }),
      parameters: row.parameters, tags: row.tags)
    if new.state == .paused || new.state == .queued { new.state = .scheduled }
    changes.append(.createRun(new))
    if !run.note.isEmpty { changes.append(.setNote(run.id, run.note)) }
    var columns: [MetricColumns] = []
    for metric in row.metrics {
      var points = try source.points(of: row, metric: metric.name)
      if isMLflow { points = points.sortedAsMLflowDoes() }
      if points.count > 0 { columns.append(points) }
    }
    let inputs = try source.inputs(of: row)
    if !inputs.isEmpty { changes.append(.addInputs(run.id, inputs)) }
    for artifact in try storedFiles(of: row, besides: []) { changes.append(.attach(artifact)) }
    let models = try modelChanges(of: row)
    changes += models
    let outputs = try source.outputs(of: row)
    if !outputs.isEmpty { changes.append(.addOutputs(run.id, outputs)) }
    if run.state.isFinal {
      changes.append(.transition(run.id, to: run.state, reason: run.reason))
      if let ended = run.ended ?? run.started { changes.append(.setTimes(run.id, started: nil, ended: ended)) }
    }
    var batches = [WriteBatch(changes, points: columns.isEmpty ? [] : [WriteBatch.Points(run.id, columns)])]
    // Points come after changes in a batch, and a deleted run takes none.
    if run.deleted != nil { batches.append(WriteBatch([.delete(run.id)])) }
    return WaitingRun(
      id: run.id, batches: batches, points: columns.reduce(0) { $0 + $1.count },
      models: models.count { if case .model(.create) = $0 { true } else { false } })
  }

  /// Writes what waits.
  func flush() throws {
    guard !waiting.isEmpty else { return }
    let results = try store.write(waiting.flatMap(\.batches))
    var place = 0
    for run in waiting {
      switch results[place] {
      case .success:
        summary.runs += 1
        summary.points += run.points
        summary.loggedModels += run.models
      case .failure(let error): report("run '\(run.id)': \(error.message)")
      }
      place += run.batches.count
    }
    waiting = []
    waitingIDs = []
    waitingPoints = 0
  }
}
