internal import Tracking

/// The map between the configurations of a sweep and the points of its model.
struct SpaceMap: Sendable {
  /// The unit cube of the sweep's space.
  let cube: UnitCube
  /// The model's space; dimension by dimension the cube's.
  let space: ModelSpace

  /// Ordered parameters with more values than this are a continuum to the model.
  private static let mostPositions = 1024

  /// Makes the map of a search space.
  init(_ searched: SearchSpace) {
    let cube = UnitCube(searched)
    self.cube = cube
    let places = Dictionary(uniqueKeysWithValues: cube.dimensions.enumerated().map { ($1.parameter.name, $0) })
    let kinds = cube.dimensions.map { dimension -> ModelSpace.Kind in
      switch dimension.kind {
      case .real: return .continuous
      case .categorical(let count): return .unordered(count)
      case .ordered(let count):
        guard count <= Self.mostPositions, let values = dimension.parameter.domain.allValues else { return .continuous }
        let positions = Set(values.map { dimension.parameter.domain.position(of: $0) }).sorted()
        return positions.isEmpty ? .continuous : .ordered(positions)
      }
    }
    space = ModelSpace(
      cube.dimensions.enumerated().map { index, dimension in
        ModelSpace.Dimension(
          kind: kinds[index],
          condition: Self.condition(of: dimension.parameter, in: searched, cube: cube, kinds: kinds, places: places))
      })
  }

  private static func condition(
    of parameter: ParameterSpace, in searched: SearchSpace, cube: UnitCube, kinds: [ModelSpace.Kind],
    places: [String: Int]
  ) -> ModelSpace.Condition? {
    var clauses: [ModelSpace.Condition.Clause] = []
    for condition in parameter.conditions {
      guard let parent = searched[condition.parameter] else { continue }
      if let place = places[parent.name] {
        let values = condition.values.map { Self.place(of: parent.domain.position(of: $0), in: kinds[place]) }
        clauses.append(.init(parent: place, values: Array(Set(values)).sorted()))
      } else if !condition.values.contains(where: { $0.matches(parent.domain.value(at: 0.5)) }) {
        // The parent has one value, and not one of these: never active.
        clauses.append(.init(parent: 0, values: []))
      }
    }
    return clauses.isEmpty ? nil : ModelSpace.Condition(clauses: clauses)
  }

  private static func place(of unit: Double, in kind: ModelSpace.Kind) -> Double {
    switch kind {
    case .continuous: unit
    case .ordered(let positions): positions[ModelSpace.nearest(positions, to: unit)]
    case .unordered(let count): min((unit * Double(count)).rounded(.down), Double(count - 1))
    }
  }

  /// Returns the canonical point of a configuration.
  func point(of configuration: [Parameter]) -> [Double] {
    let places = cube.point(of: configuration)
    var point = [Double](repeating: ModelSpace.inactive, count: space.dimensions.count)
    for (index, place) in places.enumerated() {
      if let place { point[index] = Self.place(of: place, in: space.dimensions[index].kind) }
    }
    return space.canonical(point)
  }

  /// Returns the configuration at a point.
  func configuration(at point: [Double]) -> [Parameter] {
    var places = point
    for (index, dimension) in space.dimensions.enumerated() {
      if case .unordered(let count) = dimension.kind { places[index] = (point[index] + 0.5) / Double(count) }
    }
    return cube.configuration(at: places)
  }
}
