/// Everything that is recorded of a run but its points: what a copy of it in another store is made of.
///
/// Changes are numbered anew within a family of runs (a run without a run above it, and those below it): 1, 2, … in the order
/// in which they were recorded. So equal records have equal histories, whatever else their stores hold.
public struct RunHistory: Sendable, Equatable {
  /// The run as it is.
  public var run: Run
  /// Its transitions, oldest first; at least one.
  public var transitions: [Transition]
  /// Its parameters in recorded order.
  public var parameters: [Parameter]
  /// How many of them, from the first, it was created with.
  public var given: Int
  /// Its tags.
  public var tags: [String: String]
  /// Its attempts, first to last.
  public var attempts: [Attempt]
  /// Its artifacts, by name.
  public var artifacts: [Artifact]
  /// The datasets that went into it, in recorded order.
  public var inputs: [RunInput]
  /// The logged models that came out of it, in recorded order.
  public var outputs: [RunOutput]
  /// Up to which point deciders might see its primary metric, oldest first; of a trial only.
  public var observations: [Observation]
  /// How many points it might log before it is paused, oldest first; of a trial only.
  public var allowances: [Allowance]
  /// How long its series are, by attempt and name.
  public var series: [SeriesExtent]
  /// What it was asked to do and what was decided, of a sweep.
  public var sweep: SweepHistory?

  /// Makes a history of all its fields.
  public init(
    run: Run, transitions: [Transition], parameters: [Parameter] = [], given: Int = 0, tags: [String: String] = [:],
    attempts: [Attempt] = [], artifacts: [Artifact] = [], inputs: [RunInput] = [], outputs: [RunOutput] = [],
    observations: [Observation] = [], allowances: [Allowance] = [], series: [SeriesExtent] = [],
    sweep: SweepHistory? = nil
  ) {
    self.run = run
    self.transitions = transitions
    self.parameters = parameters
    self.given = given
    self.tags = tags
    self.attempts = attempts
    self.artifacts = artifacts
    self.inputs = inputs
    self.outputs = outputs
    self.observations = observations
    self.allowances = allowances
    self.series = series
    self.sweep = sweep
  }
}

/// Up to which point of a trial's primary metric deciders may see, from one change on.
public struct Observation: Sendable, Equatable {
  /// The change.
  public var event: EventNumber
  /// How many points.
  public var count: Int
  /// The attempt that they are of.
  public var attempt: Int

  /// Makes an observation of all its fields.
  public init(event: EventNumber, count: Int, attempt: Int) {
    self.event = event
    self.count = count
    self.attempt = attempt
  }
}

/// How many points a trial may log before it is paused, from one change on.
public struct Allowance: Sendable, Equatable {
  /// The change.
  public var event: EventNumber
  /// How many points; nil for as many as it likes.
  public var points: Int?

  /// Makes an allowance of all its fields.
  public init(event: EventNumber, points: Int?) {
    self.event = event
    self.points = points
  }
}

/// How long a series is.
public struct SeriesExtent: Sendable, Equatable {
  /// The metric's name.
  public var name: String
  /// The attempt that the series belongs to, from 1.
  public var attempt: Int
  /// How many points it has, at least 1.
  public var count: Int

  /// Makes an extent of all its fields.
  public init(name: String, attempt: Int, count: Int) {
    self.name = name
    self.attempt = attempt
    self.count = count
  }
}

/// What is recorded of a sweep beside its run.
public struct SweepHistory: Sendable, Equatable {
  /// The spec in its recorded form.
  public var spec: Value
  /// The text of the spec file; empty when there was none.
  public var source: String
  /// Its decisions, oldest first; of a part those on the trials that came along, and those on the sweep as a whole.
  public var decisions: [Decision]
  /// The last change recorded on it or its trials.
  public var lastEvent: EventNumber
  /// How many trials it has where it comes from, those that did not come along included.
  public var trials: Int
  /// False where trials did not come along.
  public var isWhole: Bool

  /// Makes a sweep's history of all its fields.
  public init(
    spec: Value, source: String, decisions: [Decision], lastEvent: EventNumber, trials: Int, isWhole: Bool
  ) {
    self.spec = spec
    self.source = source
    self.decisions = decisions
    self.lastEvent = lastEvent
    self.trials = trials
    self.isWhole = isWhole
  }
}

extension Sweep {
  /// The tag of a sweep's run of which only some trials are in this store: `2 of 40 trials`. Its past cannot be shown as of an
  /// event, so nothing is decided on it here; an import of the whole sweep takes the tag away.
  public static let partialTag = "runs.partial"
}

extension Run {
  /// The tag of a run that says how the last repetition of it in this store came out: `identical`, `within tolerance`,
  /// `different`. It does not move with the run.
  public static let reproducedTag = "runs.reproduced"
}

extension TrackingReader {
  /// Returns how much of a sweep is in this store, as `2 of 40 trials`; nil for a whole one.
  public func partOfSweep(_ id: RunID) throws -> String? { try tags(of: id)[Sweep.partialTag] }

  /// Refuses a sweep of which only a part is in this store.
  ///
  /// - Parameter deed: what needs the whole, as `resumed`.
  /// - Throws: `.conflict`.
  public func checkIsWhole(_ id: RunID, toBe deed: String) throws {
    guard let part = try partOfSweep(id) else { return }
    throw TrackingError(
      .conflict,
      "of sweep '\(id)' this store has \(part), so it cannot be \(deed) here; export the whole sweep where it is, and "
        + "import that")
  }
}

/// One piece of what moves from a store to another. They come in this order: experiments; then family by family its runs,
/// each below the one above it and followed by its points; then the logged models that came out of them.
public enum HistoryRecord: Sendable, Equatable {
  /// An experiment that runs belong to; its number and its count of runs do not move.
  case experiment(Experiment)
  /// A family of runs begins: the run that has none above it, and how many changes the family's histories number.
  case family(RunID, changes: Int)
  /// A run.
  case run(RunHistory)
  /// Points of the run before: consecutive pieces of a series, those of an attempt by name, attempts in order.
  case points(HistoryPoints)
  /// A logged model with its files.
  case model(LoggedModel, files: [LoggedModelFile])
}

/// Points of a series that moves.
public struct HistoryPoints: Sendable {
  /// The run.
  public var run: RunID
  /// The attempt that they are of.
  public var attempt: Int
  /// The place of the first of them in its series, from 0.
  public var first: Int
  /// The points, at least one.
  public var columns: MetricColumns

  /// Makes points of all their fields.
  public init(run: RunID, attempt: Int, first: Int, columns: MetricColumns) {
    self.run = run
    self.attempt = attempt
    self.first = first
    self.columns = columns
  }
}

extension HistoryPoints: Equatable {
  /// Compares bit for bit.
  public static func == (left: HistoryPoints, right: HistoryPoints) -> Bool {
    left.run == right.run && left.attempt == right.attempt && left.first == right.first
      && left.columns.name == right.columns.name && left.columns.isSame(as: right.columns)
  }
}

extension MetricColumns {
  /// Whether these are the same points, bit for bit; names are not compared.
  package func isSame(as other: MetricColumns) -> Bool {
    steps == other.steps && times == other.times && values.count == other.values.count
      && zip(values, other.values).allSatisfy { $0.bitPattern == $1.bitPattern }
  }
}
