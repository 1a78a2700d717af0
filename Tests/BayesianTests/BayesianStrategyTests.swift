import BayesianStrategies
import Testing
import Tracking
import TrackingContracts

struct BayesianStrategyTests {
  static let mixed = SearchSpace([
    ParameterSpace("optimizer", .categorical(["sgd", "adam", "nag"])),
    ParameterSpace("rate", .continuous(min: 1e-5, max: 1, scale: .log)),
    ParameterSpace("batch", .integer(min: 8, max: 128, scale: .log)),
    ParameterSpace(
      "momentum", .continuous(min: 0, max: 0.99, scale: .linear),
      conditions: [.init(parameter: "optimizer", values: ["sgd", "nag"])]),
    ParameterSpace(
      "beta", .continuous(min: 0.5, max: 0.9999, scale: .reverseLog),
      conditions: [.init(parameter: "optimizer", values: ["adam"])]),
  ])
  static let small = SearchSpace([
    ParameterSpace("layers", .integer(min: 1, max: 4, scale: .linear)),
    ParameterSpace("width", .categorical([16, 32, 64])),
    ParameterSpace("drop", .categorical([true, false]), conditions: [.init(parameter: "layers", values: [3, 4])]),
  ])

  static func loss(_ values: [String: Value]) -> Double? {
    let rate = PortableMath.log(values["rate"]?.number ?? 1) / PortableMath.log(10)
    let base = (rate + 2.4) * (rate + 2.4)
    let batch = PortableMath.log(values["batch"]?.number ?? 1)
    if rate > -0.5 { return nil }
    switch values["optimizer"] {
    case "sgd": return base + 0.3 + 0.4 * abs((values["momentum"]?.number ?? 0) - 0.9) + 0.01 * batch
    case "adam": return base + 0.1 + abs((values["beta"]?.number ?? 0) - 0.95) + 0.02 * batch
    default: return base + 0.5
    }
  }

  static func made(_ simulation: SweepSimulation) throws -> BayesianStrategy {
    try BayesianStrategy(options: simulation.spec.strategy.options, sweep: simulation.spec)
  }

  @Test(arguments: StrategyContract.cases, [mixed, small])
  func `bayesian keeps the contract`(of demand: ContractCase<StrategyContract.Subject>, in space: SearchSpace) throws {
    try demand.check(StrategyContract.Subject(BayesianStrategy.self, space: space))
  }

  @Test func `proposals stay in the space and never come twice, failed trials or not`() throws {
    var simulation = SweepSimulation(space: Self.mixed, trials: 30)
    try simulation.run(Self.made(simulation), 30, Self.loss)
    #expect(simulation.records.trials.count == 30)
    for trial in simulation.records.trials {
      let values = trial.parameters.byName
      #expect(Self.mixed.configuration { values[$0.name] ?? .null }.fingerprint == trial.parameters.fingerprint)
      for parameter in trial.parameters {
        #expect(Self.mixed[parameter.name]?.domain.member(matching: parameter.value) == parameter.value)
      }
    }
    #expect(Set(simulation.records.trials.map { $0.parameters.fingerprint }).count == 30)
  }

  @Test func `a fresh instance proposes what one that was kept does`() throws {
    var kept = SweepSimulation(space: Self.mixed, seed: 8)
    var fresh = kept
    let strategy = try Self.made(kept)
    for _ in 0..<24 {
      _ = try kept.ask(strategy)
      _ = try fresh.ask(Self.made(fresh))
      #expect(kept.records.trials == fresh.records.trials)
      let number = kept.records.trials.count - 1
      let value = Self.loss(kept.records.trials[number].parameters.byName)
      kept.end(number, value)
      fresh.end(number, value)
    }
  }

  @Test func `trials under way are kept away from`() throws {
    var simulation = SweepSimulation(space: Self.mixed, seed: 3)
    let strategy = try Self.made(simulation)
    try simulation.run(strategy, 14, Self.loss)
    _ = try simulation.ask(strategy, 6)
    let rates = simulation.records.trials.suffix(6).map { $0.parameters.byName["rate"]?.number ?? 0 }
    #expect(Set(rates).count == 6)
    // More under way than the model had room for.
    let session = try simulation.session()
    for number in 0..<90 { session.propose([Parameter("rate", .real(0.001 * Double(number + 1)))], reason: "a test") }
    simulation.records = simulation.records.recording(session)
    _ = try simulation.ask(strategy, 1)
    #expect(simulation.records.trials.count == 14 + 6 + 90 + 1)
  }

  @Test func `a maximised objective is the mirror of a minimised one`() throws {
    var down = SweepSimulation(space: Self.mixed, seed: 5)
    var up = SweepSimulation(space: Self.mixed, seed: 5, goal: .maximize)
    try down.run(Self.made(down), 15, Self.loss)
    try up.run(Self.made(up), 15) { Self.loss($0).map { -$0 } }
    #expect(down.records.trials == up.records.trials)
  }

  @Test func `a finite space is gone through without repeats, to its end`() throws {
    var simulation = SweepSimulation(space: Self.small, seed: 2)
    try simulation.run(Self.made(simulation), 40) { values in
      (values["layers"]?.number ?? 0) * 0.1 + (values["drop"] == true ? 1 : 0)
    }
    let all = try #require(Self.small.allConfigurations(usingGrids: false))
    #expect(Set(simulation.records.trials.map { $0.parameters.fingerprint }) == Set(all.map(\.fingerprint)))
    #expect(simulation.records.trials.count == all.count)
  }

  @Test func `a smooth bowl is found in thirty trials`() throws {
    let space = SearchSpace((0..<3).map { ParameterSpace("x\($0)", .continuous(min: -1, max: 1, scale: .linear)) })
    var simulation = SweepSimulation(space: space, trials: 30, seed: 4)
    try simulation.run(Self.made(simulation), 30) { values in
      [0.3, -0.4, 0.15].enumerated().reduce(0) { sum, part in
        let off = (values["x\(part.offset)"]?.number ?? 0) - part.element
        return sum + off * off
      }
    }
    #expect(try #require(simulation.best) < 1e-3)
  }

  @Test func `an option out of range is told`() {
    let sweep = SweepSimulation(space: Self.small).spec
    let problems = BayesianStrategy.problems(options: ["initial_trials": 0], sweep: sweep)
    #expect(problems.map(\.message) == ["initial_trials is 0; it is a whole number from 1"])
    #expect(BayesianStrategy.problems(options: ["initial_trials": 5], sweep: sweep) == [])
  }
}

extension BayesianStrategyTests {
  @Test func `constraints hold, and the default comes first`() throws {
    var space = SearchSpace((0..<2).map { ParameterSpace("x\($0)", .continuous(min: 0, max: 1, scale: .linear)) })
    space.constraints = [try Constraint("x0 < x1")]
    space.parameters[0].standard = 0.25
    space.parameters[1].standard = 0.75
    var simulation = SweepSimulation(space: space, trials: 20)
    try simulation.run(Self.made(simulation), 20) { values in
      (values["x0"]?.number ?? 0) * -1 + (values["x1"]?.number ?? 0)
    }
    #expect(simulation.records.trials.count == 20)
    #expect(simulation.records.trials[0].parameters.byName == ["x0": 0.25, "x1": 0.75])
    for trial in simulation.records.trials { #expect(space.satisfies(trial.parameters)) }
  }

  @Test func `a parameter may depend on a number's range`() throws {
    let space = SearchSpace([
      ParameterSpace("depth", .integer(min: 1, max: 8, scale: .linear)),
      ParameterSpace("rate", .continuous(min: 0, max: 1, scale: .linear)),
      ParameterSpace(
        "skip", .continuous(min: 0, max: 1, scale: .linear),
        conditions: [
          .init(parameter: "depth", values: [], minimum: 5), .init(parameter: "rate", values: [], maximum: 0.5),
        ]),
    ])
    var simulation = SweepSimulation(space: space, trials: 25)
    try simulation.run(Self.made(simulation), 25) { values in
      (values["skip"]?.number ?? 1) + (values["rate"]?.number ?? 0) * 0.1
    }
    for trial in simulation.records.trials {
      let values = trial.parameters.byName
      let isActive = (values["depth"]?.number ?? 0) >= 5 && (values["rate"]?.number ?? 1) <= 0.5
      #expect((values["skip"] != nil) == isActive)
    }
    #expect(try #require(simulation.best) < 0.1)
  }
}
