import Sweeping
import Testing
import Tracking
import TrackingContracts

@Suite struct SpecContentTests {
  let folder = ScratchFolder()

  func spec(_ text: String, seed: UInt64 = 99) throws -> SweepSpec {
    let checked = SweepFile.check(
      text: text, path: folder("spec.yaml"), plugins: testPlugins(), freshSeed: { seed })
    return try #require(checked.spec, "\(checked.findings)")
  }

  /// A spec with one parameter.
  func domain(_ parameter: String) throws -> ParameterSpace {
    let spec = try spec(
      """
      trial: {command: 'echo ${{search_space.x}}'}
      search_space: {x: \(parameter)}
      objective: {primary_metric: m, goal: minimize}
      limits: {max_total_trials: 1}
      """)
    return try #require(spec.space["x"])
  }

  @Test func `every part of a spec is read`() throws {
    folder.write("src/main.py", "")
    folder.write("data.csv", "1")
    let spec = try spec(
      """
      $schema: https://azuremlschemas.azureedge.net/latest/sweepJob.schema.json
      type: sweep
      display_name: A sweep
      description: What it is about
      experiment_name: digits
      tags: {team: vision, round: 2}
      trial:
        code: src
        command: >-
          python main.py
          --data ${{inputs.data}}
          --rate ${{search_space.rate}}
          $[[--momentum ${{search_space.momentum}}]]
        environment: azureml:AzureML-lightgbm-3.3@latest
        environment_variables: {THREADS: 1, RATE: '${{search_space.rate}}'}
      inputs:
        data: {type: uri_file, path: data.csv}
        epochs: 5
        word: {value: 'yes'}
      compute: azureml:cpu-cluster
      sampling_algorithm: {type: Random, seed: 12}
      search_space:
        rate: {type: Continuous, min: 1e-6, max: 0.5, scale: log}
        momentum: {type: uniform, min_value: 0, max_value: 0.999, when: {optimizer: [sgd, nag]}}
        optimizer: {type: choice, values: [sgd, nag, adam, on]}
      objective: {goal: MAXIMIZE, primary_metric: accuracy}
      limits: {max_total_trials: "20", max_concurrent_trials: 10, timeout: 7200, trial_timeout: 1.5, max_retries: 2, grace: 0}
      metrics:
        - {name: accuracy, regex: 'accuracy=([0-9.]+)'}
      enqueue:
        - {rate: 0.1, optimizer: adam}
      """)
    #expect(spec.experiment == "digits")
    #expect(spec.displayName == "A sweep")
    #expect(spec.description == "What it is about")
    #expect(spec.tags == ["team": "vision", "round": "2"])
    #expect(
      spec.work
        == .command(
          "python main.py --data ${{inputs.data}} --rate ${{search_space.rate}} $[[--momentum ${{search_space.momentum}}]]",
          code: folder("src"), environment: ["THREADS": "1", "RATE": "${{search_space.rate}}"]))
    #expect(spec.inputs == ["data": .text(folder("data.csv")), "epochs": 5, "word": "yes"])
    #expect(spec.inputPaths == ["data"])
    #expect(spec.strategy == SweepSpec.Choice("random"))
    #expect(spec.seed == 12)
    let space =
      SearchSpace([
        ParameterSpace("rate", .continuous(min: 1e-6, max: 0.5, scale: .log)),
        ParameterSpace(
          "momentum", .continuous(min: 0, max: 0.999, scale: .linear),
          conditions: [ParameterSpace.Condition(parameter: "optimizer", values: ["sgd", "nag"])]),
        ParameterSpace("optimizer", .categorical(["sgd", "nag", "adam", "on"])),
      ])
    #expect(spec.space == space)
    #expect(spec.objective == SweepSpec.Objective(metric: "accuracy", goal: .maximize))
    let limits = SweepSpec.Limits(
      maxTotalTrials: 20, maxConcurrentTrials: 10, timeout: 7200, trialTimeout: 1.5, maxRetries: 2, grace: 0)
    #expect(spec.limits == limits)
    #expect(spec.metrics == [SweepSpec.MetricPattern(name: "accuracy", regex: "accuracy=([0-9.]+)")])
    #expect(spec.enqueued.map(\.byName) == [["optimizer": "adam", "rate": 0.1]])
    #expect(try SweepSpec(value: Value(json: spec.value.json)) == spec)
  }

  /// A spec with more lines at its top.
  func spec(more: String, objective: String = "objective: {primary_metric: m, goal: minimize}") throws -> SweepSpec {
    try spec(
      """
      trial: {command: 'echo ${{search_space.x}}'}
      search_space: {x: {type: uniform, min_value: 0, max_value: 1}}
      \(objective)
      limits: {max_total_trials: 1, max_total_resource: 90}
      \(more)
      """)
  }

  @Test func `objectives, constraints, repeats, resource and ends are read`() throws {
    let one = try spec(
      more: """
        constraints: ["size_mb <= 50", 'gain >= -1e-3', {metric: latency, at_most: 20, select: best}]
        repeats: 3
        resource: {min: 3, max: 27}
        completion: {max_trials_not_improving: 5, convergence: true}
        """, objective: "objective: {primary_metric: m, goal: minimize, select: LAST, target: 0.5}")
    #expect(one.objective == SweepSpec.Objective(metric: "m", goal: .minimize, selection: .last))
    #expect(
      one.constraints == [
        .init(metric: "size_mb", isUpper: true, bound: 50), .init(metric: "gain", isUpper: false, bound: -0.001),
        .init(metric: "latency", isUpper: true, bound: 20, selection: .best),
      ])
    #expect(one.constraints.map(\.text) == ["size_mb <= 50.0", "gain >= -0.001", "latency <= 20.0"])
    #expect(one.repeats == 3)
    #expect(one.resource == SweepSpec.Resource(minimum: 3, maximum: 27))
    #expect(
      one.completion
        == SweepSpec.Completion(target: 0.5, patience: 5, tolerance: 0.01, convergence: 0.01, totalResource: 90))
    #expect(try SweepSpec(value: Value(json: one.value.json)) == one)
    let two = try spec(
      more: """
        sampling_algorithm: {type: random, min_resource: 2, max_resource: 9}
        completion: {target: 0.5, max_trials_not_improving: 5, tolerance: 0, convergence: 0.2}
        """,
      objective: """
        objectives:
          - {primary_metric: m, goal: maximize, select: {mean_of_last: 3}, target: 0.5}
          - {primary_metric: n, goal: minimize}
        """)
    #expect(two.objective == SweepSpec.Objective(metric: "m", goal: .maximize, selection: .meanOfLast(3)))
    #expect(two.otherObjectives == [SweepSpec.Objective(metric: "n", goal: .minimize)])
    #expect(two.resource == SweepSpec.Resource(minimum: 2, maximum: 9))
    #expect(two.strategy == SweepSpec.Choice("random"))
    #expect(two.completion.convergence == 0.2 && two.completion.tolerance == 0)
    #expect(try SweepSpec(value: Value(json: two.value.json)) == two)
  }

  static let kept: [(String, Value?)] = [
    ("{primary_metric: 'validation:accuracy', goal: maximize}", nil),
    ("{primary_metric: 'validation:accuracy', goal: maximize, select: last}", "last"),
    ("{primary_metric: 'validation:accuracy', goal: maximize, select: {mean_of_last: 2}}", "last"),
    ("{primary_metric: 'validation:loss', goal: minimize}", "validation:loss"),
    ("{primary_metric: 'validation:loss', goal: maximize, goal_is_intended: true}", nil),
  ]

  @Test(arguments: kept)
  func `a trainer keeps the epoch that the objective selects`(objective: String, kept: Value?) throws {
    let spec = try spec(
      """
      trial: {trainer: paper, parameters: {data: x}}
      search_space: {learning_rate: {type: uniform, min_value: 0, max_value: 1}}
      objective: \(objective)
      limits: {max_total_trials: 1}
      """)
    guard case .trainer(_, let fixed) = spec.work else {
      Issue.record("no trainer")
      return
    }
    #expect(fixed["keep_epoch"] == kept)
  }

  static let warmStarts: [(String, WarmStart?)] = [
    ("", nil), ("warm_start: q7k2", WarmStart(sweeps: ["q7k2"])), ("warm_start: null", nil),
    ("resume_from: [q7k2, '@last']", WarmStart(sweeps: ["q7k2", "@last"])),
    ("warm_start: {sweeps: q7k2, type: Transfer_Learning}", WarmStart(sweeps: ["q7k2"], trust: .transfer)),
    ("warm_start: {sweeps: [a], type: IdenticalDataAndAlgorithm}", WarmStart(sweeps: ["a"])),
  ]

  @Test(arguments: warmStarts)
  func `the sweeps to begin with are read`(text: String, warmStart: WarmStart?) throws {
    let checked = SweepFile.check(
      text: """
        trial: {command: 'echo ${{search_space.x}}'}
        search_space: {x: {type: uniform, min_value: 0, max_value: 1}}
        objective: {primary_metric: m, goal: minimize}
        limits: {max_total_trials: 1}
        \(text)
        """, path: folder("spec.yaml"), plugins: testPlugins())
    #expect(checked.isSound, "\(checked.findings)")
    #expect(checked.warmStart == warmStart)
  }

  static let domains: [(String, Domain)] = [
    ("{type: choice, values: [1, 2.5, a, true]}", .categorical([1, 2.5, "a", true])),
    ("{type: randint, upper: 10}", .integer(min: 0, max: 9, scale: .linear)),
    ("{type: uniform, min_value: 0, max_value: 1}", .continuous(min: 0, max: 1, scale: .linear)),
    ("{type: quniform, min_value: 1, max_value: 100, q: 2}", .quniform(min: 1, max: 100, q: 2)),
    ("{type: loguniform, min_value: -6, max_value: -1}", .loguniform(min: -6, max: -1)),
    ("{type: qloguniform, min_value: 2, max_value: 4, q: 1}", .qloguniform(min: 2, max: 4, q: 1)),
    ("{type: normal, mu: 10, sigma: 3}", .normal(mu: 10, sigma: 3)),
    ("{type: qnormal, mu: 10, sigma: 3, q: 2}", .qnormal(mu: 10, sigma: 3, q: 2)),
    ("{type: lognormal, mu: 0, sigma: 1}", .lognormal(mu: 0, sigma: 1)),
    ("{type: qlognormal, mu: 0, sigma: 1, q: 0.5}", .qlognormal(mu: 0, sigma: 1, q: 0.5)),
    ("{type: integer, min: 8, max: 512, scale: LOG}", .integer(min: 8, max: 512, scale: .log)),
    ("{type: continuous, min: 0, max: 0.999, scale: reverse-log}", .continuous(min: 0, max: 0.999, scale: .reverseLog)),
    ("{type: categorical, values: ['1', no, 1e-3]}", .categorical(["1", "no", 0.001])),
  ]

  @Test(arguments: domains)
  func `every type of parameter is read`(text: String, domain: Domain) throws {
    #expect(try self.domain(text).domain == domain)
  }

  static let grids: [(String, [Value])] = [
    (
      "{type: continuous, min: 0, max: 1, scale: linear, grid: {step: 0.1}}",
      [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    ),
    ("{type: uniform, min_value: 0, max_value: 1, grid: {count: 3}}", [0.0, 0.5, 1.0]),
    ("{type: integer, min: 1, max: 10, grid: {count: 4}}", [1, 4, 7, 10]),
    ("{type: integer, min: 1, max: 3, grid: {count: 9}}", [1, 2, 3]),
    ("{type: integer, min: 0, max: 10, grid: {step: 4}}", [0, 4, 8]),
    ("{type: uniform, min_value: 0, max_value: 1, grid: [0, 1, 0.5]}", [0.0, 1.0, 0.5]),
    ("{type: choice, values: [a, b, c], grid: [c, a]}", ["c", "a"]),
    ("{type: uniform, min_value: 2, max_value: 4, grid: {count: 1}}", [3.0]),
  ]

  @Test(arguments: grids) func `a grid is a list, a count or a step`(text: String, values: [Value]) throws {
    #expect(try domain(text).grid == values)
  }

  @Test func `a count on a log scale is even in the logarithm`() throws {
    let grid = try #require(try domain("{type: continuous, min: 0.001, max: 10, scale: log, grid: {count: 5}}").grid)
    for (value, power) in zip(grid, [0.001, 0.01, 0.1, 1, 10]) {
      #expect(abs((value.number ?? 0) / power - 1) < 1e-12)
    }
  }

  let trainerSpec = """
    trial:
      trainer: paper
      parameters: {data: '${{inputs.digits}}', epochs: '${{inputs.epochs}}'}
    inputs: {digits: {path: digits.csv}, epochs: 7}
    search_space:
      learning_rate: {type: continuous, min: 0.001, max: 0.5, scale: log}
      optimizer: {type: choice, values: [sgd, adam]}
      momentum: {type: uniform, min_value: 0, max_value: 0.9, when: {optimizer: sgd}}
    objective: {primary_metric: 'validation:accuracy', goal: maximize}
    limits: {max_total_trials: 3}
    enqueue: [defaults, {learning_rate: 0.1}, {momentum: 0.5}]
    """

  @Test func `a trainer gets its inputs typed, the sweep's seed, and defaults first`() throws {
    folder.write("digits.csv", "")
    let seed: UInt64 = 0x1000_0000_0000_0005
    let spec = try spec(trainerSpec, seed: seed)
    let fixed: [String: Value] = ["data": .text(folder("digits.csv")), "epochs": 7, "seed": 5]
    #expect(spec.work == .trainer("paper", fixed: fixed))
    #expect(spec.enqueued == [[], [Parameter("learning_rate", 0.1)], [Parameter("momentum", 0.5)]])
    #expect(spec.seed == seed)
    #expect(spec.experiment == folder.path.split(separator: "/").last.map(String.init))
  }

  @Test func `a trainer's metrics and their directions are known`() throws {
    folder.write("digits.csv", "")
    func said(_ old: String, _ new: String) -> [String] {
      SweepFile.check(
        text: trainerSpec.replacing(old, with: new), path: folder("spec.yaml"), plugins: testPlugins()
      ).findings.map(\.message)
    }
    #expect(
      said("'validation:accuracy'", "accuracy") == ["paper logs no 'accuracy'; did you mean 'validation:accuracy'?"])
    #expect(
      said("goal: maximize", "goal: minimize") == [
        "'validation:accuracy' is better when it is larger, and the goal is to minimize it; write `goal: maximize`, or add "
          + "`goal_is_intended: true`"
      ])
    #expect(
      said("epochs: '${{inputs.epochs}}'", "learning_rate: 3") == [
        "'learning_rate' is searched as well; keep it either here or in search_space"
      ])
    #expect(
      said("'${{inputs.digits}}'", "'${{search_space.optimizer}}'") == [
        "'${{search_space.optimizer}}' has no place here: a trainer gets its searched parameters by their names"
      ])
  }

  @Test func `a grid counts its own trials, and the enqueued ones`() throws {
    let spec = try spec(
      """
      trial: {command: 'echo ${{search_space.a}} ${{search_space.b}}'}
      sampling_algorithm: grid
      search_space: {a: {type: choice, values: [1, 2, 3]}, b: {type: randint, upper: 4}}
      objective: {primary_metric: m, goal: minimize}
      limits: {max_concurrent_trials: 1}
      enqueue: [{a: 1, b: 1}]
      """)
    #expect(spec.limits.maxTotalTrials == 13)
  }

  @Test func `Azure's hello-sweep runs as it is`() throws {
    folder.write("src/hello-sweep.py", "")
    let checked = SweepFile.check(
      text: """
        $schema: https://azuremlschemas.azureedge.net/latest/sweepJob.schema.json
        type: sweep
        trial:
          command: >-
            python hello-sweep.py
            --A ${{inputs.A}}
            --B ${{search_space.B}}
            --C ${{search_space.C}}
          code: src
          environment: azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu@latest
        inputs:
          A: 0.5
        compute: azureml:cpu-cluster
        sampling_algorithm: random
        search_space:
          B:
            type: choice
            values: ["hello", "world", "hello_world"]
          C:
            type: uniform
            min_value: 0.1
            max_value: 1.0
        objective:
          goal: minimize
          primary_metric: random_metric
        limits:
          max_total_trials: 4
          max_concurrent_trials: 2
          timeout: 3600
        display_name: hello-sweep-example
        experiment_name: hello-sweep-example
        description: Hello sweep job example.
        """, path: folder("spec.yaml"), plugins: testPlugins())
    #expect(
      checked.findings.map(\.description) == [
        "10:16: warning: the environment azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu@latest is not known here, so trials "
          + "run in the current one; name its interpreter: "
          + "`environments: {AzureML-sklearn-1.0-ubuntu20.04-py38-cpu: {python: PATH}}`, or "
          + "--environment AzureML-sklearn-1.0-ubuntu20.04-py38-cpu=PATH",
        "13:1: warning: compute: has no meaning on this machine and is passed over",
      ])
    #expect(checked.spec?.limits.maxTotalTrials == 4)
  }
}
