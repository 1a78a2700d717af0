import GridStrategy
import Testing
import Tracking
import TrackingContracts

@Suite struct GridStrategyTests {
  static let declared = SearchSpace([
    ParameterSpace("learning_rate", .continuous(min: 1e-3, max: 0.1, scale: .log), grid: [0.001, 0.01, 0.1]),
    ParameterSpace("optimizer", .categorical(["sgd", "adam"])),
    ParameterSpace(
      "momentum", .continuous(min: 0, max: 1, scale: .linear),
      conditions: [ParameterSpace.Condition(parameter: "optimizer", values: ["sgd"])], grid: [0.5, 0.9]),
  ])

  @Test(arguments: StrategyContract.cases, [Spaces.finite, Spaces.lab, declared])
  func `grid keeps the contract`(of demand: ContractCase<StrategyContract.Subject>, in space: SearchSpace) throws {
    try demand.check(StrategyContract.Subject(GridStrategy.self, space: space))
  }

  func order(_ space: SearchSpace) throws -> [String] {
    let session = try session(in: space, seed: 0, strategy: "grid")
    _ = try GridStrategy(options: [:], sweep: sweepSpec(in: space, seed: 0)).propose(upTo: 1000, in: session)
    return session.configurations.map { $0.map { "\($0.name)=\($0.value.plain)" }.joined(separator: " ") }
  }

  @Test func `names are sorted and the last one varies fastest`() throws {
    #expect(
      try order(Spaces.lab) == [
        "learning_rate=0.01 n_estimators=10", "learning_rate=0.01 n_estimators=100",
        "learning_rate=0.1 n_estimators=10", "learning_rate=0.1 n_estimators=100",
        "learning_rate=1.0 n_estimators=10", "learning_rate=1.0 n_estimators=100",
      ])
  }

  @Test func `a conditional parameter varies only where it is active, after what it depends on`() throws {
    #expect(
      try order(Self.declared) == [
        "learning_rate=0.001 optimizer=sgd momentum=0.5", "learning_rate=0.001 optimizer=sgd momentum=0.9",
        "learning_rate=0.001 optimizer=adam", "learning_rate=0.01 optimizer=sgd momentum=0.5",
        "learning_rate=0.01 optimizer=sgd momentum=0.9", "learning_rate=0.01 optimizer=adam",
        "learning_rate=0.1 optimizer=sgd momentum=0.5", "learning_rate=0.1 optimizer=sgd momentum=0.9",
        "learning_rate=0.1 optimizer=adam",
      ])
  }

  @Test func `a parameter without a grid is named, with what to do`() {
    let problems = GridStrategy.problems(options: [:], sweep: sweepSpec(in: Spaces.open))
    #expect(problems.map(\.name) == ["learning_rate", "momentum", "beta_1"])
    #expect(problems[0].message.contains("grid: {count: 5}"))
  }

  @Test func `a grid that nobody could finish is refused`() {
    let space = SearchSpace(
      (0..<5).map { ParameterSpace("p\($0)", .integer(min: 1, max: 100, scale: .linear)) })
    #expect(GridStrategy.problems(options: [:], sweep: sweepSpec(in: space)).map(\.isError) == [true])
  }

  @Test func `the end of the grid is told with its size`() throws {
    let session = try session(in: Spaces.lab, seed: 0, strategy: "grid")
    let strategy = try GridStrategy(options: [:], sweep: sweepSpec(in: Spaces.lab, seed: 0))
    #expect(
      try strategy.propose(upTo: 6, in: session) == .exhausted("all 6 configurations of the grid have been tried"))
  }
}
