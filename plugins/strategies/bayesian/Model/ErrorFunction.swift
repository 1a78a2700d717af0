internal import Tracking

/// The normal distribution's functions, with the same bits on every machine.
enum ErrorFunction {
  /// Returns exp(x^2) erfc(x), for x >= 0, to 16 digits.
  ///
  /// Source: Cody 1969, "Rational Chebyshev approximations for the error function".
  static func scaledComplement(_ x: Double) -> Double {
    if x <= 0.46875 {
      let z = x * x
      var top = 1.85777706184603153e-1 * z
      var bottom = z
      for i in 0..<3 {
        top = (top + smallTop[i]) * z
        bottom = (bottom + smallBottom[i]) * z
      }
      return PortableMath.exp(z) * (1 - x * (top + smallTop[3]) / (bottom + smallBottom[3]))
    }
    if x <= 4 {
      var top = 2.15311535474403846e-8 * x
      var bottom = x
      for i in 0..<7 {
        top = (top + middleTop[i]) * x
        bottom = (bottom + middleBottom[i]) * x
      }
      return (top + middleTop[7]) / (bottom + middleBottom[7])
    }
    let z = 1 / (x * x)
    var top = 1.63153871373020978e-2 * z
    var bottom = z
    for i in 0..<4 {
      top = (top + farTop[i]) * z
      bottom = (bottom + farBottom[i]) * z
    }
    return (5.6418958354775628695e-1 - z * (top + farTop[4]) / (bottom + farBottom[4])) / x
  }

  /// Returns the standard normal density at z.
  static func density(_ z: Double) -> Double { 0.3989422804014327 * PortableMath.exp(-0.5 * z * z) }

  /// Returns the standard normal distribution function at z.
  static func distribution(_ z: Double) -> Double {
    let x = abs(z) * 0.7071067811865476
    let tail = 0.5 * PortableMath.exp(-x * x) * scaledComplement(x)
    return z < 0 ? tail : 1 - tail
  }

  private static let smallTop = [
    3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3,
  ]
  private static let smallBottom = [
    2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3,
  ]
  private static let middleTop = [
    5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2,
    1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3,
  ]
  private static let middleBottom = [
    1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3, 3.29079923573345963e3,
    4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
  ]
  private static let farTop = [
    3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2,
    6.58749161529837803e-4,
  ]
  private static let farBottom = [
    2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3,
  ]
}
