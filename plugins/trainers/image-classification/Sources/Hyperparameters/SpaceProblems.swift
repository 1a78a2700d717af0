internal import Tracking

/// What is wrong with a search space, parameter by parameter.
enum SpaceProblems {
  /// Returns problems of fixed parameters and of a space that trials draw from.
  static func find(fixed: [String: Value], space: SearchSpace) -> [PluginProblem] {
    // A proposed value goes before a fixed one, so a searched name stands for some good value here.
    var together = fixed
    for parameter in space.parameters { together[parameter.name] = nil }
    var problems = Hyperparameters.problems(together).filter { problem in
      guard let name = problem.name, fixed[name] == nil else { return true }
      return space[name] == nil
    }
    for parameter in space.parameters {
      guard let known = Hyperparameter.named(parameter.name) else {
        problems.append(PluginProblem(parameter.name, Hyperparameters.unknown(parameter.name)))
        continue
      }
      problems += find(known, parameter.domain)
    }
    problems += unread(fixed: fixed, space: space)
    return problems
  }

  private static func find(_ known: Hyperparameter, _ domain: Domain) -> [PluginProblem] {
    let ends: [Value]
    switch domain.unrounded {
    case .categorical(let values), .ordinal(let values): ends = values
    case .integer(let min, let max, _), .steppedInteger(let min, let max, _, _): ends = [.integer(min), .integer(max)]
    case .stepped(let min, let max, _, _): ends = (domain.allValues ?? [.real(min), .real(max)])
    case .continuous(let min, let max, _), .quniform(let min, let max, _): ends = [.real(min), .real(max)]
    case .loguniform(let min, let max), .qloguniform(let min, let max, _):
      ends = [.real(PortableMath.exp(min)), .real(PortableMath.exp(max))]
    case .normal, .qnormal, .lognormal, .qlognormal, .rounded:
      return [
        PluginProblem(
          known.name,
          "\(known.name) is drawn from a distribution without bounds, and it is \(known.range); a trial that draws "
            + "another value fails", isError: false)
      ]
    }
    if case .whole = known.kind, case .continuous = domain {
      return [
        PluginProblem(
          known.name, "\(known.name) is \(known.range), and its domain is continuous; make it `integer` or `quniform`")
      ]
    }
    return ends.compactMap { value in
      // The ends of a quantised range need not be drawn.
      if case .quniform = domain.unrounded, case .whole = known.kind, value.integer == nil { return nil }
      if case .qloguniform = domain.unrounded, case .whole = known.kind { return nil }
      guard case .failure(let refusal) = known.checked(value) else { return nil }
      return PluginProblem(known.name, "a trial may be proposed a value that is refused: " + refusal.message)
    }
  }

  /// Remarks on searched parameters that some trials, or all, do not read.
  private static func unread(fixed: [String: Value], space: SearchSpace) -> [PluginProblem] {
    space.parameters.compactMap { parameter in
      guard let known = Hyperparameter.named(parameter.name) else { return nil }
      let (chooser, readers): (String, [String])
      switch known.reader {
      case .optimizers(let names): (chooser, readers) = ("optimizer", names)
      case .networks(let names): (chooser, readers) = ("network", names)
      default: return nil
      }
      let standard = Hyperparameter.named(chooser)?.standard ?? .null
      var choices = [fixed[chooser] ?? standard]
      if let searched = space[chooser] {
        switch searched.domain {
        case .categorical(let values), .ordinal(let values): choices = values
        default: return nil
        }
        for condition in parameter.conditions where condition.parameter == chooser { choices = condition.values }
      }
      let strangers = choices.compactMap(\.text).filter { !readers.contains($0) }
      if strangers.isEmpty { return nil }
      return PluginProblem(
        parameter.name,
        "\(parameter.name) is not read when \(chooser) is \(strangers.joined(separator: " or ")); give it "
          + "`when: {\(chooser): [\(readers.joined(separator: ", "))]}`", isError: false)
    }
  }
}
