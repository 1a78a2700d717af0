/// A change of the records.
public enum Change: Sendable, Equatable {
  /// Records a new run. `.conflict` when the id, or the trial's number in its sweep, is taken.
  case createRun(NewRun)
  /// Records a sweep; its run must have been created, in the same commit or before. `.conflict` when it is there.
  case declareSweep(Sweep)
  /// Brings a run into a state. `.conflict` when the state machine does not allow it.
  case transition(RunID, to: RunState, reason: String)
  /// Sets a parameter. The same value again changes nothing; another value is a `.conflict`.
  case setParameter(RunID, Parameter)
  /// Sets a tag, or removes it (nil).
  case setTag(RunID, name: String, value: String?)
  /// Sets a run's note; empty removes it.
  case setNote(RunID, String)
  /// Sets a run's name; nil removes it.
  case setName(RunID, String?)
  /// Records a decision. Its effect (a new run, a transition) belongs into the same commit.
  case decide(Decision)
  /// Records an attempt before its job is launched. Numbers follow each other from 1; one open attempt a run. One that
  /// does not continue becomes the run's counted attempt, of which nothing is observed yet. `started` is the store's clock.
  case beginAttempt(RunID, number: Int, launcher: String, continues: Bool)
  /// Records the end of an open attempt. `.conflict` when it has ended otherwise; the same end again changes nothing.
  case endAttempt(RunID, number: Int, Attempt.Outcome, detail: String)
  /// Records that deciders may now see the first `count` points of a trial's primary metric. Never falls within a counted
  /// attempt.
  case observe(RunID, count: Int)
  /// Lets a trial log so many points of its primary metric, at least 1, before it is paused; nil for as many as it likes.
  /// `.conflict` for a trial that has ended.
  case allow(RunID, points: Int?)
  /// Points a run's artifact name to a stored tarball; the time is the store's clock.
  case attach(Artifact)
  /// Takes an artifact's name from a run; nothing where it has none.
  case detach(RunID, artifact: String)
  /// Corrects when a run began or ended, for clients that bring their own clock; nil leaves a time as it is.
  case setTimes(RunID, started: Timestamp?, ended: Timestamp?)
  /// Hides a run, children not included, and refuses to write to it; nothing where it is deleted.
  case delete(RunID)
  /// Takes a run's deletion back; nothing where it is not deleted.
  case restore(RunID)
  /// Adds datasets to what went into a run. The same dataset again only gains the tags.
  case addInputs(RunID, [RunInput])
  /// Adds logged models to what came out of a run. `.notFound` for an unknown model; the same again changes nothing.
  case addOutputs(RunID, [RunOutput])
  /// Changes an experiment.
  case experiment(ExperimentChange)
  /// Changes a logged model.
  case model(LoggedModelChange)
  /// Changes the model registry.
  case registry(RegistryChange)
  /// Changes who may use a server of this store.
  case token(TokenChange)
}

/// Changes and points that belong together: all of them are recorded, or none.
public struct WriteBatch: Sendable {
  /// Points of one run.
  public struct Points: Sendable {
    /// The run.
    public var run: RunID
    /// Series, each not empty, a name at most once.
    public var columns: [MetricColumns]
    /// Whether a point is left out that is the same, in step, time and value, as one of these, or of the last
    /// `knownWindow` points of its series: for clients that send again what they had no answer to.
    public var skipsKnown: Bool

    /// How many of a series' last points are looked at.
    public static let knownWindow = 1_000

    /// Names points.
    public init(_ run: RunID, _ columns: [MetricColumns], skipsKnown: Bool = false) {
      self.run = run
      self.columns = columns
      self.skipsKnown = skipsKnown
    }
  }

  /// The changes, recorded first.
  public var changes: [Change]
  /// The points.
  public var points: [Points]

  /// Makes a batch.
  public init(_ changes: [Change] = [], points: [Points] = []) {
    self.changes = changes
    self.points = points
  }
}

/// Writes records. Calls block; any thread may call; several processes may write at once.
public protocol TrackingWriter: Sendable {
  /// Records changes in order, all of them or none, and returns the number of the last.
  ///
  /// Each change takes one number, and those of a commit follow each other; only one that changes nothing takes none (the
  /// same parameter, the same end, or fewer points observed, again).
  ///
  /// They are on the disk when the call returns. An empty list does nothing and returns 0.
  ///
  /// - Throws: `.notFound` for a run that is not there, `.conflict`, `.invalid`; nothing is recorded then.
  @discardableResult
  func commit(_ changes: [Change]) throws -> EventNumber

  /// Records batches of several clients in one transaction, in order; one that is refused leaves no trace and hinders no
  /// other.
  ///
  /// They are on the disk when the call returns, points too.
  ///
  /// - Returns: for each batch the number of the last change so far, or why it was refused, as `commit` and `append` say.
  /// - Throws: what concerns them all (`.busy`, `.system`); nothing is recorded then.
  func write(_ batches: [WriteBatch]) throws -> [Result<EventNumber, TrackingError>]

  /// Appends points to series of a run's counted attempt, all of them or none.
  ///
  /// They survive the death of this process when the call returns, and a power cut a second later. The same point
  /// appended twice is there twice.
  ///
  /// - Parameter columns: any number of series, each not empty, a name at most once.
  /// - Throws: `.notFound`; `.conflict` when the run is deleted, or a trial or sweep in a final state; `.invalid` for an empty name.
  func append(_ columns: [MetricColumns], to run: RunID) throws

  /// Returns a logger for single points of a run's counted attempt.
  ///
  /// - Throws: `.notFound`; `.conflict` when the run is deleted, or a trial or sweep in a final state.
  func logger(for run: RunID) throws -> any MetricLogger

  /// Makes readable what loggers of dead processes left behind; does nothing when there is nothing.
  func recoverMetrics() throws
}

extension TrackingWriter {
  /// Records one change.
  @discardableResult
  public func commit(_ change: Change) throws -> EventNumber { try commit([change]) }
}

/// Logs single points of one run, fast. Any thread may call.
public protocol MetricLogger: Sendable {
  /// Logs a point. It survives the death of this process when the call returns; readers see it within 250 ms.
  func log(_ metric: String, step: Int64, value: Double, time: Timestamp) throws

  /// Makes every point logged so far readable.
  func flush() throws

  /// Flushes and ends the logger; logging to it afterwards is a `.conflict`. Twice does nothing.
  func close() throws
}

/// A store that reads and writes.
public typealias TrackingStore = TrackingReader & TrackingWriter
