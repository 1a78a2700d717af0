import Testing
import Tracking

@testable import BayesianStrategies

struct ExpectedImprovementTests {
  /// E max(bound - value, 0) by Simpson's rule, relative to the density's scale at the bound.
  func quadrature(mean: Double, sd: Double, bound: Double) -> Double {
    // Over u = (bound - value) / sd, from 0 on: u density(z - u); the common factor density(z) is left out.
    let z = (bound - mean) / sd
    let (steps, end) = (20000, z > 0 ? z + 12 : 12.0)
    let width = end / Double(steps)
    var sum = 0.0
    for step in 0...steps {
      let u = Double(step) * width
      let weight = step == 0 || step == steps ? 1.0 : step % 2 == 1 ? 4 : 2
      sum += weight * u * PortableMath.exp(z * u - 0.5 * u * u)
    }
    return PortableMath.log(sum * width / 3) - 0.5 * z * z - 0.9189385332046727 + PortableMath.log(sd)
  }

  @Test(arguments: [3.0, 0.4, 0, -0.9, -1.1, -5, -20, -39.5, -40.5])
  func `it agrees with quadrature`(z: Double) {
    let found = LogExpectedImprovement.of(mean: 1, variance: 4, bound: 1 + 2 * z)
    #expect(abs(found.value - quadrature(mean: 1, sd: 2, bound: 1 + 2 * z)) < 1e-7)
  }

  @Test(arguments: [3.0, 0.4, -0.9, -1.1, -5, -39, -41, -300])
  func `its slopes are those of its values, however far the bound`(z: Double) {
    let (mean, variance, bound) = (0.3, 0.49, 0.3 + 0.7 * z)
    let found = LogExpectedImprovement.of(mean: mean, variance: variance, bound: bound)
    #expect(found.value.isFinite)
    func value(_ mean: Double, _ variance: Double) -> Double {
      LogExpectedImprovement.value(mean: mean, variance: variance, bound: bound)
    }
    let byMean = (value(mean + 1e-6, variance) - value(mean - 1e-6, variance)) / 2e-6
    let byVariance = (value(mean, variance + 1e-6) - value(mean, variance - 1e-6)) / 2e-6
    #expect(abs(byMean - found.byMean) < 1e-5 * max(1, abs(byMean)))
    #expect(abs(byVariance - found.byVariance) < 1e-5 * max(1, abs(byVariance)))
  }

  @Test func `the error function's complement has sixteen digits`() {
    // exp(x^2) erfc(x), from a table.
    let known = [
      (0.0, 1.0), (0.25, 0.770346547730997), (0.5, 0.6156903441929258), (1, 0.427583576155807),
      (3, 0.17900115118138998), (4.5, 0.12248480427384142), (30, 0.018795888861416754), (1e5, 5.6418958351954685e-06),
    ]
    for (x, value) in known { #expect(abs(ErrorFunction.scaledComplement(x) / value - 1) < 1e-15, "\(x)") }
    #expect(abs(ErrorFunction.distribution(1.959963984540054) - 0.975) < 1e-15)
    #expect(abs(ErrorFunction.distribution(-1.959963984540054) - 0.025) < 1e-16)
  }
}
