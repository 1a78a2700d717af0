extension SweepSpec {
  /// The recorded form of the spec.
  public var value: Value {
    var members: [String: Value] = [
      "experiment": .text(experiment),
      "description": .text(description),
      "tags": .object(tags.mapValues { .text($0) }),
      "inputs": .object(inputs),
      "input_paths": .list(inputPaths.sorted().map { .text($0) }),
      "search_space": space.value,
      "strategy": strategy.value,
      "objective": objective.value,
      "limits": limits.value,
      "metrics": .list(metrics.map { ["name": .text($0.name), "regex": .text($0.regex)] }),
      "enqueue": .list(enqueued.map { SweepSpec.record($0) }),
      // As text: a seed has 64 bits and JSON readers elsewhere keep 53.
      "seed": .text(String(seed)),
    ]
    // What is not asked for is not recorded, so a spec of an older version has the same recorded form.
    if !otherObjectives.isEmpty { members["other_objectives"] = .list(otherObjectives.map(\.value)) }
    if !constraints.isEmpty { members["constraints"] = .list(constraints.map(\.value)) }
    if repeats != 1 { members["repeats"] = .integer(Int64(repeats)) }
    if let determinism { members["deterministic"] = .text(determinism.rawValue) }
    if let resource { members["resource"] = resource.value }
    if completion != Completion() { members["completion"] = completion.value }
    if !priorTrials.isEmpty { members["prior_trials"] = .list(priorTrials.map(\.value)) }
    if !parents.isEmpty { members["parents"] = .list(parents.map(\.value)) }
    if surroundings != Surroundings() { members["surroundings"] = surroundings.value }
    if let displayName { members["display_name"] = .text(displayName) }
    if let earlyTermination { members["early_termination"] = earlyTermination.value }
    switch work {
    case .trainer(let name, let fixed):
      members["trial"] = ["trainer": .text(name), "parameters": .object(fixed)]
    case .command(let command, let code, let environment):
      members["trial"] = [
        "command": .text(command), "code": .text(code),
        "environment_variables": .object(environment.mapValues { .text($0) }),
      ]
    }
    return .object(members)
  }

  static func record(_ configuration: [Parameter]) -> Value {
    .list(configuration.map { ["name": .text($0.name), "value": $0.value] })
  }

  static func configuration(_ value: Value) -> [Parameter] {
    (value.list ?? []).map { Parameter($0["name"]?.text ?? "", $0["value"] ?? .null) }
  }

  /// Reads the recorded form.
  ///
  /// - Throws: `.invalid` naming what is missing.
  public init(value: Value) throws {
    func lacks(_ what: String) -> TrackingError { TrackingError(.invalid, "a recorded sweep lacks \(what)") }
    func texts(_ value: Value?) -> [String: String] { (value?.object ?? [:]).compactMapValues(\.text) }
    guard let trial = value["trial"] else { throw lacks("its trial") }
    let work: Work
    if let name = trial["trainer"]?.text {
      work = .trainer(name, fixed: trial["parameters"]?.object ?? [:])
    } else if let command = trial["command"]?.text, let code = trial["code"]?.text {
      work = .command(command, code: code, environment: texts(trial["environment_variables"]))
    } else {
      throw lacks("a trainer or a command with its code")
    }
    guard let objective = value["objective"].flatMap(Objective.init(value:)) else { throw lacks("its objective") }
    guard let seed = UInt64(value["seed"]?.text ?? "") else { throw lacks("its seed") }
    guard let strategy = value["strategy"].flatMap(Choice.init(value:)) else { throw lacks("its strategy") }
    self.init(
      experiment: value["experiment"]?.text ?? "Default", displayName: value["display_name"]?.text,
      description: value["description"]?.text ?? "", tags: texts(value["tags"]), work: work,
      surroundings: Surroundings(value: value["surroundings"] ?? .null),
      inputs: value["inputs"]?.object ?? [:],
      inputPaths: Set((value["input_paths"]?.list ?? []).compactMap(\.text)),
      space: try SearchSpace(value: value["search_space"] ?? []), strategy: strategy,
      objective: objective,
      otherObjectives: (value["other_objectives"]?.list ?? []).compactMap(Objective.init(value:)),
      constraints: (value["constraints"]?.list ?? []).compactMap(Constraint.init(value:)),
      repeats: Int(value["repeats"]?.integer ?? 1), resource: value["resource"].flatMap(Resource.init(value:)),
      completion: Completion(value: value["completion"] ?? .null),
      priorTrials: (value["prior_trials"]?.list ?? []).compactMap(PriorTrial.init(value:)),
      parents: (value["parents"]?.list ?? []).compactMap(Parent.init(value:)),
      earlyTermination: value["early_termination"].flatMap(Choice.init(value:)),
      limits: try Limits(value: value["limits"] ?? .null),
      metrics: (value["metrics"]?.list ?? []).map {
        MetricPattern(name: $0["name"]?.text ?? "", regex: $0["regex"]?.text ?? "")
      },
      enqueued: (value["enqueue"]?.list ?? []).map { SweepSpec.configuration($0) }, seed: seed,
      determinism: value["deterministic"]?.text.flatMap(Determinism.init(rawValue:)))
  }
}

extension SweepSpec.Choice {
  /// The recorded form.
  public var value: Value { ["name": .text(name), "options": .object(options)] }

  /// Reads the recorded form; nil when it has no name.
  public init?(value: Value) {
    guard let name = value["name"]?.text else { return nil }
    self.init(name, options: value["options"]?.object ?? [:])
  }
}

extension SweepSpec.Limits {
  /// The recorded form.
  public var value: Value {
    [
      "max_total_trials": .integer(Int64(maxTotalTrials)),
      "max_concurrent_trials": .integer(Int64(maxConcurrentTrials)),
      "timeout": timeout.map { .real($0) } ?? .null,
      "trial_timeout": trialTimeout.map { .real($0) } ?? .null,
      "max_retries": .integer(Int64(maxRetries)),
      "grace": .real(grace),
    ]
  }

  /// Reads the recorded form.
  ///
  /// - Throws: `.invalid` when the number of trials is missing.
  public init(value: Value) throws {
    guard let total = value["max_total_trials"]?.integer, let concurrent = value["max_concurrent_trials"]?.integer
    else { throw TrackingError(.invalid, "a recorded sweep lacks its limits") }
    self.init(
      maxTotalTrials: Int(total), maxConcurrentTrials: Int(concurrent), timeout: value["timeout"]?.number,
      trialTimeout: value["trial_timeout"]?.number, maxRetries: Int(value["max_retries"]?.integer ?? 0),
      grace: value["grace"]?.number ?? 5)
  }
}
