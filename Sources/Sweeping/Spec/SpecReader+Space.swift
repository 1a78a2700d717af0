internal import Tracking

extension SpecReader {
  /// Reads the search space; members keep their places for later findings.
  func space(_ member: SpecMember?) -> (space: SearchSpace, members: [String: SpecMember]) {
    guard let member else { return (SearchSpace(), [:]) }
    guard let members = member.value.members else {
      error(
        member.value,
        "search_space is a mapping of parameter names to what they can be, and here stands "
          + describe(member.value))
      return (SearchSpace(), [:])
    }
    var space = SearchSpace()
    for parameter in members {
      checkName(parameter, "a parameter")
      if let read = self.parameter(parameter) { space.parameters.append(read) }
    }
    let places = Dictionary(members.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    if members.count == space.parameters.count { checkConditions(space, places) }
    checkSpellings(members, TrialEnvironment.parameterPrefix)
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

  private func checkConditions(_ space: SearchSpace, _ places: [String: SpecMember]) {
    for problem in space.problems {
      guard let member = places[problem.parameter], let parameter = space[problem.parameter] else { continue }
      // What is wrong with a domain itself was reported at its own numbers.
      if parameter.domain.problems.contains(problem.message) { continue }
      let when = member.value.members?.first { $0.name == "when" }
      error(when ?? member, "\(problem.parameter): \(problem.message)")
    }
  }

  private func parameter(_ member: SpecMember) -> ParameterSpace? {
    guard member.value.members != nil else {
      error(
        member.value,
        "\(member.name) is \(describe(member.value)), and a parameter is a mapping such as {type: uniform, min_value: 0, "
          + "max_value: 1}; what is the same in every trial belongs into inputs or trial.parameters")
      return nil
    }
    let typeMember = member.value.members?.first { $0.name == "type" }
    guard let typeMember, let type = text(typeMember)?.lowercased() else {
      if typeMember == nil { error(member, "\(member.name) has no type; it can be \(typeNames)") }
      return nil
    }
    guard let own = SpecKeys.types[type] else {
      let near = nearestName(to: type, among: SpecKeys.types.keys.sorted()).map { "; did you mean \($0)?" }
      error(typeMember.value, "there is no type '\(type)'\(near ?? "; a type can be \(typeNames)")")
      return nil
    }
    guard let members = members(of: member.value, member.name, known: SpecKeys.parameter + own) else { return nil }
    for name in own where members[name] == nil && name != "scale" {
      error(member, "\(member.name) has no \(name), which every \(type) has")
    }
    guard own.allSatisfy({ members[$0] != nil || $0 == "scale" }), let domain = domain(type, members, member) else {
      return nil
    }
    var found = ParameterSpace(member.name, domain, conditions: conditions(members["when"]))
    guard checkDomain(domain, member, members) else { return found }
    found.grid = grid(members["grid"], domain)
    return found
  }

  private var typeNames: String { SpecKeys.types.keys.sorted().joined(separator: ", ") }

  private func domain(_ type: String, _ members: [String: SpecMember], _ parameter: SpecMember) -> Domain? {
    func pair(_ first: String, _ second: String) -> (Double, Double)? {
      let (left, right) = (number(members[first]), number(members[second]))
      guard let left, let right else { return nil }
      return (left, right)
    }
    switch type {
    case "choice", "categorical": return categories(members["values"]).map { .categorical($0) }
    case "randint":
      return whole(members["upper"], from: 1).map { .integer(min: 0, max: $0 - 1, scale: .linear) }
    case "integer":
      let (min, max) = (whole(members["min"]), whole(members["max"]))
      guard let min, let max, let scale = scale(members["scale"]) else { return nil }
      return .integer(min: min, max: max, scale: scale)
    case "continuous":
      guard let (min, max) = pair("min", "max"), let scale = scale(members["scale"]) else { return nil }
      return .continuous(min: min, max: max, scale: scale)
    case "uniform": return pair("min_value", "max_value").map { .continuous(min: $0, max: $1, scale: .linear) }
    case "loguniform": return pair("min_value", "max_value").map { .loguniform(min: $0, max: $1) }
    case "normal": return pair("mu", "sigma").map { .normal(mu: $0, sigma: $1) }
    case "lognormal": return pair("mu", "sigma").map { .lognormal(mu: $0, sigma: $1) }
    default: break
    }
    let numbers = type.hasSuffix("normal") ? pair("mu", "sigma") : pair("min_value", "max_value")
    guard let (first, second) = numbers, let q = number(members["q"]) else { return nil }
    switch type {
    case "quniform": return .quniform(min: first, max: second, q: q)
    case "qloguniform": return .qloguniform(min: first, max: second, q: q)
    case "qnormal": return .qnormal(mu: first, sigma: second, q: q)
    default: return .qlognormal(mu: first, sigma: second, q: q)
    }
  }

  private func scale(_ member: SpecMember?) -> Scale? { member == nil ? .linear : word(member) }

  private func categories(_ member: SpecMember?) -> [Value]? {
    guard let member else { return nil }
    guard let items = member.value.items else {
      error(member.value, "values is a list, and here stands \(describe(member.value))")
      return nil
    }
    var values: [Value] = []
    for item in items {
      switch item.value {
      case .object:
        error(
          item,
          "a choice between mappings is not searched; make its members parameters of their own with `when: {NAME: VALUE}`"
        )
      case .list, .null:
        error(item, "a category is a number, a text or a truth value, and here stands \(describe(item))")
      case .real(let number) where !number.isFinite: error(item, "a category is a finite number, and this is \(number)")
      case let value:
        if values.contains(where: { $0.matches(value) }) {
          warning(item, "\(value.plain) stands twice; it counts once")
        } else {
          values.append(value)
        }
      }
    }
    return values.count == items.count || !hasErrors ? values : nil
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
      let items = condition.value.items ?? [condition.value]
      if items.isEmpty { error(condition.value, "when: \(condition.name) has no value, so it can never hold") }
      return ParameterSpace.Condition(parameter: condition.name, values: items.map(\.value))
    }
  }

  // Reports what is wrong with the numbers, at the number that each sentence begins with.
  private func checkDomain(_ domain: Domain, _ parameter: SpecMember, _ members: [String: SpecMember]) -> Bool {
    for problem in domain.problems {
      let names: [(String, [String])] = [
        ("min ", ["min", "min_value"]), ("max ", ["max", "max_value"]), ("q ", ["q"]), ("sigma ", ["sigma"]),
        ("a log scale", ["min"]), ("a reverse_log scale", ["scale"]), ("reverse_log", ["scale"]),
        ("it has no", ["values"]),
      ]
      let culprits = names.first { problem.hasPrefix($0.0) }?.1 ?? []
      let place = culprits.compactMap { members[$0]?.value }.first ?? parameter.value
      error(place, "\(parameter.name): \(problem)")
    }
    switch domain {
    case .qloguniform(let min, _, let q) where PortableMath.exp(min) < q / 2 && q > 0:
      warning(parameter, "\(parameter.name): values below q / 2 round to 0; raise min_value or lower q if 0 is no good")
    case .qlognormal(_, _, let q) where q > 0:
      warning(parameter, "\(parameter.name): values below q / 2 round to 0; use lognormal if 0 is no good")
    default: break
    }
    return domain.problems.isEmpty
  }

  // MARK: Grids

  private func grid(_ member: SpecMember?, _ domain: Domain) -> [Value]? {
    guard let member else { return nil }
    if let items = member.value.items { return listed(items, member, domain) }
    guard let members = members(of: member.value, "grid", known: SpecKeys.grid) else { return nil }
    switch (members["count"], members["step"]) {
    case (let count?, nil):
      guard let count = whole(count, from: 1, to: 1 << 20) else { return nil }
      return domain.evenlySpaced(Int(count))
        ?? refused(member, "a grid by count suits a range, and this is not one; give `grid: [...]`")
    case (nil, let step?):
      guard let step = number(step) else { return nil }
      guard step > 0 else { return refused(member, "step is \(step), and must be greater than 0") }
      return domain.stepped(step)
        ?? refused(member, "a grid by step suits a range of up to 2^20 steps, and this is not one; give `grid: [...]`")
    case (nil, nil) where member.value.members?.isEmpty == false: return nil
    default: return refused(member, "grid is a list of values, {count: N} or {step: S}")
    }
  }

  private func refused(_ member: SpecMember, _ message: String) -> [Value]? {
    error(member.value, message)
    return nil
  }

  private func listed(_ items: [SpecNode], _ member: SpecMember, _ domain: Domain) -> [Value]? {
    var values: [Value] = []
    for item in items {
      guard let value = domain.member(matching: item.value) else {
        error(item, "\(describe(item)) is not a value that the parameter can take")
        continue
      }
      if values.contains(value) {
        warning(item, "\(value.plain) stands twice; it counts once")
      } else {
        values.append(value)
      }
    }
    if items.isEmpty { error(member.value, "the grid has no values; give at least one") }
    return values.isEmpty ? nil : values
  }
}
