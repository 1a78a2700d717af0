/// How a strategy weighs a configuration by the space's prior: with a power of its density that falls with every result,
/// so that results overrule it.
///
/// Source: Hvarfner et al. 2022, arXiv:2204.11051 (the power beta / n of n results, beta a tenth of the trials). That the
/// prior may be mistaken, by one percent, is our own: its density is mixed with the even one, so that nothing is weighed
/// down without bound.
public struct PriorWeight: Sendable {
  /// The prior.
  public let prior: SpacePrior
  /// The power: beta / n.
  public let exponent: Double

  /// How likely it is that the prior is mistaken.
  private static let doubt = 0.01
  private static let betas = 1.0...10.0

  /// Weighs by a prior after a number of results.
  ///
  /// - Parameters:
  ///   - prior: nil for none, and then there is no weight.
  ///   - trials: how many the sweep may have; a tenth, from 1 to 10, is beta.
  ///   - results: how many there are; at least 1 is computed with.
  public init?(_ prior: SpacePrior?, trials: Int, results: Int) {
    guard let prior else { return nil }
    self.prior = prior
    let beta = min(max(Double(trials) / 10, PriorWeight.betas.lowerBound), PriorWeight.betas.upperBound)
    exponent = beta / Double(max(results, 1))
  }

  /// Returns the logarithm of a density of the prior mixed with the even one, and its slope by the former's.
  ///
  /// - Parameter logDensity: as the prior gives it.
  public func mixed(_ logDensity: Double) -> (value: Double, slope: Double) {
    let own = logDensity + PortableMath.log(1 - PriorWeight.doubt)
    let even = PortableMath.log(PriorWeight.doubt)
    let top = max(own, even)
    let sum = PortableMath.exp(own - top) + PortableMath.exp(even - top)
    return (top + PortableMath.log(sum), PortableMath.exp(own - top) / sum)
  }
}
