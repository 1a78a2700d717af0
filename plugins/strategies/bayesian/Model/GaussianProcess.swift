internal import CLinearKernels
internal import Tracking

/// A Gaussian process with a Matern-5/2 kernel: what is known of a function from some of its values.
///
/// Source: Rasmussen and Williams 2006, algorithm 2.1; it keeps the inverse of Cholesky's factor, which grows by a row
/// with each new point. Features are those of `ModelSpace.features(of:)`.
// Unchecked: a process has one owner at a time; `BayesianModel` uses its own under its lock.
final class GaussianProcess: @unchecked Sendable {
  /// The kernel.
  let parameters: KernelParameters
  /// Which features are categories.
  let unordered: [UInt8]
  /// How many points there are.
  private(set) var count: Int
  /// What was added to the diagonal, relative to the amplitude, to make the matrix positive definite.
  private(set) var jitter: Double

  let capacity: Int
  // The warped features by coordinate, `capacity` apart.
  let columns: DoubleBuffer
  // The lower triangular inverse of Cholesky's factor, rows `capacity` apart.
  let inverse: DoubleBuffer
  // The inverse matrix times the values.
  let alpha: DoubleBuffer
  private(set) var values: [Double]

  private static let jitters = [0, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4]

  /// Conditions a process on values; nil if the matrix is not positive definite even with a jitter of 1e-4.
  ///
  /// - Parameters:
  ///   - features: the points' features, `[points][features]`.
  ///   - values: the values there.
  ///   - room: how many points may be appended without copying.
  init?(
    _ parameters: KernelParameters, unordered: [UInt8], features: [[Double]], values: [Double], room: Int = 16
  ) {
    self.parameters = parameters
    self.unordered = unordered
    self.values = values
    count = features.count
    capacity = (count + room + 7) / 8 * 8
    columns = DoubleBuffer(unordered.count * capacity)
    inverse = DoubleBuffer(capacity * capacity)
    alpha = DoubleBuffer(capacity)
    jitter = 0
    for (index, point) in features.enumerated() { place(parameters.warped(point), at: index) }
    guard factorize() else { return nil }
    solve()
  }

  private init(copying other: GaussianProcess, room: Int) {
    parameters = other.parameters
    unordered = other.unordered
    values = other.values
    count = other.count
    jitter = other.jitter
    capacity = (other.count + room + 7) / 8 * 8
    columns = DoubleBuffer(unordered.count * capacity)
    inverse = DoubleBuffer(capacity * capacity)
    alpha = DoubleBuffer(capacity)
    for feature in 0..<unordered.count {
      (columns.start + feature * capacity).update(from: other.columns.start + feature * other.capacity, count: count)
    }
    for row in 0..<count {
      (inverse.start + row * capacity).update(from: other.inverse.start + row * other.capacity, count: row + 1)
    }
    alpha.start.update(from: other.alpha.start, count: count)
  }

  /// Returns a copy with room for this many more points.
  func copy(room: Int) -> GaussianProcess { GaussianProcess(copying: self, room: room) }

  private func place(_ warped: [Double], at index: Int) {
    for (feature, x) in warped.enumerated() { columns[feature * capacity + index] = x }
  }

  /// The kernel of a point with itself, without noise.
  var priorVariance: Double { parameters.amplitude + parameters.meanVariance }

  private func factorize() -> Bool {
    let factor = DoubleBuffer(capacity * capacity)
    var point = [Double](repeating: 0, count: unordered.count)
    for jitter in Self.jitters {
      for i in 0..<count {
        for feature in point.indices { point[feature] = columns[feature * capacity + i] }
        let row = factor.start + i * capacity
        covariances(with: point, count: i, into: row)
        row[i] = priorVariance + parameters.noise + jitter * parameters.amplitude
      }
      if linear_cholesky(Int64(count), factor.start, Int64(capacity)) == 0 {
        self.jitter = jitter
        linear_invert_lower(Int64(count), factor.start, inverse.start, Int64(capacity))
        return true
      }
    }
    return false
  }

  // The covariances of a warped point with the first `count` points.
  private func covariances(with warped: [Double], count: Int, into out: UnsafeMutablePointer<Double>) {
    linear_distances(
      Int64(count), Int64(unordered.count), parameters.weights, unordered, warped, columns.start, Int64(capacity), out)
    linear_matern(Int64(count), parameters.amplitude, out, out, nil)
    let shift = parameters.meanVariance
    if shift != 0 { for j in 0..<count { out[j] += shift } }
  }

  private func solve() {
    let half = DoubleBuffer(capacity)
    linear_lower_times(Int64(count), inverse.start, Int64(capacity), values, half.start)
    linear_transposed_lower_times(Int64(count), inverse.start, Int64(capacity), half.start, alpha.start)
  }

  /// Changes the values at the points, which stay.
  func revalue(_ values: [Double]) {
    precondition(values.count == count, "one value a point")
    self.values = values
    solve()
  }

  /// Takes back the points after the first `count`; the factor's rows before them stay as they are.
  func truncate(to count: Int) {
    guard count < self.count else { return }
    self.count = count
    values.removeSubrange(count...)
    solve()
  }

  /// Adds points and their values; the factor grows by a row each.
  ///
  /// - Precondition: the room suffices.
  func append(_ features: [[Double]], values new: [Double]) {
    precondition(count + features.count <= capacity, "the process has no room for more points")
    let row = DoubleBuffer(capacity)
    let half = DoubleBuffer(capacity)
    for (point, value) in zip(features, new) {
      let warped = parameters.warped(point)
      covariances(with: warped, count: count, into: row.start)
      linear_lower_times(Int64(count), inverse.start, Int64(capacity), row.start, half.start)
      let own = priorVariance + parameters.noise + jitter * parameters.amplitude
      // A point that is there already leaves nothing but rounding errors: then as with the largest jitter.
      let rest = max(own - linear_dot(Int64(count), half.start, half.start), 1e-10 * own)
      let scale = 1 / rest.squareRoot()
      let last = inverse.start + count * capacity
      linear_transposed_lower_times(Int64(count), inverse.start, Int64(capacity), half.start, last)
      for j in 0..<count { last[j] *= -scale }
      last[count] = scale
      place(warped, at: count)
      count += 1
      values.append(value)
    }
    solve()
  }

  /// Returns the mean and the variance of the function at a point, without noise.
  func predict(_ features: [Double]) -> (mean: Double, variance: Double) {
    let row = DoubleBuffer(capacity)
    let half = DoubleBuffer(capacity)
    covariances(with: parameters.warped(features), count: count, into: row.start)
    linear_lower_times(Int64(count), inverse.start, Int64(capacity), row.start, half.start)
    let mean = linear_dot(Int64(count), row.start, alpha.start)
    return (mean, max(priorVariance - linear_dot(Int64(count), half.start, half.start), 1e-14 * priorVariance))
  }

  /// Returns the means and variances of the function at many points, without noise.
  func predict(all features: [[Double]]) -> (means: [Double], variances: [Double]) {
    var means: [Double] = []
    var variances: [Double] = []
    means.reserveCapacity(features.count)
    variances.reserveCapacity(features.count)
    let most = 256
    let points = DoubleBuffer(unordered.count * most)
    let block = DoubleBuffer(max(count, 1) * most)
    let out = DoubleBuffer(2 * most)
    var warped = [[Double]]()
    warped.reserveCapacity(most)
    var trained = [Double](repeating: 0, count: unordered.count)
    var first = 0
    while first < features.count {
      let here = min(most, features.count - first)
      let width = (here + 7) / 8 * 8
      for c in 0..<width {
        let point = parameters.warped(features[first + min(c, here - 1)])
        for feature in 0..<unordered.count { points[feature * most + c] = point[feature] }
      }
      for j in 0..<count {
        for feature in trained.indices { trained[feature] = columns[feature * capacity + j] }
        let row = block.start + j * most
        linear_distances(
          Int64(width), Int64(unordered.count), parameters.weights, unordered, trained, points.start, Int64(most), row)
        linear_matern(Int64(width), parameters.amplitude, row, row, nil)
        if parameters.meanVariance != 0 { for c in 0..<width { row[c] += parameters.meanVariance } }
      }
      linear_transposed_times(Int64(count), Int64(width), block.start, Int64(most), alpha.start, out.start)
      linear_squares_of_lower_times(
        Int64(count), inverse.start, Int64(capacity), Int64(width), block.start, Int64(most), out.start + most)
      for c in 0..<here {
        means.append(out[c])
        variances.append(max(priorVariance - out[most + c], 1e-14 * priorVariance))
      }
      first += here
    }
    return (means, variances)
  }
}

extension GaussianProcess {
  /// Room for predictions with gradients; one a search, so that nothing is allocated on the way.
  final class Scratch {
    fileprivate let row, slope, half, back, pull: DoubleBuffer

    /// Makes room for a process's points.
    init(for process: GaussianProcess) {
      row = DoubleBuffer(process.capacity)
      slope = DoubleBuffer(process.capacity)
      half = DoubleBuffer(process.capacity)
      back = DoubleBuffer(process.capacity)
      pull = DoubleBuffer(process.capacity)
    }
  }

  /// Returns the mean and variance at a point, and lets a function of both pull a gradient through them.
  ///
  /// - Parameters:
  ///   - wanted: the features whose slopes are wanted; not categories.
  ///   - slopes: given mean and variance, the function's slopes by them.
  ///   - gradient: receives the slopes by the wanted features, in their order.
  func predict(
    _ features: [Double], wanted: [Int], scratch: Scratch, gradient: inout [Double],
    slopes: (_ mean: Double, _ variance: Double) -> (byMean: Double, byVariance: Double)
  ) -> (mean: Double, variance: Double) {
    let size = Int64(count)
    let warped = parameters.warped(features)
    let (row, slope, half, back, pull) = (scratch.row, scratch.slope, scratch.half, scratch.back, scratch.pull)
    linear_distances(
      size, Int64(unordered.count), parameters.weights, unordered, warped, columns.start, Int64(capacity), row.start)
    linear_matern(size, parameters.amplitude, row.start, row.start, slope.start)
    if parameters.meanVariance != 0 { for j in 0..<count { row[j] += parameters.meanVariance } }
    linear_lower_times(size, inverse.start, Int64(capacity), row.start, half.start)
    let mean = linear_dot(size, row.start, alpha.start)
    let variance = max(priorVariance - linear_dot(size, half.start, half.start), 1e-14 * priorVariance)
    let (byMean, byVariance) = slopes(mean, variance)
    linear_transposed_lower_times(size, inverse.start, Int64(capacity), half.start, back.start)
    // The slope by the squared distance from each point: that of the mean and that of the variance, -2 back.
    linear_pull_row(size, byMean, alpha.start, -2 * byVariance, back.start, slope.start, pull.start)
    for (place, feature) in wanted.enumerated() {
      var by =
        2 * parameters.weights[feature]
        * linear_coordinate_pull(size, pull.start, warped[feature], columns.start + feature * capacity)
      if !parameters.warps.isEmpty, let warp = parameters.warps[feature] { by *= warp.place(features[feature]).byX }
      gradient[place] = by
    }
    return (mean, variance)
  }
}
