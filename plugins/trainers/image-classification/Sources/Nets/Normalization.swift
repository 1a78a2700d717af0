internal import CImageKernels

/// Batch normalisation (Ioffe and Szegedy 2015, arXiv:1502.03167) with MXNet's constants: epsilon 2e-5, momentum 0.9,
/// running variance without Bessel's correction.
///
/// Sums over images, rows and columns are float64, per slot in the order of images, then over slots in order.
final class Normalization {
  static let epsilon = 2e-5
  static let momentum = 0.9

  let map: Map
  private let gamma: Int?
  private let beta: Int
  /// Where the running statistics are: set once, when all learned tensors have their places.
  var runningMean = 0
  var runningVariance = 0
  /// Per channel: what the kernels need.
  let mean: FloatBuffer
  let inverse: FloatBuffer
  let scale: FloatBuffer
  let shift: FloatBuffer
  let gradientMean: FloatBuffer
  let gradientSlope: FloatBuffer
  /// `[slot][2][channels]`.
  private let sums: UnsafeMutablePointer<Double>
  private let slotCount: Int
  private var wide: Int { map.pixel }

  /// - Parameters:
  ///   - gamma: where the scale is; nil where it is fixed at 1.
  ///   - map: of what is normalised, without a border.
  init(_ map: Map, gamma: Int?, beta: Int, slots: Int) {
    self.map = map
    self.gamma = gamma
    self.beta = beta
    let buffers = (0..<6).map { _ in FloatBuffer(map.pixel) }
    (mean, inverse, scale) = (buffers[0], buffers[1], buffers[2])
    (shift, gradientMean, gradientSlope) = (buffers[3], buffers[4], buffers[5])
    slotCount = slots
    sums = .allocate(capacity: slots * 2 * map.pixel)
    sums.initialize(repeating: 0, count: slots * 2 * map.pixel)
  }

  deinit { sums.deallocate() }

  /// Forgets all sums; before the forward pass and again before the backward pass.
  func clear() { sums.update(repeating: 0, count: slotCount * 2 * wide) }

  private func sums(_ slot: Int) -> UnsafeMutablePointer<Double> { sums + slot * 2 * wide }

  /// Adds an image's part to the sums of a slot.
  func add(_ kernels: Kernels, _ x: UnsafePointer<Float>, slot: Int) {
    kernels.call.norm_sums(x, Int32(map.pixels), Int32(wide), sums(slot))
  }

  private func total(_ channel: Int, slots: Int) -> Double {
    var total = 0.0
    for slot in 0..<slots { total += sums[slot * 2 * wide + channel] }
    return total
  }

  /// Works out the batch's statistics, and moves the running ones towards them.
  func settle(images: Int, slots: Int, weights: FloatBuffer) {
    let count = Double(images * map.pixels)
    for channel in 0..<map.channels {
      let average = total(channel, slots: slots) / count
      let variance = max(total(wide + channel, slots: slots) / count - average * average, 0)
      set(channel, mean: average, variance: variance, weights: weights)
      let (meanPlace, variancePlace) = (weights + (runningMean + channel), weights + (runningVariance + channel))
      let (keep, rest) = (Normalization.momentum, 1 - Normalization.momentum)
      meanPlace.pointee = Float(keep * Double(meanPlace.pointee) + rest * average)
      variancePlace.pointee = Float(keep * Double(variancePlace.pointee) + rest * variance)
    }
  }

  /// Takes the running statistics, for judging.
  func settleOnRunning(weights: FloatBuffer) {
    for channel in 0..<map.channels {
      set(
        channel, mean: Double(weights.start[runningMean + channel]),
        variance: Double(weights.start[runningVariance + channel]), weights: weights)
    }
  }

  private func set(_ channel: Int, mean average: Double, variance: Double, weights: FloatBuffer) {
    let inverted = 1 / (variance + Normalization.epsilon).squareRoot()
    let scaled = inverted * Double(gamma.map { weights.start[$0 + channel] } ?? 1)
    mean.start[channel] = Float(average)
    inverse.start[channel] = Float(inverted)
    scale.start[channel] = Float(scaled)
    shift.start[channel] = Float(Double(weights.start[beta + channel]) - average * scaled)
  }

  /// Normalises an image into a map.
  func apply(
    _ kernels: Kernels, _ x: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>, as target: Map,
    rectify: Bool
  ) {
    kernels.call.norm_apply(
      x, Int32(map.height), Int32(map.width), Int32(wide), scale.start, shift.start, rectify ? 1 : 0,
      out + target.inside, Int32(target.row))
  }

  /// Takes the gradient of the rectified output back through the rectifier, in place, and adds it to a slot's sums.
  func addGradient(
    _ kernels: Kernels, _ x: UnsafePointer<Float>, _ d: UnsafeMutablePointer<Float>, slot: Int
  ) {
    kernels.call.norm_back_sums(
      x, Int32(map.pixels), Int32(wide), scale.start, shift.start, mean.start, inverse.start, d, sums(slot))
  }

  /// Works out what the input's gradient needs.
  func settleGradient(images: Int, slots: Int) {
    let count = Double(images * map.pixels)
    for channel in 0..<map.channels {
      gradientMean.start[channel] = Float(total(channel, slots: slots) / count)
      gradientSlope.start[channel] = Float(total(wide + channel, slots: slots) / count)
    }
  }

  /// Writes the gradient of scale and shift.
  func writeGradient(slots: Int, into gradient: UnsafeMutablePointer<Float>) {
    for channel in 0..<map.channels {
      gradient[beta + channel] = Float(total(channel, slots: slots))
      if let gamma { gradient[gamma + channel] = Float(total(wide + channel, slots: slots)) }
    }
  }

  /// Writes a shift's gradient that was worked out elsewhere.
  func setShiftGradient(_ channel: Int, _ value: Float, _ gradient: UnsafeMutablePointer<Float>) {
    gradient[beta + channel] = value
  }

  /// Computes the gradient of an image's input into a map, or adds to it.
  func inputGradient(
    _ kernels: Kernels, _ x: UnsafePointer<Float>, _ d: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>, as target: Map, onto: Bool
  ) {
    kernels.call.norm_back(
      x, Int32(map.height), Int32(map.width), Int32(wide), scale.start, mean.start, inverse.start,
      gradientMean.start, gradientSlope.start, d, onto ? 1 : 0, out + target.inside, Int32(target.row))
  }
}
