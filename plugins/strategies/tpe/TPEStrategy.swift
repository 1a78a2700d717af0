internal import Synchronization
public import Tracking

/// Models where good and where other trials lie by two densities, and proposes where the good one is the larger by most:
/// the tree-structured Parzen estimator, multivariate, on conditional spaces as well.
///
/// Sources: Bergstra et al. 2011; Falkner et al. 2018, arXiv:1807.01774 (multivariate); Watanabe 2023, arXiv:2304.11127.
public final class TPEStrategy: SearchStrategy {
  /// What the strategy says of itself.
  public static let description = PluginDescription(
    kind: .strategy, name: "tpe",
    summary: "Models good and other trials by two densities, and proposes where their ratio is largest",
    options: TPEOptions.described)

  /// True: priors of the space guide what is proposed.
  public static let weighsPriors = true

  // How many points are drawn from the prior before one over the whole range is taken.
  private static let draws = 64

  private let space: SearchSpace
  private let cube: UnitCube
  private let axes: [ParzenAxis]
  private let seed: UInt64
  private let enqueued: Int
  private let start: Sobol
  private let trials: Int
  // The space's prior, with a sequence of its own.
  private let believed: (prior: SpacePrior, start: Sobol)?
  private let options: TPEOptions
  private let memory = Mutex(Memory())

  // What is known of the records so far.
  private struct Memory {
    var scores = TrialScores()
    var tried = TriedConfigurations()
    var places: [Int: [Double?]] = [:]
  }

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    TPEOptions.problems(options)
  }

  /// Makes the strategy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = TPEStrategy.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    space = sweep.space
    cube = UnitCube(sweep.space)
    axes = cube.dimensions.map { ParzenAxis($0) }
    seed = sweep.seed
    enqueued = sweep.enqueued.count
    start = Sobol(dimensions: cube.count, seed: sweep.seed)
    trials = sweep.limits.maxTotalTrials
    let second = Sobol(dimensions: cube.count, seed: sweep.seed &+ 0xbe11ef)
    believed = SpacePrior(cube).map { ($0, second) }
    self.options = TPEOptions(options)
  }

  /// Proposes evenly spread configurations first, then those that the densities speak for.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    let before = session.configurations
    let (observed, pending, recorded) = try memory.withLock { state in
      if before.count < state.tried.count { state = Memory() }
      state.tried.update(to: before)
      let scored = session.priorObservations + (try state.scores.trials(in: session))
      let observed = scored.map { Observation(trial: $0, places: places(of: $0, in: &state)) }
      return (observed, session.pending.map { cube.point(of: $0.parameters) }, state.tried)
    }
    let transferred = session.transferred.map { Observation(trial: $0, places: cube.point(of: $0.configuration)) }
    var tried = recorded
    var waiting = pending
    for number in before.count..<before.count + max(0, count) {
      let proposal =
        modelled(number, observed, transferred, waiting, tried) ?? drawn(number, tried)
      guard let proposal else { return .exhausted(space.exhaustion) }
      tried.insert(proposal.configuration)
      waiting.append(cube.point(of: proposal.configuration))
      session.propose(proposal.configuration, reason: proposal.reason, details: proposal.details)
    }
    return .open
  }

  private struct Observation {
    var trial: ScoredTrial
    var places: [Double?]
  }

  private struct Proposal {
    var configuration: [Parameter]
    var reason: String
    var details: Value = .null
  }

  private func places(of trial: ScoredTrial, in state: inout Memory) -> [Double?] {
    guard let number = trial.number else { return cube.point(of: trial.configuration) }
    if let known = state.places[number] { return known }
    let places = cube.point(of: trial.configuration)
    state.places[number] = places
    return places
  }

  // MARK: - Start

  private func drawn(_ number: Int, _ tried: TriedConfigurations) -> Proposal? {
    if number == enqueued, let first = space.standardConfiguration, !tried.contains(first) {
      return Proposal(
        configuration: first, reason: "the default point of the search space",
        details: believed == nil ? .null : ["kind": "default"])
    }
    // From the first proposal of the strategy's own, so that the sequence is used from its beginning.
    var point = max(0, number - enqueued)
    if let believed {
      // Every second one through the prior, the others over the whole range.
      for draw in 0..<TPEStrategy.draws where point % 2 == 0 {
        let place = point / 2 + draw
        let configuration = cube.configuration(at: believed.prior.point(at: believed.start.point(place)))
        guard space.satisfies(configuration), !tried.contains(configuration) else { continue }
        return Proposal(
          configuration: configuration,
          reason: "point \(place) of Sobol's sequence, drawn from the prior, before there is enough to model",
          details: ["kind": "prior", "point": .integer(Int64(place))])
      }
      point /= 2
    }
    let configuration = cube.configuration(at: start.point(point))
    if space.satisfies(configuration), !tried.contains(configuration) {
      return Proposal(
        configuration: configuration, reason: "point \(point) of Sobol's sequence, before there is enough to model",
        details: ["point": .integer(Int64(point))])
    }
    let drawn = space.untriedDraw(proposal: number, seed: seed, isTried: tried.contains)
    return drawn.map { Proposal(configuration: $0.configuration, reason: $0.reason) }
  }

  // MARK: - Model

  private func modelled(
    _ number: Int, _ observed: [Observation], _ transferred: [Observation], _ pending: [[Double?]],
    _ tried: TriedConfigurations
  ) -> Proposal? {
    let successes = observed.count { $0.trial.loss != nil }
    let known = successes + (transferred.isEmpty ? 0 : options.startup)
    guard known >= min(2, options.startup), observed.count + pending.count + (known - successes) >= options.startup,
      !axes.isEmpty
    else { return nil }
    let split = TPESplit(
      observed.map(\.trial), transferred: transferred.map(\.trial), pending: pending.count, gamma: options.gamma)
    func kernels(_ members: [TPESplit.Member]) -> [ParzenEstimator.Kernel] {
      members.map { member in
        let places =
          switch member.source {
          case .observed(let place): observed[place].places
          case .transferred(let place): transferred[place].places
          case .pending(let place): pending[place]
          }
        return ParzenEstimator.Kernel(places: places, weight: member.weight)
      }
    }
    let prior = believed.map { believed in
      // As much as what was good in sweeps of other tasks, until this one knows better.
      ParzenEstimator.WeightedPrior(prior: believed.prior, weight: 10 / (10 + Double(observed.count)))
    }
    let good = ParzenEstimator(kernels(split.good), axes: axes, width: .even, prior: prior)
    let other = ParzenEstimator(kernels(split.other), axes: axes, width: .neighbours)
    var details: [String: Value] = [
      "good": .integer(Int64(split.good.count)), "other": .integer(Int64(split.other.count)),
      "pending": .integer(Int64(pending.count)),
    ]
    let weight = PriorWeight(believed?.prior, trials: trials, results: observed.count)
    if let weight { details["prior_exponent"] = .real(weight.exponent) }
    // A finite space may have been tried where the good density is large: a few rounds look further.
    for round in 0..<4 {
      var candidates: [[Parameter]] = []
      for candidate in 0..<options.candidates {
        let attempt = UInt32(round * options.candidates + candidate)
        let randomness = ProposalRandomness(seed: seed, proposal: number, attempt: attempt)
        let configuration = good.sample(in: space, randomness: randomness)
        if space.satisfies(configuration), !tried.contains(configuration) { candidates.append(configuration) }
      }
      let points = candidates.map { cube.point(of: $0) }
      let (gains, losses) = (good.logDensities(at: points), other.logDensities(at: points))
      var ranks = zip(gains, losses).map { $0 - $1 }
      let beliefs = weight.map { weight in points.map { weight.mixed(weight.prior.logDensity(at: $0)).value } }
      if let weight, let beliefs { ranks = zip(ranks, beliefs).map { $0 + weight.exponent * $1 } }
      var best: Int?
      for place in candidates.indices {
        if let leader = best, !(ranks[place] > ranks[leader]) { continue }
        best = place
      }
      guard let best else { continue }
      details["log_ratio"] = .real(gains[best] - losses[best])
      if let beliefs { details["log_prior"] = .real(beliefs[best]) }
      return Proposal(
        configuration: candidates[best],
        reason: "the ratio of the densities of \(split.good.count) good and \(split.other.count) other trials"
          + (beliefs == nil ? "" : ", weighted by the prior,") + " is the largest of \(candidates.count) candidates",
        details: .object(details))
    }
    return nil
  }
}
