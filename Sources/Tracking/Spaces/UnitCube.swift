/// The map between configurations of a search space and points of the unit cube, for strategies that compute.
///
/// A point is `[dimensions]`, a number of [0, 1] for each searched parameter that can take more than one value, in
/// dependency order. A value's place is the middle of what maps to it: cells of ordered values have their middle, and a
/// category i of n has (i + 1/2) / n. What an inactive parameter's place is does not matter; `point(of:)` gives nil.
///
/// Every value of a finite domain comes back the same from its place, and real numbers within a few units in their last
/// place. `snap`, `activity`, `isActive` and `satisfies` allocate nothing, so that a strategy can ask for thousands of points.
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
  let cells: [Cells]
  let activities: [Activity]
  private let steps: [Step]
  private let sources: [[ConstraintSource]]

  // Where a name of a constraint has its value from.
  private enum ConstraintSource: Sendable {
    case dimension(Int)
    case only(Value, Activity)
    case nowhere
  }

  // A parameter of a configuration: a dimension's, or one with a single value.
  private struct Step: Sendable {
    var name: String
    var dimension: Int?
    var only: Value
    var activity: Activity
  }

  /// Makes the map of a space.
  public init(_ space: SearchSpace) {
    self.space = space
    let ordered = space.inDependencyOrder
    dimensions = ordered.filter { $0.domain.cardinality != 1 }.map {
      Dimension(parameter: $0, kind: $0.domain.unitKind)
    }
    cells = dimensions.map { Cells(of: $0.parameter.domain) }
    let places = Dictionary(
      dimensions.enumerated().map { ($1.parameter.name, $0) }, uniquingKeysWith: { first, _ in first })
    var known: [String: Activity] = [:]
    var steps: [Step] = []
    for parameter in ordered {
      let activity = Activity(
        of: parameter, places: places, cells: cells, steps: steps.map { ($0.name, $0.only) }, known)
      known[parameter.name] = activity
      steps.append(
        Step(
          name: parameter.name, dimension: places[parameter.name],
          only: places[parameter.name] == nil ? parameter.domain.value(at: 0.5) : .null, activity: activity))
    }
    self.steps = steps
    sources = space.constraints.map { constraint in
      constraint.names.map { name in
        guard let step = steps.first(where: { $0.name == name }) else { return .nowhere }
        return step.dimension.map { .dimension($0) } ?? .only(step.only, step.activity)
      }
    }
    activities = dimensions.map { known[$0.parameter.name] ?? .always }
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
    var configuration: [Parameter] = []
    configuration.reserveCapacity(steps.count)
    for step in steps where isActive(step.activity, at: point) {
      let value = step.dimension.map { cells[$0].value(at: point[$0]) } ?? step.only
      configuration.append(Parameter(step.name, value))
    }
    return configuration
  }

  /// Returns the places of the configuration at a point: ordered and categorical dimensions moved to the middle of their
  /// cell, inactive ones nil.
  public func snapped(_ point: [Double]) -> [Double?] {
    dimensions.indices.map { isActive($0, at: point) ? cells[$0].middle(at: point[$0]) : nil }
  }

  /// Moves a point to its configuration's: ordered and categorical dimensions to the middle of their cell, inactive ones
  /// to 1/2, so that points of equal configurations are equal. Allocates nothing; does nothing the second time.
  ///
  /// - Parameter active: `[dimensions]`; set to whether each is active.
  public func snap(_ point: inout [Double], active: inout [Bool]) {
    activity(at: point, into: &active)
    for index in cells.indices {
      point[index] = active[index] ? cells[index].middle(at: point[index]) : 0.5
    }
  }

  /// Tells which dimensions are active at a point. Allocates nothing.
  ///
  /// - Parameter active: `[dimensions]`, set.
  public func activity(at point: [Double], into active: inout [Bool]) {
    for index in activities.indices {
      // A dimension's conditions name earlier ones alone.
      active[index] = activities[index].holds { parent in active[parent] ? point[parent] : nil }
    }
  }

  /// Returns whether a dimension is active at a point. Allocates nothing.
  public func isActive(_ dimension: Int, at point: [Double]) -> Bool { isActive(activities[dimension], at: point) }

  private func isActive(_ activity: Activity, at point: [Double]) -> Bool {
    activity.holds { parent in isActive(activities[parent], at: point) ? point[parent] : nil }
  }

  /// The dimensions that can be inactive at some point.
  public var conditionalDimensions: [Int] { activities.indices.filter { activities[$0] != .always } }

  /// Returns the dimensions whose cell or place decides, directly, whether a dimension is active; empty when it always is.
  public func parents(of dimension: Int) -> [Int] {
    activities[dimension].rules.map(\.parent).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  // MARK: Constraints

  /// Returns whether the configuration at a point meets the space's constraints. Allocates nothing.
  public func satisfies(_ point: [Double]) -> Bool {
    for (constraint, sources) in zip(space.constraints, sources) {
      let holds = constraint.holds { name in
        switch sources[name] {
        case .dimension(let index): isActive(index, at: point) ? cells[index].value(at: point[index]) : nil
        case .only(let value, let activity): isActive(activity, at: point) ? value : nil
        case .nowhere: nil
        }
      }
      if !holds { return false }
    }
    return true
  }

  /// The point of the space's `standardConfiguration`, inactive dimensions at 1/2; nil when it has none.
  public var defaultPoint: [Double]? {
    space.standardConfiguration.map { point(of: $0).map { $0 ?? 0.5 } }
  }

  // MARK: Cells

  /// How many cells a dimension has: its different values; nil for a continuum.
  public func cellCount(_ dimension: Int) -> Int? { cells[dimension].count }

  /// Returns the cell, from 0, in which a place of a dimension lies; nil for a continuum.
  public func cell(_ dimension: Int, at u: Double) -> Int? { cells[dimension].cell(at: u) }

  /// Returns the middle of a cell of a dimension; 1/2 for a continuum.
  ///
  /// - Parameter cell: 0 ..< `cellCount`.
  public func middle(_ dimension: Int, ofCell cell: Int) -> Double { cells[dimension].middle(ofCell: cell) }

  /// Returns the places that are next to one: the middles of the cells below and above of an ordered dimension, of all
  /// other cells of a categorical one, in rising order; none on a continuum.
  public func neighbours(_ dimension: Int, of u: Double) -> [Double] {
    guard let count = cellCount(dimension), let here = cell(dimension, at: u) else { return [] }
    let cells: [Int]
    if case .categorical = dimensions[dimension].kind {
      cells = (0..<count).filter { $0 != here && self.cells[dimension].isOwn($0) }
    } else {
      cells = [here - 1, here + 1].filter { (0..<count).contains($0) }
    }
    return cells.map { middle(dimension, ofCell: $0) }
  }
}
