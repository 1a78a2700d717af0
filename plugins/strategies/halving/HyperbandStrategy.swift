public import Tracking

/// Hyperband: brackets of successive halving, from many trials with little of the resource to few with all of it.
///
/// Source: Li et al. 2018, arXiv:1603.06560, Algorithm 1; configurations are drawn at random, as there. Trial numbers fill
/// the brackets in order, so a bracket's members are known from the numbers alone. A round waits for all its trials; while
/// it does, free slots begin with the next bracket.
public struct HyperbandStrategy: SearchStrategy {
  /// What the strategy says of itself.
  public static let description = PluginDescription(
    kind: .strategy, name: "hyperband",
    summary: "Gives the better part of many short trials more of the resource, in brackets; needs `resource`",
    options: [HalvingOptions.reductionOption])

  private let options: HalvingOptions
  private let brackets: Brackets
  private let space: SearchSpace
  private let seed: UInt64
  private let limit: Int

  /// Returns what is wrong with the options, or with the lack of a resource.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    HalvingOptions.problems(of: "hyperband", taking: description.options, options, sweep)
  }

  /// Makes the strategy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    self.options = try HalvingOptions(options, sweep, problems: Self.problems(options: options, sweep: sweep))
    brackets = Brackets(
      minimum: self.options.resource.minimum, maximum: self.options.resource.maximum,
      reduction: self.options.reduction)
    (space, seed, limit) = (sweep.space, sweep.seed, sweep.limits.maxTotalTrials)
  }

  /// Lets promoted trials go on, fills the brackets that are open, then opens the next one.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    var free = count
    var draws = RandomDraws(space: space, seed: seed, avoiding: session.configurations)
    var next = session.trials.count
    var plan = BracketPlan(brackets, limit: limit)
    var isOver = true
    while let bracket = plan.next() {
      if free <= 0, bracket.trials.lowerBound >= next { return .open }
      let progress = try BracketProgress(bracket, in: session)
      stopLosers(of: progress, in: session)
      if progress.isOver { continue }
      isOver = false
      for promotion in progress.promotions where free > 0 {
        free -= 1
        session.resume(
          promotion.trial, allowance: bracket.allowance(in: promotion.round),
          reason: "among the best \(promotion.places) of \(promotion.population) at \(promotion.resource) points",
          details: promotion.details(bracket))
      }
      while free > 0, bracket.trials.contains(next) {
        guard let draw = draws.draw(next) else {
          return session.pending.isEmpty
            ? .exhausted(space.exhaustion) : .waiting
        }
        free -= 1
        next += 1
        session.propose(
          draw.configuration, allowance: bracket.allowance(in: 0), reason: "\(draw.reason), for \(bracket.name)",
          details: bracket.details)
      }
    }
    if isOver { return .exhausted("the brackets of all \(limit) trials are done") }
    return free > 0 ? .waiting : .open
  }

  /// Stops trials that a round left behind, and those that go on beyond the whole resource.
  public func review(in session: SweepSession) throws {
    var plan = BracketPlan(brackets, limit: limit)
    while let bracket = plan.next(), bracket.trials.lowerBound < session.trials.count {
      stopLosers(of: try BracketProgress(bracket, in: session), in: session)
    }
    for trial in session.trials where trial.state == .running && trial.observed > brackets.maximum {
      session.stop(
        trial, reason: "had its whole resource of \(brackets.maximum) points",
        details: ["observed": .integer(Int64(trial.observed)), "resource": .integer(Int64(brackets.maximum))])
    }
  }

  private func stopLosers(of progress: BracketProgress, in session: SweepSession) {
    for loser in progress.losers {
      session.stop(
        loser.trial, reason: "not among the best \(loser.places) of \(loser.population) at \(loser.resource) points",
        details: loser.details(progress.bracket))
    }
  }
}
