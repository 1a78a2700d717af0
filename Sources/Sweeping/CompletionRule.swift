internal import Tracking

/// Tells by a sweep's records whether one of its completion rules holds: target, total resource, no improvement,
/// convergence.
///
/// A pure function of the records: asked again as of the same event it says the same.
struct CompletionRule {
  /// Why a sweep is complete.
  struct Finding: Equatable {
    /// In a sentence.
    var reason: String
    /// The numbers that were used.
    var details: Value
  }

  /// A configuration that has been evaluated to its end.
  private struct Observation {
    /// The trial that ended last of it.
    var trial: Int
    /// Nil for one that failed or broke a constraint.
    var score: Double?
  }

  /// How many proposals in a row must promise little for a search to have converged; more where more run at once.
  static let convergedProposals = 5

  let session: SweepSession
  /// The sweep's decisions as of the session's event, oldest first; asked for only when they are needed.
  let decisions: () throws -> [Decision]

  private var spec: SweepSpec { session.sweep.spec }

  /// Returns the first rule that holds; nil when none does.
  func finding() throws -> Finding? {
    let completion = spec.completion
    guard completion != SweepSpec.Completion() else { return nil }
    if completion.target != nil || completion.patience != nil {
      let observations = try observations()
      if let target = completion.target, let found = reached(target, observations) { return found }
      if let patience = completion.patience,
        let found = stalled(observations, patience: patience, tolerance: completion.tolerance)
      {
        return found
      }
    }
    if let bound = completion.totalResource, let found = used(bound) { return found }
    if let bound = completion.convergence { return try converged(bound) }
    return nil
  }

  // In the order of their ends. Of a configuration that is evaluated several times the mean counts, once all are there.
  private func observations() throws -> [Observation] {
    var found: [(end: EventNumber, observation: Observation)] = []
    for result in try session.results() where result.hasEnded && result.trials.count >= spec.repeats {
      let counted = result.trials.filter { $0.state != .canceled }
      guard let last = counted.max(by: { ($0.ended ?? 0) < ($1.ended ?? 0) }) else { continue }
      found.append(
        (last.ended ?? 0, Observation(trial: last.number, score: result.isFeasible ? result.mean : nil)))
    }
    return found.sorted { $0.end < $1.end }.map(\.observation)
  }

  private func reached(_ target: Double, _ observations: [Observation]) -> Finding? {
    let goal = spec.objective.goal
    for observation in observations {
      guard let score = observation.score, !goal.isBetter(target, than: score), !score.isNaN else { continue }
      return Finding(
        reason:
          "trial \(observation.trial) reached the target: \(spec.objective.metric) \(Value.real(score).plain), and "
          + "\(Value.real(target).plain) was asked for",
        details: [
          "rule": "target", "target": .real(target), "score": .real(score), "trial": .integer(Int64(observation.trial)),
        ])
    }
    return nil
  }

  private func stalled(_ observations: [Observation], patience: Int, tolerance: Double) -> Finding? {
    let goal = spec.objective.goal
    var best: (trial: Int, score: Double)?
    var count = 0
    for observation in observations {
      if let score = observation.score {
        guard let known = best else {
          best = (observation.trial, score)
          continue
        }
        let margin = tolerance * abs(known.score)
        let bar = goal == .maximize ? known.score + margin : known.score - margin
        if goal.isBetter(score, than: bar) {
          best = (observation.trial, score)
          count = 0
          continue
        }
      }
      // Before the first score there is nothing to improve on.
      if best != nil { count += 1 }
    }
    guard let best, count >= patience else { return nil }
    let margin = tolerance == 0 ? "" : " by more than \(Value.real(tolerance * 100).plain) %"
    return Finding(
      reason: "\(count) trials in a row did not improve on \(spec.objective.metric) \(Value.real(best.score).plain) of "
        + "trial \(best.trial)\(margin)",
      details: [
        "rule": "max_trials_not_improving", "limit": .integer(Int64(patience)), "not_improving": .integer(Int64(count)),
        "tolerance": .real(tolerance), "best": .real(best.score), "trial": .integer(Int64(best.trial)),
      ])
  }

  private func used(_ bound: Int) -> Finding? {
    let points = session.trials.reduce(0) { $0 + $1.observed }
    guard points >= bound else { return nil }
    return Finding(
      reason: "max_total_resource (\(bound)) reached: the trials logged \(points) points of \(spec.objective.metric)",
      details: ["rule": "max_total_resource", "limit": .integer(Int64(bound)), "used": .integer(Int64(points))])
  }

  private func converged(_ bound: Double) throws -> Finding? {
    let wanted = max(CompletionRule.convergedProposals, spec.limits.maxConcurrentTrials)
    let promised = try decisions().filter { $0.kind == .propose }
      .compactMap { CompletionRule.promise($0.details) }.suffix(wanted)
    guard promised.count == wanted, let largest = promised.max(), largest < bound else { return nil }
    return Finding(
      reason: "converged: the last \(wanted) proposals promised an improvement of at most \(Value.real(largest).plain) "
        + "standard deviations, and less than \(Value.real(bound).plain) is not worth it",
      details: [
        "rule": "convergence", "bound": .real(bound), "proposals": .integer(Int64(wanted)),
        "expected_improvement": .real(largest),
      ])
  }

  // What a proposal's details say that it promises, on a scale on which scores have a standard deviation of 1; models tell
  // the logarithm, which does not underflow.
  private static func promise(_ details: Value) -> Double? {
    details["expected_improvement"]?.number
      ?? details["log_expected_improvement"]?.number.map { PortableMath.exp($0) }
  }
}
