/// What a run is.
public enum RunKind: String, Sendable, CaseIterable {
  /// One execution on its own.
  case run
  /// The parent of a sweep's trials.
  case hyperdrive
  /// A child run of a sweep.
  case trial
}

/// Where a run is in its life. `allowedNext` is the whole state machine.
public enum RunState: String, Sendable, CaseIterable {
  /// Recorded, and nothing has been started for it.
  case scheduled
  /// Handed to a launcher, or waiting for a process to drive it.
  case queued
  /// Under way.
  case running
  /// A trial that waits with its checkpoint kept, until its strategy lets it go on.
  case paused
  /// Ended as it should.
  case finished
  /// Ended with an error.
  case failed
  /// Ended by a person.
  case canceled
  /// Ended early by a termination policy.
  case pruned

  /// True for a state that a run does not leave by itself: finished, failed, canceled, pruned.
  public var isFinal: Bool { self == .finished || self == .failed || self == .canceled || self == .pruned }

  /// The states that may follow this one.
  ///
  /// A run on its own is in whatever state its logger says, and may be taken up again at any time. A trial or sweep that
  /// runs goes back to `scheduled` when its attempt was lost or interrupted and it is to be tried again. A hyperdrive run
  /// that ended may be taken up again (`queued`), to resume or extend it.
  public func allowedNext(for kind: RunKind) -> Set<RunState> {
    guard kind != .run else { return allowedNext.union([.scheduled, .running, .finished, .failed, .canceled]) }
    return switch self {
    case .scheduled, .queued: allowedNext
    case .running: allowedNext.union(kind == .trial ? [.scheduled, .queued, .paused] : [.scheduled, .queued])
    case .paused: kind == .trial ? [.scheduled, .failed, .canceled, .pruned] : []
    case .finished, .failed, .canceled, .pruned: kind == .hyperdrive ? [.queued] : []
    }
  }

  /// The states that lie ahead of this one, for every kind.
  private var allowedNext: Set<RunState> {
    switch self {
    case .scheduled: [.queued, .running, .failed, .canceled, .pruned]
    case .queued: [.scheduled, .running, .failed, .canceled, .pruned]
    case .running: [.finished, .failed, .canceled, .pruned]
    case .paused, .finished, .failed, .canceled, .pruned: []
    }
  }
}

/// A run: one execution, a sweep's parent, or a trial.
public struct Run: Sendable, Equatable {
  /// The run's id.
  public var id: RunID
  /// The name of the experiment that the run belongs to.
  public var experiment: String
  /// What the run is.
  public var kind: RunKind
  /// The sweep of a trial; nil for every other kind, unless the run was started below another.
  public var parent: RunID?
  /// The number of a trial in its sweep, from 0; nil for every other kind.
  public var number: Int?
  /// A name for people; not unique.
  public var name: String?
  /// Where the run is in its life.
  public var state: RunState
  /// Why it is in that state, in a sentence; empty where there is nothing to say.
  public var reason: String
  /// When it was recorded.
  public var created: Timestamp
  /// When it first was running.
  public var started: Timestamp?
  /// When it came into a final state.
  public var ended: Timestamp?
  /// What started it: an object with the command, the program's version and the like.
  public var origin: Value
  /// A note by a person; empty where there is none.
  public var note: String
  /// The attempt whose metrics count, from 1: a trial that starts over leaves its earlier points behind (see `Attempt`).
  public var countedAttempt: Int
  /// When it was deleted; nil while it is not. A deleted run is kept, hidden and not written to until it is restored.
  public var deleted: Timestamp?

  /// Makes a run of all its fields.
  public init(
    id: RunID, experiment: String, kind: RunKind, parent: RunID? = nil, number: Int? = nil, name: String? = nil,
    state: RunState = .scheduled, reason: String = "", created: Timestamp, started: Timestamp? = nil,
    ended: Timestamp? = nil, origin: Value = .null, note: String = "", countedAttempt: Int = 1,
    deleted: Timestamp? = nil
  ) {
    self.id = id
    self.experiment = experiment
    self.kind = kind
    self.parent = parent
    self.number = number
    self.name = name
    self.state = state
    self.reason = reason
    self.created = created
    self.started = started
    self.ended = ended
    self.origin = origin
    self.note = note
    self.countedAttempt = countedAttempt
    self.deleted = deleted
  }
}

/// A run that is to be recorded.
public struct NewRun: Sendable, Equatable {
  /// The run's id; taken by no other run.
  public var id: RunID
  /// The experiment's name; recorded with the run if it is new.
  public var experiment: String
  /// What the run is.
  public var kind: RunKind
  /// The sweep of a trial, or the run above.
  public var parent: RunID?
  /// The number of a trial in its sweep, from 0; no two trials of a sweep share one.
  public var number: Int?
  /// A name for people.
  public var name: String?
  /// The state that it begins in: `scheduled`, `queued` or `running`.
  public var state: RunState
  /// Why, in a sentence.
  public var reason: String
  /// When it began, as whoever records it says; nil for the store's clock once it is running.
  public var started: Timestamp?
  /// What started it.
  public var origin: Value
  /// Its parameters.
  public var parameters: [Parameter]
  /// Its tags.
  public var tags: [String: String]

  /// Describes a run that is to be recorded.
  public init(
    id: RunID, experiment: String, kind: RunKind = .run, parent: RunID? = nil, number: Int? = nil,
    name: String? = nil, state: RunState = .scheduled, reason: String = "", started: Timestamp? = nil,
    origin: Value = .null, parameters: [Parameter] = [], tags: [String: String] = [:]
  ) {
    self.id = id
    self.experiment = experiment
    self.kind = kind
    self.parent = parent
    self.number = number
    self.name = name
    self.state = state
    self.reason = reason
    self.started = started
    self.origin = origin
    self.parameters = parameters
    self.tags = tags
  }
}

/// One step of a run from a state to the next: appended, never changed.
public struct Transition: Sendable, Equatable {
  /// The run.
  public var run: RunID
  /// The state that it left; nil for its first.
  public var from: RunState?
  /// The state that it came into.
  public var to: RunState
  /// Why, in a sentence; may be empty.
  public var reason: String
  /// When.
  public var time: Timestamp
  /// Its place in the order of all changes.
  public var event: EventNumber

  /// Makes a transition of all its fields.
  public init(run: RunID, from: RunState?, to: RunState, reason: String, time: Timestamp, event: EventNumber) {
    self.run = run
    self.from = from
    self.to = to
    self.reason = reason
    self.time = time
    self.event = event
  }
}
