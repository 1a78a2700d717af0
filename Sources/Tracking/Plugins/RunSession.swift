internal import Synchronization

/// A doer's window on the tracking API: its own run, and nothing else.
public final class RunSession: Sendable {
  /// The run.
  public let run: RunID
  /// Its parameters by name.
  public let parameters: [String: Value]
  /// A directory that the run's attempts share: what one leaves there, the next finds. Not part of the record.
  public let checkpointDirectory: String
  /// True when the run began with a copy of another run's checkpoint, whose parameters may have been others.
  public let inheritsCheckpoint: Bool
  /// A directory of this attempt alone.
  public let scratchDirectory: String
  /// How many threads the work may use, at least 1. No number that is logged may depend on it.
  public let threads: Int
  /// Tells the time.
  public let clock: Clock

  private let store: any TrackingStore
  private let artifacts: any ArtifactStore
  private let logger: any MetricLogger
  private let yields: @Sendable () -> Bool
  // Steps already on record when this attempt began, by metric: a run that goes on from a checkpoint logs them again,
  // and they must not count twice.
  private let loggedBefore: [String: Int64]
  private let allowance: (metric: String, points: Int)?
  // Points of the allowance's metric on record, those of earlier attempts included.
  private let used = Mutex<Int>(0)

  /// Opens the session of a run's attempt.
  ///
  /// - Parameters:
  ///   - parameters: what the trial executes with: the spec's fixed parameters and the run's own.
  ///   - threads: the cores that fall to this run when several run at once.
  ///   - inheritsCheckpoint: true when the checkpoint directory was first filled by another run.
  ///   - allowance: how many points of a metric the run may have logged, those of earlier attempts included, before it is to
  ///     yield; nil for as many as it likes.
  ///   - shouldYield: true once the run has been asked to stop.
  public init(
    run: RunID, parameters: [String: Value], store: any TrackingStore, artifacts: any ArtifactStore,
    checkpointDirectory: String, scratchDirectory: String, inheritsCheckpoint: Bool = false, threads: Int = 1,
    allowance: (metric: String, points: Int)? = nil, clock: @escaping Clock,
    shouldYield: @escaping @Sendable () -> Bool
  ) throws {
    self.run = run
    self.parameters = parameters
    self.store = store
    self.artifacts = artifacts
    self.checkpointDirectory = checkpointDirectory
    self.scratchDirectory = scratchDirectory
    self.inheritsCheckpoint = inheritsCheckpoint
    self.threads = max(1, threads)
    self.clock = clock
    self.allowance = allowance
    yields = shouldYield
    try store.recoverMetrics()
    let series = try store.series(of: run)
    loggedBefore = Dictionary(uniqueKeysWithValues: series.map { ($0.name, $0.largestStep) })
    logger = try store.logger(for: run)
    if let known = series.first(where: { $0.name == allowance?.metric }) { used.withLock { $0 = known.count } }
  }

  /// True once the run has been asked to stop, or has logged as many points as it is allowed: write a checkpoint, return
  /// `.yielded`. A run that looks after every point yields right after the last one that it is allowed.
  public var shouldYield: Bool { yields() || isAllowanceUsed }

  private var isAllowanceUsed: Bool { allowance.map { allowed in used.withLock { $0 >= allowed.points } } ?? false }

  /// Logs a point of a metric. Within one metric, steps rise from call to call.
  ///
  /// A step that an earlier attempt has logged is passed over, so a run that goes on from a checkpoint may log again
  /// what came after it: each step counts once.
  public func log(_ metric: String, _ value: Double, step: Int64) throws {
    if let last = loggedBefore[metric], step <= last { return }
    try logger.log(metric, step: step, value: value, time: clock())
    if metric == allowance?.metric { used.withLock { $0 += 1 } }
  }

  /// Makes every point logged so far readable by others; they are safe without it.
  public func flush() throws { try logger.flush() }

  /// Records the values that the run really used, defaults included. The same again changes nothing.
  ///
  /// A parameter is never changed: where the run was given another value than it used (a trainer that ignores it, say),
  /// the used one is recorded as `effective.NAME`.
  public func recordEffective(_ used: [Parameter]) throws {
    let known = try store.parameters(of: run).byName
    try store.commit(
      used.compactMap { parameter in
        guard let given = known[parameter.name] else { return .setParameter(run, parameter) }
        if given.matches(parameter.value) { return nil }
        return .setParameter(run, Parameter("effective." + parameter.name, parameter.value))
      })
  }

  /// Sets a tag of the run.
  public func setTag(_ name: String, _ value: String) throws {
    try store.commit(.setTag(run, name: name, value: value))
  }

  /// Stores a file or directory and attaches it to the run under a name.
  @discardableResult
  public func attach(contentsOf path: String, as name: String) throws -> Artifact {
    let stored = try artifacts.store(contentsOf: path)
    let artifact = Artifact(
      run: run, name: name, digest: stored.digest, bytes: stored.bytes, contentBytes: stored.contentBytes,
      files: stored.files, time: clock())
    try store.commit(.attach(artifact))
    return artifact
  }

  /// Ends the session: everything logged is readable.
  public func close() throws { try logger.close() }
}
