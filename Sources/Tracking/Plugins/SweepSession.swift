internal import Synchronization

/// A decider's window on the tracking API: one sweep, as of one event.
///
/// What a decider proposes or stops is collected as changes, which the sweep loop commits at once after the ask. A
/// session that is never committed is a replay.
public final class SweepSession: Sendable {
  /// The sweep.
  public let sweep: Sweep
  /// The last change that the decider sees.
  public let asOf: EventNumber
  /// The name that decisions carry.
  public let decider: String

  private let reader: any TrialReader
  private let seen: [Trial]
  private let memory: TrialMemory
  private let collected = Mutex<Collected>(Collected())

  private struct Collected {
    var changes: [Change] = []
    var proposals: [[Parameter]] = []
  }

  /// Opens a session.
  ///
  /// - Parameters:
  ///   - event: nil for everything recorded so far.
  ///   - memory: what sessions of this sweep before it have read, so that it is not read again.
  public init(
    sweep: Sweep, decider: String, reader: any TrialReader, asOf event: EventNumber? = nil,
    memory: TrialMemory = TrialMemory()
  ) throws {
    self.sweep = sweep
    self.decider = decider
    self.reader = reader
    self.memory = memory
    asOf = try event ?? reader.lastEvent(of: sweep.run)
    seen = try reader.trials(of: sweep.run, asOf: asOf)
  }

  /// Opens a session on trials that were read before.
  ///
  /// - Parameters:
  ///   - trials: what `reader.trials(of:asOf:)` returns as of the event.
  ///   - memory: what sessions of this sweep before it have read, so that it is not read again.
  public init(
    sweep: Sweep, decider: String, reader: any TrialReader, asOf event: EventNumber, trials: [Trial],
    memory: TrialMemory = TrialMemory()
  ) {
    self.sweep = sweep
    self.decider = decider
    self.reader = reader
    self.memory = memory
    asOf = event
    seen = trials
  }

  /// The trials by number, without those proposed in this session.
  public var trials: [Trial] { seen }

  /// The configurations of all trials by number, those proposed in this session included.
  public var configurations: [[Parameter]] { seen.map(\.parameters) + collected.withLock { $0.proposals } }

  // MARK: - Reading

  /// Returns the points of the primary metric that deciders may see of a trial, in the order of logging.
  public func objective(of trial: Trial) throws -> MetricColumns {
    if let known = memory.objective(of: trial) { return known }
    let columns = try reader.points(
      of: trial.run, metric: sweep.spec.objective.metric, in: 0..<trial.observed, attempt: trial.attempt)
    memory.remember(columns, of: trial)
    return columns
  }

  /// Returns what the objective makes of the points that deciders may see of a trial; nil before the first finite one.
  public func score(of trial: Trial) throws -> Double? {
    guard trial.observed > 0 else { return nil }
    if let known = memory.score(of: trial) { return known }
    let score = sweep.spec.objective.score(of: try objective(of: trial).values)
    memory.remember(score: score, of: trial)
    return score
  }

  /// Returns the points of any metric of a trial that has ended, in the order of logging; none while it has not, since
  /// what it will have logged is no part of the records as of the event.
  public func points(_ metric: String, of trial: Trial) throws -> MetricColumns {
    guard trial.state.isFinal else { return MetricColumns(name: metric) }
    return try reader.points(of: trial.run, metric: metric)
  }

  /// The trials that have ended, in the order of their ends.
  public var ended: [Trial] {
    seen.filter { $0.ended != nil }.sorted { ($0.ended ?? 0, $0.number) < ($1.ended ?? 0, $1.number) }
  }

  /// The trials that have not ended, by number: scheduled, queued, running and paused ones.
  public var pending: [Trial] { seen.filter { !$0.state.isFinal } }

  // MARK: - Deciding

  /// Proposes the next trial: a child run in state `scheduled`, with the decision that made it.
  ///
  /// Where the sweep repeats configurations, the trials that evaluate this one again follow, by the decider `repeat`, as far
  /// as `max_total_trials` allows.
  ///
  /// - Parameters:
  ///   - allowance: how many points of the primary metric it may log before the sweep loop pauses it; nil for as many as
  ///     it likes.
  ///   - trial: an ended or paused trial whose checkpoint it begins with; nil for none. A trial that finished keeps its
  ///     checkpoint for this only where the strategy says so (`continuesTrials`).
  ///   - reason: why these values, in a sentence; not empty.
  ///   - details: the numbers that led to them.
  /// - Returns: the trial's number.
  @discardableResult
  public func propose(
    _ configuration: [Parameter], allowance: Int? = nil, continuing trial: Trial? = nil, reason: String,
    details: Value = .null
  ) -> Int {
    precondition(!reason.isEmpty, "a decision has a reason")
    return collected.withLock { state in
      let number = seen.count + state.proposals.count
      add(configuration, &state, from: trial, allowance, decision(.propose, number, reason, details))
      // A trial that gets a share of the resource or another one's checkpoint is no evaluation that could be repeated.
      guard allowance == nil, trial == nil else { return number }
      for repetition in 1..<max(1, sweep.spec.repeats) where number + repetition < sweep.spec.limits.maxTotalTrials {
        let next = Decision(
          sweep: sweep.run, kind: .propose, decider: "repeat", asOf: asOf, trial: number + repetition,
          reason: "evaluation \(repetition + 1) of \(sweep.spec.repeats) of trial \(number)'s configuration",
          details: ["repeats": .integer(Int64(number))])
        add(configuration, &state, from: nil, nil, .decide(next))
      }
      return number
    }
  }

  private func add(
    _ configuration: [Parameter], _ state: inout Collected, from trial: Trial?, _ allowance: Int?, _ decision: Change
  ) {
    guard case .decide(let decided) = decision, let number = decided.trial else { return }
    let run = sweep.run.trial(number)
    state.proposals.append(configuration)
    state.changes.append(
      .createRun(
        NewRun(
          id: run, experiment: sweep.spec.experiment, kind: .trial, parent: sweep.run,
          number: number, reason: decided.reason, origin: trial.map { ["continues": .text($0.run.text)] } ?? .null,
          parameters: configuration)))
    if let allowance { state.changes.append(.allow(run, points: allowance)) }
    state.changes.append(decision)
  }

  /// Lets a paused trial go on from its checkpoint; nothing for a trial that is not paused.
  ///
  /// - Parameter allowance: how many points of the primary metric it may have logged, those so far included, before it is
  ///   paused again; nil for as many as it likes.
  public func resume(_ trial: Trial, allowance: Int?, reason: String, details: Value = .null) {
    precondition(!reason.isEmpty, "a decision has a reason")
    guard trial.state == .paused else { return }
    collected.withLock {
      $0.changes.append(.allow(trial.run, points: allowance))
      $0.changes.append(decision(.resume, trial.number, reason, details))
      $0.changes.append(.transition(trial.run, to: .scheduled, reason: reason))
    }
  }

  /// Decides that a trial ends early; the sweep loop asks a running one to yield and marks it `pruned`, its checkpoint
  /// kept. One that is paused or scheduled is pruned at once.
  public func stop(_ trial: Trial, reason: String, details: Value = .null) {
    precondition(!reason.isEmpty, "a decision has a reason")
    collected.withLock { $0.changes.append(decision(.stop, trial.number, reason, details)) }
  }

  /// Decides that a running trial waits; the sweep loop asks it to yield and marks it `paused`, its checkpoint kept.
  public func pause(_ trial: Trial, reason: String, details: Value = .null) {
    precondition(!reason.isEmpty, "a decision has a reason")
    collected.withLock { $0.changes.append(decision(.pause, trial.number, reason, details)) }
  }

  private func decision(_ kind: Decision.Kind, _ trial: Int, _ reason: String, _ details: Value) -> Change {
    .decide(
      Decision(
        sweep: sweep.run, kind: kind, decider: decider, asOf: asOf, trial: trial, reason: reason, details: details))
  }

  /// The changes that the decider made, in order; the sweep loop commits them.
  public var changes: [Change] { collected.withLock { $0.changes } }
}
