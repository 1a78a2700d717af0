internal import Tracking

/// The best trials: those on the first fronts, of the last of these the ones with most room.
struct Population {
  /// The members, the best first.
  let members: [ScoredTrial]
  /// How many of them nothing dominates.
  let frontSize: Int

  /// - Parameter trials: all that have ended; failed ones have no place in a population.
  init(_ trials: [ScoredTrial], size: Int) {
    var candidates: [ScoredTrial] = []
    var points: [[Double]] = []
    for trial in trials {
      guard let loss = trial.loss, let others = trial.otherLosses else { continue }
      candidates.append(trial)
      points.append([loss] + others)
    }
    let violations = candidates.map(\.violation)
    let order = ParetoFront.order(of: points, violations: violations)
    members = order.prefix(size).map { candidates[$0] }
    frontSize = min(size, ParetoFront.members(of: points, violations: violations).count)
  }

  /// Returns the place of the better of two members that chance picks.
  func tournament(_ randomness: ProposalRandomness, _ name: String) -> Int {
    func pick(_ which: String) -> Int {
      min(Int(randomness.unit("nsga2 \(name) \(which)") * Double(members.count)), members.count - 1)
    }
    return min(pick("one"), pick("two"))
  }
}
