internal import Tracking

/// Brings a sweep's results to a scale that a Gaussian process can model: order is kept, what is far worse than the rest
/// is cut off, the mean is 0 and the variance 1. Smaller is better.
///
/// Cutting off at Tukey's fence is what Ax does; the half-rank and the logarithmic warping are those of Vizier's default
/// algorithm, arXiv:2408.11527, section 3.2. On the public problems cutting off alone did best.
struct ValueTransform: Sendable, Equatable {
  /// Whether the bad half is replaced by normal quantiles of its ranks.
  var halfRank = false
  /// How many interquartile ranges above the third quartile values are cut off; infinite for none.
  var fence = 1.5
  /// How much the logarithmic warping stretches the good end; 1 for none.
  var stretch = 1.0

  /// Returns the transformed values, in the same order.
  ///
  /// - Parameter values: nil for a trial that failed; it counts as the worst one seen.
  func callAsFunction(_ values: [Double?]) -> [Double] {
    let seen = values.compactMap { $0 }.filter(\.isFinite)
    guard let best = seen.min(), let worst = seen.max(), worst > best else {
      return values.map { $0.map(\.isFinite) == true ? 0 : 1 }
    }
    var results = values.map { value in value.flatMap { $0.isFinite ? $0 : nil } ?? worst }
    if fence < .infinity { cut(&results) }
    if halfRank { warpBadHalf(&results) }
    if stretch > 1 { warpLogarithmically(&results) }
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

  private func warpBadHalf(_ values: inout [Double]) {
    let sorted = values.sorted()
    let middle =
      sorted.count % 2 == 1
      ? sorted[sorted.count / 2] : 0.5 * (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2])
    var distinct: [Double] = []
    for value in sorted where distinct.last != value { distinct.append(value) }
    let good = distinct.filter { $0 <= middle }
    func deviation(_ of: [Double]) -> Double {
      (of.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / Double(max(of.count, 1))).squareRoot()
    }
    var scale = deviation(good)
    if scale <= 0 { scale = deviation(distinct) }
    guard scale > 0 else { return }
    // Ranks count from the worst, 1; the median has the quantile one half.
    let above = distinct.count - good.count
    let whole = Double(above) + (good.last == middle ? 0.5 : 0)
    for index in values.indices where values[index] > middle {
      var (low, high) = (0, distinct.count)
      while low < high {
        let half = (low + high) / 2
        if distinct[half] < values[index] { low = half + 1 } else { high = half }
      }
      let fromWorst = Double(distinct.count - low)
      values[index] = middle - scale * PortableMath.normalQuantile(0.5 * (fromWorst - 0.5) / whole)
    }
  }

  private func warpLogarithmically(_ values: inout [Double]) {
    guard let best = values.min(), let worst = values.max(), worst > best else { return }
    let unit = PortableMath.log(stretch)
    for index in values.indices {
      let share = (values[index] - best) / (worst - best)
      values[index] = PortableMath.log(1 + share * (stretch - 1)) / unit
    }
  }

  private func standardize(_ values: inout [Double]) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let scale = variance > 0 ? 1 / variance.squareRoot() : 1
    for index in values.indices { values[index] = (values[index] - mean) * scale }
  }
}
