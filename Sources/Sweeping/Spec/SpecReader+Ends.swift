internal import Tracking

extension SpecReader {
  // MARK: Several objectives, what counts, constraints

  /// Reads what counts of a series: `best`, `last`, `{mean_of_last: 3}`.
  func selection(_ member: SpecMember?) -> SweepSpec.Objective.Selection? {
    guard let member, !member.value.isNull else { return nil }
    if member.value.members != nil {
      guard let members = members(of: member.value, "select", known: SpecKeys.selection) else { return nil }
      guard let count = members["mean_of_last"] else {
        error(member, "select has no mean_of_last; say `select: {mean_of_last: 3}`, or `last`, or `best`")
        return nil
      }
      return whole(count, from: 1, to: 1_000_000).map { .meanOfLast(Int($0)) }
    }
    if let text = member.value.scalarText?.lowercased(), let found = SweepSpec.Objective.Selection(text: text) {
      return found
    }
    error(
      member.value,
      "select is \(describe(member.value)), and can be best, last or {mean_of_last: 3}")
    return nil
  }

  /// Reads the objectives: one under `objective`, or several under `objectives`, the first of which is the primary one.
  func objectives(
    _ one: SpecMember?, _ several: SpecMember?, top: SpecNode, trainer: (any Trainer.Type)?
  ) -> (all: [SweepSpec.Objective], target: SpecMember?)? {
    if isSingle { return ([SweepSpec.Objective(metric: "", goal: .minimize)], nil) }
    guard let several else {
      guard let objective = objective(one, top: top, trainer: trainer) else { return nil }
      return ([objective], one?.value.members?.first { $0.name == "target" })
    }
    if one != nil {
      error(several, "the spec has objective and objectives; keep objectives, the primary one first")
    }
    guard let items = several.value.items, !items.isEmpty else {
      error(
        several.value,
        "objectives is a list of {primary_metric: ..., goal: ...}, and here stands \(describe(several.value))")
      return nil
    }
    let found = items.enumerated().compactMap { place, item -> SweepSpec.Objective? in
      if place > 0, let target = item.members?.first(where: { $0.name == "target" }) {
        error(target, "only the first objective has a target")
      }
      return objective(
        SpecMember(name: "an objective", line: item.line, column: item.column, value: item), top: top, trainer: trainer)
    }
    guard found.count == items.count else { return nil }
    for (place, objective) in found.enumerated()
    where found[..<place].contains(where: { $0.metric == objective.metric }) {
      error(items[place], "'\(objective.metric)' is an objective twice; leave one out")
    }
    return (found, items[0].members?.first { $0.name == "target" })
  }

  /// Reads the constraints: texts like `latency_ms <= 20`, or mappings.
  func constraints(_ member: SpecMember?) -> [SweepSpec.Constraint] {
    guard let member, !member.value.isNull else { return [] }
    guard let items = member.value.items else {
      error(
        member.value, "constraints is a list like [\"latency_ms <= 20\"], and here stands \(describe(member.value))")
      return []
    }
    return items.compactMap { $0.members == nil ? constraint(written: $0) : constraint(mapping: $0) }
  }

  private func constraint(written node: SpecNode) -> SweepSpec.Constraint? {
    let text = node.scalarText ?? ""
    for (sign, isUpper) in [("<=", true), (">=", false)] {
      guard let range = text.firstRange(of: sign) else { continue }
      let name = String(text[..<range.lowerBound]).trimmed
      guard !name.isEmpty, let bound = Double(String(text[range.upperBound...]).trimmed), bound.isFinite else { break }
      return SweepSpec.Constraint(metric: name, isUpper: isUpper, bound: bound)
    }
    error(node, "a constraint is METRIC <= NUMBER or METRIC >= NUMBER, and here stands \(describe(node))")
    return nil
  }

  private func constraint(mapping node: SpecNode) -> SweepSpec.Constraint? {
    guard let members = members(of: node, "a constraint", known: SpecKeys.constraint) else { return nil }
    guard let metric = text(members["metric"]) else {
      if members["metric"] == nil { error(node, "this constraint has no metric") }
      return nil
    }
    let (upper, lower) = (members["at_most"], members["at_least"])
    guard (upper == nil) != (lower == nil), let bound = number(upper ?? lower) else {
      error(node, "a constraint has one of at_most and at_least; give two constraints for both bounds")
      return nil
    }
    return SweepSpec.Constraint(
      metric: metric, isUpper: upper != nil, bound: bound, selection: selection(members["select"]) ?? .last)
  }

  // MARK: Resource and ends

  /// Reads what a trial can be given more or less of.
  ///
  /// - Parameter strategy: whose options may be SageMaker's `min_resource` and `max_resource`; taken out there.
  func resource(
    _ member: SpecMember?, of strategy: inout (chosen: Chosen, seed: SpecMember?)?
  ) -> SweepSpec.Resource? {
    func option(_ name: String) -> SpecMember? {
      strategy?.chosen.choice.options[name] = nil
      return strategy?.chosen.options.removeValue(forKey: name)
    }
    let (low, high) = (option("min_resource"), option("max_resource"))
    if let member, !member.value.isNull {
      if let other = low ?? high { error(other, "\(other.name) stands here and resource at the top; keep resource") }
      guard let members = members(of: member.value, "resource", known: SpecKeys.resource) else { return nil }
      if members["max"] == nil { error(member, "resource has no max: how many points a whole trial logs") }
      return resource(members["min"], members["max"])
    }
    if let low, high == nil { error(low, "min_resource without max_resource; add it, or say `resource: {max: 27}`") }
    return high == nil ? nil : resource(low, high)
  }

  private func resource(_ low: SpecMember?, _ high: SpecMember?) -> SweepSpec.Resource? {
    let minimum = whole(low, from: 1, to: 1_000_000_000) ?? 1
    guard let high, let maximum = whole(high, from: 1, to: 1_000_000_000) else { return nil }
    if minimum > maximum {
      error(low?.value ?? high.value, "the least resource (\(minimum)) is above the most (\(maximum)); swap them")
      return nil
    }
    return SweepSpec.Resource(minimum: Int(minimum), maximum: Int(maximum))
  }

  /// Reads what ends a sweep beside its limits.
  ///
  /// - Parameters:
  ///   - target: the objective's, which may stand there.
  ///   - limits: where `max_total_resource` stands.
  func completion(_ member: SpecMember?, target: SpecMember?, limits: SpecMember?) -> SweepSpec.Completion {
    var completion = SweepSpec.Completion()
    completion.target = number(target)
    let bound = limits?.value.members?.first { $0.name == "max_total_resource" }
    completion.totalResource = whole(bound, from: 1, to: .max).map { Int($0) }
    guard let member, !member.value.isNull,
      let members = members(of: member.value, "completion", known: SpecKeys.completion)
    else { return completion }
    if let given = members["target"], let value = number(given) {
      if let other = completion.target, other != value {
        error(given, "the target is \(value) here and \(other) in the objective; keep one")
      }
      completion.target = value
    }
    completion.patience = whole(members["max_trials_not_improving"], from: 1, to: 10_000_000).map { Int($0) }
    if let tolerance = members["tolerance"] {
      if completion.patience == nil, members["max_trials_not_improving"] == nil {
        error(tolerance, "tolerance is of max_trials_not_improving, which is not given")
      }
      let value = number(tolerance) ?? 0
      if value < 0 { error(tolerance.value, "tolerance is \(value), and must be 0 or more") }
      completion.tolerance = max(0, value)
    } else if completion.patience != nil {
      completion.tolerance = SpecReader.standardTolerance
    }
    if let convergence = members["convergence"] {
      if let isOn = convergence.value.value.boolean {
        completion.convergence = isOn ? SpecReader.standardConvergence : nil
      } else if let value = number(convergence) {
        if value <= 0 { error(convergence.value, "convergence is \(value), and must be above 0, or true") }
        completion.convergence = value
      }
    }
    return completion
  }

  /// By which part of the best a trial must pass it to have improved: SageMaker's one percent.
  static let standardTolerance = 0.01
  /// What `convergence: true` means, in standard deviations of the scores.
  static let standardConvergence = 0.01

  /// Reads how many times each configuration is evaluated.
  /// Reads `deterministic: check` or `require`; `true` is `require`.
  func determinism(_ member: SpecMember?) -> SweepSpec.Determinism? {
    guard let member, !member.value.isNull else { return nil }
    if let wanted = member.value.scalarText.flatMap(SweepSpec.Determinism.init(rawValue:)) { return wanted }
    switch member.value.value.boolean {
    case true?: return .require
    case false?: return nil
    default:
      error(
        member.value,
        "deterministic is check (run the first trial twice and record how far the two lie apart) or require (and fail where "
          + "they are not identical), and here stands \(describe(member.value))")
      return nil
    }
  }

  func repeats(_ member: SpecMember?) -> Int { whole(member, from: 1, to: 1000).map { Int($0) } ?? 1 }

  // MARK: Warm start

  /// Reads the sweeps to begin with: `warm_start`, or Azure's `resume_from`.
  func warmStart(_ member: SpecMember?, _ azure: SpecMember?) -> WarmStart? {
    if let member, let azure {
      error(azure, "the spec has warm_start and resume_from; keep warm_start")
      return warmStart(member, nil)
    }
    guard let member = member ?? azure, !member.value.isNull else { return nil }
    if member.value.members == nil {
      return names(of: member.value, in: member).map { WarmStart(sweeps: $0) }
    }
    guard let members = members(of: member.value, member.name, known: SpecKeys.warmStart) else { return nil }
    guard let sweeps = members["sweeps"] else {
      error(member, "\(member.name) has no sweeps; name them: `\(member.name): {sweeps: [q7k2], type: transfer}`")
      return nil
    }
    let trust = trust(members["type"])
    return names(of: sweeps.value, in: sweeps).map { WarmStart(sweeps: $0, trust: trust) }
  }

  private func trust(_ member: SpecMember?) -> SweepSpec.PriorTrial.Trust {
    guard let member, let text = text(member) else { return .same }
    switch text.lowercased().filter({ $0 != "_" && $0 != "-" }) {
    case "same", "identicaldataandalgorithm": return .same
    case "transfer", "transferlearning": return .transfer
    default:
      error(
        member.value,
        "type is '\(text)', and can be same (IdenticalDataAndAlgorithm) or transfer (TransferLearning)")
      return .same
    }
  }

  private func names(of node: SpecNode, in member: SpecMember) -> [String]? {
    if let one = node.scalarText, !one.isEmpty, !node.isNull { return [one] }
    let names = (node.items ?? []).compactMap { $0.isNull ? nil : $0.scalarText }.filter { !$0.isEmpty }
    guard let items = node.items, !items.isEmpty, names.count == items.count else {
      error(node, "\(member.name) names sweeps, one or a list, and here stands \(describe(node))")
      return nil
    }
    for (place, name) in names.enumerated() where names[..<place].contains(name) {
      error(items[place], "'\(name)' stands twice in \(member.name)")
    }
    return names
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
