internal import Tracking

/// What is believed of the kernel's parameters before any value is seen: normal distributions of their logarithms.
struct KernelPriors: Sendable, Equatable {
  /// The location of a logarithmic length scale; half the logarithm of the dimension is added, so that distances keep
  /// their meaning in many dimensions (Hvarfner et al. 2024, arXiv:2402.02229).
  var lengthScale = -1.586
  /// How far logarithmic length scales spread.
  var lengthScaleSpread = 1.732
  /// What is added to the location for categories: two of them differ by 1, two numbers by less as a rule.
  var categoryShift = 0.0
  /// The location of the logarithmic noise variance, for values of variance 1.
  var noise = -9.0
  /// How far it spreads.
  var noiseSpread = 3.0
  /// How far the logarithmic amplitude spreads about 0.
  var amplitudeSpread = 1.0
  /// How far the logarithms of the warpings' parameters spread about 0; 0 for no warping.
  var warpSpread = 0.0
  /// The variance of the mean.
  var meanVariance = 0.0
  /// The lower bound of the logarithmic noise variance.
  var noiseLow = -16.0
  /// The upper one.
  var noiseHigh = 1.0
}
