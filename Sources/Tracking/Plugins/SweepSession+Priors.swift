/// What a trial of an earlier sweep tells, in a form that models take.
public struct PriorObservation: Sendable, Equatable {
  /// The trial.
  public var trial: SweepSpec.PriorTrial
  /// Where it stood in its own sweep: the standard normal quantile of its rank, positive for better than the middle,
  /// whatever the goal; nil for one without a score.
  ///
  /// Of n scores the one of rank r from the worst has (r - 1/2) / n; equal scores share the middle of their ranks. So it
  /// does not depend on the scale of that sweep's scores, nor on how far its outliers lie.
  public var standing: Double?

  /// The configuration, in this sweep's space.
  public var parameters: [Parameter] { trial.parameters }

  /// Returns the score on this sweep's scale: its own where it can be trusted, otherwise what a trial of that standing
  /// would have among scores of this mean and standard deviation; nil for a trial without a score.
  public func score(mean: Double, deviation: Double, goal: Goal) -> Double? {
    if trial.trust == .same { return trial.score }
    return standing.map { mean + (goal == .maximize ? $0 : -$0) * deviation }
  }
}

extension SweepSession {
  /// What earlier sweeps found, for strategies that begin with it; empty without a warm start.
  ///
  /// An observation of the `same` task counts as one of this sweep. One of another task (`transfer`) tells where to look:
  /// its `standing` is its place in its own sweep, and `score(mean:deviation:goal:)` puts it on a scale of this one.
  public var priors: [PriorObservation] {
    let goal = sweep.spec.objective.goal
    let priors = sweep.spec.priorTrials
    var sorted: [String: [Double]] = [:]
    for (sweep, trials) in Dictionary(grouping: priors, by: \.sweep) {
      sorted[sweep] = trials.compactMap(\.score).filter { !$0.isNaN }.sorted { goal.isBetter($1, than: $0) }
    }
    return priors.map { prior in
      PriorObservation(
        trial: prior, standing: prior.score.flatMap { Standing.of($0, among: sorted[prior.sweep] ?? []) })
    }
  }
}

private enum Standing {
  /// - Parameter scores: from the worst to the best.
  static func of(_ score: Double, among scores: [Double]) -> Double? {
    guard let first = scores.firstIndex(of: score), let last = scores.lastIndex(of: score) else { return nil }
    return PortableMath.normalQuantile((Double(first + last) / 2 + 0.5) / Double(scores.count))
  }
}
