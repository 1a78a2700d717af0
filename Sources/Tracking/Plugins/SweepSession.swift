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

  private let reader: any TrackingReader
  private let seen: [Trial]
  private let collected = Mutex<Collected>(Collected())

  private struct Collected {
    var changes: [Change] = []
    var proposals: [[Parameter]] = []
  }

  /// Opens a session.
  ///
  /// - Parameter event: nil for everything recorded so far.
  public init(sweep: Sweep, decider: String, reader: any TrackingReader, asOf event: EventNumber? = nil) throws {
    self.sweep = sweep
    self.decider = decider
    self.reader = reader
    asOf = try event ?? reader.lastEvent(of: sweep.run)
    seen = try reader.trials(of: sweep.run, asOf: asOf)
  }

  /// The trials by number, without those proposed in this session.
  public var trials: [Trial] { seen }

  /// The configurations of all trials by number, those proposed in this session included.
  public var configurations: [[Parameter]] { seen.map(\.parameters) + collected.withLock { $0.proposals } }

  /// Returns the points of the primary metric that deciders may see of a trial, in the order of logging.
  public func objective(of trial: Trial) throws -> MetricColumns {
    try reader.points(
      of: trial.run, metric: sweep.spec.objective.metric, in: 0..<trial.observed, attempt: nil)
  }

  /// Proposes the next trial: a child run in state `scheduled`, with the decision that made it.
  ///
  /// - Parameters:
  ///   - reason: why these values, in a sentence; not empty.
  ///   - details: the numbers that led to them.
  /// - Returns: the trial's number.
  @discardableResult
  public func propose(_ configuration: [Parameter], reason: String, details: Value = .null) -> Int {
    precondition(!reason.isEmpty, "a decision has a reason")
    return collected.withLock { state in
      let number = seen.count + state.proposals.count
      state.proposals.append(configuration)
      state.changes.append(
        .createRun(
          NewRun(
            id: sweep.run.trial(number), experiment: sweep.spec.experiment, kind: .trial, parent: sweep.run,
            number: number, reason: reason, parameters: configuration)))
      state.changes.append(
        .decide(
          Decision(
            sweep: sweep.run, kind: .propose, decider: decider, asOf: asOf, trial: number, reason: reason,
            details: details)))
      return number
    }
  }

  /// Decides that a trial ends early; the sweep loop asks it to yield and marks it `pruned`.
  public func stop(_ trial: Trial, reason: String, details: Value) {
    precondition(!reason.isEmpty, "a decision has a reason")
    collected.withLock {
      $0.changes.append(
        .decide(
          Decision(
            sweep: sweep.run, kind: .stop, decider: decider, asOf: asOf, trial: trial.number, reason: reason,
            details: details)))
    }
  }

  /// The changes that the decider made, in order; the sweep loop commits them.
  public var changes: [Change] { collected.withLock { $0.changes } }
}
