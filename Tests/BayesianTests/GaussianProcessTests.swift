import Testing
import Tracking

@testable import BayesianStrategies

struct GaussianProcessTests {
  static let kernel = KernelParameters(weights: [4], amplitude: 1.5, noise: 0.01, meanVariance: 0)

  /// The Matern-5/2 covariance at a distance, in length scales.
  static func matern(_ r: Double) -> Double {
    let s = 5.0.squareRoot() * r
    return (1 + s + s * s / 3) * PortableMath.exp(-s)
  }

  @Test func `the posterior of two values is that of the formulas`() throws {
    let process = try #require(
      GaussianProcess(Self.kernel, unordered: [0], features: [[0.2], [0.7]], values: [1, -0.5]))
    // By hand: a 2 x 2 inverse; the length scale is 1 / 2.
    let own = 1.51
    let cross = 1.5 * Self.matern(1)
    let determinant = own * own - cross * cross
    let (k1, k2) = (1.5 * Self.matern(0.2), 1.5 * Self.matern(0.8))
    let (a1, a2) = ((own * 1 - cross * -0.5) / determinant, (own * -0.5 - cross * 1) / determinant)
    let variance = 1.5 - (own * k1 * k1 - 2 * cross * k1 * k2 + own * k2 * k2) / determinant
    let predicted = process.predict([0.3])
    #expect(abs(predicted.mean - (k1 * a1 + k2 * a2)) < 1e-14)
    #expect(abs(predicted.variance - variance) < 1e-14)
  }

  static func points(_ count: Int, dimensions: Int) -> [[Double]] {
    let sobol = Sobol(dimensions: dimensions, seed: 3)
    return (0..<count).map { sobol.point($0) }
  }

  static func values(_ points: [[Double]]) -> [Double] {
    points.map { $0.enumerated().reduce(0) { $0 + ($1.element - 0.3) * ($1.element - 0.4) * Double($1.offset + 1) } }
  }

  static let wide = KernelParameters(
    weights: [3, 1, 0.5, 2], amplitude: 2, noise: 1e-4, meanVariance: 0.5,
    warps: [.init(a: 1.3, b: 0.8), nil, nil, .init(a: 0.7, b: 1)])

  @Test(arguments: [1, 7, 8, 31, 32, 33, 100])
  func `points that are appended are as good as points from the start`(count: Int) throws {
    let points = Self.points(count + 5, dimensions: 4)
    let values = Self.values(points)
    let whole = try #require(
      GaussianProcess(Self.wide, unordered: [0, 0, 1, 0], features: points, values: values))
    let grown = try #require(
      GaussianProcess(
        Self.wide, unordered: [0, 0, 1, 0], features: Array(points.prefix(count)), values: Array(values.prefix(count)),
        room: 0)
    ).copy(room: 5)
    grown.append(Array(points.suffix(5)), values: Array(values.suffix(5)))
    for point in Self.points(9, dimensions: 4).map({ $0.map { 1 - $0 } }) {
      let (one, other) = (whole.predict(point), grown.predict(point))
      #expect(abs(one.mean - other.mean) < 1e-8)
      #expect(abs(one.variance - other.variance) < 1e-8)
    }
  }

  @Test func `many predictions at once are those of one at a time`() throws {
    let points = Self.points(45, dimensions: 4)
    let process = try #require(
      GaussianProcess(Self.wide, unordered: [0, 0, 1, 0], features: points, values: Self.values(points)))
    let others = Self.points(300, dimensions: 4).map { $0.map { 1 - $0 } }
    let (means, variances) = process.predict(all: others)
    for index in [0, 1, 7, 8, 200, 255, 256, 299] {
      let one = process.predict(others[index])
      #expect(abs(one.mean - means[index]) < 1e-10)
      #expect(abs(one.variance - variances[index]) < 1e-10)
    }
  }

  @Test func `the gradient of a prediction is the slope of its values`() throws {
    let points = Self.points(20, dimensions: 4)
    let process = try #require(
      GaussianProcess(Self.wide, unordered: [0, 0, 1, 0], features: points, values: Self.values(points)))
    let scratch = GaussianProcess.Scratch(for: process)
    // Any function of mean and variance will do.
    func value(_ point: [Double]) -> Double {
      let (mean, variance) = process.predict(point)
      return 2 * mean - 3 * variance
    }
    let at = [0.31, 0.62, points[4][2], 0.17]
    var gradient = [0.0, 0, 0]
    _ = process.predict(at, wanted: [0, 1, 3], scratch: scratch, gradient: &gradient) { _, _ in (2, -3) }
    for (place, feature) in [0, 1, 3].enumerated() {
      var (up, down) = (at, at)
      up[feature] += 1e-5
      down[feature] -= 1e-5
      #expect(abs((value(up) - value(down)) / 2e-5 - gradient[place]) < 1e-6)
    }
  }

  @Test func `a point that is there twice does no harm`() throws {
    var kernel = Self.kernel
    kernel.noise = 0
    let process = try #require(
      GaussianProcess(kernel, unordered: [0], features: [[0.5], [0.5], [0.1]], values: [1, 1, 2]))
    #expect(process.jitter > 0)
    #expect(abs(process.predict([0.5]).mean - 1) < 1e-3)
    process.append([[0.1]], values: [2])
    #expect(process.predict([0.1]).mean.isFinite)
  }
}
