internal import Tracking

/// What a weight adds to the logarithm of the expected improvement at points of the model's space, whose first dimensions
/// are those of the prior.
extension PriorWeight {
  /// Returns the addition at a canonical point.
  func addition(at point: [Double], active: [Bool]) -> Double {
    exponent * mixed(logDensity(point, active) { _ in false }).value
  }

  /// Returns the addition at a point that may lie between the cells of some dimensions, and its slopes by these.
  ///
  /// - Parameter wanted: active dimensions whose places are numbers, ascending.
  func addition(at point: [Double], active: [Bool], wanted: [Int]) -> (value: Double, slopes: [Double]) {
    let (value, share) = mixed(logDensity(point, active, isBetween: wanted.contains))
    let slopes = wanted.map { dimension in
      exponent * share * (prior.belief(dimension)?.slope(at: point[dimension]) ?? 0)
    }
    return (exponent * value, slopes)
  }

  private func logDensity(_ point: [Double], _ active: [Bool], isBetween: (Int) -> Bool) -> Double {
    var sum = 0.0
    for dimension in prior.dimensions where active[dimension] {
      sum +=
        isBetween(dimension)
        ? prior.belief(dimension)?.logDensity(at: point[dimension]) ?? 0
        : prior.logDensity(dimension, at: point[dimension])
    }
    return sum
  }
}
