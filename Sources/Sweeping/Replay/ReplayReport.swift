public import Tracking

/// What came of asking for a sweep's decisions again.
public struct ReplayReport: Sendable {
  /// The decisions of one kind by one decider.
  public struct Tally: Sendable, Equatable {
    /// Who decided.
    public var decider: String
    /// What was decided.
    public var kind: Decision.Kind
    /// How many were asked for again.
    public var asked = 0
    /// How many of them came out the same.
    public var identical = 0
  }

  /// Decisions that are no function of the records, so that nobody can be asked for them again.
  public struct Beyond: Sendable, Equatable {
    /// What was decided.
    public var kind: Decision.Kind
    /// What it hung on, in a few words: `a person's wish`, `the clock`.
    public var why: String
    /// How many there are.
    public var count: Int
  }

  /// A trial as a decider saw it.
  public struct SeenTrial: Sendable, Equatable {
    /// Its number.
    public var number: Int
    /// Its state.
    public var state: RunState
    /// How many points of its primary metric were to be seen.
    public var points: Int
    /// What the objective makes of them; nil before the first finite one.
    public var score: Double?
  }

  /// A decision that did not come out the same.
  public struct Difference: Sendable {
    /// The last change that the decider had seen.
    public var asOf: EventNumber
    /// The decision's own place in the order of all changes; nil for one that is not on record.
    public var event: EventNumber?
    /// What is on record; nil where nothing is.
    public var recorded: Deed?
    /// What is decided now; nil where nothing is.
    public var replayed: Deed?
    /// The trials that the decider saw, by number.
    public var seen: [SeenTrial]

    /// The names of what is not the same.
    public var fields: [String] {
      if let recorded, let replayed { recorded.differences(from: replayed) } else { ["kind"] }
    }
  }

  /// The sweep.
  public var sweep: RunID
  /// What was asked for again, by decider and kind in the order in which they first decided.
  public internal(set) var tallies: [Tally] = []
  /// What could not be asked for.
  public internal(set) var beyond: [Beyond] = []
  /// How many decisions, of those on record and those that should be, are not the same.
  public internal(set) var different = 0
  /// The first of them.
  public internal(set) var first: Difference?

  /// How many decisions were asked for again.
  public var asked: Int { tallies.reduce(0) { $0 + $1.asked } }
  /// How many came out the same.
  public var identical: Int { tallies.reduce(0) { $0 + $1.identical } }
  /// True when each came out the same, and none is missing in the record.
  public var isIdentical: Bool { different == 0 }

  init(sweep: RunID) { self.sweep = sweep }

  mutating func count(_ deed: Deed, isIdentical: Bool) {
    let place = tallies.firstIndex { $0.decider == deed.decider && $0.kind == deed.kind }
    if place == nil { tallies.append(Tally(decider: deed.decider, kind: deed.kind)) }
    tallies[place ?? tallies.count - 1].asked += 1
    tallies[place ?? tallies.count - 1].identical += isIdentical ? 1 : 0
  }

  mutating func countBeyond(_ kind: Decision.Kind, _ why: String) {
    if let place = beyond.firstIndex(where: { $0.kind == kind && $0.why == why }) {
      beyond[place].count += 1
    } else {
      beyond.append(Beyond(kind: kind, why: why, count: 1))
    }
  }

  mutating func note(_ difference: @autoclosure () throws -> Difference) rethrows {
    different += 1
    if first == nil { first = try difference() }
  }
}
