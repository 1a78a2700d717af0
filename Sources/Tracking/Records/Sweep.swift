/// A sweep as it is recorded: the parent hyperdrive run and what it was asked to do. Never changed once recorded.
public struct Sweep: Sendable, Equatable {
  /// The parent hyperdrive run.
  public var run: RunID
  /// What to do.
  public var spec: SweepSpec
  /// The text of the spec file as the user wrote it; empty when there was none.
  public var source: String

  /// Makes a sweep of all its fields.
  public init(run: RunID, spec: SweepSpec, source: String) {
    self.run = run
    self.spec = spec
    self.source = source
  }
}

/// A trial of a sweep as a decider sees it: as of one event.
public struct Trial: Sendable, Equatable {
  /// The child run.
  public var run: RunID
  /// Its number in the sweep, from 0, in the order of proposals.
  public var number: Int
  /// Its configuration: the parameters that its run was created with (active ones only), in recorded order; what the
  /// run set later is not part of it.
  public var parameters: [Parameter]
  /// Its state as of the event.
  public var state: RunState
  /// How many points of the primary metric had been observed as of the event.
  public var observed: Int
  /// The event that recorded it.
  public var proposed: EventNumber
  /// The event that brought it into its final state; nil while it is in none. Trials ordered by it are in the order of
  /// their ends.
  public var ended: EventNumber?
  /// How many points of the primary metric it may log before it is paused; nil for as many as it likes.
  public var allowance: Int?
  /// The trial whose checkpoint it began with; nil for one that began from nothing.
  public var continues: RunID?
  /// The attempt whose points count, as of the event, from 1: a trial that starts over is observed from 0 again.
  public var attempt: Int

  /// Makes a trial of all its fields.
  public init(
    run: RunID, number: Int, parameters: [Parameter], state: RunState, observed: Int, proposed: EventNumber,
    ended: EventNumber? = nil, allowance: Int? = nil, continues: RunID? = nil, attempt: Int = 1
  ) {
    self.run = run
    self.number = number
    self.parameters = parameters
    self.state = state
    self.observed = observed
    self.proposed = proposed
    self.ended = ended
    self.allowance = allowance
    self.continues = continues
    self.attempt = attempt
  }
}
