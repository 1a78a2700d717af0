internal import Tracking

/// What a Gaussian process's kernel is made of, besides its points.
struct KernelParameters: Sendable, Equatable {
  /// A coordinate's input warping: z = 1 - (1 - x^a)^b, the distribution function of Kumaraswamy 1980.
  struct Warp: Sendable, Equatable {
    var a: Double
    var b: Double

    /// Returns the warped place of a number of [0, 1].
    func callAsFunction(_ x: Double) -> Double { place(x).z }

    /// Returns the warped place of a number of [0, 1], and its slopes by x, log a and log b.
    func place(_ x: Double) -> (z: Double, byX: Double, byLogA: Double, byLogB: Double) {
      if a == 1 && b == 1 { return (x, 1, 0, 0) }
      let x = min(max(x, 1e-9), 1 - 1e-9)
      let logX = PortableMath.log(x)
      let power = PortableMath.exp(a * logX)
      let rest = max(1 - power, 1e-300)
      let logRest = PortableMath.log(rest)
      let tail = PortableMath.exp(b * logRest)
      // dz/d(x^a) = b (1 - x^a)^(b - 1)
      let slope = b * tail / rest
      return (1 - tail, slope * a * power / x, slope * power * logX * a, -b * tail * logRest)
    }
  }

  /// The inverse squared length scales by feature; of a category, what a difference adds to the squared distance.
  var weights: [Double]
  /// The variance of the function.
  var amplitude: Double
  /// The variance of the noise.
  var noise: Double
  /// The variance of the function's mean about 0.
  var meanVariance: Double
  /// The warpings by feature, nil where there is none; empty for none at all.
  var warps: [Warp?] = []

  /// Returns the features as the distances see them.
  func warped(_ features: [Double]) -> [Double] {
    guard !warps.isEmpty else { return features }
    var result = features
    for (index, warp) in warps.enumerated() { if let warp { result[index] = warp(features[index]) } }
    return result
  }
}
