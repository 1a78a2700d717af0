internal import Tracking

/// How far a bracket has come, read from the records.
struct BracketProgress {
  /// How a trial came out of a round.
  struct Outcome {
    var trial: Trial
    /// The round that it goes into, or stays out of.
    var round: Int
    /// What it was compared at, in points.
    var resource: Int
    /// Its value there; nil when none of its points was finite.
    var value: Double?
    /// The worst value that goes on; nil when none does.
    var cutoff: Double?
    /// How many go on.
    var places: Int
    /// How many were compared.
    var population: Int

    func details(_ bracket: BracketPlan.Planned) -> Value {
      [
        "bracket": .integer(Int64(bracket.s)), "rung": .integer(Int64(round - 1)),
        "resource": .integer(Int64(resource)),
        "value": value.map { .real($0) } ?? .null, "cutoff": cutoff.map { .real($0) } ?? .null,
        "places": .integer(Int64(places)), "population": .integer(Int64(population)),
      ]
    }
  }

  let bracket: BracketPlan.Planned
  /// True when nothing is left to do or to wait for.
  private(set) var isOver = false
  /// Trials that wait and are to go on, best first.
  private(set) var promotions: [Outcome] = []
  /// Trials that have not ended and are not to go on, best first.
  private(set) var losers: [Outcome] = []

  /// Reads a bracket's rounds up to the one that is not complete.
  init(_ bracket: BracketPlan.Planned, in session: SweepSession) throws {
    self.bracket = bracket
    let known = bracket.trials.clamped(to: 0..<session.trials.count)
    var members = known.map { session.trials[$0] }
    guard known == bracket.trials else { return }
    for round in 0...bracket.s {
      let resource = bracket.rounds.resources[round]
      guard members.allSatisfy({ $0.state.isFinal || $0.observed >= resource }) else { return }
      if round == bracket.s { break }
      let ranked = try Self.ranked(members, at: resource, in: session)
      let places = bracket.rounds.counts[round + 1]
      // One that failed or was ended by somebody else cannot go on; one that finished by itself is where it would get to.
      let ahead = Array(
        ranked.filter { $0.value != nil && (!$0.trial.state.isFinal || $0.trial.state == .finished) }.prefix(places))
      let chosen = Set(ahead.map(\.trial.number))
      func outcome(_ entry: (trial: Trial, value: Double?)) -> Outcome {
        Outcome(
          trial: entry.trial, round: round + 1, resource: resource, value: entry.value, cutoff: ahead.last?.value,
          places: places, population: ranked.count)
      }
      losers += ranked.filter { !chosen.contains($0.trial.number) && !$0.trial.state.isFinal }.map(outcome)
      promotions += ahead.filter {
        $0.trial.state == .paused && $0.trial.observed < bracket.rounds.resources[round + 1]
      }
      .map(outcome)
      members = ahead.map(\.trial)
    }
    isOver = members.allSatisfy { $0.state.isFinal }
  }

  private static func ranked(
    _ members: [Trial], at resource: Int, in session: SweepSession
  ) throws -> [(trial: Trial, value: Double?)] {
    let objective = session.sweep.spec.objective
    return try members.map { trial in
      let points = trial.observed > 0 ? try session.objective(of: trial).values.prefix(resource) : []
      return (trial, trial.state == .failed ? nil : objective.score(of: Array(points)))
    }.sorted { left, right in
      let (a, b) = (left.value ?? .nan, right.value ?? .nan)
      if objective.goal.isBetter(a, than: b) { return true }
      return objective.goal.isBetter(b, than: a) ? false : left.trial.number < right.trial.number
    }
  }
}
