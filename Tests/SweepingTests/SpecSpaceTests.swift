import Testing
import Tracking
import TrackingContracts

@testable import Sweeping

/// What a spec can say of its search space beyond single domains.
@Suite struct SpecSpaceTests {
  let folder = ScratchFolder()

  func checked(
    _ space: String, _ rest: String = "", command: String = "env RUNS_PARAM_", seed: UInt64 = 1
  ) -> CheckedSpec {
    SweepFile.check(
      text: """
        trial: {command: '\(command)'}
        objective: {primary_metric: m, goal: minimize}
        limits: {max_total_trials: 3}
        \(rest)
        search_space:
        \(space.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(separator: "\n"))
        """, path: folder("spec.yaml"), plugins: testPlugins(), freshSeed: { seed })
  }

  func space(_ text: String, _ rest: String = "") throws -> SearchSpace {
    let checked = checked(text, rest)
    let spec = try #require(checked.spec, "\(checked.findings)")
    #expect(try SweepSpec(value: Value(json: spec.value.json)) == spec)
    return spec.space
  }

  static let domains: [(String, Domain)] = [
    ("3", .categorical([3])), ("adam", .categorical(["adam"])), ("true", .categorical([true])),
    ("{type: fixed, value: 0.5}", .categorical([0.5])),
    ("{type: continuous, min: 0.1, max: 0.5, step: 0.1}", .stepped(min: 0.1, max: 0.5, step: 0.1, scale: .linear)),
    ("{type: continuous, min: 0.05, max: 0.5, q: 0.1}", .stepped(min: 0.1, max: 0.5, step: 0.1, scale: .linear)),
    ("{type: integer, min: 16, max: 128, step: 16}", .steppedInteger(min: 16, max: 128, step: 16, scale: .linear)),
    ("{type: integer, min: 1, max: 128, step: 1, scale: log}", .integer(min: 1, max: 128, scale: .log)),
    ("{type: categorical, values: [s, m, l], ordered: true}", .ordinal(["s", "m", "l"])),
    ("{type: choice, values: [s, m], ordered: false}", .categorical(["s", "m"])),
    (
      "{type: quniform, min_value: 1, max_value: 11, q: 3, azure_compatible: true}",
      .rounded(.quniform(min: 1, max: 11, q: 3), Rounding(keepsOutside: true))
    ),
    (
      "{type: qnormal, mu: 1, sigma: 11, q: 3, as: INT}",
      .rounded(.qnormal(mu: 1, sigma: 11, q: 3), Rounding(form: .int))
    ),
    ("{type: continuous, min: 1e-4, max: 0.1, scale: auto}", .continuous(min: 1e-4, max: 0.1, scale: .log)),
    ("{type: continuous, min: 1e-3, max: 0.1, scale: Auto}", .continuous(min: 1e-3, max: 0.1, scale: .linear)),
    (
      "{type: continuous, min: 0, max: 0.9, scale: ReverseLogarithmic}",
      .continuous(min: 0, max: 0.9, scale: .reverseLog)
    ),
    ("{type: integer, min: 1, max: 1000, scale: auto}", .integer(min: 1, max: 1000, scale: .log)),
    ("{type: integer, min: 0, max: 5000, scale: auto}", .integer(min: 0, max: 5000, scale: .linear)),
    ("{type: integer, min: 2, max: 64, scale: Logarithmic}", .integer(min: 2, max: 64, scale: .log)),
  ]

  @Test(arguments: domains)
  func `steps, orders, fixed values and scales are read`(_ text: String, _ domain: Domain) throws {
    #expect(try space("x: \(text)").parameters.map(\.domain) == [domain])
  }

  @Test func `Azure's rounding is asked for once for all, and a parameter may differ`() throws {
    let space = try space(
      """
      a: {type: quniform, min_value: 1, max_value: 11, q: 3}
      b: {type: quniform, min_value: 1, max_value: 11, q: 3, azure_compatible: false}
      c: {type: uniform, min_value: 1, max_value: 11}
      """, "azure_compatible: true")
    #expect(
      space.parameters.map(\.domain) == [
        .rounded(.quniform(min: 1, max: 11, q: 3), Rounding(keepsOutside: true)), .quniform(min: 1, max: 11, q: 3),
        .continuous(min: 1, max: 11, scale: .linear),
      ])
  }

  @Test func `logbase is the base of exponents`() throws {
    let text = "a: {type: loguniform, min_value: -3, max_value: -1}"
    let space = try space(text, "sampling_algorithm: {type: random, logbase: 10}")
    guard case .loguniform(let min, let max)? = space["a"]?.domain else {
      throw TrackingError(.invalid, "no loguniform")
    }
    #expect(abs(PortableMath.exp(min) - 1e-3) < 1e-15 && abs(PortableMath.exp(max) - 0.1) < 1e-15)
    #expect(
      try self.space(text, "sampling_algorithm: {type: random, logbase: e}")["a"]?.domain
        == .loguniform(min: -3, max: -1))
    #expect(
      checked(text, "sampling_algorithm: {type: random, logbase: 1}").findings.map(\.message) == [
        "logbase is 1.0, and is e or a number above 1"
      ])
  }

  @Test func `SageMaker's ranges are read as they are`() throws {
    let space = try space(
      """
      ParameterRanges:
        IntegerParameterRanges:
          - {Name: mini_batch_size, MinValue: "16", MaxValue: "64", ScalingType: Linear}
        ContinuousParameterRanges:
          - {Name: learning_rate, MinValue: "0.0001", MaxValue: "0.5", ScalingType: Auto}
          - {Name: momentum, MinValue: "0", MaxValue: "0.99", ScalingType: ReverseLogarithmic}
          - {Name: weight_decay, MinValue: "0.0", MaxValue: "0.999"}
        CategoricalParameterRanges:
          - {Name: optimizer, Values: [sgd, adam]}
      epochs: 3
      """)
    #expect(
      space
        == SearchSpace([
          ParameterSpace("mini_batch_size", .integer(min: 16, max: 64, scale: .linear)),
          ParameterSpace("learning_rate", .continuous(min: 0.0001, max: 0.5, scale: .log)),
          ParameterSpace("momentum", .continuous(min: 0, max: 0.99, scale: .reverseLog)),
          ParameterSpace("weight_decay", .continuous(min: 0, max: 0.999, scale: .linear)),
          ParameterSpace("optimizer", .categorical(["sgd", "adam"])), ParameterSpace("epochs", .categorical([3])),
        ]))
    #expect(
      try self.space("ContinuousParameterRanges: [{Name: x, MinValue: 0, MaxValue: 1}]").parameters.map(\.name) == ["x"]
    )
  }

  @Test func `defaults and priors are read, and the default configuration is tried first by those that learn`() throws {
    let text = """
      rate: {type: continuous, min: 1e-4, max: 1, scale: log, default: 0.01, prior: {sigma: 0.1}}
      depth: {type: integer, min: 1, max: 9, prior: {mu: "3", sigma: 0.2}}
      kind: {type: choice, values: [a, b], default: b}
      """
    let space = try space(text)
    #expect(space["rate"]?.standard == 0.01)
    #expect(space["rate"]?.prior == .init(mean: 0.01, sigma: 0.1))
    #expect(space["depth"]?.prior == .init(mean: 3, sigma: 0.2))
    #expect(space.standardConfiguration?.byName == ["rate": 0.01, "depth": 3, "kind": "b"])
    #expect(checked(text).spec?.enqueued == [])
  }

  // MARK: Conditions and constraints

  @Test func `a condition may be a range`() throws {
    let space = try space(
      """
      depth: {type: integer, min: 1, max: 9}
      skip: {type: choice, values: [1, 2], when: {depth: {min: 3}}}
      wide: {type: choice, values: [1, 2], when: {depth: {min: 3, max: 5}}}
      """)
    #expect(space["skip"]?.conditions == [.init(parameter: "depth", values: [], minimum: 3)])
    #expect(space["wide"]?.conditions == [.init(parameter: "depth", values: [], minimum: 3, maximum: 5)])
  }

  @Test func `constraints between parameters are read`() throws {
    let text = "a: {type: uniform, min_value: 0, max_value: 1}\nb: {type: uniform, min_value: 0, max_value: 1}"
    #expect(try space(text, "where: a < b").constraints.map(\.text) == ["a < b"])
    let both = try space(text + "\nwhere: [a < b, 'b < 0.9']", "where: a + b > 0.1")
    #expect(both.constraints.map(\.text) == ["a + b > 0.1", "a < b", "b < 0.9"])
    #expect(both.parameters.map(\.name) == ["a", "b"])
    let broken = checked(text, "where: a < b\nenqueue: [{a: 0.5, b: 0.4}]")
    #expect(broken.findings.map(\.description) == ["5:11: error: this configuration does not meet `where`: a < b"])
  }

  static let faults: [(String, String, String)] = [
    ("x: [1, 2]", "", "6:6: error: x is a list, and a parameter is a mapping"),
    ("x: {type: fixed, value: [1]}", "", "6:27: error: a fixed value is a number, a text or a truth value"),
    ("x: {type: choice, values: [1]}", "", "6:3: warning: x can only be 1, so it is the same in every trial"),
    ("x: {type: integer, min: 2, max: 2}", "", "6:3: warning: x can only be 2, so it is the same in every trial"),
    ("x: {type: integer, min: 2, max: 9, step: 0}", "", "6:44: error: step is 0, and must be at least 1"),
    ("x: {type: continuous, min: 2, max: 9, step: 0}", "", "6:47: error: x: step is 0.0; it must be greater than 0"),
    ("x: {type: continuous, min: 2, max: 9, step: 1, q: 1}", "", "error: step counts from min and q gives multiples"),
    ("x: {type: continuous, min: 2, max: 3, q: 5}", "", "6:44: error: there is no multiple of q between min and max"),
    ("x: {type: quniform, min_value: 0, max_value: 1, q: 0.5, as: int}", "", "error: x: as: int needs a whole q"),
    ("x: {type: quniform, min_value: 0, max_value: 1, q: 1, as: text}", "", "as is 'text', and can be int, float"),
    ("x: {type: integer, min: 0, max: 1, scale: auto, default: 2}", "", "6:51: error: x: its default is 2"),
    ("x: {type: integer, min: 0, max: 9, prior: {mean: 3}}", "", "prior has no sigma"),
    ("x: {type: integer, min: 0, max: 9, prior: {sigma: 3}}", "", "prior has no mean, and the parameter no default"),
    ("x: {type: integer, min: 0, max: 9, prior: {mean: 3, sigma: 0}}", "", "error: x: its prior's sigma is 0.0"),
    ("x: {type: choice, values: [a, b], prior: {mean: a, sigma: 1}}", "", "a prior is for numbers and ordered"),
    (
      "x: {type: integer, min: 0, max: 9}\ny: {type: fixed, value: 1, when: {x: {min: 10}}}", "",
      "7:30: error: y: `when` wants x >= 10, which it can never be"
    ),
    ("x: {type: integer, min: 0, max: 9}\ny: {type: fixed, value: 1, when: {x: {}}}", "", "x has no bound"),
    // Nested choices.
    ("x: {type: choice, values: [{}]}", "", "6:30: error: this mapping is empty"),
    ("x: {type: choice, values: [{type: uniform}]}", "", "6:30: error: a value of a choice is no distribution"),
    ("x: {type: choice, values: [{a: [1]}]}", "", "6:34: error: x.a is a list, and a parameter is a mapping"),
    ("x: {type: choice, values: [{a: {type: uniform, min_value: 0}}]}", "", "x.a has no max_value"),
    ("x: {type: choice, values: [{--a: 1}]}", "", "6:31: error: '--a' cannot name a parameter"),
    ("x: {type: choice, values: [{a: 1}, {b: 2}], ordered: true}", "", "a choice between mappings has no order"),
    ("x: {type: choice, values: [{a: 1}, {b: 2}]}\nx_a: 3", "", "would share the variable RUNS_PARAM_X_A; rename one"),
    // Constraints.
    ("x: {type: integer, min: 0, max: 9}", "where: x <", "4:8: error: the constraint 'x <' ends where a name"),
    ("x: {type: integer, min: 0, max: 9}", "where: xx < 1\nseed: 1", "4:8: error: 'xx < 1' names 'xx'"),
    ("x: {type: integer, min: 0, max: 9}", "where: {x: 1}", "4:8: error: where is a text such as"),
    ("x: {type: choice, values: [a, 1]}", "where: x < 3", "'x < 3' takes x as a number, and it can be \"a\""),
    ("x: {type: integer, min: 0, max: 9}", "where: x > 9", "4:8: error: none of 10000 random configurations meets"),
    (
      "x: {type: uniform, min_value: 0, max_value: 1}", "where: x > 0.999",
      "random configurations meet this; narrow the ranges"
    ),
    (
      "x: {type: uniform, min_value: 0, max_value: 1, default: 0.1}", "where: x > 0.5",
      "4:8: warning: the configuration of the defaults does not meet this"
    ),
    // SageMaker's rules.
    ("ContinuousParameterRanges: [{Name: x, MinValue: 0, MaxValue: 1, ScalingType: Logarithmic}]", "", "needs min > 0"),
    ("IntegerParameterRanges: [{Name: x, MinValue: 1, MaxValue: 2, ScalingType: ReverseLogarithmic}]", "", "for real"),
    (
      "ContinuousParameterRanges: [{Name: x, MinValue: 0, MaxValue: 1, ScalingType: ReverseLogarithmic}]", "", "max < 1"
    ),
    ("ContinuousParameterRanges: [{Name: x, MinValue: 0}]", "", "6:31: error: this range has no MaxValue"),
    ("ContinuousParameterRanges: [{Name: x, MinValue: 2, MaxValue: 1}]", "", "is greater than max"),
    ("CategoricalParameterRanges: [{Name: x, Values: []}]", "", "it has no values; give at least one"),
    ("ParameterRanges: {RealRanges: []}", "", "ParameterRanges has no 'RealRanges'"),
    ("x: 1\nIntegerParameterRanges: [{Name: x, MinValue: 1, MaxValue: 2}]", "", "error: x: it is declared twice"),
  ]

  @Test(arguments: faults)
  func `what is wrong with a space is said at its place`(_ space: String, _ rest: String, _ said: String) {
    // Without more lines the parameters begin in line 6.
    let findings = checked(space, rest).findings.map(\.description)
    #expect(findings.contains { $0.contains(said) }, "\(findings)")
  }

  // MARK: Nested choices

  static let nested = """
    model:
      type: choice
      values:
        - kind: tree
          depth: {type: integer, min: 1, max: 9}
          rate: {type: uniform, min_value: 0, max_value: 1}
        - kind: net
          depth: {type: integer, min: 1, max: 3}
          rate: {type: uniform, min_value: 0, max_value: 1}
          layer:
            type: choice
            values: [plain, {conv: {type: randint, upper: 5}, pool: {type: choice, values: [2, 3], when: {conv: {min: 2}}}}]
        - linear
    """

  @Test func `a choice between mappings becomes a category and conditional parameters`() throws {
    let space = try space(SpecSpaceTests.nested)
    func on(_ name: String, _ values: Value...) -> [ParameterSpace.Condition] {
      [.init(parameter: name, values: values)]
    }
    #expect(
      space.parameters == [
        ParameterSpace("model", .categorical(["tree", "net", "linear"])),
        ParameterSpace(
          "model.tree.kind", .categorical(["tree"]), conditions: on("model", "tree"), memberPath: ["model", "kind"]),
        ParameterSpace(
          "model.net.kind", .categorical(["net"]), conditions: on("model", "net"), memberPath: ["model", "kind"]),
        ParameterSpace(
          "model.tree.depth", .integer(min: 1, max: 9, scale: .linear), conditions: on("model", "tree"),
          memberPath: ["model", "depth"]),
        ParameterSpace(
          "model.net.depth", .integer(min: 1, max: 3, scale: .linear), conditions: on("model", "net"),
          memberPath: ["model", "depth"]),
        ParameterSpace(
          "model.rate", .continuous(min: 0, max: 1, scale: .linear), conditions: on("model", "tree", "net")),
        ParameterSpace("model.layer", .categorical(["plain", "conv"]), conditions: on("model", "net")),
        ParameterSpace(
          "model.layer.conv", .integer(min: 0, max: 4, scale: .linear), conditions: on("model.layer", "conv")),
        ParameterSpace(
          "model.layer.pool", .categorical([2, 3]),
          conditions: on("model.layer", "conv") + [.init(parameter: "model.layer.conv", values: [], minimum: 2)]),
      ])
    let cube = UnitCube(space)
    for draw in 0..<300 {
      let drawn = space.configuration(drawing: ProposalRandomness(seed: 1, proposal: draw))
      #expect(cube.configuration(at: cube.point(of: drawn).map { $0 ?? 0.5 }).byName == drawn.byName)
    }
  }

  @Test func `a command finds the chosen mapping as JSON and its members by their points`() throws {
    let space = try space(SpecSpaceTests.nested)
    func values(_ pairs: [(String, Value)]) -> TrialValues { TrialValues(pairs.map { Parameter($0, $1) }, in: space) }
    let tree = values([("model", "tree"), ("model.tree.kind", "tree"), ("model.tree.depth", 4), ("model.rate", 0.5)])
    #expect(tree.text(at: ["model"]) == #"{"depth":4,"kind":"tree","rate":0.5}"#)
    #expect(tree.text(at: ["model", "depth"]) == "4")
    #expect(tree.text(at: ["model", "layer"]) == nil)
    let net = values([
      ("model", "net"), ("model.net.kind", "net"), ("model.net.depth", 1), ("model.rate", 0.25),
      ("model.layer", "conv"),
      ("model.layer.conv", 3), ("model.layer.pool", 2),
    ])
    #expect(
      net.text(at: ["model"]) == #"{"depth":1,"kind":"net","layer":{"conv":3,"pool":2},"rate":0.25}"#)
    #expect(net.text(at: ["model", "layer", "conv"]) == "3")
    #expect(values([("model", "linear")]).text(at: ["model"]) == "linear")
    #expect(
      net.texts.map { TrialEnvironment.variable(ofParameterAt: $0.path) } == [
        "RUNS_PARAM_MODEL", "RUNS_PARAM_MODEL_LAYER", "RUNS_PARAM_MODEL_LAYER_CONV", "RUNS_PARAM_MODEL_LAYER_POOL",
        "RUNS_PARAM_MODEL_DEPTH", "RUNS_PARAM_MODEL_KIND", "RUNS_PARAM_MODEL_RATE",
      ])
    let template = CommandTemplate("run --model ${{search_space.model}} --depth ${{search_space.model.depth}}")
    #expect(template.problems == [])
    #expect(
      template.filled(isShell: true) { net.text(at: $0.path) }
        == "run --model \"${RUNS_PARAM_MODEL}\" --depth 1")
  }

  static let commands: [(String, String?)] = [
    ("x ${{search_space.model}}", nil), ("x $[[${{search_space.model.depth}}]]", nil),
    ("x ${{search_space.model}} ${{search_space.model.depth}}", "'model.depth' is there only for some values of model"),
    ("x ${{search_space.model}} ${{search_space.model.size}}", "'model' has no such member"),
    ("x ${{search_space.model}} ${{search_space.nothing.size}}", "only a choice between mappings has members"),
  ]

  @Test(arguments: commands)
  func `placeholders of members are checked`(_ command: String, _ said: String?) {
    let findings = checked(SpecSpaceTests.nested, command: command).findings.map(\.message)
    if let said {
      #expect(findings.count == 1 && findings[0].contains(said), "\(findings)")
    } else {
      #expect(!findings.contains { $0.contains("cannot") || $0.contains("only for") }, "\(findings)")
    }
  }

  @Test func `a member that every branch has needs no optional part`() {
    let space = """
      conv:
        type: choice
        values:
          - {kernel: 3, stride: {type: choice, values: [1, 2]}}
          - {kernel: 5, stride: {type: choice, values: [1, 2]}}
      """
    let found = checked(space, command: "x ${{search_space.conv.kernel}} ${{search_space.conv.stride}}")
    #expect(found.findings.isEmpty, "\(found.findings)")
    #expect(found.spec?.space["conv"]?.domain == .categorical(["option_1", "option_2"]))
    #expect(found.spec?.space.allConfigurations(usingGrids: true)?.count == 4)
  }

  @Test func `Azure's recursive search space runs as it is`() throws {
    let text = try SpecDocumentTests.text("examples/azure-nested.yaml")
    let checked = SweepFile.check(text: text, path: folder("spec.yaml"), plugins: testPlugins())
    let spec = try #require(checked.spec, "\(checked.findings)")
    #expect(
      spec.space["conv_size"]?.domain
        == .categorical(["const_val", "val2", "val3", "val4", "val5", "val6", "val7", "val8"]))
    #expect(spec.space["conv_size.val3"]?.domain == .categorical(["value31"]))
    let deep = try #require(spec.space["conv_size.val3.value31.val3117"])
    #expect(deep.domain == .quniform(min: 0, max: 1, q: 0.4))
    var seen: Set<Value> = []
    for draw in 0..<400 {
      let drawn = spec.space.configuration(drawing: ProposalRandomness(seed: 3, proposal: draw))
      let values = TrialValues(drawn, in: spec.space)
      let json = try #require(values.text(at: ["conv_size"]))
      let object = try Value(json: json)
      #expect(object.object?.isEmpty == false)
      if let kind = drawn.byName["conv_size"] { seen.insert(kind) }
      if let value = object["val3"]?["value31"]?["value3111"] { #expect(value == "hello!") }
    }
    #expect(seen.count == 8)
  }
}
