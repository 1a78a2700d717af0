internal import Synchronization
public import Tracking

/// Adapts a normal distribution to the better configurations, generation by generation: the evolution strategy with
/// covariance matrix adaptation, with a margin for ordered values and adapted probabilities for categories.
///
/// Sources: Hansen 2016, arXiv:1604.00772; Hamano et al. 2022, arXiv:2205.13482 (margin), and 2024, arXiv:2405.09962
/// (categories); Auger and Hansen 2005 (restarts with twice the population).
public final class CMAESStrategy: SearchStrategy {
  /// What the strategy says of itself.
  public static let description = PluginDescription(
    kind: .strategy, name: "cmaes",
    summary: "Adapts a normal distribution to the better configurations, generation by generation",
    options: CMAESOptions.described)

  /// True: priors of the space guide what is proposed.
  public static let weighsPriors = true

  private let sweep: SweepSpec
  private let cube: UnitCube
  private let layout: CMALayout
  private let options: CMAESOptions
  private let memory = Mutex<Memory?>(nil)

  // What is known of the records so far.
  private struct Memory {
    var scores = TrialScores()
    var tried = TriedConfigurations()
    var trajectory: CMATrajectory
  }

  /// Returns what is wrong with the options; a space of nothing but categories is remarked upon.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    CMAESOptions.problems(options, space: sweep.space)
  }

  /// Makes the strategy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = CMAESStrategy.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    self.sweep = sweep
    cube = UnitCube(sweep.space)
    layout = CMALayout(cube)
    self.options = CMAESOptions(options)
  }

  /// Proposes samples of the current distribution.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    let before = session.configurations
    let (state, recorded) = try memory.withLock { kept in
      var memory = kept ?? fresh(session)
      var scored = try memory.scores.trials(in: session)
      if before.count < memory.tried.count || scored.count < memory.trajectory.count {
        memory = fresh(session)
        scored = try memory.scores.trials(in: session)
      }
      memory.tried.update(to: before)
      memory.trajectory.update(scored, trials: session.trials)
      kept = memory
      return (memory.trajectory.state, memory.tried)
    }
    var tried = recorded
    for number in before.count..<before.count + max(0, count) {
      if let sampled = sampled(number, state, tried) {
        tried.insert(sampled)
        session.propose(sampled, reason: "drawn from generation \(state.generation)", details: details(state))
        continue
      }
      let drawn = sweep.space.untriedDraw(proposal: number, seed: sweep.seed, isTried: tried.contains)
      guard let drawn else { return .exhausted(sweep.space.exhaustion) }
      tried.insert(drawn.configuration)
      session.propose(
        drawn.configuration,
        reason: drawn.reason + ", since the distribution drew nothing new that meets the constraints",
        details: details(state))
    }
    return .open
  }

  private func fresh(_ session: SweepSession) -> Memory {
    Memory(
      trajectory: CMATrajectory(
        cube: cube, sweep: sweep, prior: session.priorObservations + session.transferred, options: options))
  }

  private func sampled(_ number: Int, _ state: CMAState, _ tried: TriedConfigurations) -> [Parameter]? {
    guard layout.count > 0 else { return nil }
    for attempt in 0..<CMATrajectory.draws {
      let sample = state.sample(proposal: number, attempt: attempt, seed: sweep.seed)
      let configuration = layout.configuration(of: sample, in: cube)
      if sweep.space.satisfies(configuration), !tried.contains(configuration) { return configuration }
    }
    return nil
  }

  private func details(_ state: CMAState) -> Value {
    var members: [String: Value] = [
      "generation": .integer(Int64(state.generation)), "restarts": .integer(Int64(state.epoch)),
      "population": .integer(Int64(state.weights.samples)), "sigma": .real(state.sigma),
    ]
    if !layout.numericNames.isEmpty {
      members["deviations"] = .object(
        Dictionary(uniqueKeysWithValues: zip(layout.numericNames, state.deviations.map { .real($0) })))
    }
    return .object(members)
  }
}
