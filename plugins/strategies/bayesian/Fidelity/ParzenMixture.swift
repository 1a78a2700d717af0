internal import Tracking

/// A distribution round good points, from which proposals are drawn: one product of kernels a point, and the even
/// distribution, all equally likely.
///
/// A kernel is a normal cut off at the bounds, 0.2 k^(-1 / (d + 4)) wide for k points of d dimensions that have it and no less
/// than 1 / min(100, k + 2); of categories 1 + 1/(m + 1) for the point's and 1/(m + 1) for each other, normalised, for m points
/// in all. Where a point does not have a dimension its kernel is even. Sources: Bergstra et al. 2011; Falkner et al. 2018,
/// arXiv:1807.01774.
struct ParzenMixture {
  private let space: ModelSpace
  private let points: [[Double]]
  // Which dimensions each point has, `[points][dimensions]`.
  private let active: [[Bool]]
  // `[dimensions]`.
  private let widths: [Double]

  /// - Parameter points: canonical ones.
  init(_ points: [[Double]], in space: ModelSpace) {
    self.space = space
    self.points = points
    let active = points.map { space.activity(of: $0) }
    self.active = active
    let dimensions = space.dimensions.count
    widths = (0..<dimensions).map { dimension in
      let seen = active.count { $0[dimension] }
      let scott = 0.2 * PortableMath.power(Double(max(1, seen)), -1 / Double(dimensions + 4))
      return max(scott, 1 / Double(min(100, seen + 2)))
    }
  }

  /// Returns a canonical point drawn from the mixture.
  func point(_ draws: inout Draws) -> [Double] {
    let row = draws.index(below: points.count + 1)
    var point: [Double] = []
    for (index, dimension) in space.dimensions.enumerated() {
      let unit = draws.unit()
      let middle = row < points.count && active[row][index] ? points[row][index] : nil
      if case .unordered(let count) = dimension.kind {
        point.append(Double(choice(unit, of: count, near: middle)))
      } else {
        point.append(place(unit, near: middle, width: widths[index]))
      }
    }
    return space.canonical(point)
  }

  // The choice at a quantile of a kernel.
  private func choice(_ unit: Double, of count: Int, near middle: Double?) -> Int {
    guard let middle, count > 1 else { return min(Int(unit * Double(count)), count - 1) }
    let seen = Int(middle)
    let smoothing = 1 / Double(points.count + 1)
    let hit = (1 + smoothing) / (1 + Double(count) * smoothing)
    if unit < hit { return seen }
    let other = min(Int((unit - hit) / (1 - hit) * Double(count - 1)), count - 2)
    return other < seen ? other : other + 1
  }

  // The place at a quantile of a kernel.
  private func place(_ unit: Double, near middle: Double?, width: Double) -> Double {
    guard let middle else { return unit }
    return UnitCube.Belief(mean: middle, sigma: width).place(at: unit)
  }
}
