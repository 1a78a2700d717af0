public import Tracking

/// Chooses the strategy: from the space, the budget, how many trials run at once and whether a resource is declared.
///
/// The choice is a function of the sweep alone, and each proposal's details say what was chosen and why.
public struct AutoStrategy: SearchStrategy {
  /// What the strategy says of itself.
  public static let description = PluginDescription(
    kind: .strategy, name: "auto",
    summary: "Chooses the strategy from the space, the budget and the resource, and records why",
    options: [
      PluginDescription.Option("seed", "the sweep's seed, when `seed` is not given at the top; a whole number from 0")
    ])

  /// True: priors of the space guide what is proposed.
  public static let weighsPriors = true

  /// What was chosen, and why.
  struct Choice: Equatable {
    /// True for `bayesian_halving`, false for `bayesian`.
    var isHalving = false
    /// Options of the chosen strategy.
    var options: [String: Value]
    /// The strategy and the reason, in a sentence.
    var note: String
  }

  private let chosen: any SearchStrategy

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    var found = options.keys.sorted().map { PluginProblem($0, "auto takes no option '\($0)'; it takes `seed`") }
    if !sweep.otherObjectives.isEmpty {
      found.append(
        PluginProblem(
          nil, "auto looks at the first objective only; `sampling_algorithm: nsga2` searches for the front of all",
          isError: false))
    }
    return found
  }

  /// Makes the strategy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = AutoStrategy.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    let choice = AutoStrategy.choice(for: sweep)
    chosen =
      choice.isHalving
      ? try BayesianHalvingStrategy(options: choice.options, sweep: sweep, note: choice.note)
      : try BayesianStrategy(options: choice.options, sweep: sweep, note: choice.note)
  }

  /// Returns what suits a sweep.
  static func choice(for sweep: SweepSpec) -> Choice {
    let trials = sweep.limits.maxTotalTrials
    let dimensions = UnitCube(sweep.space).count
    if let resource = sweep.resource, resource.maximum >= 3 * resource.minimum, trials >= 10, sweep.repeats == 1 {
      return Choice(
        isHalving: true, options: [:],
        note: "bayesian_halving: trials can be compared from \(resource.minimum) of \(resource.maximum) points on, so "
          + "the better ones get more")
    }
    if let all = sweep.space.allConfigurations(usingGrids: false, limit: min(trials, 1 << 16)) {
      return Choice(
        options: [:],
        note: "bayesian: all \(all.count) configurations fit into \(trials) trials, the promising ones come first")
    }
    if sweep.limits.maxConcurrentTrials * 2 > trials {
      return Choice(
        options: ["initial_trials": .integer(Int64(min(sweep.limits.maxConcurrentTrials, trials)))],
        note:
          "bayesian: \(sweep.limits.maxConcurrentTrials) of \(trials) trials run at once, so the first are spread evenly"
      )
    }
    if trials <= 2 * dimensions {
      return Choice(
        options: ["initial_trials": .integer(Int64(max(2, trials / 4)))],
        note: "bayesian: \(trials) trials are few for \(dimensions) parameters, so the model is asked early")
    }
    return Choice(
      options: [:], note: "bayesian: \(trials) trials over \(dimensions) parameters suit a model of the results")
  }

  /// Proposes what the chosen strategy does.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    try chosen.propose(upTo: count, in: session)
  }

  /// Looks at the running trials as the chosen strategy does.
  public func review(in session: SweepSession) throws { try chosen.review(in: session) }
}
