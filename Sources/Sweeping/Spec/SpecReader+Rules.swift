private import Glibc
internal import Tracking

extension SpecReader {
  // MARK: Strategy, policy, seed

  /// A plugin that a spec chooses, with the places of its options.
  struct Chosen {
    var choice: SweepSpec.Choice
    var options: [String: SpecMember]
    /// Where it stands; nil when it was chosen by default.
    var member: SpecMember?
  }

  /// - Returns: the strategy with its options, without `seed`, which is the sweep's.
  func strategy(_ member: SpecMember?, top: SpecNode) -> (chosen: Chosen, seed: SpecMember?)? {
    guard let member else {
      // A catalogue without it has `random`.
      let standard = plugins.strategies["auto"] == nil ? "random" : "auto"
      return strategyPlugin(standard, top).map { _ in (Chosen(choice: SweepSpec.Choice(standard), options: [:]), nil) }
    }
    guard let (name, node, members) = plugin(member, "sampling_algorithm") else { return nil }
    var options = members
    let seed = options.removeValue(forKey: "seed")
    // The bounds in the search space are recorded to the base e.
    if ["random", "sobol"].contains(name) { options["logbase"] = nil }
    guard strategyPlugin(name, node) != nil else { return nil }
    let choice = SweepSpec.Choice(name, options: options.mapValues { $0.value.value })
    return (Chosen(choice: choice, options: options, member: member), seed)
  }

  /// Reads Azure's `logbase` among the options of random sampling.
  ///
  /// - Returns: its natural logarithm; 1 where there is none, which is the base e.
  func logBase(_ member: SpecMember?) -> Double {
    guard let base = member?.value.members?.first(where: { $0.name == "logbase" }) else { return 1 }
    if base.value.scalarText?.lowercased() == "e" { return 1 }
    guard let number = number(base) else { return 1 }
    if number > 1 { return PortableMath.log(number) }
    error(base.value, "logbase is \(number), and is e or a number above 1")
    return 1
  }

  /// Reports what the chosen plugins find wrong with their options and with the sweep.
  func checkPlugins(
    _ strategy: Chosen?, _ policy: Chosen?, in sweep: SweepSpec, places: [String: SpecMember], top: SpecNode
  ) {
    func report(_ problems: [PluginProblem], of chosen: Chosen) {
      for problem in problems {
        let place = problem.name.flatMap { chosen.options[$0] ?? places[$0] } ?? chosen.member
        self.report(problem, at: place.map { ($0.line, $0.column) } ?? (top.line, top.column))
      }
    }
    if let strategy, let plugin = plugins.knownStrategy(strategy.choice.name) {
      report(plugin.problems(options: strategy.choice.options, sweep: sweep), of: strategy)
    }
    if let policy, let plugin = plugins.knownPolicy(policy.choice.name) {
      report(plugin.problems(options: policy.choice.options, sweep: sweep), of: policy)
    }
  }

  private func strategyPlugin(_ name: String, _ node: SpecNode) -> StrategyPlugin? {
    if let plugin = plugins.knownStrategy(name) { return plugin }
    error(node, PluginCatalogue.unknown("search strategy", name, among: plugins.strategies.keys))
    return nil
  }

  func policy(_ member: SpecMember?) -> Chosen? {
    guard let member, !member.value.isNull else { return nil }
    guard let (name, node, members) = plugin(member, "early_termination") else { return nil }
    guard plugins.knownPolicy(name) != nil else {
      error(node, PluginCatalogue.unknown("termination policy", name, among: plugins.policies.keys))
      return nil
    }
    var options = members.mapValues { $0.value.value }
    // Azure's own default, whose meaning it does not tell.
    if isAzures, options["evaluation_interval"] == 0, let place = members["evaluation_interval"] {
      warning(place.value, "evaluation_interval is 0, which is taken for 1: every point is looked at")
      options["evaluation_interval"] = 1
    }
    return Chosen(choice: SweepSpec.Choice(name, options: options), options: members, member: member)
  }

  // A plugin as specs name it: a name alone, or a mapping with `type`. Letter case does not count.
  private func plugin(
    _ member: SpecMember, _ place: String
  ) -> (name: String, node: SpecNode, options: [String: SpecMember])? {
    if let name = member.value.scalarText, !member.value.isNull { return (name.lowercased(), member.value, [:]) }
    guard let all = member.value.members else {
      error(member.value, "\(place) is a name or a mapping with a type, and here stands \(describe(member.value))")
      return nil
    }
    guard let type = all.first(where: { $0.name == "type" }) else {
      error(member, "\(place) has no type; name it")
      return nil
    }
    guard let name = text(type) else { return nil }
    let options = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { $1 }).filter { $0.key != "type" }
    return (name.lowercased(), type.value, options)
  }

  /// Reads the sweep's seed: at the top, or among the strategy's options as Azure has it.
  func seed(_ top: SpecMember?, _ option: SpecMember?, fresh: () -> UInt64) -> UInt64 {
    let (first, second) = (seedValue(top), seedValue(option))
    if let first, let second, let option, first != second {
      error(option, "the seed is \(second) here and \(first) at the top; keep one")
    }
    return first ?? second ?? (top == nil && option == nil ? fresh() : 0)
  }

  private func seedValue(_ member: SpecMember?) -> UInt64? {
    guard let member else { return nil }
    if let text = member.value.scalarText, let seed = UInt64(text) { return seed }
    error(
      member.value, "\(member.name) is a whole number from 0 to 2^64 - 1, and here stands \(describe(member.value))")
    return nil
  }

  // MARK: Limits

  /// - Parameter ownSize: how many trials the strategy has in itself; nil for as many as it is asked for.
  func limits(_ member: SpecMember?, top: SpecNode, ownSize: Int?) -> SweepSpec.Limits? {
    guard let member else {
      error(top, "the spec has no limits; say at least `limits: {max_total_trials: 20}`")
      return nil
    }
    guard let members = members(of: member.value, "limits", known: SpecKeys.limits) else { return nil }
    let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let total: Int
    if let given = members["max_total_trials"] {
      guard let whole = whole(given, from: 1, to: 10_000_000) else { return nil }
      total = Int(whole)
    } else if let ownSize {
      total = max(1, ownSize)
    } else {
      error(member, "limits has no max_total_trials, which every strategy but grid and list needs")
      return nil
    }
    let concurrent = whole(members["max_concurrent_trials"], from: 1, to: 10_000).map { Int($0) } ?? min(cores, total)
    return SweepSpec.Limits(
      maxTotalTrials: total, maxConcurrentTrials: concurrent, timeout: seconds(members["timeout"]),
      trialTimeout: seconds(members["trial_timeout"]),
      maxRetries: whole(members["max_retries"], from: 0, to: 1000).map { Int($0) } ?? 0,
      grace: seconds(members["grace"], allowsZero: true) ?? 5)
  }

  private func seconds(_ member: SpecMember?, allowsZero: Bool = false) -> Double? {
    guard let member, let seconds = number(member) else { return nil }
    if seconds > 0 || allowsZero && seconds == 0 { return seconds }
    error(
      member.value, "\(member.name) is \(seconds); it is in seconds and must be \(allowsZero ? "0 or more" : "above 0")"
    )
    return nil
  }

  // MARK: Metrics

  func objective(_ member: SpecMember?, top: SpecNode, trainer: (any Trainer.Type)?) -> SweepSpec.Objective? {
    guard let member else {
      error(top, "the spec has no objective; say `objective: {primary_metric: NAME, goal: minimize}`")
      return nil
    }
    guard let members = members(of: member.value, member.name, known: SpecKeys.objective) else { return nil }
    for name in ["primary_metric", "goal"] where members[name] == nil {
      error(member, "\(member.name) has no \(name)")
    }
    let isIntended = truth(members["goal_is_intended"]) ?? false
    let metric = text(members["primary_metric"])
    let goal: Goal? = word(members["goal"])
    guard let metric, let goal, let metricMember = members["primary_metric"], let goalMember = members["goal"] else {
      return nil
    }
    var usual = MetricDirection.usual(of: metric)
    if let trainer {
      if let known = trainer.metrics.first(where: { $0.name == metric }) {
        usual = known.goal
      } else if !trainer.metrics.isEmpty {
        let names = trainer.metrics.map(\.name)
        let near = nearestName(to: metric, among: names).map { "; did you mean '\($0)'?" }
        error(
          metricMember.value,
          "\(trainer.description.name) logs no '\(metric)'\(near ?? "; it logs \(names.joined(separator: ", "))")")
      }
    }
    if let usual, usual != goal, !isIntended {
      // Azure's own examples have it wrong.
      add(
        goalMember.value.line, goalMember.value.column, isAzures ? .warning : .error,
        "'\(metric)' is better when it is \(usual == .maximize ? "larger" : "smaller"), and the goal is to \(goal.rawValue) it; "
          + "write `goal: \(usual.rawValue)`, or add `goal_is_intended: true`")
    }
    return SweepSpec.Objective(metric: metric, goal: goal, selection: selection(members["select"]) ?? .best)
  }

  func metricPatterns(_ member: SpecMember?, isCommand: Bool) -> [SweepSpec.MetricPattern] {
    guard let member, !member.value.isNull else { return [] }
    guard let items = member.value.items else {
      error(member.value, "metrics is a list of {name: ..., regex: ...}, and here stands \(describe(member.value))")
      return []
    }
    if !isCommand { error(member, "metrics are found in the output of a command; a trainer logs its own") }
    return items.compactMap { item in
      guard let members = members(of: item, "a metric", known: SpecKeys.metric) else { return nil }
      for name in SpecKeys.metric where members[name] == nil { error(item, "this metric has no \(name)") }
      guard let name = text(members["name"]), let regexMember = members["regex"], let regex = text(regexMember) else {
        return nil
      }
      if let problem = RegexText.problem(with: regex) {
        error(regexMember.value, "the regex '\(regex)' \(problem)")
        return nil
      }
      return SweepSpec.MetricPattern(name: name, regex: regex)
    }
  }

  // MARK: Enqueued configurations

  func enqueued(_ member: SpecMember?, space: SearchSpace, isTrainer: Bool) -> [[Parameter]] {
    guard let member, !member.value.isNull else { return [] }
    guard let items = member.value.items else {
      error(member.value, "enqueue is a list of configurations, and here stands \(describe(member.value))")
      return []
    }
    return items.compactMap { item in
      if isTrainer, item.scalarText == "defaults" { return [] }
      guard let members = item.members else {
        error(
          item,
          "a configuration is a mapping of parameters to values\(isTrainer ? ", or `defaults`" : ""), and here stands "
            + describe(item))
        return nil
      }
      return configuration(members, item, space: space, isTrainer: isTrainer)
    }
  }

  private func configuration(
    _ members: [SpecMember], _ item: SpecNode, space: SearchSpace, isTrainer: Bool
  ) -> [Parameter]? {
    var given: [String: Value] = [:]
    for member in members {
      guard let parameter = space[member.name] else {
        let names = space.parameters.map(\.name)
        let near = nearestName(to: member.name, among: names).map { "; did you mean '\($0)'?" } ?? ""
        error(member, "'\(member.name)' is no parameter of the search space\(near)")
        continue
      }
      if let value = parameter.domain.member(matching: member.value.value) {
        given[member.name] = value
      } else if isTrainer, let number = member.value.value.number, number.isFinite {
        // A default may lie outside the range that is worth searching.
        warning(member.value, "\(member.name) is \(describe(member.value)), outside of what is searched")
        given[member.name] = member.value.value
      } else {
        error(member.value, "\(describe(member.value)) is not a value that \(member.name) can take")
      }
    }
    var configuration: [Parameter] = []
    for parameter in space.inDependencyOrder {
      let isActive = SearchSpace.isActive(parameter, given: given)
      if let value = given[parameter.name] {
        let dependsOnDefault = parameter.conditions.contains { given[$0.parameter] == nil }
        if !isActive, !(isTrainer && dependsOnDefault) {
          error(item, "\(parameter.name) has no meaning in this configuration: its `when` does not hold")
        }
        configuration.append(Parameter(parameter.name, value))
      } else if isActive, parameter.domain.cardinality == 1, let only = parameter.domain.allValues?.first {
        // What has one value need not be written.
        given[parameter.name] = only
        configuration.append(Parameter(parameter.name, only))
      } else if isActive, !isTrainer {
        error(item, "this configuration lacks \(parameter.name); a command needs every parameter")
      }
    }
    if let broken = space.constraints.first(where: { !SearchSpace([], constraints: [$0]).satisfies(configuration) }) {
      error(item, "this configuration does not meet `where`: \(broken.text)")
    }
    return configuration
  }
}

/// Which way well-known metrics are better, told by their names.
enum MetricDirection {
  private static let larger = [
    "accuracy", "acc", "auc", "auroc", "roc", "f1", "precision", "recall", "r2", "r", "score", "bleu", "rouge", "map",
    "ndcg", "iou", "dice", "mcc", "kappa", "reward", "return", "throughput",
  ]
  private static let smaller = [
    "loss", "logloss", "error", "err", "rmse", "mse", "mae", "mape", "rmsle", "perplexity", "ppl", "nll", "wer", "cer",
    "fid", "brier", "latency",
  ]

  /// Returns the usual goal of a metric, by the words of its name; nil when they do not tell.
  static func usual(of name: String) -> Goal? {
    let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    let isLarger = words.contains { larger.contains($0) } || words.last == "squared" && words.contains("r")
    let isSmaller = words.contains { smaller.contains($0) } || words.last == "squared" && words.contains("mean")
    return isLarger == isSmaller ? nil : isLarger ? .maximize : .minimize
  }
}
