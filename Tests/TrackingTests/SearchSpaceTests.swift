import Testing
import Tracking

struct SearchSpaceTests {
  private let conditional = SearchSpace([
    ParameterSpace(
      "momentum", .continuous(min: 0, max: 0.9, scale: .linear),
      conditions: [.init(parameter: "optimizer", values: ["sgd", "nag"])]),
    ParameterSpace("optimizer", .categorical(["sgd", "adam", "nag"])),
    ParameterSpace(
      "nesterov", .categorical([true, false]),
      conditions: [.init(parameter: "optimizer", values: ["sgd"]), .init(parameter: "momentum", values: [0.45])]),
    ParameterSpace("layers", .integer(min: 1, max: 2, scale: .linear)),
  ])

  @Test func `a parameter stands after those that it depends on, otherwise as declared`() {
    #expect(conditional.inDependencyOrder.map(\.name) == ["optimizer", "momentum", "nesterov", "layers"])
  }

  @Test func `only active parameters are asked for and recorded`() {
    var asked: [String] = []
    let adam = conditional.configuration { parameter in
      asked.append(parameter.name)
      return parameter.name == "optimizer" ? "adam" : 1
    }
    #expect(asked == ["optimizer", "layers"])
    #expect(adam == [Parameter("optimizer", "adam"), Parameter("layers", 1)])
    let sgd = conditional.configuration { $0.name == "optimizer" ? "sgd" : $0.name == "momentum" ? 0.45 : 1 }
    #expect(sgd.map(\.name) == ["optimizer", "momentum", "nesterov", "layers"])
    let nag = conditional.configuration { $0.name == "optimizer" ? "nag" : $0.name == "momentum" ? 0.45 : 1 }
    #expect(nag.map(\.name) == ["optimizer", "momentum", "layers"], "every condition must hold")
  }

  @Test func `a whole number meets a condition on the real number that equals it`() {
    let space = SearchSpace([
      ParameterSpace("a", .categorical([1, 2])),
      ParameterSpace("b", .categorical(["x"]), conditions: [.init(parameter: "a", values: [1.0])]),
    ])
    #expect(space.configuration { _ in 1 }.count == 2)
  }

  @Test func `another parameter does not move the draws of the others`() {
    let randomness = ProposalRandomness(seed: 3, proposal: 11)
    let before = conditional.configuration(drawing: randomness).byName
    var larger = conditional
    larger.parameters.insert(ParameterSpace("a new one", .continuous(min: 0, max: 1, scale: .linear)), at: 0)
    var after = larger.configuration(drawing: randomness).byName
    #expect(after.removeValue(forKey: "a new one") != nil)
    #expect(after == before)
  }

  @Test func `a grid goes through names in order, the last one fastest`() {
    let space = SearchSpace([
      ParameterSpace("b", .categorical([10, 100])), ParameterSpace("a", .categorical(["y", "x"])),
    ])
    let texts = space.allConfigurations(usingGrids: false)?.map { $0.map(\.value.plain).joined(separator: ",") }
    #expect(texts == ["y,10", "y,100", "x,10", "x,100"])
  }

  @Test func `a grid leaves inactive parameters out, and repeats nothing`() throws {
    let space = SearchSpace([
      ParameterSpace("optimizer", .categorical(["adam", "sgd"])),
      ParameterSpace(
        "momentum", .continuous(min: 0, max: 1, scale: .linear),
        conditions: [.init(parameter: "optimizer", values: ["sgd"])], grid: [0.5, 0.9]),
      ParameterSpace("a", .integer(min: 1, max: 2, scale: .linear)),
    ])
    #expect(space.allConfigurations(usingGrids: false) == nil, "a real range is infinite")
    let all = try #require(space.allConfigurations(usingGrids: true))
    #expect(
      all.map(\.fingerprint) == [
        #"{"a":1,"optimizer":"adam"}"#, #"{"a":1,"momentum":0.5,"optimizer":"sgd"}"#,
        #"{"a":1,"momentum":0.9,"optimizer":"sgd"}"#, #"{"a":2,"optimizer":"adam"}"#,
        #"{"a":2,"momentum":0.5,"optimizer":"sgd"}"#, #"{"a":2,"momentum":0.9,"optimizer":"sgd"}"#,
      ])
    #expect(space.allConfigurations(usingGrids: true, limit: 5) == nil)
    #expect(SearchSpace().allConfigurations(usingGrids: false) == [[]])
  }

  @Test func `an unsound space says what is wrong and where`() {
    func problems(_ parameters: ParameterSpace...) -> [String] {
      SearchSpace(parameters).problems.map { "\($0.parameter): \($0.message)" }
    }
    func on(_ name: String, _ values: Value...) -> [ParameterSpace.Condition] {
      [.init(parameter: name, values: values)]
    }
    let one = Domain.categorical([1])
    #expect(problems(ParameterSpace("a", .categorical([]))) == ["a: it has no values; give at least one"])
    #expect(
      problems(ParameterSpace("a", one, conditions: on("z", 1))) == [
        "a: `when` names 'z', which is no parameter of the space"
      ])
    #expect(
      problems(ParameterSpace("a", one), ParameterSpace("b", one, conditions: on("a", 2)))
        == ["b: `when` wants a = 2, which it can never be"])
    #expect(
      problems(ParameterSpace("a", one, conditions: on("b", 1)), ParameterSpace("b", one, conditions: on("a", 1)))
        == ["a: its `when` conditions run in a circle", "b: its `when` conditions run in a circle"])
    #expect(problems(ParameterSpace("a", one, conditions: on("a", 1))) == ["a: its `when` conditions run in a circle"])
    #expect(problems(ParameterSpace("a", one), ParameterSpace("a", one)) == ["a: it is declared twice; rename one"])
    #expect(conditional.problems.isEmpty)
  }

  @Test func `constraints thin out the grid and the draws`() throws {
    let space = SearchSpace(
      [
        ParameterSpace("a", .integer(min: 1, max: 4, scale: .linear)),
        ParameterSpace("b", .integer(min: 1, max: 4, scale: .linear)),
        ParameterSpace("c", .categorical([1, 2]), conditions: [.init(parameter: "a", values: [1])]),
      ], constraints: [try Constraint("a < b"), try Constraint("b == 2 * c")])
    let all = try #require(space.allConfigurations(usingGrids: false))
    #expect(
      all.map { $0.map(\.value.plain).joined() }
        == ["121", "142", "23", "24", "34"], "an inactive name makes a constraint hold")
    #expect(all.allSatisfy(space.satisfies))
    var tried: Set<String> = []
    for number in 0..<5 {
      let drawn = try #require(space.untriedDraw(proposal: number, seed: 1) { tried.contains($0.fingerprint) })
      #expect(space.satisfies(drawn.configuration))
      tried.insert(drawn.configuration.fingerprint)
    }
    #expect(tried == Set(all.map(\.fingerprint)))
    #expect(space.untriedDraw(proposal: 5, seed: 1) { tried.contains($0.fingerprint) } == nil)
    #expect(space.exhaustion == "all 5 configurations of the search space have been tried")
    let rare = SearchSpace(
      [ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear))], constraints: [try Constraint("x < 0.001")])
    #expect(rare.untriedDraw(proposal: 0, seed: 1) { _ in false } != nil, "one in a thousand is found")
    let never = SearchSpace(rare.parameters, constraints: [try Constraint("x > 1")])
    #expect(never.untriedDraw(proposal: 0, seed: 1) { _ in false } == nil)
    #expect(never.exhaustion.contains("do not meet the constraints"))
  }

  @Test func `an unsound constraint or belief says what is wrong`() throws {
    let space = SearchSpace(
      [
        ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear), standard: 2, prior: .init(mean: 3, sigma: 0)),
        ParameterSpace("c", .categorical(["a", 1]), prior: .init(mean: 1, sigma: 1)),
        ParameterSpace("d", .categorical([1]), conditions: [.init(parameter: "x", values: [], minimum: 1.5)]),
        ParameterSpace("e", .categorical([1]), conditions: [.init(parameter: "x", values: [], minimum: 1, maximum: 0)]),
      ],
      constraints: [
        try Constraint("x < y"), try Constraint("c > 0"), try Constraint("1 < 2"), try Constraint("c == 'a'"),
      ])
    #expect(
      space.problems.map { "\($0.parameter): \($0.message)" } == [
        "x: its default is 2, which is no value that it can take",
        "x: its prior's mean is 3, which is no value that it can take",
        "x: its prior's sigma is 0.0; it is a share of the range, above 0, such as 0.1",
        "c: a prior is for numbers and ordered categories; give it a default",
        "d: `when` wants x >= 1.5, which it can never be", "e: `when` wants x to be at least 1.0 and at most 0.0",
      ])
    #expect(
      space.constraintProblems.map(\.message) == [
        "'x < y' names 'y', which is no parameter of the space",
        "'c > 0' takes c as a number, and it can be \"a\"",
        "'1 < 2' names no parameter; it is the same in every trial",
      ])
  }

  @Test func `a space's record reads back the same`() throws {
    var space = conditional
    space.parameters[0].grid = [0, 0.5]
    #expect(space.value.list != nil, "without constraints it is the list that it always was")
    #expect(space.value["constraints"] == nil)
    #expect(try SearchSpace(value: Value(json: space.value.json)) == space)
    space.constraints = [try Constraint("momentum < 0.5"), try Constraint("layers > 1 or momentum > 0.1")]
    space.parameters[0].standard = 0.5
    space.parameters[0].prior = .init(mean: 0.5, sigma: 0.25)
    space.parameters[1].memberPath = ["o", "kind"]
    space.parameters[2].conditions.append(.init(parameter: "layers", values: [], minimum: 1, maximum: 2))
    #expect(try SearchSpace(value: Value(json: space.value.json)) == space)
    #expect(throws: TrackingError.self) { try SearchSpace(value: ["no": "list"]) }
    #expect(throws: TrackingError.self) { try SearchSpace(value: [["name": "x"]]) }
  }
}
