/// One parameter of a search space.
public struct ParameterSpace: Sendable, Hashable {
  /// A condition: the parameter is active only while another is active and has one of these values.
  public struct Condition: Sendable, Hashable {
    /// The other parameter's name.
    public var parameter: String
    /// The values that make this one active.
    public var values: [Value]

    /// Makes a condition.
    public init(parameter: String, values: [Value]) {
      self.parameter = parameter
      self.values = values
    }

    /// Returns whether the condition holds for a value of the other parameter.
    public func holds(for value: Value) -> Bool { values.contains { $0.matches(value) } }
  }

  /// The name.
  public var name: String
  /// What values it can take.
  public var domain: Domain
  /// All of them must hold for the parameter to be active.
  public var conditions: [Condition]
  /// The values that a grid takes, in the declared order; nil where none are declared, and then a finite domain's own
  /// values serve.
  public var grid: [Value]?

  /// Makes a parameter of a search space.
  public init(_ name: String, _ domain: Domain, conditions: [Condition] = [], grid: [Value]? = nil) {
    self.name = name
    self.domain = domain
    self.conditions = conditions
    self.grid = grid
  }
}

/// The parameters that a sweep searches over, in their declared order.
public struct SearchSpace: Sendable, Hashable {
  /// The parameters, in their declared order; no two share a name.
  public var parameters: [ParameterSpace]

  /// Makes a search space.
  public init(_ parameters: [ParameterSpace] = []) { self.parameters = parameters }

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

  /// Returns the configuration of a proposal: each active parameter at its own quantile of the randomness.
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

  /// Every configuration of a finite space, in grid order; nil when there are infinitely many or more than `limit`.
  ///
  /// Grid order: parameters sorted by name, the last name varying fastest (as Azure does), values in their declared
  /// order; a parameter stands after those that its conditions name. `usingGrids` takes declared grids before domains.
  public func allConfigurations(usingGrids: Bool, limit: Int = 1 << 20) -> [[Parameter]]? {
    let sorted = SearchSpace(parameters.sorted { $0.name < $1.name })
    let order = sorted.inDependencyOrder
    var columns: [[Value]] = []
    for parameter in order {
      guard let values = (usingGrids ? parameter.grid : nil) ?? parameter.domain.allValues else { return nil }
      columns.append(values)
    }
    var partial: [[Parameter]] = [[]]
    for (parameter, values) in zip(order, columns) {
      var next: [[Parameter]] = []
      for configuration in partial {
        if SearchSpace.isActive(parameter, given: configuration.byName) {
          for value in values { next.append(configuration + [Parameter(parameter.name, value)]) }
        } else {
          next.append(configuration)
        }
        if next.count > limit { return nil }
      }
      partial = next
    }
    return partial
  }

  /// What is wrong with the space: the parameter's name and a sentence each; empty for a sound one.
  public var problems: [(parameter: String, message: String)] {
    var found: [(parameter: String, message: String)] = []
    let names = Set(parameters.map(\.name))
    var seen: Set<String> = []
    for parameter in parameters {
      if !seen.insert(parameter.name).inserted {
        found.append((parameter.name, "it is declared twice; rename one"))
      }
      found += parameter.domain.problems.map { (parameter.name, $0) }
      for condition in parameter.conditions {
        if !names.contains(condition.parameter) {
          found.append((parameter.name, "`when` names '\(condition.parameter)', which is no parameter of the space"))
        } else if case .categorical(let values)? = self[condition.parameter]?.domain {
          for value in condition.values where !values.contains(where: { $0.matches(value) }) {
            found.append(
              (parameter.name, "`when` wants \(condition.parameter) = \(value.plain), which it can never be"))
          }
        }
      }
    }
    let placed = Set(inDependencyOrder.map(\.name))
    for parameter in parameters where !placed.contains(parameter.name) {
      if parameter.conditions.allSatisfy({ names.contains($0.parameter) }) {
        found.append((parameter.name, "its `when` conditions run in a circle"))
      }
    }
    return found
  }
}

extension Value {
  /// Returns whether two values are the same, a whole number being the same as the real number that equals it.
  public func matches(_ other: Value) -> Bool {
    if let left = number, let right = other.number { return left == right }
    return self == other
  }
}
