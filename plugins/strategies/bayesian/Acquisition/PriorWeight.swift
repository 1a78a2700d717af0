internal import Tracking

/// What the space's prior adds to the logarithm of the expected improvement: the logarithm of its density, times an
/// exponent that falls with every result, so that results overrule it.
///
/// Source: Hvarfner et al. 2022, arXiv:2204.11051 (the exponent beta / n). That the prior may be mistaken, by one percent,
/// is our own: its density is mixed with the even one, so that far from its middle it is weighed down by a bounded amount.
struct PriorWeight: Sendable {
  let prior: SpacePrior
  let exponent: Double

  /// How likely it is that the prior is mistaken.
  static let doubt = 0.01

  /// - Parameters:
  ///   - trials: how many the sweep may have; a tenth, from 1 to 10, is beta.
  ///   - results: how many there are.
  init?(_ prior: SpacePrior?, trials: Int, results: Int) {
    guard let prior else { return nil }
    self.prior = prior
    exponent = min(max(Double(trials) / 10, 1), 10) / Double(max(results, 1))
  }

  /// Returns the weighted logarithm at a canonical point of a space, whose first dimensions are those of the prior.
  func value(at point: [Double], active: [Bool]) -> Double { weighted(logDensity(point, active) { _ in false }).value }

  /// Returns the weighted logarithm at a point between the cells of some dimensions, and its slopes by these.
  ///
  /// - Parameter wanted: active dimensions whose places are numbers, ascending.
  func value(at point: [Double], active: [Bool], wanted: [Int]) -> (value: Double, slopes: [Double]) {
    let (value, share) = weighted(logDensity(point, active, isBetween: wanted.contains))
    return (value, wanted.map { dimension in share * (prior.belief(dimension)?.slope(at: point[dimension]) ?? 0) })
  }

  private func logDensity(_ point: [Double], _ active: [Bool], isBetween: (Int) -> Bool) -> Double {
    var sum = 0.0
    for dimension in prior.dimensions where active[dimension] {
      sum +=
        isBetween(dimension)
        ? prior.belief(dimension)?.logDensity(at: point[dimension]) ?? 0
        : prior.logDensity(dimension, at: point[dimension])
    }
    return sum
  }

  // The weighted logarithm of the density mixed with the even one, and its slope by the density's logarithm.
  private func weighted(_ logDensity: Double) -> (value: Double, slope: Double) {
    let own = logDensity + PortableMath.log(1 - Self.doubt)
    let even = PortableMath.log(Self.doubt)
    let top = max(own, even)
    let sum = PortableMath.exp(own - top) + PortableMath.exp(even - top)
    return (exponent * (top + PortableMath.log(sum)), exponent * PortableMath.exp(own - top) / sum)
  }
}
