/// An evaluated configuration as search strategies compare it: smaller losses are better, whatever the goals are.
public struct ScoredTrial: Sendable, Equatable {
  /// The trial's number; nil for one of an earlier sweep.
  public var number: Int?
  /// The configuration.
  public var configuration: [Parameter]
  /// The score of the primary objective, its sign changed when it is to be maximised; nil for a trial that failed or
  /// logged no finite value.
  public var loss: Double?
  /// The scores of the other objectives in the same way, `[objectives - 1]`; nil when one of them is missing.
  public var otherLosses: [Double]?
  /// By how much the constraints are broken: the sum over metrics of the distance to the bound; infinite where a
  /// constrained metric is missing, 0 when all are kept.
  public var violation: Double
  /// How many points of the primary metric count.
  public var points: Int
  /// False for a trial that was ended early.
  public var isWhole: Bool

  /// Makes a scored trial of all its fields.
  public init(
    number: Int?, configuration: [Parameter], loss: Double?, otherLosses: [Double]? = [], violation: Double = 0,
    points: Int = 1, isWhole: Bool = true
  ) {
    self.number = number
    self.configuration = configuration
    self.loss = loss
    self.otherLosses = otherLosses
    self.violation = violation
    self.points = points
    self.isWhole = isWhole
  }

  /// Returns whether this one is better: constraints first, then whole trials before those that were ended early, then
  /// the loss. One that was ended early counts by how far it came, then by its loss there; a failed one is the worst.
  public func isBetter(than other: ScoredTrial) -> Bool {
    guard let loss else { return false }
    guard let otherLoss = other.loss else { return true }
    if violation != other.violation { return violation < other.violation }
    if isWhole != other.isWhole { return isWhole }
    if !isWhole, points != other.points { return points > other.points }
    return loss < otherLoss
  }
}

/// The scored trials of one sweep, read once each: a trial that has ended does not change.
public struct TrialScores: Sendable {
  private var known: [Int: ScoredTrial] = [:]

  /// Knows no trial yet.
  public init() {}

  /// Returns the trials that have ended, in the order of their ends. Canceled ones, which a person ended, tell nothing
  /// and are left out. Where every configuration is evaluated several times (`repeats`), those of one configuration are
  /// one, with the mean of their losses, once all of them have ended.
  public mutating func trials(in session: SweepSession) throws -> [ScoredTrial] {
    let scored = try session.ended.compactMap { trial -> ScoredTrial? in
      guard trial.state != .canceled else { return nil }
      if let scored = known[trial.number] { return scored }
      let scored = try session.scored(trial)
      known[trial.number] = scored
      return scored
    }
    let repeats = session.sweep.spec.repeats
    return repeats > 1 ? TrialScores.means(of: scored, repeats) : scored
  }

  private static func means(of trials: [ScoredTrial], _ repeats: Int) -> [ScoredTrial] {
    var groups: [String: [ScoredTrial]] = [:]
    var means: [ScoredTrial] = []
    for trial in trials {
      let key = trial.configuration.fingerprint
      groups[key, default: []].append(trial)
      guard let group = groups[key], group.count == repeats else { continue }
      let whole = group.filter { $0.loss != nil }.sorted { ($0.number ?? 0) < ($1.number ?? 0) }
      var mean = whole.first ?? trial
      mean.number = group.compactMap(\.number).min()
      if !whole.isEmpty {
        mean.loss = whole.reduce(0) { $0 + ($1.loss ?? 0) } / Double(whole.count)
        let others = whole.compactMap(\.otherLosses)
        mean.otherLosses =
          others.count < whole.count
          ? nil : others[0].indices.map { place in others.reduce(0) { $0 + $1[place] } / Double(others.count) }
        mean.violation = whole.map(\.violation).max() ?? 0
        mean.isWhole = whole.allSatisfy(\.isWhole)
      }
      means.append(mean)
    }
    return means
  }
}

extension SweepSession {
  /// Returns a trial that has ended as strategies compare it.
  public func scored(_ trial: Trial) throws -> ScoredTrial {
    let spec = sweep.spec
    func loss(_ objective: SweepSpec.Objective, _ score: Double?) -> Double? {
      score.map { objective.goal == .maximize ? -$0 : $0 }
    }
    let hasFailed = trial.state == .failed
    var others: [Double]? = []
    for objective in spec.otherObjectives where !hasFailed {
      let score = try objective.score(of: points(objective.metric, of: trial).values)
      others = loss(objective, score).flatMap { new in others.map { $0 + [new] } }
    }
    var violation = 0.0
    for constraint in spec.constraints where !hasFailed {
      let series =
        constraint.metric == spec.objective.metric
        ? try self.objective(of: trial) : try points(constraint.metric, of: trial)
      guard let value = constraint.value(of: series.values) else {
        violation = .infinity
        continue
      }
      violation += max(0, constraint.isUpper ? value - constraint.bound : constraint.bound - value)
    }
    return ScoredTrial(
      number: trial.number, configuration: trial.parameters,
      loss: hasFailed ? nil : loss(spec.objective, try score(of: trial)), otherLosses: hasFailed ? nil : others,
      violation: violation, points: trial.observed, isWhole: trial.state == .finished)
  }

  /// The trials of earlier sweeps of the same task, which count as this sweep's own.
  public var priorObservations: [ScoredTrial] { scored(.same) }

  /// The trials of earlier sweeps of other tasks. Their losses are their standings in their own sweeps, so those of
  /// several sweeps compare with each other, and not with this one's.
  public var transferred: [ScoredTrial] { scored(.transfer) }

  private func scored(_ trust: SweepSpec.PriorTrial.Trust) -> [ScoredTrial] {
    let objective = sweep.spec.objective
    return priors.filter { $0.trial.trust == trust }.map { prior in
      let own = prior.trial.score.map { objective.goal == .maximize ? -$0 : $0 }
      return ScoredTrial(
        number: nil, configuration: prior.parameters, loss: trust == .same ? own : prior.standing.map { -$0 },
        otherLosses: sweep.spec.otherObjectives.isEmpty ? [] : nil, points: max(1, prior.trial.points))
    }
  }
}
