internal import Tracking

/// Reads spec files: Azure ML's sweep-job YAML with our extensions (`docs/spec.md`).
public enum SweepFile {
  /// Checks the text of a spec file and completes it; starts nothing.
  ///
  /// - Parameters:
  ///   - path: the file's path, absolute; paths inside the file are relative to its directory.
  ///   - plugins: what the file may name.
  ///   - options: what is said beside the file.
  ///   - freshSeed: asked when the file gives no seed.
  public static func check(
    text: String, path: String, plugins: PluginCatalogue, options: SpecOptions = SpecOptions(),
    freshSeed: () -> UInt64 = { UInt64.random(in: 0..<(1 << 53)) }
  ) -> CheckedSpec {
    let parts = path.split(separator: "/", omittingEmptySubsequences: true)
    let directory = "/" + parts.dropLast().joined(separator: "/")
    let reader = SpecReader(text: text, directory: directory, plugins: plugins, options: options)
    var spec: SweepSpec?
    var warmStart: WarmStart?
    do {
      if let file = try SpecNode.read(text) {
        let top = AzureJob(reader: reader).sweep(file)
        reader.isAzures = top.member("$schema")?.value.scalarText?.contains("azuremlschemas") ?? false
        warmStart = reader.warmStart(top.member("warm_start"), top.member("resume_from"))
        spec = read(top, reader, folder: parts.dropLast().last.map(String.init), freshSeed)
      } else {
        reader.add(1, 1, .error, "the file is empty; a spec says at least trial, search_space, objective and limits")
      }
    } catch {
      reader.add(error.line, error.column, error.severity, error.message)
    }
    reader.reportPassedOver()
    let findings = reader.findings.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    return CheckedSpec(spec: reader.hasErrors ? nil : spec, findings: findings, warmStart: warmStart)
  }

  private static func read(
    _ top: SpecNode, _ reader: SpecReader, folder: String?, _ freshSeed: () -> UInt64
  ) -> SweepSpec? {
    guard
      let members = reader.members(of: top, "the spec", known: SpecKeys.top, ignored: SpecKeys.topIgnored)
    else { return nil }
    if let type = members["type"], let text = reader.text(type), text.lowercased() != "sweep" {
      reader.error(
        type.value, "the type is '\(text)'; a sweep is read here, a command, or a pipeline of one sweep step")
    }
    if members["search_space"] == nil {
      reader.error(top, "the spec has no search_space; say what is searched, parameter by parameter")
    }
    let rules = SpecReader.SpaceRules(
      isAzureCompatible: reader.truth(members["azure_compatible"]) ?? false,
      logBase: reader.logBase(members["sampling_algorithm"]))
    let (space, places) = reader.space(members["search_space"], where: members["where"], rules: rules)
    let inputs = reader.inputs(members["inputs"], outputs: members["outputs"], assets: members["assets"])
    let work = reader.work(members["trial"], top: top, inputs: inputs, space: space, places: places)
    let surroundings = reader.surroundings(members["trial"], known: members["environments"], of: work, inputs)
    var trainer: (any Trainer.Type)?
    if case .trainer(let name, _) = work { trainer = reader.plugins.trainers[name] }
    var strategy = reader.strategy(members["sampling_algorithm"], top: top)
    let resource = reader.resource(members["resource"], of: &strategy)
    let ownSize: Int? =
      switch strategy?.chosen.choice.name {
      case "grid": space.allConfigurations(usingGrids: true)?.count
      case "list": strategy?.chosen.choice.options["configurations"]?.list?.count
      default: nil
      }
    let seed = reader.seed(members["seed"], strategy?.seed, fresh: freshSeed)
    var enqueued = reader.enqueued(members["enqueue"], space: space, isTrainer: trainer != nil)
    // What is believed to be good is the first thing that a strategy learns from.
    if let strategy, reader.plugins.strategies[strategy.chosen.choice.name]?.learnsFromResults == true,
      let standard = space.standardConfiguration, !enqueued.contains(where: { $0.fingerprint == standard.fingerprint })
    {
      enqueued.insert(standard, at: 0)
    }
    let repeats = reader.repeats(members["repeats"])
    let limits = reader.limits(
      members["limits"], top: top, ownSize: ownSize.map { ($0 + enqueued.count) * repeats })
    let objectives = reader.objectives(members["objective"], members["objectives"], top: top, trainer: trainer)
    let objective = objectives?.all.first
    let completion = reader.completion(members["completion"], target: objectives?.target, limits: members["limits"])
    let policy = reader.policy(members["early_termination"])
    let patterns = reader.metricPatterns(members["metrics"], isCommand: trainer == nil)
    let tags = SweepFile.tags(members["tags"], reader)
    let name = reader.text(members["display_name"]) ?? reader.text(members["name"])
    let experiment = reader.text(members["experiment_name"]) ?? folder ?? "Default"
    let description = reader.text(members["description"]) ?? ""
    if let count = limits?.maxTotalTrials, enqueued.count > count, let member = members["enqueue"] {
      reader.warning(
        member, "\(enqueued.count) configurations are enqueued and \(count) trials allowed; the rest is left out")
    }
    // What is missing has been reported; plugins look at the rest all the same.
    let spec = SweepSpec(
      experiment: experiment, displayName: name, description: description, tags: tags,
      work: work.map { keeping(objective, in: seeded($0, trainer, space, seed), trainer, space) }
        ?? .command("", code: "", environment: [:]),
      surroundings: surroundings, inputs: inputs.values, inputPaths: inputs.paths, space: space,
      strategy: strategy?.chosen.choice ?? SweepSpec.Choice("random"),
      objective: objective ?? SweepSpec.Objective(metric: "", goal: .minimize),
      otherObjectives: Array((objectives?.all ?? []).dropFirst()),
      constraints: reader.constraints(members["constraints"]),
      repeats: repeats, resource: resource, completion: completion, earlyTermination: policy?.choice,
      limits: limits ?? SweepSpec.Limits(maxTotalTrials: 1), metrics: patterns, enqueued: enqueued, seed: seed,
      determinism: reader.determinism(members["deterministic"]))
    reader.checkPlugins(strategy?.chosen, policy, in: spec, places: places, top: top)
    return work == nil || strategy == nil || limits == nil || objective == nil ? nil : spec
  }

  private static func tags(_ member: SpecMember?, _ reader: SpecReader) -> [String: String] {
    guard let member, !member.value.isNull else { return [:] }
    guard let members = member.value.members else {
      reader.error(
        member.value, "tags is a mapping of names to texts, and here stands \(reader.describe(member.value))")
      return [:]
    }
    var tags: [String: String] = [:]
    for tag in members { tags[tag.name] = reader.text(tag, allowsEmpty: true) }
    return tags
  }

  // A trainer that takes a seed gets the sweep's, so that the record says with which one it trained. 53 bits, because
  // that is what every reader of JSON keeps.
  private static func seeded(
    _ work: SweepSpec.Work, _ trainer: (any Trainer.Type)?, _ space: SearchSpace, _ seed: UInt64
  ) -> SweepSpec.Work {
    guard case .trainer(let name, var fixed) = work, let trainer, fixed["seed"] == nil, space["seed"] == nil,
      trainer.description.options.contains(where: { $0.name == "seed" })
    else { return work }
    fixed["seed"] = .integer(Int64(seed & (1 << 53 - 1)))
    return .trainer(name, fixed: fixed)
  }

  // A trainer that can choose which epoch's weights become the model keeps those that the score is of, so that the winner's
  // model is the one that won: its option `keep_epoch` is `last`, or the metric whose best epoch it is.
  private static func keeping(
    _ objective: SweepSpec.Objective?, in work: SweepSpec.Work, _ trainer: (any Trainer.Type)?, _ space: SearchSpace
  ) -> SweepSpec.Work {
    let name = "keep_epoch"
    guard let objective, case .trainer(let plugin, var fixed) = work, let trainer, fixed[name] == nil,
      space[name] == nil, trainer.description.options.contains(where: { $0.name == name })
    else { return work }
    fixed[name] = .text(objective.selection == .best ? objective.metric : "last")
    let usual = trainer.metrics.first { $0.name == objective.metric }?.goal
    // A trainer's first metric is the one that it keeps by itself.
    let isUsual =
      objective.selection != .best || usual == objective.goal && objective.metric != trainer.metrics.first?.name
    // One that is not kept by, such as the loss of a batch, leaves the trainer's own choice.
    let isRefused = trainer.problems(fixed: fixed, space: space).contains { $0.name == name && $0.isError }
    return isUsual && !isRefused ? .trainer(plugin, fixed: fixed) : work
  }
}
