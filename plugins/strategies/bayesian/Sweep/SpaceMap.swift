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
      guard let place = places[parent.name] else {
        // The parent has one value: if it is not one of these, the parameter is never active.
        if !condition.holds(for: parent.domain.value(at: 0.5)) { clauses.append(.init(parent: 0, values: [])) }
        continue
      }
      let known =
        kinds[place] == .continuous ? condition.values : (parent.domain.allValues ?? []).filter(condition.holds)
      let values = known.map { Self.place(of: parent.domain.position(of: $0), in: kinds[place]) }
      var clause = ModelSpace.Condition.Clause(parent: place, values: Array(Set(values)).sorted())
      if kinds[place] == .continuous, condition.minimum != nil || condition.maximum != nil {
        let low = condition.minimum.map { parent.domain.position(of: .real($0)) } ?? 0
        let high = condition.maximum.map { parent.domain.position(of: .real($0)) } ?? 1
        if low <= high { clause.range = low...high }
      }
      clauses.append(clause)
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

  /// Returns whether the configuration at a point meets the space's constraints.
  func satisfies(_ point: [Double]) -> Bool {
    cube.space.constraints.isEmpty || cube.space.satisfies(configuration(at: point))
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
