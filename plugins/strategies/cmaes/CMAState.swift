internal import Tracking

/// A sample of the search distribution.
struct CMASample: Sendable, Equatable {
  /// The numeric coordinates on the unit cube, `[numeric dimensions]`; ordered ones may lie outside.
  var numbers: [Double]
  /// The categories, `[categorical dimensions]`.
  var categories: [Int]
}

/// A search distribution: a normal over the numeric dimensions, and the categories' probabilities.
struct CMAState: Sendable {
  let layout: CMALayout
  let weights: CMAWeights
  /// How many restarts came before.
  let epoch: Int
  /// How many generations of this epoch came before.
  var generation = 0
  var mean: [Double]
  /// The standard deviation, as a part of the unit interval.
  var sigma: Double
  /// The covariance, `[n * n]`.
  var covariance: [Double]
  /// What the margin widens each coordinate by, `[n]`.
  var widening: [Double]
  var covariancePath: [Double]
  var stepPath: [Double]
  /// The probability of each category, `[categorical dimensions][categories]`.
  var probabilities: [[Double]]
  // The covariance's eigenvectors and the roots of its eigenvalues.
  private(set) var axes: [Double]
  private(set) var lengths: [Double]
  /// The best loss of each generation of this epoch, the last ones.
  var history: [Double] = []

  /// - Parameter scales: what `sigma` is multiplied by in each coordinate, `[n]`; nil for 1.
  init(_ layout: CMALayout, samples: Int, epoch: Int, mean: [Double], sigma: Double, scales: [Double]? = nil) {
    let n = layout.numeric.count
    self.layout = layout
    weights = CMAWeights(samples: samples, dimensions: n)
    self.epoch = epoch
    self.mean = mean
    self.sigma = sigma
    covariance = CMAState.identity(n)
    widening = [Double](repeating: 1, count: n)
    covariancePath = [Double](repeating: 0, count: n)
    stepPath = [Double](repeating: 0, count: n)
    probabilities = layout.categories.map { [Double](repeating: 1 / Double($0), count: $0) }
    axes = CMAState.identity(n)
    lengths = scales ?? [Double](repeating: 1, count: n)
    for i in 0..<n where scales != nil { covariance[i * n + i] = lengths[i] * lengths[i] }
  }

  private static func identity(_ n: Int) -> [Double] {
    var matrix = [Double](repeating: 0, count: n * n)
    for i in 0..<n { matrix[i * n + i] = 1 }
    return matrix
  }

  // MARK: - Sampling

  /// How often a sample outside of the cube is drawn again before it is brought inside.
  private static let draws: UInt32 = 20

  /// Returns the sample of a proposal; attempts differ.
  func sample(proposal: Int, attempt: UInt32, seed: UInt64) -> CMASample {
    var numbers: [Double] = []
    for draw in 0..<CMAState.draws {
      let randomness = ProposalRandomness(seed: seed, proposal: proposal, attempt: attempt * CMAState.draws + draw)
      numbers = normal(randomness)
      if layout.contains(numbers) { break }
    }
    let randomness = ProposalRandomness(seed: seed, proposal: proposal, attempt: attempt * CMAState.draws)
    let categories = zip(layout.categoryNames, probabilities).map { name, shares in
      var left = randomness.unit(name)
      for (category, share) in shares.enumerated() {
        if left < share { return category }
        left -= share
      }
      return shares.count - 1
    }
    return CMASample(numbers: layout.broughtInside(numbers), categories: categories)
  }

  private func normal(_ randomness: ProposalRandomness) -> [Double] {
    let n = mean.count
    let z = layout.numericNames.enumerated().map { place, name in
      lengths[place] * PortableMath.normalQuantile(max(randomness.unit(name), 0x1p-54))
    }
    return (0..<n).map { row in
      var sum = 0.0
      for column in 0..<n { sum += axes[row * n + column] * z[column] }
      return mean[row] + sigma * widening[row] * sum
    }
  }

  // MARK: - Learning

  /// Returns the coordinates of a step in which the covariance is the identity.
  func whitened(_ step: [Double]) -> [Double] {
    let n = step.count
    var white = [Double](repeating: 0, count: n)
    for column in 0..<n {
      var sum = 0.0
      for row in 0..<n { sum += axes[row * n + column] * step[row] }
      white[column] = sum / lengths[column]
    }
    return (0..<n).map { row in
      var sum = 0.0
      for column in 0..<n { sum += axes[row * n + column] * white[column] }
      return sum
    }
  }

  /// Takes the eigenvectors of the covariance anew.
  mutating func decompose() {
    let n = mean.count
    let eigen = SymmetricEigen(covariance, n)
    axes = eigen.vectors
    lengths = eigen.values.map { max($0, 1e-20).squareRoot() }
  }

  /// The standard deviation of each coordinate, `[n]`.
  var deviations: [Double] {
    let n = mean.count
    return (0..<n).map { sigma * widening[$0] * max(covariance[$0 * n + $0], 0).squareRoot() }
  }

  /// Returns why the search should begin anew elsewhere; nil while it should not.
  var restartReason: String? {
    let n = mean.count
    if n > 0 {
      let deviations = deviations
      let real = (0..<n).filter { layout.numeric[$0].borders == nil }
      if !real.isEmpty, real.allSatisfy({ deviations[$0] < 1e-9 }) { return "the distribution has shrunk to a point" }
      let (largest, smallest) = (lengths.max() ?? 1, lengths.min() ?? 1)
      if largest > 1e7 * smallest { return "the distribution has become too flat" }
    }
    let span = 10 + (30 * max(1, n) + weights.samples - 1) / weights.samples
    guard history.count >= span else { return nil }
    let last = history.suffix(span)
    if let low = last.min(), let high = last.max(), high - low <= 1e-12 * max(1e-300, abs(low)) {
      return "the best of \(span) generations did not change"
    }
    return nil
  }
}
