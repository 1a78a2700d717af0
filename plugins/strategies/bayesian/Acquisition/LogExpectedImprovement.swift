internal import Tracking

/// The logarithm of the expected improvement of a normally distributed value below a bound, with its slopes.
///
/// Source: Ament et al. 2023, "Unexpected improvements to expected improvement", arXiv:2310.20708, equations 8 and 9.
enum LogExpectedImprovement {
  /// Returns the logarithm of E max(bound - value, 0), and its slopes by the value's mean and variance.
  ///
  /// - Parameter variance: above 0.
  static func of(
    mean: Double, variance: Double, bound: Double
  ) -> (value: Double, byMean: Double, byVariance: Double) {
    let sd = variance.squareRoot()
    let z = (bound - mean) / sd
    let logH: Double
    // The slopes of log h by z's parts: distribution / h and density / h.
    let distributionShare: Double
    let densityShare: Double
    if z > -1 {
      let density = ErrorFunction.density(z)
      let distribution = ErrorFunction.distribution(z)
      let h = density + z * distribution
      logH = PortableMath.log(h)
      distributionShare = distribution / h
      densityShare = density / h
    } else {
      // h = density (1 + z r), with Mills's ratio r = distribution / density.
      let ratio: Double
      let rest: Double
      if z > -40 {
        ratio = 1.2533141373155003 * ErrorFunction.scaledComplement(-z * 0.7071067811865476)
        rest = 1 + z * ratio
      } else {
        let q = 1 / (z * z)
        rest = q * (1 - q * (3 - q * (15 - 105 * q)))
        ratio = (rest - 1) / z
      }
      logH = -0.5 * z * z - 0.9189385332046727 + PortableMath.log(rest)
      distributionShare = ratio / rest
      densityShare = 1 / rest
    }
    return (logH + PortableMath.log(sd), -distributionShare / sd, 0.5 * densityShare / variance)
  }

  /// Returns a number that orders like the logarithm, cheaper where many are compared.
  static func value(mean: Double, variance: Double, bound: Double) -> Double {
    of(mean: mean, variance: variance, bound: bound).value
  }
}
