extension UnitCube {
  /// A belief of where good values of a dimension lie: a normal distribution of places, cut off at 0 and 1.
  public struct Belief: Sendable, Equatable {
    /// The place in the middle.
    public let mean: Double
    /// The standard deviation; above 0.
    public let sigma: Double

    // The deviation that is computed with: one so wide is even, and one so narrow a point.
    private let width: Double
    // The normal distribution function at 0 and 1.
    private let low: Double
    private let high: Double
    // The logarithm of the width, of the root of two pi, and of what lies between 0 and 1.
    private let logScale: Double

    private static let widths = 1e-6...100.0
    private static let logRootTwoPi = 0.91893853320467274

    /// Makes a belief.
    ///
    /// - Parameters:
    ///   - mean: a place, 0...1.
    ///   - sigma: above 0; below 1e-6 and above 100 it is computed with as these.
    public init(mean: Double, sigma: Double) {
      self.mean = mean
      self.sigma = sigma
      width = min(max(sigma, Belief.widths.lowerBound), Belief.widths.upperBound)
      low = PortableMath.normalDistribution(-mean / width)
      high = PortableMath.normalDistribution((1 - mean) / width)
      logScale = PortableMath.log(width) + Belief.logRootTwoPi + PortableMath.log(high - low)
    }

    /// Returns the logarithm of the density at a place, 0...1.
    public func logDensity(at place: Double) -> Double {
      let z = (place - mean) / width
      return -0.5 * z * z - logScale
    }

    /// Returns how fast `logDensity` rises at a place.
    public func slope(at place: Double) -> Double { (mean - place) / (width * width) }

    /// Returns the logarithm of the probability of an interval of places, `0 <= lower <= upper <= 1`.
    public func logShare(from lower: Double, to upper: Double) -> Double {
      // Above the middle the upper tails are taken, which are small numbers and lose nothing.
      let isAbove = lower > mean
      let near = (isAbove ? mean - lower : upper - mean) / width
      let far = (isAbove ? mean - upper : lower - mean) / width
      let share = PortableMath.normalDistribution(near) - PortableMath.normalDistribution(far)
      if share > 1e-290 { return PortableMath.log(share) - PortableMath.log(high - low) }
      let nearest = min(max(mean, lower), upper)
      return logDensity(at: nearest) + PortableMath.log(max(upper - lower, 1e-300))
    }

    /// Returns the place at a quantile, 0...1: a draw, for an evenly drawn quantile.
    public func place(at quantile: Double) -> Double {
      let probability = min(max(low + quantile * (high - low), 1e-300), 1 - 0x1p-53)
      return min(max(mean + width * PortableMath.normalQuantile(probability), 0), 1)
    }
  }

  /// What is believed of each dimension, `[dimensions]`; nil where nothing is.
  public var priors: [Belief?] {
    dimensions.map { dimension in
      dimension.parameter.prior.map {
        Belief(mean: dimension.parameter.domain.position(of: $0.mean), sigma: $0.sigma)
      }
    }
  }
}
