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
      "objective": ["primary_metric": .text(objective.metric), "goal": .text(objective.goal.rawValue)],
      "limits": limits.value,
      "metrics": .list(metrics.map { ["name": .text($0.name), "regex": .text($0.regex)] }),
      "enqueue": .list(enqueued.map { SweepSpec.record($0) }),
      // As text: a seed has 64 bits and JSON readers elsewhere keep 53.
      "seed": .text(String(seed)),
    ]
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

  private static func record(_ configuration: [Parameter]) -> Value {
    .list(configuration.map { ["name": .text($0.name), "value": $0.value] })
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
    guard let metric = value["objective"]?["primary_metric"]?.text,
      let goal = Goal(rawValue: value["objective"]?["goal"]?.text ?? "")
    else { throw lacks("its objective") }
    guard let seed = UInt64(value["seed"]?.text ?? "") else { throw lacks("its seed") }
    guard let strategy = value["strategy"].flatMap(Choice.init(value:)) else { throw lacks("its strategy") }
    self.init(
      experiment: value["experiment"]?.text ?? "Default", displayName: value["display_name"]?.text,
      description: value["description"]?.text ?? "", tags: texts(value["tags"]), work: work,
      inputs: value["inputs"]?.object ?? [:],
      inputPaths: Set((value["input_paths"]?.list ?? []).compactMap(\.text)),
      space: try SearchSpace(value: value["search_space"] ?? []), strategy: strategy,
      objective: Objective(metric: metric, goal: goal),
      earlyTermination: value["early_termination"].flatMap(Choice.init(value:)),
      limits: try Limits(value: value["limits"] ?? .null),
      metrics: (value["metrics"]?.list ?? []).map {
        MetricPattern(name: $0["name"]?.text ?? "", regex: $0["regex"]?.text ?? "")
      },
      enqueued: (value["enqueue"]?.list ?? []).map { configuration in
        (configuration.list ?? []).map { Parameter($0["name"]?.text ?? "", $0["value"] ?? .null) }
      }, seed: seed)
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
