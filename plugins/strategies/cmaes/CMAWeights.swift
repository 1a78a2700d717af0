internal import Tracking

/// The constants of an evolution strategy with so many samples a generation.
///
/// Source: Hansen 2016, "The CMA evolution strategy: a tutorial", arXiv:1604.00772, table 1.
struct CMAWeights: Sendable {
  /// How many samples make a generation.
  let samples: Int
  /// The weight of each sample, the best first; those of the better half sum to 1, the others are negative.
  let weights: [Double]
  let effective: Double
  let rankOne: Double
  let rankMu: Double
  let pathDecay: Double
  let stepDecay: Double
  let stepDamping: Double
  /// The expected length of a standard normal vector.
  let normalLength: Double

  /// How many samples a generation has by default: 4 + floor(3 ln d).
  static func samples(for dimensions: Int) -> Int {
    4 + Int((3 * PortableMath.log(Double(max(1, dimensions)))).rounded(.down))
  }

  init(samples: Int, dimensions: Int) {
    let n = Double(max(1, dimensions))
    let half = samples / 2
    let raw = (1...samples).map { PortableMath.log(Double(samples + 1) / 2) - PortableMath.log(Double($0)) }
    func effect(_ part: ArraySlice<Double>) -> Double {
      let sum = part.reduce(0, +)
      let squares = part.reduce(0) { $0 + $1 * $1 }
      return squares > 0 ? sum * sum / squares : 0
    }
    let mu = effect(raw.prefix(half))
    let muNegative = effect(raw.dropFirst(half))
    let c1 = 2 / ((n + 1.3) * (n + 1.3) + mu)
    let cMu = min(1 - c1, 2 * (mu - 2 + 1 / mu) / ((n + 2) * (n + 2) + mu))
    let positive = raw.prefix(half).reduce(0, +)
    let negative = -raw.filter { $0 < 0 }.reduce(0, +)
    let bound = min(1 + c1 / max(cMu, 1e-12), 1 + 2 * muNegative / (mu + 2), (1 - c1 - cMu) / (n * max(cMu, 1e-12)))
    weights = raw.map { $0 >= 0 ? $0 / positive : $0 / negative * bound }
    self.samples = samples
    effective = mu
    rankOne = c1
    rankMu = cMu
    pathDecay = (4 + mu / n) / (n + 4 + 2 * mu / n)
    let cs = (mu + 2) / (n + mu + 5)
    stepDecay = cs
    stepDamping = 1 + 2 * max(0, ((mu - 1) / (n + 1)).squareRoot() - 1) + cs
    normalLength = n.squareRoot() * (1 - 1 / (4 * n) + 1 / (21 * n * n))
  }
}
