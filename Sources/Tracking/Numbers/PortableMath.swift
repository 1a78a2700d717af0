/// Elementary functions with the same bits on every machine.
///
/// A C library picks its `exp` and `log` by the processor (with or without fused multiply-add), and their last bits
/// differ. A proposal must come out the same everywhere, so these are plain IEEE arithmetic in a fixed order.
public enum PortableMath {
  private static let ln2High = 6.93147180369123816490e-01
  private static let ln2Low = 1.90821492927058770002e-10

  /// Returns e to the power x, within 1 unit in the last place. Source: fdlibm `e_exp.c`.
  public static func exp(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x > 709.782712893383973096 { return .infinity }
    if x < -745.13321910194110842 { return 0 }
    if abs(x) < 0x1p-28 { return 1 + x }
    let k = (x * 1.44269504088896338700e+00 + (x < 0 ? -0.5 : 0.5)).rounded(.towardZero)
    let high = x - k * ln2High
    let low = k * ln2Low
    let r = high - low
    let t = r * r
    var c = 4.13813679705723846039e-08 * t - 1.65339022054652515390e-06
    c = c * t + 6.61375632143793436117e-05
    c = c * t - 2.77777777770155933842e-03
    c = c * t + 1.66666666666666019037e-01
    let p = r - t * c
    let y = 1 - ((low - (r * p) / (2 - p)) - high)
    let power = Int(k)
    // Two steps, so that a result below the normal range is rounded once.
    if power < -1000 { return scale(scale(y, by: power + 200), by: -200) }
    if power > 1000 { return scale(scale(y, by: power - 200), by: 200) }
    return scale(y, by: power)
  }

  private static func scale(_ y: Double, by power: Int) -> Double {
    y * Double(sign: .plus, exponent: power, significand: 1)
  }

  /// Returns the natural logarithm of x, within 1 unit in the last place. Source: fdlibm `e_log.c`.
  public static func log(_ x: Double) -> Double {
    if x.isNaN || x < 0 { return .nan }
    if x == 0 { return -.infinity }
    if x == .infinity { return x }
    var exponent = Int(x.exponent)
    var m = x.significand
    if m > 1.4142135623730951 {
      m *= 0.5
      exponent += 1
    }
    let f = m - 1
    let k = Double(exponent)
    if f == 0 { return k * ln2High + k * ln2Low }
    let s = f / (2 + f)
    let z = s * s
    let w = z * z
    let t1 = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    let t2a = w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)
    let t2 = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01) + t2a * w)
    let half = 0.5 * f * f
    return k * ln2High - ((half - (s * (half + (t1 + t2)) + k * ln2Low)) - f)
  }

  /// Returns base to the power x, for base > 0.
  public static func power(_ base: Double, _ x: Double) -> Double { exp(x * log(base)) }

  /// Returns the standard normal quantile of p, for 0 < p < 1.
  ///
  /// Source: Wichura 1988, "Algorithm AS 241: the percentage points of the normal distribution", PPND16.
  public static func normalQuantile(_ p: Double) -> Double {
    let q = p - 0.5
    if abs(q) <= 0.425 {
      let r = 0.180625 - q * q
      return q * polynomial(r, centralA) / polynomial(r, centralB)
    }
    let tail = q < 0 ? p : 1 - p
    if tail <= 0 { return q < 0 ? -.infinity : .infinity }
    var r = (-log(tail)).squareRoot()
    let value: Double
    if r <= 5 {
      r -= 1.6
      value = polynomial(r, middleA) / polynomial(r, middleB)
    } else {
      r -= 5
      value = polynomial(r, farA) / polynomial(r, farB)
    }
    return q < 0 ? -value : value
  }

  /// Returns the standard normal distribution function at x, with an absolute error below 1e-15 and a relative one below
  /// 1e-11 in the lower tail.
  ///
  /// Source: Hart 1968 in the form of West 2005, "Better approximations to cumulative normal functions".
  public static func normalDistribution(_ x: Double) -> Double {
    if x.isNaN { return x }
    let z = abs(x)
    if z > 37 { return x > 0 ? 1 : 0 }
    let density = exp(-z * z / 2)
    let tail: Double
    if z < 7.07106781186547 {
      tail = density * polynomial(z, hartA) / polynomial(z, hartB)
    } else {
      let fraction = z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))))
      tail = density / fraction / 2.506628274631
    }
    return x > 0 ? 1 - tail : tail
  }

  private static func polynomial(_ x: Double, _ highestFirst: [Double]) -> Double {
    var sum = 0.0
    for c in highestFirst { sum = sum * x + c }
    return sum
  }

  private static let hartA = [
    3.52624965998911e-02, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
    220.206867912376,
  ]
  private static let hartB = [
    8.83883476483184e-02, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
    793.826512519948, 440.413735824752,
  ]
  private static let centralA = [
    2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
    13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608,
  ]
  private static let centralB = [
    5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
    5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1,
  ]
  private static let middleA = [
    7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
    3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
  ]
  private static let middleB = [
    1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
    0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1,
  ]
  private static let farA = [
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
    0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772,
  ]
  private static let farB = [
    2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
    0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1,
  ]
}
