public import Tracking

/// Draws configurations at random, each independent of what came before; never the same one twice.
///
/// Trial k's value of a parameter is the domain's quantile at `ProposalRandomness(seed, k).unit(name)`. When the
/// configuration was tried before, the proposal is drawn again (attempt 1, 2, ...), and when luck does not find one that
/// is left of a finite space, one is picked from those that are left.
public struct RandomStrategy: SearchStrategy {
  /// What the strategy says of itself.
  public static let description = PluginDescription(
    kind: .strategy, name: "random",
    summary: "Draws configurations at random, never the same one twice",
    options: [
      PluginDescription.Option("seed", "the sweep's seed, when `seed` is not given at the top; a whole number from 0"),
      PluginDescription.Option("rule", "`random`, the default and so far the only one"),
    ])

  /// False: it draws the same whatever the trials bring.
  public static let learnsFromResults = false

  /// How often a proposal is drawn before it is picked from what is left.
  private static let draws: UInt32 = 200

  private let space: SearchSpace
  private let seed: UInt64
  // A configuration with a value from a continuum does not come twice, so only the others are remembered.
  private let finite: Set<String>

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    options.sorted { $0.key < $1.key }.compactMap { name, value in
      switch (name, value) {
      case ("rule", "random"): return nil
      case ("rule", "sobol"):
        return PluginProblem(name, "the rule 'sobol' is not built; leave it out, or write `rule: random`")
      case ("rule", _): return PluginProblem(name, "the rule is \(value.json); it can be `random`")
      default: return PluginProblem(name, "random takes no option '\(name)'; it takes `seed` and `rule`")
      }
    }
  }

  /// Makes the strategy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = RandomStrategy.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    space = sweep.space
    seed = sweep.seed
    finite = Set(sweep.space.parameters.filter { $0.domain.cardinality != nil }.map(\.name))
  }

  private func canRepeat(_ configuration: [Parameter]) -> Bool {
    configuration.allSatisfy { finite.contains($0.name) }
  }

  /// Proposes configurations that were not tried before.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    let before = session.configurations
    var taken = Set(before.filter(canRepeat).map(\.fingerprint))
    for number in before.count..<before.count + max(0, count) {
      if let drawn = draw(number, avoiding: taken) {
        if canRepeat(drawn.configuration) { taken.insert(drawn.configuration.fingerprint) }
        session.propose(
          drawn.configuration,
          reason: drawn.attempt == 0 ? "drawn at random" : "drawn at random again, the first was taken",
          details: ["draw": .integer(Int64(drawn.attempt))])
        continue
      }
      guard let all = space.allConfigurations(usingGrids: false) else {
        return .exhausted("\(RandomStrategy.draws) draws in a row gave configurations that were tried before")
      }
      let left = all.filter { !taken.contains($0.fingerprint) }
      guard !left.isEmpty else {
        return .exhausted("all \(all.count) configurations of the search space have been tried")
      }
      let unit = ProposalRandomness(seed: seed, proposal: number, attempt: .max).unit("")
      let configuration = left[min(Int(unit * Double(left.count)), left.count - 1)]
      taken.insert(configuration.fingerprint)
      session.propose(
        configuration, reason: "picked at random from the \(left.count) configurations that were left",
        details: ["left": .integer(Int64(left.count))])
    }
    return .open
  }

  private func draw(
    _ number: Int, avoiding taken: Set<String>
  ) -> (configuration: [Parameter], attempt: UInt32)? {
    for attempt in 0..<RandomStrategy.draws {
      let configuration = space.configuration(
        drawing: ProposalRandomness(seed: seed, proposal: number, attempt: attempt))
      if !canRepeat(configuration) || !taken.contains(configuration.fingerprint) { return (configuration, attempt) }
    }
    return nil
  }
}
