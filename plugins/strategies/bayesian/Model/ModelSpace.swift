/// The points that the model is fitted to and searched over: one number a dimension.
///
/// A point holds, for a continuous dimension, a number of [0, 1]; for an ordered one, one of its positions in [0, 1];
/// for an unordered one, the number of its choice, from 0. A dimension that is not active counts as
/// `ModelSpace.inactive`, whatever the point holds there.
struct ModelSpace: Sendable {
  /// What values a dimension takes.
  enum Kind: Sendable, Equatable {
    /// Every number of [0, 1].
    case continuous
    /// These numbers of [0, 1], ascending.
    case ordered([Double])
    /// The numbers 0 ..< count, without an order.
    case unordered(Int)
  }

  /// When a dimension is active: each of its parents is, and has one of some values or places.
  struct Condition: Hashable, Sendable {
    /// What one parent must be.
    struct Clause: Hashable, Sendable {
      /// The parent, an earlier dimension.
      var parent: Int
      /// The parent's values, in the point's terms.
      var values: [Double]
      /// The parent's places that will do as well; nil for none, as in a condition that never holds.
      var range: ClosedRange<Double>?

      /// Returns whether a place of the parent, NaN where it is not active, will do.
      func holds(at place: Double) -> Bool { values.contains(place) || range?.contains(place) == true }
    }

    /// All that must hold.
    var clauses: [Clause]

    /// Returns whether the condition holds at a point whose inactive places are NaN.
    func holds(at point: [Double]) -> Bool { clauses.allSatisfy { $0.holds(at: point[$0.parent]) } }
  }

  /// A dimension.
  struct Dimension: Sendable {
    /// The values.
    var kind: Kind
    /// When it is active; nil for always.
    var condition: Condition?
  }

  /// The dimensions; parents before children.
  let dimensions: [Dimension]
  /// The distinct conditions, by first use.
  let conditions: [Condition]

  /// What an inactive dimension's place in a canonical point holds.
  static let inactive = 0.5

  /// Describes a space.
  init(_ dimensions: [Dimension]) {
    self.dimensions = dimensions
    var conditions: [Condition] = []
    for dimension in dimensions {
      if let condition = dimension.condition, !conditions.contains(condition) { conditions.append(condition) }
    }
    self.conditions = conditions
  }

  /// Returns which dimensions are active at a point.
  func activity(of point: [Double]) -> [Bool] {
    guard !conditions.isEmpty else { return [Bool](repeating: true, count: dimensions.count) }
    return marked(point).map { !$0.isNaN }
  }

  // The point with NaN at inactive places, so that children of inactive parents are inactive too.
  private func marked(_ point: [Double]) -> [Double] {
    var result = point
    for (index, dimension) in dimensions.enumerated() {
      if let condition = dimension.condition, !condition.holds(at: result) { result[index] = .nan }
    }
    return result
  }

  /// Returns the point with every number where the space has one: rounded to positions, inactive ones at the centre.
  func canonical(_ point: [Double]) -> [Double] {
    var result = point
    for (index, dimension) in dimensions.enumerated() {
      if let condition = dimension.condition, !condition.holds(at: result) {
        result[index] = .nan
        continue
      }
      switch dimension.kind {
      case .continuous: result[index] = min(max(point[index], 0), 1)
      case .ordered(let positions): result[index] = positions[Self.nearest(positions, to: point[index])]
      case .unordered(let count): result[index] = min(max(point[index].rounded(.down), 0), Double(count - 1))
      }
    }
    for index in result.indices where result[index].isNaN { result[index] = Self.inactive }
    return result
  }

  /// Returns the canonical point that a point of the plain unit cube falls on: choices have cells of equal width.
  func point(fromCube cube: [Double]) -> [Double] {
    var point = cube
    for (index, dimension) in dimensions.enumerated() {
      switch dimension.kind {
      case .continuous: break
      case .ordered(let positions):
        point[index] = positions[min(Int(cube[index] * Double(positions.count)), positions.count - 1)]
      case .unordered(let count): point[index] = min((cube[index] * Double(count)).rounded(.down), Double(count - 1))
      }
    }
    return canonical(point)
  }

  /// Returns the canonical point at places of the unit cube, where ordered values stand at the middle of their cells.
  func point(fromPlaces places: [Double]) -> [Double] {
    var point = places
    for (index, dimension) in dimensions.enumerated() {
      if case .unordered(let count) = dimension.kind { point[index] = places[index] * Double(count) }
    }
    return canonical(point)
  }

  /// Returns the index of the position nearest to a number; the lower of two that are equally near.
  static func nearest(_ positions: [Double], to x: Double) -> Int {
    var (low, high) = (0, positions.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if positions[middle] <= x { low = middle } else { high = middle }
    }
    return abs(positions[high] - x) < abs(x - positions[low]) ? high : low
  }

  // MARK: Features

  /// How many numbers the kernel sees of a point: one a dimension, then a flag a condition.
  var featureCount: Int { dimensions.count + conditions.count }

  /// Which features are categories (they differ or not), as the C kernels want it.
  var unorderedFeatures: [UInt8] {
    dimensions.map { if case .unordered = $0.kind { 1 } else { 0 } } + conditions.map { _ in 1 }
  }

  /// Returns what the kernel sees of a canonical point.
  func features(of point: [Double]) -> [Double] {
    guard !conditions.isEmpty else { return point }
    let marked = marked(point)
    var features = marked.map { $0.isNaN ? Self.inactive : $0 }
    for condition in conditions { features.append(condition.holds(at: marked) ? 1 : 0) }
    return features
  }
}
