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

  /// Makes a driver.
  ///
  /// - Parameters:
  ///   - artifacts: where the outputs of command trials are kept; nil to leave them in their job directories.
  ///   - paths: the store's directories; made when they are not there.
  ///   - runsExecutable: the absolute path of `runs`, which is started as `runs trial-run` for a trainer's trial.
  ///   - environment: what trials inherit; variables that begin with `RUNS_` are left out.
  ///   - stop: a person's wish to stop.
  ///   - observer: called from the thread that drives.
  public init(
    store: any TrackingStore, artifacts: (any ArtifactStore)? = nil, plugins: PluginCatalogue,
    launcher: any Launcher, paths: SweepPaths, runsExecutable: String, environment: [String: String],
    clock: @escaping Clock, stop: StopRequest = StopRequest(),
    observer: @escaping @Sendable (SweepProgress) -> Void = { _ in }
  ) {
    self.store = store
    self.artifacts = artifacts
    self.plugins = plugins
    self.launcher = launcher
    self.paths = paths
    self.runsExecutable = runsExecutable
    self.environment = environment
    self.clock = clock
    self.stop = stop
    self.observer = observer
  }

  /// Records a sweep and its parent hyperdrive run; starts nothing.
  ///
  /// - Parameters:
  ///   - source: the text of the spec file.
  ///   - origin: what started it, as the parent run records it.
  /// - Returns: the sweep's run id, for `drive`.
  public func start(_ spec: SweepSpec, source: String, origin: Value = .null) throws -> RunID {
    throw TrackingError(.invalid, "sweeps are not driven yet")
  }

  /// Drives a sweep until it ends or is interrupted; for a new sweep as for one that was left at any moment.
  ///
  /// A sweep that has ended is taken up again when something is left to do.
  ///
  /// - Throws: `.busy` naming the process that drives it; `.notFound`.
  public func drive(_ sweep: RunID) throws -> SweepOutcome {
    throw TrackingError(.invalid, "sweeps are not driven yet")
  }

  /// Stops a sweep for good: records the request, which a driver elsewhere obeys; where none drives, ends what still
  /// runs and brings the sweep to `canceled` here.
  ///
  /// - Returns: the outcome; nil when another process drives the sweep and will end it.
  public func cancel(_ sweep: RunID, reason: String) throws -> SweepOutcome? {
    throw TrackingError(.invalid, "sweeps are not driven yet")
  }
}
