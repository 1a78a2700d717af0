internal import Synchronization
internal import Tracking

/// A Gaussian process over configurations and the part of the resource that they have had: what a trial will be worth with
/// more of it, and which new one would be best.
///
/// It answers the same for the same arguments; what it keeps between calls only saves time.
final class FidelityModel: Sendable {
  /// What can be chosen.
  struct Settings: Sendable, Equatable {
    /// Longer lengths than for whole trainings, so that a few early values tell something of the whole space.
    var priors = KernelPriors(lengthScale: -1)
    var transform = ValueTransform()
    var effort = AcquisitionSearch.Effort(spread: 512, near: 512, starts: 4, evaluations: 30, turns: 2)
    /// How many candidates are drawn near the best trials, and how many trials these are at most.
    var candidates = 512
    var mostGood = 25
    /// How many trials with less of the resource than is looked at count as if they were under way.
    var mostUnfinished = 100
    var fitStarts = 1
    var fitEvaluations = 40
    /// The most points that the kernel's parameters are fitted to.
    var fitPoints = 140
    /// The most points that the process is conditioned on.
    var mostPoints = 500
  }

  /// What is known of a trial at a part of the resource.
  struct Observation: Equatable {
    var point: [Double]
    var resource: Int
    var value: Double?
    /// When it became known, and of which trial it is: observations are in this order.
    var time: Int64
    var trial: Int
  }

  /// The process, conditioned on what is known.
  struct State {
    var process: GaussianProcess
    var space: ModelSpace
    var place: (Int) -> Double
    /// How much of the resource each point has had at most.
    var reached: [[Double]: Int]

    /// Returns the mean and the standard deviation at points with a part of the resource, in the model's units.
    func predict(_ points: [[Double]], at resource: Int) -> [(mean: Double, sd: Double)] {
      let features = points.map { space.features(of: $0 + [place(resource)]) }
      let (means, variances) = process.predict(all: features)
      return zip(means, variances).map { ($0, $1.squareRoot()) }
    }
  }

  let map: SpaceMap
  let maximum: Int
  let settings: Settings
  let seed: UInt64
  private let sobol: Sobol
  private let fits = Mutex<[(data: [Observation], unknowns: [Double])]>([])

  /// Makes a model of a space.
  ///
  /// - Parameter maximum: a whole training.
  init(map: SpaceMap, maximum: Int, settings: Settings, seed: UInt64) {
    self.map = map
    self.maximum = maximum
    self.settings = settings
    self.seed = seed
    sobol = Sobol(dimensions: map.space.dimensions.count + 1, seed: seed &+ 0x5eed)
  }

  /// The place of a part of the resource: its logarithm, 1 for the whole.
  func place(of resource: Int) -> Double {
    maximum > 1 ? PortableMath.log(Double(resource)) / PortableMath.log(Double(maximum)) : 1
  }

  // The space with the resource as its last dimension, fixed at a part of it.
  private func space(at resource: Int) -> ModelSpace {
    ModelSpace(map.space.dimensions + [ModelSpace.Dimension(kind: .ordered([place(of: resource)]), condition: nil)])
  }

  /// Conditions the process on observations; nil while they tell nothing.
  func state(_ observations: [Observation]) -> State? {
    let space = space(at: maximum)
    guard observations.count >= 2 else { return nil }
    var data = observations
    if data.count > settings.mostPoints { data = thinned(data, to: settings.mostPoints) }
    let unknowns = fitted(
      thinned(Array(observations.prefix(Self.fitted(of: observations.count))), to: settings.fitPoints))
    let features = data.map { space.features(of: $0.point + [place(of: $0.resource)]) }
    let process = GaussianProcess(
      makeFit(features: [], values: [], space).parameters(unknowns), unordered: space.unorderedFeatures,
      features: features, values: settings.transform(data.map(\.value)), room: 64)
    return process.map {
      State(
        process: $0, space: space, place: place(of:),
        reached: Dictionary(observations.map { ($0.point, $0.resource) }, uniquingKeysWith: max))
    }
  }

  /// How many of `count` observations the kernel is fitted to: all of few, then in steps.
  static func fitted(of count: Int) -> Int {
    if count <= 20 { return count }
    var at = 20
    while true {
      let next = at + max(3, at / 8)
      if next > count { return at }
      at = next
    }
  }

  // The best ones and an even choice of the rest.
  private func thinned(_ data: [Observation], to most: Int) -> [Observation] {
    guard data.count > most else { return data }
    let order = data.indices.sorted { (data[$0].value ?? .infinity, $0) < (data[$1].value ?? .infinity, $1) }
    let best = most * 6 / 10
    var kept = Set(order.prefix(best))
    let rest = order.dropFirst(best).sorted()
    for place in 0..<(most - best) { kept.insert(rest[place * rest.count / (most - best)]) }
    return kept.sorted().map { data[$0] }
  }

  private func makeFit(features: [[Double]], values: [Double], _ space: ModelSpace) -> KernelFit {
    KernelFit(
      features: features, values: values, unordered: space.unorderedFeatures, dimensions: space.dimensions.count,
      warpable: [], priors: settings.priors)
  }

  private func fitted(_ data: [Observation]) -> [Double] {
    if let known = fits.withLock({ $0.first { $0.data == data } }) { return known.unknowns }
    let space = space(at: maximum)
    let fit = makeFit(
      features: data.map { space.features(of: $0.point + [place(of: $0.resource)]) },
      values: settings.transform(data.map(\.value)), space)
    var minimizer = Minimizer()
    minimizer.evaluations = settings.fitEvaluations
    minimizer.tolerance = 1e-4
    minimizer.slopeTolerance = 1e-2
    minimizer.firstStep = 1
    let unknowns = fit.fit(starts: fit.starts(settings.fitStarts), minimizer: minimizer).unknowns
    fits.withLock { $0 = $0.suffix(3) + [(data, unknowns)] }
    return unknowns
  }

  /// A proposed point.
  struct Proposal {
    var point: [Double]
    var logImprovement: Double
    /// What the prior added to it where points were compared; nil where there is none.
    var priorAddition: Double?
    var mean: Double
    var sd: Double
    var origin: AcquisitionSearch.Origin
  }

  /// Where points are looked for.
  enum Search: String {
    /// Everywhere, uphill by gradient.
    case everywhere
    /// Among candidates drawn near the trials that the model predicts to be best with the whole resource.
    case nearTheBest = "near_the_best"
  }

  /// Returns the points with the largest expected improvement at a part of the resource, best first.
  ///
  /// - Parameters:
  ///   - known: the points that were tried, whose best predicted value is to be improved on.
  ///   - pending: points of which nothing is known yet; taken to come out as predicted. So are the best of those known with
  ///     less of the resource, stopped ones too: what one more trial next to them shows early tells nothing new of it.
  ///   - prior: what the space's prior adds to the expected improvement.
  func propose(
    _ state: State, at resource: Int, search: Search, known: [[Double]], pending: [[Double]], number: Int,
    prior: PriorWeight? = nil, isTaken: @escaping ([Double]) -> Bool
  ) -> [Proposal] {
    let means = state.predict(known, at: resource).map(\.mean)
    let order = known.indices.sorted { (means[$0], $0) < (means[$1], $1) }
    let unfinished = order.lazy.map { known[$0] }.filter { state.reached[$0] ?? 0 < resource }
    let open = pending + unfinished.prefix(settings.mostUnfinished)
    let process = state.process.copy(room: open.count + 1)
    for point in open {
      let features = state.space.features(of: point + [place(of: resource)])
      process.append([features], values: [process.predict(features).mean])
    }
    let acquisition = AcquisitionSearch(
      space: space(at: resource), processes: [process], bounds: [means.min() ?? 0], effort: settings.effort,
      prior: prior
    ) { isTaken(Array($0.dropLast())) }
    let found: [AcquisitionSearch.Found]
    switch search {
    case .everywhere:
      var draws = Draws(seed: seed, number: number, purpose: 11)
      found =
        acquisition.best(
          near: order.prefix(5).map { known[$0] + [place(of: resource)] }, sobol: sobol,
          first: 64 + number * settings.effort.spread, draws: &draws
        ).found
    case .nearTheBest:
      let candidates = candidates(
        state, known: known, number: number
      ) { isTaken($0) || !map.satisfies($0) }
      found = acquisition.best(of: candidates.map { $0 + [place(of: resource)] }, most: settings.effort.starts)
    }
    return found.map {
      Proposal(
        point: Array($0.point.dropLast()), logImprovement: $0.value - $0.addition,
        priorAddition: prior == nil ? nil : $0.addition, mean: $0.mean, sd: $0.variance.squareRoot(), origin: $0.origin)
    }
  }

  // Points drawn from a mixture round the tenth of the known ones that the model predicts to be best in the end.
  private func candidates(
    _ state: State, known: [[Double]], number: Int, isRefused: ([Double]) -> Bool
  ) -> [[Double]] {
    let means = state.predict(known, at: maximum).map(\.mean)
    let order = known.indices.sorted { (means[$0], $0) < (means[$1], $1) }
    let mixture = ParzenMixture(
      order.prefix(min((known.count + 9) / 10, settings.mostGood)).map { known[$0] }, in: map.space)
    var draws = Draws(seed: seed, number: number, purpose: 21)
    var candidates: [[Double]] = []
    for _ in 0..<settings.candidates * 4 where candidates.count < settings.candidates {
      let point = mixture.point(&draws)
      if !isRefused(point) { candidates.append(point) }
    }
    // In a small finite space points are drawn repeatedly.
    var seen = Set<[Double]>()
    return candidates.filter { seen.insert($0).inserted }
  }
}
