internal import Tracking

extension SpecReader {
  // MARK: Domains

  func domain(
    _ type: String, _ members: [String: SpecMember], _ parameter: SpecMember, _ rules: SpaceRules
  ) -> Domain? {
    func pair(_ first: String, _ second: String) -> (Double, Double)? {
      let (left, right) = (number(members[first]), number(members[second]))
      guard let left, let right else { return nil }
      return (left, right)
    }
    // Exponents to another base than e.
    func exponents(_ first: String, _ second: String) -> (Double, Double)? {
      pair(first, second).map { ($0 * rules.logBase, $1 * rules.logBase) }
    }
    switch type {
    case "choice", "categorical": return categories(members)
    case "fixed": return fixed(members["value"])
    case "randint":
      return whole(members["upper"], from: 1).map { .integer(min: 0, max: $0 - 1, scale: .linear) }
    case "integer": return integer(members)
    case "continuous": return continuous(members)
    case "uniform": return pair("min_value", "max_value").map { .continuous(min: $0, max: $1, scale: .linear) }
    case "loguniform": return exponents("min_value", "max_value").map { .loguniform(min: $0, max: $1) }
    case "normal": return pair("mu", "sigma").map { .normal(mu: $0, sigma: $1) }
    case "lognormal": return exponents("mu", "sigma").map { .lognormal(mu: $0, sigma: $1) }
    default: break
    }
    guard let q = number(members["q"]), let rounding = rounding(members, rules) else { return nil }
    let domain: Domain? =
      switch type {
      case "quniform": pair("min_value", "max_value").map { .quniform(min: $0, max: $1, q: q) }
      case "qloguniform": exponents("min_value", "max_value").map { .qloguniform(min: $0, max: $1, q: q) }
      case "qnormal": pair("mu", "sigma").map { .qnormal(mu: $0, sigma: $1, q: q) }
      default: exponents("mu", "sigma").map { .qlognormal(mu: $0, sigma: $1, q: q) }
      }
    return domain.map { rounding == Rounding() ? $0 : .rounded($0, rounding) }
  }

  private func rounding(_ members: [String: SpecMember], _ rules: SpaceRules) -> Rounding? {
    var rounding = Rounding(keepsOutside: rules.isAzureCompatible)
    if let member = members["azure_compatible"] {
      guard let truth = truth(member) else { return nil }
      rounding.keepsOutside = truth
    }
    if let member = members["as"] {
      guard let form: Rounding.Form = word(member) else { return nil }
      rounding.form = form
    }
    return rounding
  }

  private func integer(_ members: [String: SpecMember]) -> Domain? {
    let (min, max) = (whole(members["min"]), whole(members["max"]))
    guard let min, let max, let scale = scale(members["scale"], from: Double(min), to: Double(max)) else { return nil }
    guard let member = members["step"] else { return .integer(min: min, max: max, scale: scale) }
    guard let step = whole(member, from: 1) else { return nil }
    return step == 1
      ? .integer(min: min, max: max, scale: scale) : .steppedInteger(min: min, max: max, step: step, scale: scale)
  }

  private func continuous(_ members: [String: SpecMember]) -> Domain? {
    let (min, max) = (number(members["min"]), number(members["max"]))
    guard let min, let max, let scale = scale(members["scale"], from: min, to: max) else { return nil }
    switch (members["step"], members["q"]) {
    case (nil, nil): return .continuous(min: min, max: max, scale: scale)
    case (_?, let q?):
      error(q, "step counts from min and q gives multiples of itself; keep one of them")
      return nil
    case (let step?, nil): return number(step).map { .stepped(min: min, max: max, step: $0, scale: scale) }
    case (nil, let member?):
      guard let q = number(member), q > 0 else {
        if number(member) != nil { error(member.value, "q is \(describe(member.value)), and must be greater than 0") }
        return nil
      }
      // The multiples of q in the range, the same as steps from the first one.
      guard let first = Domain.quniform(min: min, max: max, q: q).allValues?.first?.number, min <= first, first <= max
      else {
        error(member.value, "there is no multiple of q between min and max, or more than 2^20 of them")
        return nil
      }
      return .stepped(min: first, max: max, step: q, scale: scale)
    }
  }

  // Auto means log where the range spans three decades or more, which is where it pays.
  private func scale(_ member: SpecMember?, from min: Double, to max: Double) -> Scale? {
    guard let member else { return .linear }
    guard let text = text(member) else { return nil }
    switch text.lowercased().filter({ $0 != "_" && $0 != "-" }) {
    case "auto": return min > 0 && max / min >= 1000 ? .log : .linear
    case "linear": return .linear
    case "log", "logarithmic": return .log
    case "reverselog", "reverselogarithmic": return .reverseLog
    default:
      let words = Scale.allCases.map(\.rawValue) + ["auto"]
      let hint = nearestName(to: text, among: words).map { "; did you mean \($0)?" } ?? ""
      error(member.value, "scale is '\(text)', and can be \(words.joined(separator: ", "))\(hint)")
      return nil
    }
  }

  private func fixed(_ member: SpecMember?) -> Domain? {
    guard let member else { return nil }
    switch member.value.value {
    case .null, .list, .object:
      error(
        member.value, "a fixed value is a number, a text or a truth value, and here stands \(describe(member.value))")
      return nil
    case .real(let number) where !number.isFinite:
      error(member.value, "a fixed value is a finite number, and this is \(number)")
      return nil
    case let value: return .categorical([value])
    }
  }

  private func categories(_ members: [String: SpecMember]) -> Domain? {
    guard let member = members["values"] else { return nil }
    guard let items = member.value.items else {
      error(member.value, "values is a list, and here stands \(describe(member.value))")
      return nil
    }
    var values: [Value] = []
    for item in items {
      if let value = category(item, among: values) { values.append(value) }
    }
    guard values.count == items.count || !hasErrors else { return nil }
    let isOrdered = members["ordered"].flatMap { truth($0) } ?? false
    return isOrdered ? .ordinal(values) : .categorical(values)
  }

  /// Reads a category that stands for itself; nil, and reported, for one that is none or stands twice.
  func category(_ item: SpecNode, among values: [Value]) -> Value? {
    switch item.value {
    case .object, .list, .null:
      error(item, "a category is a number, a text or a truth value, and here stands \(describe(item))")
    case .real(let number) where !number.isFinite: error(item, "a category is a finite number, and this is \(number)")
    case let value:
      if !values.contains(where: { $0.matches(value) }) { return value }
      warning(item, "\(value.plain) stands twice; it counts once")
    }
    return nil
  }

  // MARK: SageMaker's ranges

  /// Reads SageMaker's lists of ranges as parameters of ours: `{Name, MinValue, MaxValue, ScalingType}`, `{Name, Values}`.
  func ranges(_ member: SpecMember) -> [SpecMember] {
    if SpecKeys.ranges.contains(member.name) {
      guard let members = members(of: member.value, member.name, known: SpecKeys.rangeLists) else { return [] }
      return SpecKeys.rangeLists.compactMap { members[$0] }.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        .flatMap { ranges($0) }
    }
    guard let items = member.value.items else {
      error(member.value, "\(member.name) is a list of ranges, and here stands \(describe(member.value))")
      return []
    }
    let isCategorical = member.name.hasPrefix("Categorical")
    let type = isCategorical ? "categorical" : member.name.hasPrefix("Integer") ? "integer" : "continuous"
    let needed = isCategorical ? ["Name", "Values"] : ["Name", "MinValue", "MaxValue"]
    return items.compactMap { item -> SpecMember? in
      let known = isCategorical ? needed : needed + ["ScalingType"]
      guard let members = members(of: item, "a range of \(member.name)", known: known) else { return nil }
      for name in needed where members[name] == nil { error(item, "this range has no \(name)") }
      guard let nameMember = members["Name"], let name = text(nameMember), needed.allSatisfy({ members[$0] != nil })
      else { return nil }
      var own = [
        SpecMember(
          name: "type", line: item.line, column: item.column,
          value: SpecNode(.scalar(type, isPlain: true), at: item))
      ]
      let names = ["MinValue": "min", "MaxValue": "max", "ScalingType": "scale", "Values": "values"]
      for (theirs, ours) in names.sorted(by: { $0.key < $1.key }) {
        guard var range = members[theirs] else { continue }
        range.name = ours
        own.append(range)
      }
      if !isCategorical, members["ScalingType"] == nil {
        own.append(
          SpecMember(
            name: "scale", line: item.line, column: item.column,
            value: SpecNode(.scalar("auto", isPlain: true), at: item)))
      }
      return SpecMember(
        name: name, line: nameMember.value.line, column: nameMember.value.column,
        value: SpecNode(.mapping(own), at: item))
    }
  }

  // MARK: Grids

  func grid(_ member: SpecMember?, _ domain: Domain) -> [Value]? {
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
