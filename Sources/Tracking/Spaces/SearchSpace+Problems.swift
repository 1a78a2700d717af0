extension SearchSpace {
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
      if parameter.domain.problems.isEmpty { found += parameter.beliefProblems.map { (parameter.name, $0) } }
      for condition in parameter.conditions {
        if !names.contains(condition.parameter) {
          found.append((parameter.name, "`when` names '\(condition.parameter)', which is no parameter of the space"))
        } else if let other = self[condition.parameter]?.domain, other.problems.isEmpty {
          found += SearchSpace.problems(of: condition, on: other).map { (parameter.name, $0) }
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

  private static func problems(of condition: ParameterSpace.Condition, on domain: Domain) -> [String] {
    var found: [String] = []
    for value in condition.values where domain.member(matching: value) == nil {
      found.append("`when` wants \(condition.parameter) = \(value.plain), which it can never be")
    }
    if let low = condition.minimum, let high = condition.maximum, low > high {
      found.append("`when` wants \(condition.parameter) to be at least \(low) and at most \(high)")
    } else if condition.minimum != nil || condition.maximum != nil {
      let ends = [domain.value(at: 0), domain.value(at: 1)].compactMap(\.number)
      if let categories = domain.categories {
        if !categories.contains(where: condition.holds) {
          found.append("`when` wants \(condition.text), which it can never be")
        }
      } else if ends.count == 2, ends[1] < condition.minimum ?? -.infinity || ends[0] > condition.maximum ?? .infinity {
        found.append("`when` wants \(condition.text), which it can never be")
      }
    }
    return found
  }

  /// What is wrong with the constraints: the place of each in `constraints` and a sentence; empty for sound ones. Whether
  /// any configuration meets them is not asked.
  public var constraintProblems: [(index: Int, message: String)] {
    var found: [(index: Int, message: String)] = []
    for (index, constraint) in constraints.enumerated() {
      for name in constraint.names {
        guard let domain = self[name]?.domain else {
          found.append((index, "'\(constraint.text)' names '\(name)', which is no parameter of the space"))
          continue
        }
        guard constraint.numericNames.contains(name) else { continue }
        if let stranger = domain.categories?.first(where: { $0.number == nil }) {
          found.append((index, "'\(constraint.text)' takes \(name) as a number, and it can be \(stranger.json)"))
        }
      }
      if constraint.names.isEmpty {
        found.append((index, "'\(constraint.text)' names no parameter; it is the same in every trial"))
      }
    }
    return found
  }
}

extension ParameterSpace {
  /// What is wrong with the default and the prior.
  fileprivate var beliefProblems: [String] {
    var found: [String] = []
    if let standard, domain.member(matching: standard) == nil {
      found.append("its default is \(standard.plain), which is no value that it can take")
    }
    guard let prior else { return found }
    if case .categorical = domain { found.append("a prior is for numbers and ordered categories; give it a default") }
    if domain.member(matching: prior.mean) == nil {
      found.append("its prior's mean is \(prior.mean.plain), which is no value that it can take")
    }
    if !(prior.sigma > 0 && prior.sigma.isFinite) {
      found.append("its prior's sigma is \(prior.sigma); it is a share of the range, above 0, such as 0.1")
    }
    return found
  }
}
