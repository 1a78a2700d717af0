/// Brings a sweep's results to a scale that a Gaussian process can model: order is kept, what is far worse than the rest
/// is cut off, the mean is 0 and the variance 1. Smaller is better.
///
/// Cutting off at Tukey's fence is what Ax does. On the public problems it did better alone than with the half-rank and the
/// logarithmic warping of Vizier's default algorithm, arXiv:2408.11527, section 3.2.
struct ValueTransform: Sendable, Equatable {
  /// How many interquartile ranges above the third quartile values are cut off.
  var fence = 1.5

  /// Returns the transformed values, in the same order.
  ///
  /// - Parameter values: nil for a trial that failed; it counts as the worst one seen.
  func callAsFunction(_ values: [Double?]) -> [Double] {
    let seen = values.compactMap { $0 }.filter(\.isFinite)
    guard let best = seen.min(), let worst = seen.max(), worst > best else {
      return values.map { $0.map(\.isFinite) == true ? 0 : 1 }
    }
    var results = values.map { value in value.flatMap { $0.isFinite ? $0 : nil } ?? worst }
    cut(&results)
    standardize(&results)
    return results
  }

  private func cut(_ values: inout [Double]) {
    let sorted = values.sorted()
    let (low, high) = (sorted[sorted.count / 4], sorted[(3 * sorted.count) / 4])
    guard high > low else { return }
    let most = high + fence * (high - low)
    for index in values.indices { values[index] = min(values[index], most) }
  }

  private func standardize(_ values: inout [Double]) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let scale = variance > 0 ? 1 / variance.squareRoot() : 1
    for index in values.indices { values[index] = (values[index] - mean) * scale }
  }
}
