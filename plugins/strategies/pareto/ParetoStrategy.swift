internal import Synchronization
public import Tracking

/// Searches for the Pareto front of several objectives: crosses and mutates the trials that are on the best fronts and
/// have most room there.
///
/// NSGA-II in its steady-state form, in which each proposal is a child of the population as it is, so that no worker
/// waits for a generation. Sources: Deb et al. 2002; Deb and Agrawal 1995 (crossover); Durillo et al. 2009 (steady state).
public final class ParetoStrategy: SearchStrategy {
  /// What the strategy says of itself.
  public static let description = PluginDescription(
    kind: .strategy, name: "nsga2",
    summary: "Searches for the Pareto front of several objectives: crosses and mutates the best trials",
    options: ParetoOptions.described)

  private let space: SearchSpace
  private let seed: UInt64
  private let enqueued: Int
  private let start: Sobol
  private let variation: Variation
  private let options: ParetoOptions
  private let memory = Mutex(Memory())

  // What is known of the records so far.
  private struct Memory {
    var scores = TrialScores()
    var tried = TriedConfigurations()
  }

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    ParetoOptions.problems(options)
  }

  /// Makes the strategy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = ParetoStrategy.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    space = sweep.space
    seed = sweep.seed
    enqueued = sweep.enqueued.count
    variation = Variation(UnitCube(sweep.space))
    start = Sobol(dimensions: variation.cube.count, seed: sweep.seed)
    self.options = ParetoOptions(options)
  }

  /// Proposes evenly spread configurations first, then children of the population.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    let before = session.configurations
    let (scored, recorded) = try memory.withLock { state in
      if before.count < state.tried.count { state = Memory() }
      state.tried.update(to: before)
      return (session.priorObservations + (try state.scores.trials(in: session)), state.tried)
    }
    let population = Population(scored, size: options.populationSize)
    let begun = scored.count + session.pending.count
    var tried = recorded
    for number in before.count..<before.count + max(0, count) {
      let isStarting = begun + number - before.count < options.populationSize || population.members.count < 2
      if let (configuration, reason, details) = isStarting
        ? spread(number, tried) : child(number, of: population, tried)
      {
        tried.insert(configuration)
        session.propose(configuration, reason: reason, details: details)
        continue
      }
      guard let drawn = space.untriedDraw(proposal: number, seed: seed, isTried: tried.contains) else {
        return .exhausted(space.exhaustion)
      }
      tried.insert(drawn.configuration)
      session.propose(drawn.configuration, reason: drawn.reason)
    }
    return .open
  }

  private func spread(
    _ number: Int, _ tried: TriedConfigurations
  ) -> (configuration: [Parameter], reason: String, details: Value)? {
    let point = max(0, number - enqueued)
    let configuration = variation.cube.configuration(at: start.point(point))
    guard space.satisfies(configuration), !tried.contains(configuration) else { return nil }
    return (
      configuration, "point \(point) of Sobol's sequence, for the first population",
      ["point": .integer(Int64(point))]
    )
  }

  /// How often a child is made before chance takes over.
  private static let attempts: UInt32 = 50

  private func child(
    _ number: Int, of population: Population, _ tried: TriedConfigurations
  ) -> (configuration: [Parameter], reason: String, details: Value)? {
    for attempt in 0..<ParetoStrategy.attempts {
      let randomness = ProposalRandomness(seed: seed, proposal: number, attempt: attempt)
      let first = population.tournament(randomness, "first")
      let second = population.tournament(randomness, "second")
      let configuration = variation.child(
        of: population.members[first].configuration, and: population.members[second].configuration, randomness,
        crossover: options.crossover)
      guard space.satisfies(configuration), !tried.contains(configuration) else { continue }
      var details: [String: Value] = [
        "population": .integer(Int64(population.members.count)), "front": .integer(Int64(population.frontSize)),
      ]
      let parents = [population.members[first].number, population.members[second].number].compactMap { $0 }
      details["parents"] = .list(parents.map { .integer(Int64($0)) })
      let names = parents.isEmpty ? "earlier sweeps" : "trials " + parents.map { "\($0)" }.joined(separator: " and ")
      return (configuration, "a child of \(names)", .object(details))
    }
    return nil
  }
}
