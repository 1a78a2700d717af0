/// A decision on a sweep: who decided what, knowing what, and why. Recorded with its effect, in one commit.
public struct Decision: Sendable, Equatable {
  /// What was decided.
  public enum Kind: String, Sendable, CaseIterable {
    /// A new trial.
    case propose
    /// A trial ends early.
    case stop
    /// A trial waits, with its checkpoint kept.
    case pause
    /// A trial that waited goes on.
    case resume
    /// The sweep ends.
    case end
    /// A sweep gets other limits than its spec has; `details` has those that are new.
    case extend
  }

  /// The sweep.
  public var sweep: RunID
  /// What was decided.
  public var kind: Kind
  /// The strategy or policy that decided, or `sweep` for the loop's own rules (limits, failures).
  public var decider: String
  /// The last change that the decider had seen: asked again as of it, it decides the same.
  public var asOf: EventNumber
  /// The trial that the decision is about, from 0; nil when it ends the sweep.
  public var trial: Int?
  /// Why, in a sentence; never empty.
  public var reason: String
  /// The numbers that it used.
  public var details: Value
  /// When; the store stamps it.
  public var time: Timestamp
  /// Its own place in the order of all changes; 0 before it is recorded.
  public var event: EventNumber

  /// Makes a decision; the store sets time and event when it records it.
  public init(
    sweep: RunID, kind: Kind, decider: String, asOf: EventNumber, trial: Int?, reason: String,
    details: Value = .null, time: Timestamp = Timestamp(milliseconds: 0), event: EventNumber = 0
  ) {
    self.sweep = sweep
    self.kind = kind
    self.decider = decider
    self.asOf = asOf
    self.trial = trial
    self.reason = reason
    self.details = details
    self.time = time
    self.event = event
  }
}
