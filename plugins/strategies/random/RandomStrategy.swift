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
      PluginDescription.Option("rule", "`random`, the default, or `sobol`: Sobol's sequence, as the strategy sobol"),
      PluginDescription.Option("allow_repeats", "`true`: a configuration may come again; by default it does not"),
    ])

  /// False: it draws the same whatever the trials bring.
  public static let learnsFromResults = false

  private let space: SearchSpace
  private let seed: UInt64
  // A configuration with a value from a continuum does not come twice, so only the others are remembered.
  private let finite: Set<String>

  private let allowsRepeats: Bool
  private let sobol: SobolStrategy?

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    options.sorted { $0.key < $1.key }.compactMap { name, value in
      switch (name, value) {
      case ("rule", "random"): return nil
      case ("rule", "sobol"): return nil
      case ("rule", _): return PluginProblem(name, "the rule is \(value.json); it can be `random` or `sobol`")
      case ("allow_repeats", .boolean(let allows)):
        guard allows, options["rule"] == "sobol" else { return nil }
        return PluginProblem(
          name, "Sobol's sequence does not repeat itself; leave out allow_repeats, or write `rule: random`")
      case ("allow_repeats", _):
        return PluginProblem(name, "allow_repeats is \(value.json); it can be `true` or `false`")
      case ("logbase", _):
        return PluginProblem(
          name,
          "logbase is not taken: exponents of loguniform are to the base e; write `type: continuous, scale: log` "
            + "with the bounds themselves")
      default:
        return PluginProblem(
          name, "random takes no option '\(name)'; it takes `seed`, `rule` and `allow_repeats`")
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
    allowsRepeats = options["allow_repeats"] == true
    sobol = options["rule"] == "sobol" ? SobolStrategy(space: sweep.space, seed: sweep.seed) : nil
    finite = Set(sweep.space.parameters.filter { $0.domain.cardinality != nil }.map(\.name))
  }

  private func canRepeat(_ configuration: [Parameter]) -> Bool {
    configuration.allSatisfy { finite.contains($0.name) }
  }

  /// Proposes configurations that were not tried before.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    if let sobol { return try sobol.propose(upTo: count, in: session) }
    let before = session.configurations
    var taken = Set(allowsRepeats ? [] : before.filter(canRepeat).map(\.fingerprint))
    for number in before.count..<before.count + max(0, count) {
      let drawn = space.untriedDraw(proposal: number, seed: seed) {
        canRepeat($0) && taken.contains($0.fingerprint)
      }
      guard let drawn else { return .exhausted(space.exhaustion) }
      if !allowsRepeats, canRepeat(drawn.configuration) { taken.insert(drawn.configuration.fingerprint) }
      session.propose(
        drawn.configuration, reason: drawn.reason,
        details: drawn.left.map { ["left": .integer(Int64($0))] } ?? ["draw": .integer(Int64(drawn.misses))])
    }
    return .open
  }
}
