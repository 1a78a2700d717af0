import Sweeping
import Testing
import Tracking
import TrackingContracts

/// A sound spec of a command, into which the tests put one fault each.
private let sound = """
  type: sweep
  trial:
    command: echo ${{search_space.x}}
  search_space:
    x: {type: uniform, min_value: 0, max_value: 1}
  objective:
    primary_metric: value
    goal: minimize
  limits:
    max_total_trials: 4
    max_concurrent_trials: 2
  seed: 7
  """

private func findings(_ text: String, path: String = "/nowhere/spec.yaml") -> [String] {
  SweepFile.check(text: text, path: path, plugins: testPlugins()).findings.map(\.description)
}

/// One fault: what is replaced by what, and what is said.
struct Fault: Sendable, CustomTestStringConvertible {
  var old: String
  var new: String
  var said: String
  var testDescription: String { said }

  init(_ old: String, _ new: String, _ said: String) {
    self.old = old
    self.new = new
    self.said = said
  }
}

@Suite struct SpecFindingsTests {
  @Test func `a sound spec has no findings`() { #expect(findings(sound) == []) }

  @Test func `a parameter that others depend on need not stand in the command`() {
    let parameters =
      "  m: {type: choice, values: [1, 2]}\n  x: {type: uniform, min_value: 0, max_value: 1, when: {m: 1}}"
    let text = sound.replacing("  x: \(Self.parameter)", with: parameters)
      .replacing("${{search_space.x}}", with: "$[[${{search_space.x}}]]")
    #expect(findings(text) == [])
  }

  static let parameter = "{type: uniform, min_value: 0, max_value: 1}"

  static let faults = [
    // Names.
    Fault("seed: 7", "sead: 7", "12:1: error: the spec has no 'sead'; did you mean 'seed'?"),
    Fault(
      "  max_total_trials: 4", "  max_trials: 4",
      "10:3: error: limits has no 'max_trials'; did you mean 'max_total_trials'?"),
    Fault(
      "seed: 7", "max_retries: 7", "12:1: error: the spec has no 'max_retries'; it belongs into limits"),
    Fault(parameter, "{type: uniform, min: 0, max_value: 1}", "5:22: error: x has no 'min'; did you mean 'min_value'?"),
    Fault("  x:", "  --x:", "5:3: error: '--x' cannot name a parameter"),
    Fault(
      "type: sweep", "type: parallel",
      "1:7: error: the type is 'parallel'; a sweep is read here, a command, or a pipeline of one sweep step"),
    Fault("seed: 7", "seed: 7\nseed: 8", "'seed' stands twice"),
    // Ends and objectives.
    Fault("  goal: minimize", "  goal: minimize\n  select: first", "9:11: error: select is 'first', and can be"),
    Fault("seed: 7", "resource: {min: 3}", "12:1: error: resource has no max"),
    Fault("seed: 7", "resource: {min: 3, max: 1}", "12:17: error: the least resource (3) is above the most (1)"),
    Fault("seed: 7", "resource: {max: 0}", "12:17: error: max is 0, and must be between 1 and"),
    Fault(
      "seed: 7", "sampling_algorithm: {type: random, min_resource: 1}",
      "12:36: error: min_resource without max_resource"),
    Fault(
      "seed: 7", "resource: {max: 3}\nsampling_algorithm: {type: random, max_resource: 1}",
      "13:36: error: max_resource stands here and resource at the top"),
    Fault("seed: 7", "constraints: [size < 3]", "12:15: error: a constraint is METRIC <= NUMBER or METRIC >= NUMBER"),
    Fault("seed: 7", "constraints: [{metric: m}]", "12:15: error: a constraint has one of at_most and at_least"),
    Fault("seed: 7", "repeats: 0", "12:10: error: repeats is 0, and must be between 1 and 1000"),
    Fault("seed: 7", "completion: {tolerance: 0.1}", "12:14: error: tolerance is of max_trials_not_improving"),
    Fault("seed: 7", "completion: {convergence: -1}", "12:27: error: convergence is -1.0, and must be above 0"),
    Fault("seed: 7", "target: 3", "12:1: error: the spec has no 'target'; it belongs into objective"),
    Fault("seed: 7", "objectives: []", "12:13: error: objectives is a list of"),
    Fault("seed: 7", "warm_start: {type: same}", "12:1: error: warm_start has no sweeps"),
    Fault("seed: 7", "warm_start: {sweeps: a, type: like}", "12:31: error: type is 'like', and can be same"),
    Fault("seed: 7", "warm_start: [a, a]", "12:17: error: 'a' stands twice in warm_start"),
    Fault("seed: 7", "warm_start: a\nresume_from: b", "13:1: error: the spec has warm_start and resume_from"),
    // Parameters.
    Fault(parameter, "[3]", "5:6: error: x is a list, and a parameter is a mapping"),
    Fault(parameter, "{min_value: 0, max_value: 1}", "5:3: error: x has no type; it can be categorical, choice,"),
    Fault(
      parameter, "{type: unifrom, min_value: 0, max_value: 1}",
      "5:13: error: there is no type 'unifrom'; did you mean uniform?"),
    Fault(parameter, "{type: uniform, min_value: 0}", "5:3: error: x has no max_value, which every uniform has"),
    Fault(
      parameter, "{type: uniform, min_value: 2, max_value: 1}",
      "5:33: error: x: min (2.0) is greater than max (1.0); swap them"),
    Fault(
      parameter, "{type: uniform, min_value: a, max_value: 1}",
      "5:33: error: min_value is a number, and here stands 'a'"),
    Fault(parameter, "{type: continuous, min: 0, max: 1, scale: log}", "5:30: error: x: a log scale needs min > 0"),
    Fault(
      parameter, "{type: continuous, min: 0, max: 1, scale: reverse_log}",
      "5:48: error: x: a reverse_log scale needs 0 <= min and max < 1"),
    Fault(
      parameter, "{type: continuous, min: 1, max: 2, scale: lag}",
      "5:48: error: scale is 'lag', and can be linear, log, reverse_log, auto; did you mean log?"),
    Fault(parameter, "{type: integer, min: 0.5, max: 2}", "5:27: error: min is a whole number, and here stands 0.5"),
    Fault(
      parameter, "{type: quniform, min_value: 0, max_value: 1, q: 0}",
      "5:54: error: x: q is 0.0; it must be greater than 0"),
    Fault(parameter, "{type: normal, mu: 0, sigma: -1}", "5:35: error: x: sigma is -1.0; it must be 0 or more"),
    Fault(parameter, "{type: randint, upper: 0}", "5:29: error: upper is 0, and must be at least 1"),
    Fault(parameter, "{type: choice, values: []}", "5:29: error: x: it has no values; give at least one"),
    Fault(parameter, "{type: choice, values: 3}", "5:29: error: values is a list, and here stands 3"),
    Fault(
      parameter, "{type: choice, values: [1, [2]]}",
      "5:33: error: a category is a number, a text or a truth value, and here stands a list"),
    Fault(
      parameter, "{type: uniform, min_value: 0, max_value: 1, prior: {mean: 0.5, sigma: 0.1}}",
      "warning: random does not weigh the prior of 'x'; take a strategy that does, or narrow the range"),
    Fault(parameter, "{type: choice, values: [1, 1.0]}", "5:33: warning: 1.0 stands twice; it counts once"),
    Fault(
      parameter, "{type: qloguniform, min_value: -9, max_value: 0, q: 0.1}",
      "5:3: warning: x: values below q / 2 round to 0"),
    Fault(
      parameter, "{type: uniform, min_value: 0, max_value: 1, when: {y: 1}}",
      "5:50: error: x: `when` names 'y', which is no parameter of the space"),
    Fault(
      parameter, "{type: uniform, min_value: 0, max_value: 1, when: [y]}",
      "5:56: error: when names parameters and values"),
    Fault(
      parameter, "{type: uniform, min_value: 0, max_value: 1, grid: [0, 2]}",
      "5:60: error: 2 is not a value that the parameter can take"),
    Fault(
      parameter, "{type: uniform, min_value: 0, max_value: 1, grid: {steps: 2}}",
      "5:57: error: grid has no 'steps'; did you mean 'step'?"),
    Fault(parameter, "{type: choice, values: [a], grid: {count: 2}}", "5:40: error: a grid by count suits a range"),
    // The trial and its placeholders.
    Fault(
      "${{search_space.x}}", "${{search_space.y}}",
      "3:17: error: '${{search_space.y}}' cannot be resolved: search_space has no 'y'; search_space has x"),
    Fault(
      "${{search_space.x}}", "${{inputs.data}} ${{search_space.x}}",
      "3:17: error: '${{inputs.data}}' cannot be resolved: inputs has no 'data'; inputs has none"),
    Fault(
      "${{search_space.x}}", "${{outputs.o}} ${{search_space.x}}",
      "3:17: error: '${{outputs.o}}' cannot be resolved: outputs has no 'o'"),
    Fault(
      "${{search_space.x}}", "${{space.x}} ${{search_space.x}}",
      "3:17: error: '${{space.x}}' cannot be resolved; a placeholder is"),
    Fault(
      "${{search_space.x}}", "${search_space.x}",
      "3:17: error: '${search_space.x}' is no placeholder; write '${{search_space.x}}'"),
    Fault(
      "${{search_space.x}}", "{search_space.x}",
      "3:17: warning: '{search_space.x}' is an old form; write '${{search_space.x}}'"),
    Fault("${{search_space.x}}", "${{search_space.x", "3:17: error: '${{search_space.x' has no '}}'"),
    Fault("${{search_space.x}}", "$[[ --x ${{search_space.x}}", "3:17: error: '$[[' has no ']]'"),
    Fault(
      "echo ${{search_space.x}}", "echo",
      "5:3: warning: the command does not use 'x'; the program finds it only in RUNS_PARAM_X"),
    Fault("command: echo ${{search_space.x}}", "cmd: echo", "3:3: error: trial has no 'cmd'; did you mean 'command'?"),
    Fault(
      "command: echo ${{search_space.x}}", "trainer: papper",
      "3:12: error: there is no trainer 'papper'; did you mean 'paper'?"),
    Fault("command: echo ${{search_space.x}}", "trainer: paper", "5:3: error: paper has no parameter 'x'"),
    Fault("command: echo", "code: missing\n  command: echo", "3:9: error: the code: there is no /nowhere/missing"),
    Fault(
      "command: echo", "code: azureml:code:1\n  command: echo",
      "3:9: error: the code is at azureml:code:1, which is not on this machine"),
    Fault(
      "seed: 7", "inputs: {d: {type: uri_file, path: https://a.b/c.csv}}",
      "12:36: error: the input d is at https://a.b/c.csv, which is not on this machine; fetch it and give --input d=PATH, "
        + "or map it: `assets: {NAME: PATH}`"),
    Fault(
      "seed: 7", "inputs: {d: {path: 'azureml:d:1'}, e: {path: 'azureml:e@latest'}}",
      "12:20: error: 2 inputs are not on this machine: d (azureml:d:1), e (azureml:e@latest); fetch them and give --input d=PATH "
        + "--input e=PATH, or map them"),
    Fault(
      "seed: 7", "inputs: {d: {path: 'azureml:d:1'}}\nassets: {d: missing.csv}",
      "13:13: error: the asset d: there is no /nowhere/missing.csv"),
    Fault(
      "command: echo", "environment: azureml:torch@latest\n  command: echo",
      "3:16: warning: the environment azureml:torch@latest is not known here, so trials run in the current one; name its "
        + "interpreter: `environments: {torch: {python: PATH}}`, or --environment torch=PATH"),
    Fault(
      "command: echo ${{search_space.x}}\n",
      "environment: azureml:torch@latest\n  command: echo ${{search_space.x}}\nenvironments: {torch: {python: env}}\n",
      "5:23: error: the environment torch: there is no /nowhere/env"),
    Fault(
      "command: echo", "snapshot: false\n  command: echo",
      "3:3: error: snapshot is about the code, and there is no code"),
    Fault(
      "command: echo ${{search_space.x}}", "command: python t.py ${{search_space.x}} ${{inputs.f}}\ninputs: {f: false}",
      "3:44: warning: the input f is handed over as 'False', as Azure does"),
    Fault(
      "seed: 7", "inputs: {d: {type: uri_file}}", "12:10: error: the input d has neither a value nor a path; give one"),
    Fault(
      "seed: 7", "inputs: {d: [1]}",
      "12:13: error: an input is a number, a text, a truth value or {path: ...}, and here stands a list"),
    Fault(
      "seed: 7", "inputs: {d: {value: [1]}}",
      "12:21: error: an input is a number, a text, a truth value or {path: ...}, and here stands a list"),
    Fault(
      "seed: 7", "inputs: {d: 1, D: 2}", "12:16: error: 'D' and 'd' would share the variable RUNS_INPUT_D; rename one"),
    Fault("seed: 7", "outputs: {o: {tpye: x}}", "12:15: error: the output o has no 'tpye'; did you mean 'type'?"),
    Fault(
      "seed: 7", "outputs: {o: {path: x}}", "12:15: warning: path: has no meaning on this machine and is passed over"),
    // Strategy, objective, limits, metrics.
    Fault(
      "seed: 7", "sampling_algorithm: bayesian",
      "12:21: error: there is no search strategy 'bayesian'; there is 'grid', 'random'"),
    Fault("seed: 7", "sampling_algorithm: grid", "5:3: error: 'x' has infinitely many values and no grid"),
    Fault(
      "seed: 7", "sampling_algorithm: {type: random, rule: halton}", "12:36: error: the rule is \"halton\"; it can be"),
    Fault(
      "seed: 7", "sampling_algorithm: {type: random, seed: 8}\nseed: 7",
      "12:36: error: the seed is 8 here and 7 at the top; keep one"),
    Fault("seed: 7", "seed: -7", "12:7: error: seed is a whole number from 0 to 2^64 - 1, and here stands -7"),
    Fault(
      "seed: 7", "early_termination: {type: bandito}",
      "12:27: error: there is no termination policy 'bandito'; did you mean 'bandit'?"),
    Fault("seed: 7", "early_termination: bandit", "12:1: error: bandit needs a slack"),
    Fault("seed: 7", "early_termination: {slack_factor: 0.1}", "12:1: error: early_termination has no type; name it"),
    Fault(
      "seed: 7", "early_termination: {type: Bandit, slack_factor: -1}",
      "12:35: error: slack_factor is -1; it is a number, 0 or more"),
    Fault(
      "seed: 7", "early_termination: {type: median_stopping, delay: 5}",
      "12:44: error: median_stopping takes no option 'delay'; it takes `rule`, `evaluation_interval`"),
    Fault(
      "seed: 7", "early_termination: {type: median_stopping, warmup_trials: 4}",
      "12:44: warning: warmup_trials is 4 of at most 4 trials: median_stopping will stop none"),
    Fault(
      "goal: minimize", "goal: minimise",
      "8:9: error: goal is 'minimise', and can be minimize, maximize; did you mean minimize?"),
    Fault("  goal: minimize", "  gaol: minimize", "8:3: error: objective has no 'gaol'; did you mean 'goal'?"),
    Fault(
      "primary_metric: value", "primary_metric: test_accuracy",
      "8:9: error: 'test_accuracy' is better when it is larger, and the goal is to minimize it; write `goal: maximize`, or add `goal_is_intended: true`"
    ),
    Fault(
      "max_total_trials: 4", "max_total_trials: 0",
      "10:21: error: max_total_trials is 0, and must be between 1 and 10000000"),
    Fault(
      "  max_total_trials: 4", "  trial_timeout: 4",
      "9:1: error: limits has no max_total_trials, which every strategy but grid and list needs"),
    Fault("max_concurrent_trials: 2", "timeout: 5m", "11:12: error: timeout is a number, and here stands '5m'"),
    Fault(
      "max_concurrent_trials: 2", "timeout: 0", "11:12: error: timeout is 0.0; it is in seconds and must be above 0"),
    Fault("seed: 7", "metrics: [{name: value, regex: '('}]", "12:32: error: the regex '(' cannot be read"),
    Fault(
      "seed: 7", "metrics: [{name: value, regex: 'loss'}]",
      "12:32: error: the regex 'loss' has no group; put the number's part into ( )"),
    Fault("seed: 7", "metrics: [{name: value}]", "12:11: error: this metric has no regex"),
    // Enqueued configurations.
    Fault("seed: 7", "enqueue: [{x: 2}]", "12:15: error: 2 is not a value that x can take"),
    Fault("seed: 7", "enqueue: [{z: 2}]", "12:12: error: 'z' is no parameter of the search space"),
    Fault("seed: 7", "enqueue: [{}]", "12:11: error: this configuration lacks x; a command needs every parameter"),
    Fault(
      "seed: 7", "enqueue: defaults", "12:10: error: enqueue is a list of configurations, and here stands 'defaults'"),
    // Azure's own keys.
    Fault(
      "seed: 7", "compute: azureml:cpu\nidentity: {type: managed}",
      "12:1: warning: compute, identity: have no meaning on this machine and are passed over"),
    // Not YAML.
    Fault("seed: 7", "seed: [7", "error: this is not YAML"),
    Fault("seed: 7", "<<: {a: 1}", "12:1: error: merge keys are not read; write the members out"),
  ]

  @Test(arguments: faults) func `a fault is told with its place and what to do`(fault: Fault) {
    #expect(sound.contains(fault.old))
    let found = findings(sound.replacing(fault.old, with: fault.new, maxReplacements: 1))
    #expect(found.contains { $0.contains(fault.said) }, "\(found)")
  }

  @Test func `an error leaves no spec, a warning does`() {
    let wrong = sound.replacing("seed: 7", with: "seed: x")
    #expect(SweepFile.check(text: wrong, path: "/s.yaml", plugins: testPlugins()).spec == nil)
    let remarkable = sound.replacing("seed: 7", with: "compute: local")
    #expect(SweepFile.check(text: remarkable, path: "/s.yaml", plugins: testPlugins()).spec != nil)
  }

  @Test func `an intended goal is left alone`() {
    let text = sound.replacing("primary_metric: value", with: "primary_metric: accuracy\n  goal_is_intended: true")
    #expect(findings(text) == [])
  }

  @Test func `an empty file is told so`() {
    #expect(
      findings("") == ["1:1: error: the file is empty; a spec says at least trial, search_space, objective and limits"])
    #expect(findings("- 1").first?.contains("the spec is a mapping") == true)
  }

  @Test func `everything that is missing is told at once`() {
    let found = findings("type: sweep\n")
    #expect(found.count == 4)
    for name in ["trial", "search_space", "objective", "limits"] {
      #expect(found.contains { $0.contains("no \(name)") })
    }
  }

  @Test func `a place in a folded command is the place in the file`() {
    let text = sound.replacing(
      "command: echo ${{search_space.x}}",
      with: "command: >-\n      python main.py\n      --x ${{search_space.x}}\n      --y ${{ search_space.yy }}")
    #expect(findings(text).map { $0.hasPrefix("6:11: error: ") } == [true])
  }

  @Test func `a conditional parameter outside of an optional part is an error, inside it is none`() {
    let conditional = sound.replacing(
      Self.parameter,
      with: Self.parameter + "\n  m: {type: uniform, min_value: 0, max_value: 1, when: {o: sgd}}"
        + "\n  o: {type: choice, values: [sgd, adam]}"
    ).replacing("${{search_space.x}}", with: "${{search_space.x}} ${{search_space.o}} MORE")
    let outside = conditional.replacing("MORE", with: "-m ${{search_space.m}}")
    #expect(findings(outside).count == 1)
    #expect(findings(outside).first?.hasPrefix("3:60: error: 'm' is there only for some values of o") == true)
    #expect(findings(conditional.replacing("MORE", with: "$[[-m ${{search_space.m}}]]")) == [])
  }

  @Test func `aliases without end are refused`() {
    var text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for (name, before) in zip("bcdefgh", "abcdefg") {
      text += "\(name): &\(name) [" + Array(repeating: "*\(before)", count: 10).joined(separator: ", ") + "]\n"
    }
    #expect(findings(text).first?.contains("more than 200,000 values") == true)
  }
}
