internal import Tracking

/// The search distributions of a sweep, one after the other, as its records tell them.
///
/// Nothing of a distribution is recorded. A generation is filled from the trials in the order of their ends, whichever
/// distribution proposed them; which sample of which distribution a trial was is found by drawing it again and comparing
/// configurations. So the records alone give every distribution again.
struct CMATrajectory: Sendable {
  /// How often a proposal is drawn before it is left to chance.
  static let draws: UInt32 = 24

  // By how much a belief narrows a coordinate at most; what is narrower could not be left again if it was wrong.
  private static let leastScale = 0.2

  private let cube: UnitCube
  private let layout: CMALayout
  private let seed: UInt64
  private let options: CMAESOptions
  private let enqueued: Int
  // The distributions so far, with the event from which on each was known.
  private var states: [(state: CMAState, since: EventNumber)]
  private var generation: [(trial: ScoredTrial, evaluated: CMAState.Evaluated)] = []
  private var consumed = 0

  init(cube: UnitCube, sweep: SweepSpec, prior: [ScoredTrial], options: CMAESOptions) {
    self.cube = cube
    self.options = options
    seed = sweep.seed
    enqueued = sweep.enqueued.count
    let layout = CMALayout(cube)
    self.layout = layout
    let samples = options.population ?? CMAState.defaultSamples(layout)
    var mean = [Double](repeating: 0.5, count: layout.numeric.count)
    let first = CMAState(layout, samples: samples, epoch: 0, mean: mean, sigma: options.sigma)
    // The best of earlier sweeps are where the search begins (Nomura et al. 2021, warm-starting CMA-ES, simplified).
    let best = prior.filter { $0.loss != nil }.sorted { $0.isBetter(than: $1) }.prefix(max(1, prior.count / 10))
    if !best.isEmpty {
      let places = best.map { layout.sample(of: $0.configuration, in: cube, otherwise: first).numbers }
      mean = mean.indices.map { place in places.reduce(0) { $0 + $1[place] } / Double(places.count) }
    }
    if best.isEmpty, let standard = sweep.space.standardConfiguration {
      mean = layout.sample(of: standard, in: cube, otherwise: first).numbers
    }
    var scales: [Double]?
    if best.isEmpty, let believed = SpacePrior(cube) {
      let beliefs = layout.numeric.map { believed.belief($0.dimension) }
      mean = zip(beliefs, mean).map { $0?.mean ?? $1 }
      scales = beliefs.map { belief in
        belief.map { min(max($0.sigma / options.sigma, CMATrajectory.leastScale), 1) } ?? 1
      }
    }
    states = [
      (
        CMAState(
          layout, samples: samples, epoch: 0, mean: mean, sigma: options.sigma * (best.isEmpty ? 1 : 0.5),
          scales: scales), 0
      )
    ]
  }

  /// The distribution that proposes next.
  var state: CMAState { states[states.count - 1].state }

  /// How many trials were taken in.
  var count: Int { consumed }

  /// Takes in the trials that have ended since the last time.
  ///
  /// - Parameters:
  ///   - scored: all that have ended, in the order of their ends.
  ///   - trials: by number.
  mutating func update(_ scored: [ScoredTrial], trials: [Trial]) {
    for one in scored.dropFirst(consumed) {
      consumed += 1
      guard let number = one.number, number < trials.count else { continue }
      guard let evaluated = evaluated(one, trials[number]) else { continue }
      generation.append((one, evaluated))
      guard generation.count == state.weights.samples else { continue }
      learn(since: trials[number].ended ?? 0)
      generation = []
    }
  }

  // The sample that a trial was; nil for one of a distribution before the last restart.
  private func evaluated(_ scored: ScoredTrial, _ trial: Trial) -> CMAState.Evaluated? {
    let values = scored.configuration.byName
    let isActive = layout.categoryNames.map { values[$0] != nil }
    if trial.number >= enqueued {
      let latest = states.lastIndex { $0.since < trial.proposed } ?? 0
      // A trial may end between what a strategy was shown and what it then proposed: two distributions back at most.
      for index in stride(from: latest, through: max(0, latest - 2), by: -1) {
        let candidate = states[index].state
        for attempt in 0..<CMATrajectory.draws {
          let sample = candidate.sample(proposal: trial.number, attempt: attempt, seed: seed)
          guard layout.configuration(of: sample, in: cube) == trial.parameters else { continue }
          if candidate.epoch != state.epoch { return nil }
          return CMAState.Evaluated(
            sample: sample, isActive: isActive, isOwn: candidate.generation == state.generation)
        }
      }
    }
    let sample = layout.sample(of: scored.configuration, in: cube, otherwise: state)
    return CMAState.Evaluated(sample: sample, isActive: isActive, isOwn: false)
  }

  private mutating func learn(since event: EventNumber) {
    let ranked = generation.indices.sorted { left, right in
      if generation[left].trial.isBetter(than: generation[right].trial) { return true }
      if generation[right].trial.isBetter(than: generation[left].trial) { return false }
      return left < right
    }
    // A generation of failures says nothing of directions.
    guard let best = generation[ranked[0]].trial.loss else { return }
    var next = state
    next.learn(ranked.map { generation[$0].evaluated })
    next.history.append(best)
    if next.restartReason != nil {
      let epoch = next.epoch + 1
      let mean = layout.numericNames.map {
        ProposalRandomness(seed: seed, proposal: epoch, attempt: .max).unit($0)
      }
      next = CMAState(
        layout, samples: next.weights.samples * 2, epoch: epoch, mean: mean, sigma: options.sigma)
    }
    states.append((next, event))
  }
}

extension CMAState {
  /// How many samples a generation has by default.
  static func defaultSamples(_ layout: CMALayout) -> Int { max(4, CMAWeights.samples(for: layout.count)) }
}
