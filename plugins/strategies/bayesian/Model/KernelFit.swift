internal import CLinearKernels
internal import Tracking

/// Fits a kernel's parameters to points and values: the posterior's mode, by gradient from fixed starts.
///
/// The unknowns are logarithms: of each length scale, the amplitude, the noise, then a and b of each warping.
final class KernelFit {
  let priors: KernelPriors
  let unordered: [UInt8]
  /// The features that may be warped.
  let warpable: [Int]
  let count: Int

  private let features: [[Double]]
  private let values: [Double]
  private let stride: Int
  private let columns, factor, inverse, slopes, half, alpha, squares: DoubleBuffer
  private let location: Double

  /// Prepares a fit.
  ///
  /// - Parameters:
  ///   - dimensions: of the space, for the length scales' prior.
  ///   - warpable: the features that warping makes sense for.
  init(
    features: [[Double]], values: [Double], unordered: [UInt8], dimensions: Int, warpable: [Int], priors: KernelPriors
  ) {
    self.features = features
    self.values = values
    self.unordered = unordered
    self.warpable = priors.warpSpread > 0 ? warpable : []
    self.priors = priors
    count = features.count
    stride = (count + 7) / 8 * 8
    location = priors.lengthScale + 0.5 * PortableMath.log(Double(max(dimensions, 1)))
    columns = DoubleBuffer(unordered.count * stride)
    factor = DoubleBuffer(stride * max(count, 1))
    inverse = DoubleBuffer(stride * max(count, 1))
    slopes = DoubleBuffer(stride * max(count, 1))
    half = DoubleBuffer(stride)
    alpha = DoubleBuffer(stride)
    squares = DoubleBuffer(stride * max(count, 1))
    for (index, point) in features.enumerated() {
      for (feature, x) in point.enumerated() { columns[feature * stride + index] = x }
    }
  }

  var unknowns: Int { unordered.count + 2 + 2 * warpable.count }

  /// The bounds of the unknowns.
  var bounds: (lower: [Double], upper: [Double]) {
    let scales = unordered.count
    return (
      [Double](repeating: -4.6, count: scales) + [-5, priors.noiseLow]
        + [Double](repeating: -1.5, count: 2 * warpable.count),
      [Double](repeating: 7, count: scales) + [4, priors.noiseHigh]
        + [Double](repeating: 1.5, count: 2 * warpable.count)
    )
  }

  /// Returns the kernel of a vector of unknowns.
  func parameters(_ unknowns: [Double]) -> KernelParameters {
    let scales = unordered.count
    var warps: [KernelParameters.Warp?] = []
    if !warpable.isEmpty {
      warps = [KernelParameters.Warp?](repeating: nil, count: scales)
      for (place, feature) in warpable.enumerated() {
        warps[feature] = .init(
          a: PortableMath.exp(unknowns[scales + 2 + 2 * place]), b: PortableMath.exp(unknowns[scales + 3 + 2 * place]))
      }
    }
    return KernelParameters(
      weights: unknowns[0..<scales].map { PortableMath.exp(-2 * $0) }, amplitude: PortableMath.exp(unknowns[scales]),
      noise: PortableMath.exp(unknowns[scales + 1]), meanVariance: priors.meanVariance, warps: warps)
  }

  // Where the prior of a feature's logarithmic length scale has its middle.
  private func middle(_ feature: Int) -> Double { location + (unordered[feature] == 0 ? 0 : priors.categoryShift) }

  /// The fixed starts: the priors' middle, and shorter and longer length scales.
  func starts(_ count: Int) -> [[Double]] {
    let scales = unordered.count
    func start(_ shift: Double, noise: Double) -> [Double] {
      (0..<scales).map { middle($0) + shift } + [0, noise]
        + [Double](repeating: 0, count: 2 * warpable.count)
    }
    return Array(
      [start(1, noise: -7), start(0, noise: -3), start(2, noise: -5), start(-0.7, noise: -8)].prefix(count))
  }

  /// Returns the best kernel from the starts, and the value of its objective.
  func fit(starts: [[Double]], minimizer: Minimizer) -> (unknowns: [Double], value: Double) {
    let (lower, upper) = bounds
    var best: (unknowns: [Double], value: Double)?
    for start in starts {
      let (point, value) = minimizer.minimize(from: start, lower: lower, upper: upper) { self.objective($0, &$1) }
      if value.isFinite, value < best?.value ?? .infinity { best = (point, value) }
    }
    return best ?? (starts[0], .infinity)
  }

  /// Returns kernels drawn from the posterior, by slice sampling along random directions from its mode.
  ///
  /// Source: Neal 2003, "Slice sampling", section 4, with steps along a random direction; averaging over kernels as in
  /// Snoek et al. 2012.
  func samples(from start: [Double], count: Int, between: Int, draws: inout Draws) -> [[Double]] {
    var result: [[Double]] = []
    let (lower, upper) = bounds
    var at = start
    var value = objective(at)
    guard value.isFinite else { return [start] }
    while result.count < count {
      for _ in 0..<between {
        var direction = start
        for index in direction.indices { direction[index] = draws.normal() }
        let level = value - PortableMath.log(max(1 - draws.unit(), 0x1p-60))
        let width = 1.0
        var low = -width * draws.unit()
        var high = low + width
        for _ in 0..<12 {
          let step = low + (high - low) * draws.unit()
          var next = at
          for index in next.indices {
            next[index] = min(max(at[index] + step * direction[index], lower[index]), upper[index])
          }
          let there = objective(next)
          if there < level {
            at = next
            value = there
            break
          }
          if step < 0 { low = step } else { high = step }
        }
      }
      result.append(at)
    }
    return result
  }

  /// Returns the negative logarithm of the posterior density, without constants, and its gradient; infinity where the
  /// matrix is not positive definite.
  ///
  /// Source: Rasmussen and Williams 2006, equations 2.30 and 5.9.
  func objective(_ unknowns: [Double], _ gradient: inout [Double]) -> Double {
    let scales = unordered.count
    let kernel = parameters(unknowns)
    let shift = kernel.meanVariance
    guard factorize(kernel, slopes: slopes) else { return .infinity }
    linear_invert_lower(Int64(count), factor.start, inverse.start, Int64(stride))
    linear_lower_times(Int64(count), inverse.start, Int64(stride), values, half.start)
    linear_transposed_lower_times(Int64(count), inverse.start, Int64(stride), half.start, alpha.start)
    let quadratic = linear_dot(Int64(count), half.start, half.start)
    var value = 0.5 * quadratic + halfLogDeterminant
    for index in gradient.indices { gradient[index] = 0 }
    // Of the inverse: its trace, and the sum of all its elements (through the sums of the factor's inverse's rows).
    var trace = 0.0
    for i in 0..<count {
      let row = inverse.start + i * stride
      trace += linear_dot(Int64(i + 1), row, row)
    }
    let squaredAlpha = linear_dot(Int64(count), alpha.start, alpha.start)
    var ofMean = 0.0
    if shift != 0 {
      var sum = 0.0
      var total = 0.0
      for i in 0..<count {
        var rowSum = 0.0
        for j in 0...i { rowSum += inverse[i * stride + j] }
        total += rowSum * rowSum
        sum += alpha[i]
      }
      ofMean = shift * (total - sum * sum)
    }
    gradient[scales] =
      0.5 * (Double(count) - kernel.noise * trace - (quadratic - kernel.noise * squaredAlpha) - ofMean)
    gradient[scales + 1] = 0.5 * kernel.noise * (trace - squaredAlpha)
    pullThroughDistances(kernel, &gradient)
    value += addPriors(unknowns, &gradient)
    return value
  }

  /// Returns the same value without its gradient, in a third of the time.
  func objective(_ unknowns: [Double]) -> Double {
    guard factorize(parameters(unknowns), slopes: nil) else { return .infinity }
    var quadratic = 0.0
    for i in 0..<count {
      let row = factor.start + i * stride
      half[i] = (values[i] - linear_dot(Int64(i), row, half.start)) / row[i]
      quadratic += half[i] * half[i]
    }
    var unused = [Double](repeating: 0, count: unknowns.count)
    return 0.5 * quadratic + halfLogDeterminant + addPriors(unknowns, &unused)
  }

  // The factor of the matrix of a kernel, and the kernel's slopes by the squared distances where they are wanted.
  private func factorize(_ kernel: KernelParameters, slopes: DoubleBuffer?) -> Bool {
    let scales = unordered.count
    warpColumns(kernel)
    var point = [Double](repeating: 0, count: scales)
    let shift = kernel.meanVariance
    for i in 0..<count {
      for feature in 0..<scales { point[feature] = columns[feature * stride + i] }
      let row = factor.start + i * stride
      linear_distances(Int64(i), Int64(scales), kernel.weights, unordered, point, columns.start, Int64(stride), row)
      linear_matern(Int64(i), kernel.amplitude, row, row, slopes.map { $0.start + i * stride })
      if shift != 0 { for j in 0..<i { row[j] += shift } }
      row[i] = kernel.amplitude + shift + kernel.noise + 1e-10 * kernel.amplitude
    }
    return linear_cholesky(Int64(count), factor.start, Int64(stride)) == 0
  }

  // The sum of the logarithms of the factor's diagonal.
  private var halfLogDeterminant: Double {
    var product = 1.0
    var sum = 0.0
    for i in 0..<count {
      product *= factor[i * stride + i]
      if product < 1e-100 || product > 1e100 {
        sum += PortableMath.log(product)
        product = 1
      }
    }
    return sum + PortableMath.log(product)
  }

  private func warpColumns(_ kernel: KernelParameters) {
    for feature in warpable {
      guard let warp = kernel.warps[feature] else { continue }
      for i in 0..<count { columns[feature * stride + i] = warp(features[i][feature]) }
    }
  }

  private func pullThroughDistances(_ kernel: KernelParameters, _ gradient: inout [Double]) {
    let scales = unordered.count
    linear_gram_of_lower(Int64(count), inverse.start, squares.start, Int64(stride))
    for i in 0..<count {
      let row = squares.start + i * stride
      linear_residual_row(Int64(i), alpha[i], alpha.start, row, slopes.start + i * stride, row)
      row[i] = 0
      for feature in 0..<scales {
        let column = columns.start + feature * stride
        gradient[feature] +=
          2 * kernel.weights[feature] * linear_coordinate_moment(Int64(i), row, column[i], column, unordered[feature])
      }
    }
    guard !warpable.isEmpty else { return }
    for i in 0..<count { for j in 0..<i { squares[j * stride + i] = squares[i * stride + j] } }
    for (place, feature) in warpable.enumerated() {
      guard let warp = kernel.warps[feature] else { continue }
      let column = columns.start + feature * stride
      for i in 0..<count {
        let pull =
          -2 * kernel.weights[feature]
          * linear_coordinate_pull(Int64(count), squares.start + i * stride, column[i], column)
        let slope = warp.place(features[i][feature])
        gradient[scales + 2 + 2 * place] += pull * slope.byLogA
        gradient[scales + 3 + 2 * place] += pull * slope.byLogB
      }
    }
  }

  private func addPriors(_ unknowns: [Double], _ gradient: inout [Double]) -> Double {
    let scales = unordered.count
    var sum = 0.0
    func add(_ index: Int, _ middle: Double, _ spread: Double) {
      let off = (unknowns[index] - middle) / spread
      sum += 0.5 * off * off
      gradient[index] += off / spread
    }
    for feature in 0..<scales { add(feature, middle(feature), priors.lengthScaleSpread) }
    add(scales, 0, priors.amplitudeSpread)
    add(scales + 1, priors.noise, priors.noiseSpread)
    for index in (scales + 2)..<unknowns.count { add(index, 0, priors.warpSpread) }
    return sum
  }
}
