internal import Tracking

/// A density over the active parts of a unit cube: a mixture of one product of kernels an observation, and the even
/// distribution as prior.
///
/// Kernels on a continuum are normal, cut off at 0 and 1; on ordered cells the same, summed over each cell; on categories
/// smoothed counts. A dimension that is not active in an observation gets the even distribution from it, so that
/// observations of every activity pattern count for what they share. Source: Watanabe 2023, arXiv:2304.11127; bandwidths
/// as Optuna's multivariate estimator has them.
struct ParzenEstimator {
  /// An observation.
  struct Kernel {
    /// The places, `[dimensions]`; nil where a dimension is not active.
    var places: [Double?]
    /// The weight, above 0.
    var weight: Double
  }

  private static let logRootTwoPi = 0.91893853320467274

  private let axes: [ParzenAxis]
  private let kernels: [Kernel]
  private let bandwidths: [Double]
  // `[kernels + 1]`, the prior last; they sum to 1.
  private let cumulated: [Double]
  private let logWeights: [Double]
  // The logarithm of a normal kernel's share of [0, 1] and of its width, `[kernels * dimensions]`.
  private let logScales: [Double]
  private let cells: [Int]
  private let logHit: [Double]
  private let logMiss: [Double]

  init(_ kernels: [Kernel], axes: [ParzenAxis]) {
    self.axes = axes
    self.kernels = kernels
    let dimensions = axes.count
    let active = kernels.reduce(0) { $0 + $1.places.count { $0 != nil } }
    // How many dimensions an observation has.
    let extent = kernels.isEmpty ? Double(dimensions) : Double(active) / Double(kernels.count)
    var widths: [Double] = []
    for dimension in 0..<dimensions {
      let count = Double(max(1, kernels.count { $0.places[dimension] != nil }))
      let scott = 0.2 * PortableMath.power(count, -1 / (extent + 4))
      widths.append(max(scott, 1 / min(100, count + 2)))
    }
    bandwidths = widths
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
        let share = ParzenEstimator.share(from: 0, to: 1, of: place, widths[dimension])
        scales[at] = PortableMath.log(share)
        if case .real = axes[dimension].form {
          scales[at] += PortableMath.log(widths[dimension]) + ParzenEstimator.logRootTwoPi
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

  private static func share(from low: Double, to high: Double, of middle: Double, _ width: Double) -> Double {
    max(
      PortableMath.normalDistribution((high - middle) / width)
        - PortableMath.normalDistribution((low - middle) / width), 1e-300)
  }

  // MARK: - Density

  /// Returns the logarithms of the density at points, `[points]`; each `[dimensions]`, nil where not active.
  func logDensities(at points: [[Double?]]) -> [Double] {
    var table = CellTable(axes: axes, bandwidths: bandwidths)
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
            let z = (place - middle) / bandwidths[dimension]
            sum -= 0.5 * z * z + logScales[at]
          case .categorical: sum += cells[at] == cell ? logHit[dimension] : logMiss[dimension]
          case .ordered: sum += table.logShare(dimension, kernel: cells[at], middle, cell) - logScales[at]
          }
        }
        terms[row] = sum
      }
      terms[kernels.count] = logWeights[kernels.count] + even
      let largest = terms.max() ?? 0
      return largest + PortableMath.log(terms.reduce(0) { $0 + PortableMath.exp($1 - largest) })
    }
  }

  // What normal kernels give to cells, computed once: kernels of one dimension share their width and, in one cell, their
  // middle.
  private struct CellTable {
    private let axes: [ParzenAxis]
    private let bandwidths: [Double]
    private var known: [[Double]]

    init(axes: [ParzenAxis], bandwidths: [Double]) {
      self.axes = axes
      self.bandwidths = bandwidths
      known = axes.map { axis in
        guard case .ordered(let borders) = axis.form else { return [] }
        return [Double](repeating: .nan, count: (borders.count - 1) * (borders.count - 1))
      }
    }

    mutating func logShare(_ dimension: Int, kernel: Int, _ middle: Double, _ cell: Int) -> Double {
      guard case .ordered(let borders) = axes[dimension].form else { return 0 }
      let at = kernel * (borders.count - 1) + cell
      if known[dimension][at].isNaN {
        known[dimension][at] = PortableMath.log(
          ParzenEstimator.share(from: borders[cell], to: borders[cell + 1], of: middle, bandwidths[dimension]))
      }
      return known[dimension][at]
    }
  }

  // MARK: - Sampling

  /// Returns a configuration drawn from the density.
  func sample(in space: SearchSpace, randomness: ProposalRandomness) -> [Parameter] {
    let u = randomness.unit("tpe kernel")
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
    let width = bandwidths[dimension]
    let low = PortableMath.normalDistribution(-middle / width)
    let high = PortableMath.normalDistribution((1 - middle) / width)
    let quantile = min(max(low + unit * (high - low), 1e-16), 1 - 1e-16)
    return middle + width * PortableMath.normalQuantile(quantile)
  }
}
