/// What is believed of where the good configurations of a space lie, before any trial: a density on its unit cube.
///
/// It is the product of the beliefs of the dimensions, each a normal distribution cut off at the ends, and counts those
/// that are active alone. Densities are relative to the even distribution, so a dimension of which nothing is believed,
/// or that is not active, has the factor 1. Cells of ordered values have the probability that lies in them over their
/// width; more than 4,096 values are as good as a continuum.
public struct SpacePrior: Sendable {
  /// The dimensions of the cube of which something is believed, ascending.
  public let dimensions: [Int]

  private let cube: UnitCube
  // `[dimensions of the cube]`.
  private let beliefs: [UnitCube.Belief?]
  // The logarithm of the density in each cell, `[dimensions of the cube][cells]`; empty for a continuum.
  private let tables: [[Double]]
  private let places: [String: Int]

  /// Takes the beliefs of a space; nil when it has none.
  public init?(_ cube: UnitCube) {
    let beliefs = cube.priors
    dimensions = beliefs.indices.filter { beliefs[$0] != nil }
    guard !dimensions.isEmpty else { return nil }
    self.cube = cube
    self.beliefs = beliefs
    tables = zip(beliefs, cube.cells).map { belief, cells in
      guard let belief, let borders = cells.borders else { return [] }
      return (1..<borders.count).map { end in
        let (lower, upper) = (borders[end - 1], borders[end])
        return belief.logShare(from: lower, to: upper) - PortableMath.log(max(upper - lower, 1e-300))
      }
    }
    places = Dictionary(
      dimensions.map { (cube.dimensions[$0].parameter.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// What is believed of a dimension as a continuum of places; nil where nothing is.
  public func belief(_ dimension: Int) -> UnitCube.Belief? {
    dimension < beliefs.count ? beliefs[dimension] : nil
  }

  /// Returns the logarithm of the density at a point, `[dimensions of the cube]`; nil where a dimension is not active, as
  /// `UnitCube.point(of:)` and `snapped` give it.
  public func logDensity(at point: [Double?]) -> Double {
    var sum = 0.0
    for dimension in dimensions {
      if let place = point[dimension] { sum += logDensity(dimension, at: place) }
    }
    return sum
  }

  /// Returns the logarithm of an active dimension's density at a place; 0 where nothing is believed of it.
  public func logDensity(_ dimension: Int, at place: Double) -> Double {
    guard let belief = beliefs[dimension] else { return 0 }
    if !tables[dimension].isEmpty, let cell = cube.cell(dimension, at: place) { return tables[dimension][cell] }
    return belief.logDensity(at: place)
  }

  /// Returns the point at quantiles of the beliefs: evenly drawn quantiles give points drawn from the prior.
  ///
  /// - Parameter quantiles: of [0, 1), one for each dimension of the cube; more are kept as they are, as are those of
  ///   dimensions of which nothing is believed.
  public func point(at quantiles: [Double]) -> [Double] {
    var point = quantiles
    for dimension in dimensions { point[dimension] = beliefs[dimension]?.place(at: quantiles[dimension]) ?? 0.5 }
    return point
  }

  /// Returns the configuration of a proposal drawn from the prior: each active parameter at its own quantile of the
  /// randomness. It need not meet the constraints.
  public func configuration(drawing randomness: ProposalRandomness) -> [Parameter] {
    cube.space.configuration { parameter in
      let unit = randomness.unit(parameter.name)
      let belief = places[parameter.name].flatMap { beliefs[$0] }
      return parameter.domain.value(at: belief?.place(at: unit) ?? unit)
    }
  }
}

extension UnitCube.Cells {
  /// Where each cell begins and the last one ends, for those in a table; nil for others.
  fileprivate var borders: [Double]? {
    switch self {
    case .equal(let values, _): (0...values.count).map { Double($0) / Double(values.count) }
    case .unequal(_, let ends, _): [0] + ends
    default: nil
    }
  }
}
