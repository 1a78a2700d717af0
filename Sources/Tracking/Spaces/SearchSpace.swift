/// The parameters that a sweep searches over, in their declared order.
public struct SearchSpace: Sendable, Hashable {
  /// The parameters, in their declared order; no two share a name.
  public var parameters: [ParameterSpace]
  /// What must hold between the values of a configuration.
  public var constraints: [Constraint]

  /// Makes a search space.
  public init(_ parameters: [ParameterSpace] = [], constraints: [Constraint] = []) {
    self.parameters = parameters
    self.constraints = constraints
  }

  /// The parameter with a name.
  public subscript(name: String) -> ParameterSpace? { parameters.first { $0.name == name } }

  /// The parameters ordered so that each stands after those that its conditions name; otherwise as declared.
  ///
  /// Parameters whose conditions run in a circle are left out; `problems` names them.
  public var inDependencyOrder: [ParameterSpace] {
    var placed: Set<String> = []
    var waiting = parameters
    var ordered: [ParameterSpace] = []
    while true {
      let index = waiting.firstIndex { $0.conditions.allSatisfy { placed.contains($0.parameter) } }
      guard let index else { return ordered }
      let next = waiting.remove(at: index)
      placed.insert(next.name)
      ordered.append(next)
    }
  }

  /// Returns a configuration: a value for each active parameter, in dependency order.
  ///
  /// - Parameter value: asked once for each active parameter, after the parameters that it depends on.
  public func configuration(choosing value: (ParameterSpace) throws -> Value) rethrows -> [Parameter] {
    var chosen: [String: Value] = [:]
    var configuration: [Parameter] = []
    for parameter in inDependencyOrder where SearchSpace.isActive(parameter, given: chosen) {
      let picked = try value(parameter)
      chosen[parameter.name] = picked
      configuration.append(Parameter(parameter.name, picked))
    }
    return configuration
  }

  /// Returns whether a configuration meets every constraint.
  public func satisfies(_ configuration: [Parameter]) -> Bool {
    if constraints.isEmpty { return true }
    let values = configuration.byName
    return constraints.allSatisfy { constraint in constraint.holds { values[constraint.names[$0]] } }
  }

  /// The configuration that is tried first: each active parameter at its `standard` value, else at its prior's mean, else
  /// in the middle of its quantiles. Nil when no parameter has either, and when it does not meet the constraints.
  public var standardConfiguration: [Parameter]? {
    guard parameters.contains(where: { $0.standard != nil || $0.prior != nil }) else { return nil }
    let configuration = configuration { parameter in
      let given = parameter.standard ?? parameter.prior?.mean
      return given.flatMap { parameter.domain.member(matching: $0) } ?? parameter.domain.value(at: 0.5)
    }
    return satisfies(configuration) ? configuration : nil
  }

  /// Returns the configuration of a proposal: each active parameter at its own quantile of the randomness. It need not
  /// meet the constraints: `untriedDraw` draws until it does.
  public func configuration(drawing randomness: ProposalRandomness) -> [Parameter] {
    configuration { $0.domain.value(at: randomness.unit($0.name)) }
  }

  /// Returns whether a parameter is active, given the values of active parameters before it.
  public static func isActive(_ parameter: ParameterSpace, given chosen: [String: Value]) -> Bool {
    parameter.conditions.allSatisfy { condition in
      guard let value = chosen[condition.parameter] else { return false }
      return condition.holds(for: value)
    }
  }

  /// Every configuration of a finite space that meets the constraints, in grid order; nil when there are infinitely many
  /// or more than `limit`.
  ///
  /// Grid order: parameters sorted by name, the last name varying fastest (as Azure does), values in their declared
  /// order; a parameter stands after those that its conditions name. `usingGrids` takes declared grids before domains.
  public func allConfigurations(usingGrids: Bool, limit: Int = 1 << 20) -> [[Parameter]]? {
    let sorted = SearchSpace(parameters.sorted { $0.name < $1.name })
    var open = constraints
    var placed: Set<String> = []
    let order = sorted.inDependencyOrder
    var columns: [[Value]] = []
    for parameter in order {
      guard let values = (usingGrids ? parameter.grid : nil) ?? parameter.domain.allValues else { return nil }
      columns.append(values)
    }
    var partial: [[Parameter]] = [[]]
    for (parameter, values) in zip(order, columns) {
      placed.insert(parameter.name)
      var next: [[Parameter]] = []
      for configuration in partial {
        if SearchSpace.isActive(parameter, given: configuration.byName) {
          for value in values { next.append(configuration + [Parameter(parameter.name, value)]) }
        } else {
          next.append(configuration)
        }
        if next.count > max(limit, 1 << 20) { return nil }
      }
      // A constraint is asked as soon as all its names have a value, so that few partial configurations are kept.
      let ready = open.filter { $0.names.allSatisfy(placed.contains) }
      open.removeAll { ready.contains($0) }
      if !ready.isEmpty {
        let narrowed = SearchSpace([], constraints: ready)
        next.removeAll { !narrowed.satisfies($0) }
      }
      if next.count > limit { return nil }
      partial = next
    }
    return partial
  }
}

extension Value {
  /// Returns whether two values are the same, a whole number being the same as the real number that equals it.
  public func matches(_ other: Value) -> Bool {
    if let left = number, let right = other.number { return left == right }
    return self == other
  }
}
