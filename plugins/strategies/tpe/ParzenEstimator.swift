internal import Tracking

/// A density over the active parts of a unit cube: a mixture of one product of kernels an observation, and the even
/// distribution as prior.
///
/// Kernels on a continuum are normal, cut off at 0 and 1; on ordered cells the same, summed over each cell; on categories
/// smoothed counts. A dimension that is not active in an observation gets the even distribution from it, so that
/// observations of every activity pattern count for what they share. Sources: Bergstra et al. 2011;
/// Watanabe 2023, arXiv:2304.11127.
struct ParzenEstimator {
  /// An observation.
  struct Kernel {
    /// The places, `[dimensions]`; nil where a dimension is not active.
    var places: [Double?]
    /// The weight, above 0.
    var weight: Double
  }

  /// The space's prior: samples are drawn from it as well, with its weight.
  struct WeightedPrior {
    var prior: SpacePrior
    /// Above 0.
    var weight: Double
  }

  /// How wide the normal kernels of one dimension are.
  enum Width {
    /// All equally, by Scott's rule: 0.2 m^(-1 / (d + 4)) for m observations of d dimensions. Few good trials are near
    /// each other, and the next one is looked for there.
    case even
    /// Each as far as its farther neighbour, an ordered one at least a cell. Many others are told apart where they are
    /// dense.
    case neighbours
  }

  // The least that a prior makes of a kernel's width.
  private static let narrowest = 0.05
  private static let logRootTwoPi = 0.91893853320467274

  private let axes: [ParzenAxis]
  private let kernels: [Kernel]
  private let prior: WeightedPrior?
  // The widths of the normal kernels, `[kernels * dimensions]`.
  private let widths: [Double]
  // `[kernels + 1]`, the even distribution last; they sum to 1.
  private let cumulated: [Double]
  private let logWeights: [Double]
  // The logarithm of a normal kernel's share of [0, 1] and of its width, `[kernels * dimensions]`.
  private let logScales: [Double]
  private let cells: [Int]
  private let logHit: [Double]
  private let logMiss: [Double]

  /// - Parameter prior: makes no kernel wider than itself, and samples come from it as well; densities do not count it.
  init(_ kernels: [Kernel], axes: [ParzenAxis], width: Width, prior: WeightedPrior? = nil) {
    self.axes = axes
    self.prior = prior
    self.kernels = kernels
    let dimensions = axes.count
    var widths = [Double](repeating: 1, count: kernels.count * dimensions)
    for dimension in 0..<dimensions {
      let seen = kernels.indices.filter { kernels[$0].places[dimension] != nil }
      let places = seen.map { kernels[$0].places[dimension] ?? 0 }
      // No less than an even spread has, so that few observations do not pretend to know much.
      let least = 1 / min(100, Double(seen.count + 2))
      let own: [Double]
      switch width {
      case .even:
        let scott = 0.2 * PortableMath.power(Double(max(1, seen.count)), -1 / Double(dimensions + 4))
        let even = max(scott, least)
        // What is believed to vary by little is looked at closely from the first good trial on.
        let most = prior?.prior.belief(dimension).map { max($0.sigma, ParzenEstimator.narrowest) } ?? even
        own = places.map { _ in min(even, most) }
      case .neighbours:
        let floor = max(axes[dimension].cellWidth, least)
        own = ParzenEstimator.distances(of: places).map { min(max($0, floor), 1) }
      }
      for (row, width) in zip(seen, own) { widths[row * dimensions + dimension] = width }
    }
    self.widths = widths
    let total = kernels.reduce(1) { $0 + $1.weight }
    var sum = 0.0
    let shares = kernels.map { $0.weight / total } + [1 / total]
    cumulated = shares.map {
      sum += $0
      return sum
    }
    logWeights = shares.map { PortableMath.log($0) }
    var scales = [Double](repeating: 0, count: kernels.count * dimensions)
    var cells = [Int](repeating: 0, count: kernels.count * dimensions)
    for (row, kernel) in kernels.enumerated() {
      for (dimension, place) in kernel.places.enumerated() {
        guard let place else { continue }
        let at = row * dimensions + dimension
        cells[at] = axes[dimension].cell(place)
        if case .categorical = axes[dimension].form { continue }
        let share = ParzenEstimator.share(from: 0, to: 1, of: place, widths[at])
        scales[at] = PortableMath.log(share)
        if case .real = axes[dimension].form {
          scales[at] += PortableMath.log(widths[at]) + ParzenEstimator.logRootTwoPi
        }
      }
    }
    logScales = scales
    self.cells = cells
    // Of the category seen and of each other one: (1 + 1/n) and 1/n, normalised, for n kernels with the prior.
    let smoothing = 1 / Double(kernels.count + 1)
    var (hits, misses) = ([Double](), [Double]())
    for axis in axes {
      guard case .categorical(let count) = axis.form else {
        hits.append(0)
        misses.append(0)
        continue
      }
      let total = 1 + Double(count) * smoothing
      hits.append(PortableMath.log((1 + smoothing) / total))
      misses.append(PortableMath.log(smoothing / total))
    }
    logHit = hits
    logMiss = misses
  }

  // The larger of the distances to the neighbours; at either end of several the one to the only neighbour.
  private static func distances(of places: [Double]) -> [Double] {
    let order = places.indices.sorted { (places[$0], $0) < (places[$1], $1) }
    guard order.count > 1 else { return places.map { max($0, 1 - $0) } }
    var distances = places
    for (rank, index) in order.enumerated() {
      let below = rank > 0 ? places[index] - places[order[rank - 1]] : 0
      let above = rank + 1 < order.count ? places[order[rank + 1]] - places[index] : 0
      distances[index] = max(below, above)
    }
    return distances
  }

  private static func share(from low: Double, to high: Double, of middle: Double, _ width: Double) -> Double {
    max(
      PortableMath.normalDistribution((high - middle) / width)
        - PortableMath.normalDistribution((low - middle) / width), 1e-300)
  }

  // MARK: - Density

  /// Returns the logarithms of the density at points, `[points]`; each `[dimensions]`, nil where not active.
  func logDensities(at points: [[Double?]]) -> [Double] {
    var terms = [Double](repeating: 0, count: kernels.count + 1)
    return points.map { point in
      var even = 0.0
      var active: [(dimension: Int, place: Double, cell: Int, logEven: Double)] = []
      for (dimension, place) in point.enumerated() {
        guard let place else { continue }
        let cell = axes[dimension].cell(place)
        let logEven = axes[dimension].logEven(cell)
        active.append((dimension, place, cell, logEven))
        even += logEven
      }
      for (row, kernel) in kernels.enumerated() {
        var sum = logWeights[row]
        for (dimension, place, cell, logEven) in active {
          let at = row * axes.count + dimension
          guard let middle = kernel.places[dimension] else {
            sum += logEven
            continue
          }
          switch axes[dimension].form {
          case .real:
            let z = (place - middle) / widths[at]
            sum -= 0.5 * z * z + logScales[at]
          case .categorical: sum += cells[at] == cell ? logHit[dimension] : logMiss[dimension]
          case .ordered(let borders):
            let share = ParzenEstimator.share(from: borders[cell], to: borders[cell + 1], of: middle, widths[at])
            sum += PortableMath.log(share) - logScales[at]
          }
        }
        terms[row] = sum
      }
      terms[kernels.count] = logWeights[kernels.count] + even
      let largest = terms.max() ?? 0
      return largest + PortableMath.log(terms.reduce(0) { $0 + PortableMath.exp($1 - largest) })
    }
  }

  // MARK: - Sampling

  /// Returns a configuration drawn from the density.
  func sample(in space: SearchSpace, randomness: ProposalRandomness) -> [Parameter] {
    var u = randomness.unit("tpe kernel")
    if let prior {
      u *= 1 + prior.weight / kernels.reduce(1) { $0 + $1.weight }
      if u >= 1 { return prior.prior.configuration(drawing: randomness) }
    }
    let row = cumulated.firstIndex { u < $0 } ?? kernels.count
    return space.configuration { parameter in
      let unit = randomness.unit(parameter.name)
      guard row < kernels.count,
        let dimension = axes.firstIndex(where: { $0.parameter.name == parameter.name }),
        let middle = kernels[row].places[dimension]
      else { return parameter.domain.value(at: unit) }
      return parameter.domain.value(at: min(max(place(unit, row, dimension, middle), 0), 1 - 0x1p-53))
    }
  }

  // The place at a quantile of a kernel.
  private func place(_ unit: Double, _ row: Int, _ dimension: Int, _ middle: Double) -> Double {
    if case .categorical(let count) = axes[dimension].form {
      let seen = cells[row * axes.count + dimension]
      let hit = PortableMath.exp(logHit[dimension])
      if unit < hit { return (Double(seen) + 0.5) / Double(count) }
      let other = min(Int((unit - hit) / (1 - hit) * Double(count - 1)), count - 2)
      return (Double(other < seen ? other : other + 1) + 0.5) / Double(count)
    }
    let width = widths[row * axes.count + dimension]
    let low = PortableMath.normalDistribution(-middle / width)
    let high = PortableMath.normalDistribution((1 - middle) / width)
    let quantile = min(max(low + unit * (high - low), 1e-16), 1 - 1e-16)
    return middle + width * PortableMath.normalQuantile(quantile)
  }
}
