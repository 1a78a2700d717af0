public import Tracking

/// Records what a job outside a sweep leaves behind while it goes and when it has ended: points in its output, the lines of its
/// run log, the files of its output directory.
public struct JobWatch {
  private let job: Job
  private let run: RunID
  private let store: any TrackingStore
  private let artifacts: any ArtifactStore
  private var scan: OutputScan?
  private var log: RunLogTail

  /// Begins to watch.
  ///
  /// - Parameter patterns: what is looked for in the output.
  /// - Throws: `.invalid` for a pattern that is no regular expression.
  public init(
    of job: Job, run: RunID, patterns: [SweepSpec.MetricPattern] = [], store: any TrackingStore,
    artifacts: any ArtifactStore
  ) throws {
    self.job = job
    self.run = run
    self.store = store
    self.artifacts = artifacts
    if !patterns.isEmpty {
      scan = OutputScan(
        path: job.directory + "/stdout", patterns: try patterns.map { try OutputPattern($0) }, appended: [:])
    }
    log = try RunLogTail(
      jobDirectory: job.directory, workingDirectory: job.workingDirectory, run: run, attempt: 1, isNew: true,
      store: store,
      artifacts: artifacts)
  }

  /// Records what is new.
  ///
  /// - Parameter isEnd: true once the job has ended.
  /// - Returns: a line of the run log that could not be recorded, with the reason; nil for none.
  public mutating func take(isEnd: Bool, now: Timestamp) throws -> String? {
    if var columns = scan?.read(isEnd: isEnd, now: now), !columns.isEmpty {
      // What the job logs itself counts; see `SweepLoop.takeOutput`.
      let known = Dictionary(uniqueKeysWithValues: try store.series(of: run).map { ($0.name, $0.count) })
      let twice = columns.filter { known[$0.name, default: 0] > (scan?.count(of: $0.name) ?? 0) - $0.count }.map(\.name)
      scan?.passOver(twice)
      columns.removeAll { twice.contains($0.name) }
      if !columns.isEmpty { try store.append(columns, to: run) }
    }
    return try log.read(isEnd: isEnd, now: now)
  }

  /// True when something was read from the run log, so that the tag that says how far may go.
  public var hasReadLog: Bool { log.hasRead }

  /// Stores what the job left in its output directory and, as Azure has it, in `./outputs` and `./logs`.
  public func keepOutputs(now: Timestamp) throws -> [Artifact] {
    let work = job.workingDirectory
    var found = [("outputs", job.directory + "/outputs")]
    if work.hasPrefix(job.directory) {
      moveContents(of: work + "/outputs", to: job.directory + "/outputs")
      found.append(("logs", work + "/logs"))
    }
    return try found.filter { !isEmptyDirectory($0.1) }.map { name, directory in
      Artifact(run: run, name: name, try artifacts.store(contentsOf: directory), time: now)
    }
  }
}
