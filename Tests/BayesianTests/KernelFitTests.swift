import Testing
import Tracking

@testable import BayesianStrategies

struct KernelFitTests {
  func fit(_ count: Int, priors: KernelPriors) -> KernelFit {
    let points = GaussianProcessTests.points(count, dimensions: 4).map { point in
      [point[0], point[1], (point[2] * 3).rounded(.down), point[3]]
    }
    return KernelFit(
      features: points, values: GaussianProcessTests.values(points), unordered: [0, 0, 1, 0], dimensions: 4,
      warpable: [0, 3], priors: priors)
  }

  @Test(arguments: [5, 33, 70])
  func `the gradient of the posterior is the slope of its values`(count: Int) {
    var priors = KernelPriors()
    priors.warpSpread = 0.7
    priors.meanVariance = 0.4
    let fit = fit(count, priors: priors)
    let at = [0.2, -0.4, 0.5, -1, 0.3, -4, 0.2, -0.1, -0.3, 0.15]
    #expect(fit.unknowns == at.count)
    var gradient = [Double](repeating: 0, count: at.count)
    var unused = gradient
    _ = fit.objective(at, &gradient)
    for index in at.indices {
      var (up, down) = (at, at)
      up[index] += 1e-5
      down[index] -= 1e-5
      let slope = (fit.objective(up, &unused) - fit.objective(down, &unused)) / 2e-5
      #expect(abs(slope - gradient[index]) < 1e-5 * max(1, abs(slope)), "unknown \(index)")
    }
  }

  @Test func `a dimension that matters little gets a long length scale`() {
    let points = GaussianProcessTests.points(40, dimensions: 2)
    let fit = KernelFit(
      features: points, values: points.map { 3 * ($0[0] - 0.4) * ($0[0] - 0.4) - 0.4 }, unordered: [0, 0],
      dimensions: 2, warpable: [], priors: KernelPriors())
    let found = fit.fit(starts: fit.starts(2), minimizer: Minimizer())
    #expect(found.unknowns[1] > found.unknowns[0] + 1)
  }

  @Test func `the minimiser ends at Rosenbrock's valley's end, and at bounds`() {
    var minimizer = Minimizer()
    minimizer.evaluations = 200
    minimizer.tolerance = 1e-14
    let found = minimizer.minimize(from: [-1.2, 1], lower: [-2, -2], upper: [2, 2]) { x, gradient in
      let (a, b) = (1 - x[0], x[1] - x[0] * x[0])
      gradient = [-2 * a - 400 * x[0] * b, 200 * b]
      return a * a + 100 * b * b
    }
    #expect(found.value < 1e-8)
    let bounded = minimizer.minimize(from: [0.5, 0.5], lower: [0, 0], upper: [1, 1]) { x, gradient in
      gradient = [1, 2 * (x[1] - 3)]
      return x[0] + (x[1] - 3) * (x[1] - 3)
    }
    #expect(bounded.point == [0, 1])
  }
}
