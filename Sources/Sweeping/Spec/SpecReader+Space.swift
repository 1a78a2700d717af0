internal import Tracking

extension SpecReader {
  /// What the top of a spec says of every parameter.
  struct SpaceRules {
    /// True keeps Azure's rounding where a parameter does not say otherwise.
    var isAzureCompatible = false
    /// The logarithm of the base of log-based distributions; 1 for e.
    var logBase = 1.0
  }

  /// A parameter as it was read, with the place of its name.
  struct ReadParameter {
    var parameter: ParameterSpace
    var place: SpecMember
  }

  /// Reads the search space; members keep their places for later findings.
  ///
  /// - Parameter conditions: `where` at the top of the spec; it may stand in the search space as well.
  func space(
    _ member: SpecMember?, where conditions: SpecMember? = nil, rules: SpaceRules = SpaceRules()
  ) -> (space: SearchSpace, members: [String: SpecMember]) {
    guard let member else { return (SearchSpace(), [:]) }
    guard let members = member.value.members else {
      error(
        member.value,
        "search_space is a mapping of parameter names to what they can be, and here stands "
          + describe(member.value))
      return (SearchSpace(), [:])
    }
    var read: [ReadParameter] = []
    var wheres = [conditions].compactMap { $0 }
    var isWhole = true
    for parameter in members {
      if parameter.name == "where" {
        wheres.append(parameter)
      } else if SpecKeys.ranges.contains(parameter.name) || SpecKeys.rangeLists.contains(parameter.name) {
        for range in ranges(parameter) {
          checkName(range, "a parameter")
          let found = parameters(range, at: [range.name], rules)
          isWhole = isWhole && found != nil
          read += found ?? []
        }
      } else {
        checkName(parameter, "a parameter")
        let found = parameters(parameter, at: [parameter.name], rules)
        isWhole = isWhole && found != nil
        read += found ?? []
      }
    }
    let places = Dictionary(read.map { ($0.parameter.name, $0.place) }, uniquingKeysWith: { first, _ in first })
      .merging(members.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
      .filter { $0.key != "where" }
    var space = SearchSpace(siblingsNamed(read.map(\.parameter)))
    if isWhole { checkConditions(space, places) }
    checkSpellings(read)
    space.constraints = wheres.flatMap { self.constraints(between: $0, space, isWhole: isWhole) }
    if isWhole, !hasErrors { checkFeasibility(space, wheres.first ?? member) }
    return (space, places)
  }

  /// Reports a name that no environment variable and no placeholder can carry.
  func checkName(_ member: SpecMember, _ what: String) {
    let bytes = Array(member.name.utf8)
    guard let first = bytes.first, !(48...57).contains(first), bytes.allSatisfy(CommandTemplate.isWordCharacter) else {
      let plain = member.name.drop { $0 == "-" }
      let hint = plain.count < member.name.count ? "; write '\(plain)', and the dashes in the command" : ""
      return error(
        member, "'\(member.name)' cannot name \(what): letters, digits and _ do, not beginning with a digit\(hint)")
    }
  }

  /// Reports names that differ in letter case alone: one environment variable cannot hold both.
  func checkSpellings(_ members: [SpecMember], _ prefix: String) {
    var seen: [String: String] = [:]
    for member in members {
      let upper = member.name.uppercased()
      if let other = seen[upper], other != member.name {
        error(member, "'\(member.name)' and '\(other)' would share the variable \(prefix)\(upper); rename one")
      }
      seen[upper] = member.name
    }
  }

  // Members of a nested choice have the names on their way in their variable; those of other branches may share it.
  private func checkSpellings(_ read: [ReadParameter]) {
    var seen: [String: [String]] = [:]
    for (parameter, place) in read.map({ ($0.parameter, $0.place) }) {
      let variable = TrialEnvironment.variable(ofParameterAt: parameter.path)
      if let other = seen[variable], other != parameter.path {
        error(
          place,
          "'\(parameter.path.joined(separator: "."))' and '\(other.joined(separator: "."))' would share the variable "
            + "\(variable); rename one")
      }
      seen[variable] = parameter.path
    }
  }

  private func checkConditions(_ space: SearchSpace, _ places: [String: SpecMember]) {
    for problem in space.problems {
      guard let member = places[problem.parameter], let parameter = space[problem.parameter] else { continue }
      // What is wrong with a domain itself was reported at its own numbers.
      if parameter.domain.problems.contains(problem.message) { continue }
      let culprit = ["when", "default", "prior"].first { problem.message.contains($0) } ?? "when"
      let place = member.value.members?.first { $0.name == culprit }
      error(place ?? member, "\(problem.parameter): \(problem.message)")
    }
  }

  // `when` of a member of a nested choice may name its siblings by their own names.
  private func siblingsNamed(_ parameters: [ParameterSpace]) -> [ParameterSpace] {
    let names = Set(parameters.map(\.name))
    return parameters.map { parameter in
      var parameter = parameter
      let home = parameter.path.dropLast()
      for index in parameter.conditions.indices {
        let sibling = (home + [parameter.conditions[index].parameter]).joined(separator: ".")
        if !home.isEmpty, names.contains(sibling) { parameter.conditions[index].parameter = sibling }
      }
      return parameter
    }
  }

  // MARK: One parameter

  /// Reads a parameter: one, or those of a nested choice.
  ///
  /// - Parameters:
  ///   - path: the names on the way to it, its own last.
  ///   - name: the parameter's name, where it is not the path.
  ///   - branch: the condition that a member of a nested choice has by where it stands.
  /// - Returns: nil when something is wrong, which is reported.
  func parameters(
    _ member: SpecMember, at path: [String], name: String? = nil, branch: [ParameterSpace.Condition] = [],
    _ rules: SpaceRules
  ) -> [ReadParameter]? {
    let label = name ?? path.joined(separator: ".")
    guard member.value.members != nil else {
      guard let value = literal(member, label) else { return nil }
      let fixed = ParameterSpace(label, .categorical([value]), conditions: branch, memberPath: name == nil ? nil : path)
      return [ReadParameter(parameter: fixed, place: member)]
    }
    let typeMember = member.value.members?.first { $0.name == "type" }
    guard let typeMember, let type = text(typeMember)?.lowercased() else {
      if typeMember == nil { error(member, "\(label) has no type; it can be \(typeNames)") }
      return nil
    }
    guard let own = SpecKeys.types[type] else {
      let near = nearestName(to: type, among: SpecKeys.types.keys.sorted()).map { "; did you mean \($0)?" }
      error(typeMember.value, "there is no type '\(type)'\(near ?? "; a type can be \(typeNames)")")
      return nil
    }
    let known = SpecKeys.parameter + own + (SpecKeys.optional[type] ?? [])
    guard let members = members(of: member.value, label, known: known) else { return nil }
    for name in own where members[name] == nil { error(member, "\(label) has no \(name), which every \(type) has") }
    guard own.allSatisfy({ members[$0] != nil }) else { return nil }
    let conditions = branch + self.conditions(members["when"])
    if let values = members["values"], let items = values.value.items, items.contains(where: { $0.members != nil }) {
      return nested(member, members, items, at: path, label, conditions: conditions, rules)
    }
    guard let domain = domain(type, members, member, rules) else { return nil }
    var found = ParameterSpace(label, domain, conditions: conditions, memberPath: name == nil ? nil : path)
    guard checkDomain(domain, label, member, members) else { return [ReadParameter(parameter: found, place: member)] }
    if domain.cardinality == 1, type != "fixed" {
      let only = domain.allValues?.first.map { domain.text(of: $0) } ?? "one value"
      warning(member, "\(label) can only be \(only), so it is the same in every trial")
    }
    found.grid = grid(members["grid"], domain)
    found.standard = standard(members["default"], domain)
    found.prior = prior(members["prior"], members["default"], domain)
    return [ReadParameter(parameter: found, place: member)]
  }

  private var typeNames: String { SpecKeys.types.keys.sorted().joined(separator: ", ") }

  // A value that is the same in every trial.
  private func literal(_ member: SpecMember, _ label: String) -> Value? {
    switch member.value.value {
    case .null, .list, .object:
      error(
        member.value,
        "\(label) is \(describe(member.value)), and a parameter is a mapping such as {type: uniform, min_value: 0, "
          + "max_value: 1}, or a value that is the same in every trial")
      return nil
    case .real(let number) where !number.isFinite:
      error(member.value, "\(label) is \(number), and a value is a finite number, a text or a truth value")
      return nil
    case let value: return value
    }
  }

  private func standard(_ member: SpecMember?, _ domain: Domain) -> Value? {
    guard let member else { return nil }
    return domain.member(matching: numeric(member.value, domain)) ?? member.value.value
  }

  private func prior(_ member: SpecMember?, _ standard: SpecMember?, _ domain: Domain) -> ParameterSpace.Prior? {
    guard let member, let members = members(of: member.value, "prior", known: SpecKeys.prior) else { return nil }
    guard let sigma = members["sigma"] else {
      error(member, "prior has no sigma: how wide it is, as a share of the range, such as 0.1")
      return nil
    }
    guard let mean = members["mean"] ?? members["mu"] ?? standard else {
      error(member, "prior has no mean, and the parameter no default to be it")
      return nil
    }
    guard let sigma = number(sigma) else { return nil }
    let value = numeric(mean.value, domain)
    return ParameterSpace.Prior(mean: domain.member(matching: value) ?? value, sigma: sigma)
  }

  // A number in quotes counts where a number is asked for.
  private func numeric(_ node: SpecNode, _ domain: Domain) -> Value {
    guard case .text(let text) = node.value, domain.member(matching: node.value) == nil else { return node.value }
    return Int64(text).map { .integer($0) } ?? Double(text).map { .real($0) } ?? node.value
  }

  private func conditions(_ member: SpecMember?) -> [ParameterSpace.Condition] {
    guard let member else { return [] }
    guard let members = member.value.members, !members.isEmpty else {
      error(
        member.value,
        "when names parameters and values, such as {optimizer: [adam]}; here stands "
          + describe(member.value))
      return []
    }
    return members.map { condition in
      if condition.value.members != nil {
        let bounds = self.members(of: condition.value, "the bounds of \(condition.name)", known: SpecKeys.bounds) ?? [:]
        if bounds.isEmpty {
          error(condition.value, "when: \(condition.name) has no bound; say {min: 3}, {max: 5} or both")
        }
        return ParameterSpace.Condition(
          parameter: condition.name, values: [], minimum: number(bounds["min"]), maximum: number(bounds["max"]))
      }
      let items = condition.value.items ?? [condition.value]
      if items.isEmpty { error(condition.value, "when: \(condition.name) has no value, so it can never hold") }
      return ParameterSpace.Condition(parameter: condition.name, values: items.map(\.value))
    }
  }

  // Reports what is wrong with the numbers, at the number that each sentence begins with.
  private func checkDomain(
    _ domain: Domain, _ label: String, _ parameter: SpecMember, _ members: [String: SpecMember]
  ) -> Bool {
    for problem in domain.problems {
      let names: [(String, [String])] = [
        ("min ", ["min", "min_value"]), ("max ", ["max", "max_value"]), ("q ", ["q"]), ("sigma ", ["sigma"]),
        ("a log scale", ["min"]), ("a reverse_log scale", ["scale"]), ("reverse_log", ["scale"]),
        ("it has no", ["values"]), ("step ", ["step", "q"]), ("as: int", ["as"]),
      ]
      let culprits = names.first { problem.hasPrefix($0.0) }?.1 ?? []
      let place = culprits.compactMap { members[$0]?.value }.first ?? parameter.value
      error(place, "\(label): \(problem)")
    }
    switch domain.unrounded {
    case .qloguniform(let min, _, let q) where PortableMath.exp(min) < q / 2 && q > 0:
      warning(parameter, "\(label): values below q / 2 round to 0; raise min_value or lower q if 0 is no good")
    case .qlognormal(_, _, let q) where q > 0:
      warning(parameter, "\(label): values below q / 2 round to 0; use lognormal if 0 is no good")
    default: break
    }
    return domain.problems.isEmpty
  }
}
