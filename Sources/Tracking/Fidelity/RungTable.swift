/// What the trials of a sweep were worth at the rungs, read from their records.
///
/// A trial's value at a rung is what the objective makes of its first points, as many as the rung has; a trial that was
/// allowed more is compared by what it had there. What never had a finite value is worse than everything.
public struct RungTable: Sendable {
  /// A trial at a rung.
  public struct Entry: Sendable, Equatable {
    /// The trial's number.
    public var trial: Int
    /// Its value; nil when none of its points there was finite.
    public var value: Double?
    /// When its last point there was logged, in milliseconds since 1970 UTC.
    public var time: Int64
  }

  /// The trials that reached each rung, best first; equals by number, `[rungs]`.
  public let entries: [[Entry]]
  /// The rungs.
  public let rungs: Rungs
  private let goal: Goal

  /// Reads the table of some trials.
  public init(_ trials: [Trial], rungs: Rungs, in session: SweepSession) throws {
    let objective = session.sweep.spec.objective
    var entries: [[Entry]] = Array(repeating: [], count: rungs.levels.count)
    for trial in trials where trial.observed >= rungs.levels.first ?? .max {
      let points = try session.objective(of: trial)
      for (rung, level) in rungs.levels.enumerated() where level <= points.count {
        entries[rung].append(
          Entry(
            trial: trial.number, value: objective.score(of: Array(points.values.prefix(level))),
            time: points.times[level - 1]))
      }
    }
    for rung in entries.indices { entries[rung].sort { Self.precedes($0, $1, objective.goal) } }
    self.entries = entries
    self.rungs = rungs
    goal = objective.goal
  }

  private static func precedes(_ left: Entry, _ right: Entry, _ goal: Goal) -> Bool {
    let (a, b) = (left.value ?? .nan, right.value ?? .nan)
    if goal.isBetter(a, than: b) { return true }
    if goal.isBetter(b, than: a) { return false }
    return left.trial < right.trial
  }

  /// A comparison of a trial with those at a rung.
  public struct Standing: Sendable, Equatable {
    /// The rung's number, from 0.
    public var rung: Int
    /// The trial's value there; nil when none of its points was finite.
    public var value: Double?
    /// The worst value that goes on; nil when nothing finite does.
    public var cutoff: Double?
    /// The trial's place, from 1 for the best.
    public var place: Int
    /// How many trials were compared.
    public var population: Int
    /// How many of them go on.
    public var places: Int

    /// True when the trial is among those that go on.
    public var goesOn: Bool { place <= places && value != nil }

    /// The numbers as a decision's details: rung, resource, value, cutoff, place, places and population.
    public func details(_ rungs: Rungs) -> Value {
      [
        "rung": .integer(Int64(rung)), "resource": .integer(Int64(rungs.levels[rung])),
        "value": value.map { .real($0) } ?? .null, "cutoff": cutoff.map { .real($0) } ?? .null,
        "place": .integer(Int64(place)), "places": .integer(Int64(places)), "population": .integer(Int64(population)),
      ]
    }
  }

  /// Returns how a trial stands among those that had reached a rung when it came there itself, of which the best
  /// max(1, floor(n / reduction)) go on; nil when it is not there. What came later changes nothing.
  public func standing(onArrivalOf trial: Int, at rung: Int) -> Standing? {
    guard let own = entries[rung].first(where: { $0.trial == trial }) else { return nil }
    let met = entries[rung].filter { ($0.time, $0.trial) <= (own.time, own.trial) }
    return standing(of: own, among: met, at: rung, places: max(1, rungs.promoted(of: met.count)))
  }

  /// Returns how a trial stands among all that have reached a rung so far, of which the best floor(n / reduction) go on;
  /// nil when it is not there.
  public func standing(of trial: Int, at rung: Int) -> Standing? {
    guard let own = entries[rung].first(where: { $0.trial == trial }) else { return nil }
    return standing(of: own, among: entries[rung], at: rung, places: rungs.promoted(of: entries[rung].count))
  }

  private func standing(of own: Entry, among met: [Entry], at rung: Int, places: Int) -> Standing {
    Standing(
      rung: rung, value: own.value, cutoff: places > 0 ? met[places - 1].value : nil,
      place: 1 + (met.firstIndex(of: own) ?? 0), population: met.count, places: places)
  }
}
