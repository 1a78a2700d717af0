internal import Synchronization
internal import Tracking

/// The strategy's numbers: from points and their values to the next points, all in the model's space.
///
/// It answers the same for the same arguments; what it keeps between calls only saves time.
final class BayesianModel: Sendable {
  /// What can be chosen; the defaults are measured ones.
  struct Settings: Sendable, Equatable {
    var priors = KernelPriors()
    /// How results become values; the proposals take turns.
    var transforms = [ValueTransform()]
    var effort = AcquisitionSearch.Effort()
    var fitStarts = 2
    var fitEvaluations = 60
    /// The most points that the kernel's parameters are fitted to.
    var fitPoints = 250
    /// How many kernels are drawn from the posterior and averaged over; 0 for the mode alone.
    var kernels = 8
    /// How many steps lie between two of them.
    var between = 6
    /// What an improvement must exceed to count, in the model's units.
    var margin = 0.0
  }

  /// A proposed point.
  struct Proposal {
    var point: [Double]
    var logImprovement: Double
    /// In the model's units.
    var mean: Double
    var sd: Double
    var origin: AcquisitionSearch.Origin
  }

  let space: ModelSpace
  let settings: Settings
  let seed: UInt64
  private let sobol: Sobol
  // The kernels fitted so far; kept because one serves several proposals.
  private let fits = Mutex<[Fitted]>([])

  private struct Fitted {
    var transform: ValueTransform
    var points: [[Double]]
    var values: [Double?]
    var unknowns: [[Double]]
  }

  /// Makes a model of a space.
  init(space: ModelSpace, settings: Settings, seed: UInt64) {
    self.space = space
    self.settings = settings
    self.seed = seed
    sobol = Sobol(dimensions: space.dimensions.count, seed: seed &+ 0x5eed)
  }

  /// How many of `count` points the kernel's parameters are fitted to: all when there are few, then in steps.
  static func fitted(of count: Int) -> Int {
    if count <= 30 { return count }
    var at = 30
    while true {
      let next = at + max(2, at / 16)
      if next > count { return at }
      at = next
    }
  }

  /// Returns points to propose, best first.
  ///
  /// - Parameters:
  ///   - points: the canonical points with results, in the order of their ends.
  ///   - values: their values, smaller is better; nil for a failed one.
  ///   - pending: the canonical points under way.
  ///   - number: the proposal's number; names its randomness.
  func propose(
    points: [[Double]], values: [Double?], pending: [[Double]], number: Int, isTaken: @escaping ([Double]) -> Bool
  ) -> [Proposal] {
    let transform = settings.transforms[number % settings.transforms.count]
    let transformed = transform(values)
    let unknowns = fittedUnknowns(points: points, values: values, transform: transform)
    let features = points.map { space.features(of: $0) }
    let fit = makeFit(features: [], values: [])
    let processes = unknowns.compactMap {
      GaussianProcess(
        fit.parameters($0), unordered: space.unorderedFeatures, features: features, values: transformed,
        room: pending.count + 1)
    }
    guard !processes.isEmpty else { return [] }
    var average = [Double](repeating: 0, count: points.count)
    var bounds: [Double] = []
    for process in processes {
      let (means, _) = process.predict(all: features)
      for index in average.indices { average[index] += means[index] }
      bounds.append((means.min() ?? 0) - settings.margin)
      // Kriging believer: what is under way is taken to come out as predicted.
      for point in pending {
        let feature = space.features(of: point)
        process.append([feature], values: [process.predict(feature).mean])
      }
    }
    var order = Array(points.indices)
    order.sort { average[$0] != average[$1] ? average[$0] < average[$1] : $0 < $1 }
    var draws = Draws(seed: seed, number: number, purpose: 1)
    let search = AcquisitionSearch(
      space: space, processes: processes, bounds: bounds, effort: settings.effort, isTaken: isTaken)
    let incumbents = order.prefix(5).map { points[$0] }
    let found = search.best(
      near: Array(incumbents), sobol: sobol, first: 64 + number * settings.effort.spread, draws: &draws)
    return found.map {
      Proposal(
        point: $0.point, logImprovement: $0.value, mean: $0.mean, sd: $0.variance.squareRoot(), origin: $0.origin)
    }
  }

  private func makeFit(features: [[Double]], values: [Double]) -> KernelFit {
    KernelFit(
      features: features, values: values, unordered: space.unorderedFeatures, dimensions: space.dimensions.count,
      warpable: space.dimensions.indices.filter {
        switch space.dimensions[$0].kind {
        case .continuous: true
        case .ordered(let positions): positions.count > 6
        case .unordered: false
        }
      }, priors: settings.priors)
  }

  private func fittedUnknowns(points: [[Double]], values: [Double?], transform: ValueTransform) -> [[Double]] {
    let count = Self.fitted(of: points.count)
    let points = Array(points.prefix(count))
    let values = Array(values.prefix(count))
    let known = fits.withLock { $0.first { $0.transform == transform && $0.values == values && $0.points == points } }
    if let known { return known.unknowns }
    let fit = makeFit(features: points.map { space.features(of: $0) }, values: transform(values))
    var minimizer = Minimizer()
    minimizer.evaluations = settings.fitEvaluations
    minimizer.tolerance = 1e-5
    minimizer.slopeTolerance = 1e-3
    minimizer.firstStep = 1
    let found = fit.fit(starts: fit.starts(settings.fitStarts), minimizer: minimizer)
    var kernels = [found.unknowns]
    if settings.kernels > 0 {
      var draws = Draws(seed: seed, number: count, purpose: 3)
      kernels = fit.samples(from: found.unknowns, count: settings.kernels, between: settings.between, draws: &draws)
    }
    fits.withLock {
      $0 = $0.suffix(5) + [Fitted(transform: transform, points: points, values: values, unknowns: kernels)]
    }
    return kernels
  }
}
