public import Tracking

/// Brings sweeps to their end: the loop of `runs sweep`. What it knows it reads from the records, so starting and
/// resuming are the same.
public final class SweepDriver: Sendable {
  let store: any TrackingStore
  let artifacts: (any ArtifactStore)?
  let plugins: PluginCatalogue
  let launcher: any Launcher
  let paths: SweepPaths
  let runsExecutable: String
  let environment: [String: String]
  let clock: Clock
  let stop: StopRequest
  let observer: @Sendable (SweepProgress) -> Void
  let openDoor: DoorOpener?
  let runAgain: DeterminismCheck?
  let found: [String: StoredArtifact]

  /// Makes a driver.
  ///
  /// - Parameters:
  ///   - artifacts: where the outputs of command trials are kept; nil to leave them in their job directories.
  ///   - paths: the store's directories; made when they are not there.
  ///   - runsExecutable: the absolute path of `runs`, which is started as `runs trial-run` for a trainer's trial.
  ///   - environment: what trials inherit; variables that begin with `RUNS_` are left out.
  ///   - openDoor: opens the door by which trials log as clients of MLflow; nil for none.
  ///   - runAgain: runs a trial a second time, for sweeps that want their first trial run twice; nil where that cannot be.
  ///   - found: what is attached to every trial that this driver starts, by name: what was taken down now, where that is not
  ///     what was taken down when the sweep was started.
  ///   - stop: a person's wish to stop.
  ///   - observer: called from the thread that drives.
  public init(
    store: any TrackingStore, artifacts: (any ArtifactStore)? = nil, plugins: PluginCatalogue,
    launcher: any Launcher, paths: SweepPaths, runsExecutable: String, environment: [String: String],
    clock: @escaping Clock, openDoor: DoorOpener? = nil, runAgain: DeterminismCheck? = nil,
    found: [String: StoredArtifact] = [:], stop: StopRequest = StopRequest(),
    observer: @escaping @Sendable (SweepProgress) -> Void = { _ in }
  ) {
    self.store = store
    self.artifacts = artifacts
    self.plugins = plugins
    self.launcher = launcher
    self.paths = paths
    self.runsExecutable = runsExecutable
    self.environment = environment
    let steady = SteadyClock(clock)
    self.clock = { steady() }
    self.stop = stop
    self.observer = observer
    self.openDoor = openDoor
    self.runAgain = runAgain
    self.found = found
  }

  /// Records a sweep and its parent hyperdrive run; starts nothing.
  ///
  /// - Parameters:
  ///   - source: the text of the spec file.
  ///   - origin: what started it, as the parent run records it.
  ///   - given: artifacts of the parent run, by name. `code` is what trials get copies of, where the spec wants copies;
  ///     without it the whole of the code's folder is stored.
  ///   - id: the sweep's run id.
  /// - Returns: the sweep's run id, for `drive`.
  @discardableResult
  public func start(
    _ spec: SweepSpec, source: String, origin: Value = .null, artifacts given: [String: StoredArtifact] = [:],
    id: RunID = RunID(randomBits: .random(in: 0...(.max)))
  ) throws -> RunID {
    var (spec, given) = (spec, given)
    let name = CodeSnapshot.artifactName
    if case .command(_, let code, _) = spec.work, spec.surroundings.copiesCode, !code.isEmpty, let artifacts {
      given[name] = try given[name] ?? artifacts.store(contentsOf: code)
      spec.surroundings.snapshot = given[name]?.digest
    }
    let time = clock()
    let attached = given.sorted { $0.key < $1.key }.map {
      Change.attach(Artifact(run: id, name: $0.key, $0.value, time: time))
    }
    try store.commit(
      [
        .createRun(
          NewRun(
            id: id, experiment: spec.experiment, kind: .hyperdrive, name: spec.displayName, state: .queued,
            origin: origin, tags: spec.tags)),
        .declareSweep(Sweep(run: id, spec: spec, source: source)),
      ] + attached)
    return id
  }

  /// Drives a sweep until it ends or is interrupted; for a new sweep as for one that was left at any moment.
  ///
  /// A sweep that failed, was canceled or was extended is taken up again when something is left to do.
  ///
  /// - Throws: `.busy` naming the process that drives it; `.notFound`.
  public func drive(_ sweep: RunID) throws -> SweepOutcome { try drive(sweep, takesUpAgain: true) }

  private func drive(_ sweep: RunID, takesUpAgain: Bool) throws -> SweepOutcome {
    try store.checkIsWhole(sweep, toBe: "driven")
    let record = try store.extendedSweep(sweep)
    guard !record.spec.isManual else {
      throw TrackingError(
        .conflict,
        "the trials of sweep '\(sweep)' are executed by hand (`trial: manual`): `runs ask \(sweep)` hands out the next one"
      )
    }
    let lock = try SweepLock(sweep, paths: paths)
    return try withExtendedLifetime(lock) {
      let run = try store.run(sweep)
      let loop = try SweepLoop(self, record, undriven: try countUndriven(run))
      if run.state.isFinal {
        let isComplete = loop.trials.count >= record.spec.limits.maxTotalTrials
        let isDone = try run.state == .finished && !isExtendedSinceItsEnd(sweep)
        if isDone || isComplete || !takesUpAgain {
          return SweepOutcome(state: run.state, reason: run.reason, progress: loop.progress(asOf: run.ended))
        }
        try store.commit([
          .setTag(sweep, name: SweepTag.stopRequested, value: nil),
          .transition(sweep, to: .queued, reason: "taken up again"),
        ])
        loop.forgiven = Set(loop.trials.filter { $0.state.isFinal }.map(\.number))
      }
      if try store.run(sweep).state != .running { try store.commit(.transition(sweep, to: .running, reason: "")) }
      loop.state = .running
      loop.started = try store.run(sweep).started ?? clock()
      return try loop.run()
    }
  }

  /// Stops a sweep for good: records the request, which a driver elsewhere obeys; where none drives, ends what still
  /// runs and brings the sweep to `canceled` here.
  ///
  /// - Returns: the outcome; nil when another process drives the sweep and will end it.
  public func cancel(_ sweep: RunID, reason: String) throws -> SweepOutcome? {
    _ = try store.sweep(sweep)
    let run = try store.run(sweep)
    guard !run.state.isFinal else { return try drive(finished: sweep) }
    if try store.sweep(sweep).spec.isManual {
      try ManualSweep(store: store, plugins: plugins, paths: paths, clock: clock).cancel(sweep, reason: reason)
      return try drive(finished: sweep)
    }
    try store.commit(.setTag(sweep, name: SweepTag.stopRequested, value: reason))
    do {
      // A driver elsewhere may have obeyed, and let go, before we have the lock: that is the end, and no new beginning.
      return try drive(sweep, takesUpAgain: false)
    } catch let error as TrackingError where error.code == .busy {
      return nil
    }
  }

  // A sweep that has ended stays as it ended.
  private func drive(finished sweep: RunID) throws -> SweepOutcome {
    let run = try store.run(sweep)
    let loop = try SweepLoop(self, try store.extendedSweep(sweep), undriven: 0)
    return SweepOutcome(state: run.state, reason: run.reason, progress: loop.progress(asOf: run.ended))
  }

  // The time between the last sign of the driver before and now is not the sweep's own: it does not count for `timeout`.
  private func countUndriven(_ run: Run) throws -> Int64 {
    let before = try store.tags(of: run.id)[SweepTag.undriven].flatMap { Int64($0) } ?? 0
    guard run.started != nil else { return before }
    var last = try store.transitions(of: run.id).last?.time ?? run.created
    for trial in try store.trials(of: run.id, asOf: nil) {
      let attempts = try store.attempts(of: trial.run)
      if let attempt = attempts.last { last = max(last, attempt.ended ?? attempt.started) }
    }
    let undriven = before + max(0, last.milliseconds(to: clock()))
    try store.commit(.setTag(run.id, name: SweepTag.undriven, value: String(undriven)))
    return undriven
  }
}
