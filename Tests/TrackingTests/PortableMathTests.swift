import Glibc
import Testing
import Tracking

struct PortableMathTests {
  private func ulps(_ left: Double, _ right: Double) -> Double {
    left == right ? 0 : abs(left - right) / max(left.ulp, right.ulp)
  }

  private func samples(_ count: Int, _ range: ClosedRange<Double>) -> [Double] {
    (0..<count).map {
      range.lowerBound + Philox.unit(Philox.block(.init(UInt32($0), 0, 0, 0), key: 5))
        * (range.upperBound - range.lowerBound)
    }
  }

  @Test func `exp agrees with the system's within one unit in the last place`() {
    for x in samples(20_000, -700...700) + samples(20_000, -1...1) + samples(1000, -745 ... -708) {
      #expect(ulps(PortableMath.exp(x), Glibc.exp(x)) <= 1, "exp(\(x))")
    }
  }

  @Test func `log agrees with the system's within one unit in the last place`() {
    let wide = samples(20_000, -700...700).map { Glibc.exp($0) }
    for x in wide + samples(20_000, 0.5...2) + [
      .leastNonzeroMagnitude, .leastNormalMagnitude / 3, .leastNormalMagnitude, .greatestFiniteMagnitude,
    ] {
      #expect(ulps(PortableMath.log(x), Glibc.log(x)) <= 1, "log(\(x))")
    }
  }

  @Test func `the ends are what IEEE asks for`() {
    #expect(PortableMath.exp(0) == 1)
    #expect(PortableMath.exp(-.infinity) == 0)
    #expect(PortableMath.exp(.infinity) == .infinity)
    #expect(PortableMath.exp(710) == .infinity)
    #expect(PortableMath.exp(-746) == 0)
    #expect(PortableMath.exp(-745.13) == .leastNonzeroMagnitude)
    #expect(PortableMath.exp(.nan).isNaN)
    #expect(PortableMath.log(1) == 0)
    #expect(PortableMath.log(0) == -.infinity)
    #expect(PortableMath.log(-1).isNaN)
    #expect(PortableMath.log(.infinity) == .infinity)
    #expect(PortableMath.log(.nan).isNaN)
    #expect(abs(PortableMath.power(2, 10) - 1024) < 1e-10)
  }

  // Wichura 1988, the test values of PPND16.
  @Test(arguments: [
    (0.25, -0.6744897501960817), (0.001, -3.090232306167814), (1e-20, -9.262340089798408), (0.5, 0),
    (0.975, 1.959963984540054), (0.999, 3.090232306167813),
  ])
  func `the normal quantile has its published values`(_ p: Double, _ z: Double) {
    #expect(abs(PortableMath.normalQuantile(p) - z) <= 1e-15 * max(1, abs(z)))
  }

  @Test func `the normal quantile undoes the normal distribution`() {
    for p in samples(5000, 0...1) where p > 0 {
      let z = PortableMath.normalQuantile(p)
      #expect(abs(0.5 * Glibc.erfc(-z / 2.0.squareRoot()) - p) < 1e-14, "p = \(p)")
    }
    #expect(PortableMath.normalQuantile(0) == -.infinity)
    #expect(PortableMath.normalQuantile(1) == .infinity)
  }

  @Test func `the bits are these on every machine`() {
    var text = ""
    for x in samples(1000, -50...50) {
      text += "\(PortableMath.exp(x).bitPattern) \(PortableMath.log(x.magnitude).bitPattern) "
    }
    for p in samples(1000, 0...1) { text += "\(PortableMath.normalQuantile(p).bitPattern) " }
    #expect(Digest(hashing: text).hex == "d400b67a76e20de342be33b378b302e5ac9edf843536b867d17f2fea966f17fb")
  }
}
