public import Tracking

/// A sweep as it stands, for a live display. Handed to the driver's observer when something has changed, and a few times
/// a second while trials run.
public struct SweepProgress: Sendable {
  /// The trial that is best so far.
  public struct Best: Sendable, Equatable {
    /// Its run.
    public var run: RunID
    /// Its number in the sweep.
    public var trial: Int
    /// What counts of what it logged; the mean over its configuration where the sweep repeats them.
    public var value: Double
    /// Its configuration.
    public var parameters: [Parameter]
  }

  /// A trial that is under way.
  public struct Running: Sendable, Equatable {
    /// Its run.
    public var run: RunID
    /// Its number in the sweep.
    public var trial: Int
    /// The attempt, from 1.
    public var attempt: Int
    /// When the attempt began.
    public var since: Timestamp
    /// How many points of the primary metric it has logged.
    public var points: Int
    /// The last of them; nil for none.
    public var last: MetricPoint?
  }

  /// Something that happened.
  public struct Event: Sendable, Equatable {
    /// When.
    public var time: Timestamp
    /// The trial that it is about; nil for the sweep.
    public var trial: Int?
    /// The state that it came into; nil when it is about something else.
    public var state: RunState?
    /// The configuration of a trial that begins; empty otherwise.
    public var parameters: [Parameter] = []
    /// What else there is to say, in a line; may be empty.
    public var text: String
  }

  /// The sweep's run.
  public var sweep: RunID
  /// What it was asked to do.
  public var spec: SweepSpec
  /// The state of the sweep itself.
  public var state: RunState
  /// How many trials are in each state; states without a trial are left out.
  public var counts: [RunState: Int]
  /// How many trials there will be at most: `max_total_trials`, or fewer once the space is known to be exhausted.
  public var expectedTrials: Int
  /// The best trial; nil until one has logged a finite value. Of equally good ones the first counts.
  public var best: Best?
  /// The trials that are under way, by number.
  public var running: [Running]
  /// What happened since the observer was last called, oldest first.
  public var events: [Event]
  /// When the sweep first was running.
  public var started: Timestamp
  /// Now.
  public var now: Timestamp
  /// An estimate of the milliseconds to the end; nil while there is nothing to go by.
  public var remainingMilliseconds: Int64?

  /// How many trials have ended.
  public var ended: Int { counts.reduce(0) { $0 + ($1.key.isFinal ? $1.value : 0) } }
}

/// How a driver's work on a sweep ended.
public struct SweepOutcome: Sendable {
  /// The sweep's state: finished, failed or canceled; queued when it was interrupted and can be resumed.
  public var state: RunState
  /// Why, in a sentence.
  public var reason: String
  /// The sweep as it was then, without events.
  public var progress: SweepProgress
}
