private import Glibc
public import Tracking

/// A sweep whose trials somebody else executes: `ask` hands out the next one, `report` and `end` take what came of it.
///
/// Any number of processes may ask and tell; a lock makes them take turns. What is known is in the records.
public struct ManualSweep: Sendable {
  /// A trial that was handed out.
  public struct Asked: Sendable, Equatable {
    /// The trial's run.
    public var run: RunID
    /// Its number in the sweep.
    public var number: Int
    /// Its configuration.
    public var parameters: [Parameter]
    /// How many points of the primary metric it may log before it is to pause; nil for as many as it likes.
    public var allowance: Int?
    /// The trial whose checkpoint it begins with.
    public var continues: RunID?
    /// True for a paused trial that goes on.
    public var isResumed: Bool
  }

  /// What came of asking.
  public enum Answer: Sendable, Equatable {
    /// A trial to execute.
    case trial(Asked)
    /// None now; why, in a sentence. Ask again when a trial has told something.
    case waiting(String)
    /// None any more: the sweep has ended, or will with the trials that run; why, in a sentence.
    case over(String)
  }

  /// What a trial is to do after it reported.
  public enum Advice: String, Sendable, CaseIterable {
    /// Go on.
    case goOn = "continue"
    /// End now; it is recorded as pruned.
    case stop
    /// Leave a checkpoint and end; an ask may hand it out again.
    case pause
  }

  // How long to wait for another process's turn, in milliseconds.
  private static let patience = 120_000
  /// The name that attempts carry instead of a launcher's.
  static let launcher = "ask"

  let store: any TrackingStore
  let plugins: PluginCatalogue
  let paths: SweepPaths
  let clock: Clock

  /// Opens the way to a store's manual sweeps.
  public init(store: any TrackingStore, plugins: PluginCatalogue, paths: SweepPaths, clock: @escaping Clock) {
    self.store = store
    self.plugins = plugins
    self.paths = paths
    self.clock = clock
  }

  /// Hands out the next trial: one that was let go on, or a new one of the sweep's strategy.
  ///
  /// - Throws: `.conflict` for a sweep that is not manual; what a strategy throws.
  public func ask(_ id: RunID) throws -> Answer {
    let sweep = try manual(id)
    return try inTurn(id) {
      let run = try store.run(id)
      if run.state.isFinal { return .over("sweep '\(id)' is \(run.state.rawValue): \(run.reason)") }
      if run.state != .running { try store.commit(.transition(id, to: .running, reason: "")) }
      if let waiting = try next(of: sweep) { return try .trial(handOut(waiting)) }
      if let ended = try endIfComplete(sweep) { return .over(ended) }
      let outlook = try propose(sweep)
      if let new = try next(of: sweep) { return try .trial(handOut(new)) }
      let isBusy = try store.trials(of: id, asOf: nil).contains { $0.state == .running }
      let limit = sweep.spec.limits.maxTotalTrials
      let reason: String
      var details: Value = ["rule": "exhausted"]
      switch outlook {
      case .exhausted(let why): reason = why
      case nil:
        reason = "max_total_trials (\(limit)) reached"
        details = ["rule": "max_total_trials", "limit": .integer(Int64(limit))]
      case .open where !isBusy, .waiting where !isBusy:
        reason = "the strategy '\(sweep.spec.strategy.name)' proposed nothing more, and no trial is under way"
      case .open, .waiting:
        return .waiting("the strategy '\(sweep.spec.strategy.name)' waits for what the running trials tell")
      }
      if !isBusy { try finish(sweep, reason, details: details) }
      return .over(reason)
    }
  }

  private func next(of sweep: Sweep) throws -> Trial? {
    try store.trials(of: sweep.run, asOf: nil).first { $0.state == .scheduled }
  }

  private func handOut(_ trial: Trial) throws -> Asked {
    let attempts = try store.attempts(of: trial.run).count
    try store.commit([
      .beginAttempt(trial.run, number: attempts + 1, launcher: ManualSweep.launcher, continues: attempts > 0),
      .transition(trial.run, to: .running, reason: attempts > 0 ? "goes on as attempt \(attempts + 1)" : ""),
    ])
    return Asked(
      run: trial.run, number: trial.number, parameters: trial.parameters, allowance: trial.allowance,
      continues: trial.continues, isResumed: attempts > 0)
  }

  // Returns the strategy's outlook; nil when no more trials may be proposed and none is paused.
  private func propose(_ sweep: Sweep) throws -> SearchOutlook? {
    let spec = sweep.spec
    let trials = try store.trials(of: sweep.run, asOf: nil)
    let isFull = trials.count >= spec.limits.maxTotalTrials
    if isFull, !trials.contains(where: { $0.state == .paused }) { return nil }
    if trials.count / max(1, spec.repeats) < spec.enqueued.count, !isFull {
      let session = try SweepSession(sweep: sweep, decider: "enqueue", reader: store)
      session.proposeEnqueued(upTo: 1)
      try store.commit(session.changes)
      return .open
    }
    let session = try SweepSession(sweep: sweep, decider: spec.strategy.name, reader: store)
    let strategy = try plugins.strategy(spec.strategy.name).make(options: spec.strategy.options, sweep: spec)
    let outlook = try strategy.propose(upTo: 1, in: session)
    try record(session, trials, maximum: spec.limits.maxTotalTrials)
    return outlook
  }

  // MARK: - What asks and tells share

  func manual(_ id: RunID) throws -> Sweep {
    try store.checkIsWhole(id, toBe: "told of")
    let sweep = try store.extendedSweep(id)
    guard sweep.spec.isManual else {
      throw TrackingError(
        .conflict,
        "the trials of sweep '\(id)' are executed by `runs sweep resume \(id)`; only those of a sweep with `trial: manual` "
          + "are asked for and told")
    }
    return sweep
  }

  func inTurn<Result>(_ sweep: RunID, _ deed: () throws -> Result) throws -> Result {
    var waited = 0
    while true {
      do {
        let lock = try SweepLock(sweep, paths: paths)
        return try withExtendedLifetime(lock, deed)
      } catch let error as TrackingError where error.code == .busy && waited < ManualSweep.patience {
        // The lock itself has tried for a tenth of a second.
        waited += 100
      }
    }
  }

  /// Records what a decider decided. A stop of a trial that does not run takes effect at once; one that runs is told when it
  /// reports.
  func record(_ session: SweepSession, _ trials: [Trial], maximum: Int = .max) throws {
    var changes: [Change] = []
    var group: [Change] = []
    for change in session.changes {
      group.append(change)
      switch change {
      case .decide(let decision):
        guard let number = decision.trial else { continue }
        if decision.kind == .propose, number >= maximum {
          group = []
          continue
        }
        if decision.kind == .stop || decision.kind == .pause {
          guard trials.indices.contains(number), !trials[number].state.isFinal else {
            group = []
            continue
          }
          if decision.kind == .stop, trials[number].state != .running {
            group.append(.transition(trials[number].run, to: .pruned, reason: decision.reason))
          }
        }
        changes += group
        group = []
      case .transition:
        changes += group
        group = []
      default: break
      }
    }
    try store.commit(changes)
  }
}

extension SweepSpec {
  /// True for `trial: manual`: trials are executed by somebody who asks and tells.
  public var isManual: Bool { if case .command("", _, _) = work { true } else { false } }
}
