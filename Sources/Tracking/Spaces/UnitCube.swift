/// The map between configurations of a search space and points of the unit cube, for strategies that compute.
///
/// A point is `[dimensions]`, a number of [0, 1] for each searched parameter that can take more than one value, in
/// dependency order. A value's place is the middle of what maps to it: cells of ordered values have their middle, and a
/// category i of n has (i + 1/2) / n. What an inactive parameter's place is does not matter; `point(of:)` gives nil.
public struct UnitCube: Sendable {
  /// How the values of a dimension relate to each other.
  public enum Kind: Sendable, Equatable {
    /// A continuum.
    case real
    /// Ordered cells; how many.
    case ordered(Int)
    /// Categories without order; how many.
    case categorical(Int)
  }

  /// One searched parameter.
  public struct Dimension: Sendable {
    /// The parameter.
    public let parameter: ParameterSpace
    /// How its values relate.
    public let kind: Kind
  }

  /// The searched parameters with more than one value, each after those that its conditions name.
  public let dimensions: [Dimension]
  /// The space.
  public let space: SearchSpace
  private let ordered: [ParameterSpace]
  private let places: [String: Int]

  /// Makes the map of a space.
  public init(_ space: SearchSpace) {
    self.space = space
    ordered = space.inDependencyOrder
    dimensions = ordered.filter { $0.domain.cardinality != 1 }.map {
      Dimension(parameter: $0, kind: $0.domain.unitKind)
    }
    places = Dictionary(uniqueKeysWithValues: dimensions.enumerated().map { ($1.parameter.name, $0) })
  }

  /// How many dimensions there are.
  public var count: Int { dimensions.count }

  /// Returns the place of each parameter of a configuration, `[dimensions]`; nil where a parameter is not active.
  ///
  /// Values outside of the space go to the nearest end.
  public func point(of configuration: [Parameter]) -> [Double?] {
    let values = configuration.byName
    return dimensions.map { dimension in
      values[dimension.parameter.name].map { dimension.parameter.domain.position(of: $0) }
    }
  }

  /// Returns the configuration at a point: the active parameters in dependency order, each with the value whose place is
  /// nearest.
  public func configuration(at point: [Double]) -> [Parameter] {
    space.configuration { parameter in
      let u = places[parameter.name].map { point[$0] } ?? 0.5
      return parameter.domain.value(at: min(max(u, 0), 1 - 0x1p-53))
    }
  }

  /// Returns the places of the configuration at a point: ordered and categorical dimensions moved to the middle of their
  /// cell, inactive ones nil.
  public func snapped(_ point: [Double]) -> [Double?] { self.point(of: configuration(at: point)) }
}

extension Domain {
  /// How the domain's values relate to each other on the unit interval.
  public var unitKind: UnitCube.Kind {
    switch self {
    case .categorical(let values): .categorical(values.count)
    case .continuous, .loguniform, .normal, .lognormal: .real
    default: cardinality.map { .ordered($0) } ?? .real
    }
  }

  /// Returns the middle of the quantiles that `value(at:)` maps to a value, 0...1; the inverse of `value(at:)`.
  ///
  /// A number that the domain does not hold has the place of the nearest one that it holds; any other value 1/2.
  public func position(of value: Value) -> Double {
    if case .categorical(let values) = self {
      guard let index = values.firstIndex(where: { $0.matches(value) }) else { return 0.5 }
      return (Double(index) + 0.5) / Double(values.count)
    }
    guard let x = value.number else { return 0.5 }
    func inside(_ u: Double) -> Double { u.isNaN ? 0.5 : Swift.min(1, Swift.max(0, u)) }
    func linear(_ x: Double, _ min: Double, _ max: Double) -> Double {
      inside(max > min ? (x - min) / (max - min) : 0.5)
    }
    // Of ordered cells the middle between the borders to the neighbours.
    func cell(_ x: Double, _ half: Double, _ place: (Double) -> Double) -> Double {
      (place(x - half) + place(x + half)) / 2
    }
    switch self {
    case .categorical: return 0.5
    case .integer(let min, let max, let scale):
      let (low, high) = (Double(min) - 0.5, Double(max) + 0.5)
      let whole = Swift.min(Double(max), Swift.max(Double(min), x.rounded(.toNearestOrEven)))
      return cell(whole, 0.5) { Domain.unspread($0, low, high, scale) }
    case .continuous(let min, let max, let scale): return Domain.unspread(x, min, max, scale)
    case .quniform(let min, let max, let q): return cell(x, q / 2) { linear($0, min, max) }
    case .loguniform(let min, let max): return linear(PortableMath.log(x), min, max)
    case .qloguniform(let min, let max, let q):
      return cell(x, q / 2) { linear($0 > 0 ? PortableMath.log($0) : -.infinity, min, max) }
    case .normal(let mu, let sigma): return PortableMath.normalDistribution((x - mu) / sigma)
    case .qnormal(let mu, let sigma, let q):
      return cell(x, q / 2) { PortableMath.normalDistribution(($0 - mu) / sigma) }
    case .lognormal(let mu, let sigma): return PortableMath.normalDistribution((PortableMath.log(x) - mu) / sigma)
    case .qlognormal(let mu, let sigma, let q):
      return cell(x, q / 2) {
        $0 > 0 ? PortableMath.normalDistribution((PortableMath.log($0) - mu) / sigma) : 0
      }
    }
  }

  private static func unspread(_ x: Double, _ min: Double, _ max: Double, _ scale: Scale) -> Double {
    let bounded = Swift.min(max, Swift.max(min, x))
    let u: Double
    switch scale {
    case .linear: u = (bounded - min) / (max - min)
    case .log: u = (PortableMath.log(bounded) - PortableMath.log(min)) / (PortableMath.log(max) - PortableMath.log(min))
    case .reverseLog:
      let (start, end) = (PortableMath.log(1 - min), PortableMath.log(1 - max))
      u = (PortableMath.log(1 - bounded) - start) / (end - start)
    }
    return u.isNaN ? 0.5 : Swift.min(1, Swift.max(0, u))
  }
}
