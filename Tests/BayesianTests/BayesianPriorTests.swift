import BayesianStrategies
import Testing
import Tracking
import TrackingContracts

@Suite struct BayesianPriorTests {
  /// Four numbers on three scales; nothing is believed, or a mean of each.
  static func space(_ means: [Value]?, sigma: Double = 0.1) -> SearchSpace {
    func prior(_ index: Int) -> ParameterSpace.Prior? { means.map { .init(mean: $0[index], sigma: sigma) } }
    return SearchSpace([
      ParameterSpace("rate", .continuous(min: 1e-5, max: 1, scale: .log), prior: prior(0)),
      ParameterSpace("momentum", .continuous(min: 0, max: 0.999, scale: .reverseLog), prior: prior(1)),
      ParameterSpace("width", .integer(min: 8, max: 512, scale: .log), prior: prior(2)),
      ParameterSpace("drop", .continuous(min: 0, max: 1, scale: .linear), prior: prior(3)),
    ])
  }
  static let good: [Value] = [0.002, 0.85, 180, 0.25]
  static let wrong: [Value] = [0.9, 0.0, 10, 0.97]

  /// A bowl with a ripple, on the scales; 0 at 0.001, 0.9, 128 and 0.2.
  static func loss(_ values: [String: Value]) -> Double? {
    let cube = UnitCube(space(nil))
    let at = cube.point(of: values.map { Parameter($0.key, $0.value) })
    let best = cube.point(of: [
      Parameter("rate", 0.001), Parameter("momentum", 0.9), Parameter("width", 128), Parameter("drop", 0.2),
    ])
    let steps = zip(at, best).map { ($0 ?? 0) - ($1 ?? 0) }
    let bowl = steps[0] * steps[0] * 4 + steps[1] * steps[1] + steps[2] * steps[2] * 2 + steps[3] * steps[3]
    return bowl + abs(steps[0] * steps[1]) + 0.3 * abs(steps[3])
  }

  private func run(_ means: [Value]?, seed: UInt64, until target: Double) throws -> SweepSimulation {
    var simulation = SweepSimulation(space: Self.space(means), trials: 40, seed: seed)
    let strategy = try BayesianStrategyTests.made(simulation)
    while simulation.records.trials.count < 40, simulation.best ?? .infinity > target {
      try simulation.run(strategy, 1, Self.loss)
    }
    return simulation
  }

  @Test func `a good prior finds the optimum in far fewer trials`() throws {
    var (with, without) = (0, 0)
    for seed in [1, 2, 3] as [UInt64] {
      let helped = try run(Self.good, seed: seed, until: 0.02)
      #expect(helped.best ?? 1 < 0.02)
      with += helped.records.trials.count
      without += try run(nil, seed: seed, until: 0.02).records.trials.count
    }
    #expect(with * 3 <= without * 2, "\(with) trials with it, \(without) without")
  }

  @Test(arguments: [1, 3] as [UInt64]) func `a wrong prior is overcome within the budget`(seed: UInt64) throws {
    let simulation = try run(Self.wrong, seed: seed, until: 0.01)
    #expect(simulation.best ?? 1 <= 0.01, "\(simulation.best ?? 1)")
  }

  static let conditional = SearchSpace([
    ParameterSpace("kind", .categorical(["tree", "net", "line"])),
    ParameterSpace(
      "depth", .integer(min: 1, max: 30, scale: .linear), conditions: [.init(parameter: "kind", values: ["tree"])],
      prior: .init(mean: 6, sigma: 0.1)),
    ParameterSpace(
      "size", .ordinal(["tiny", "small", "medium", "large", "huge"]),
      conditions: [.init(parameter: "kind", values: ["net"])], prior: .init(mean: "large", sigma: 0.15)),
    ParameterSpace("rate", .continuous(min: 1e-4, max: 1, scale: .log), prior: .init(mean: 0.01, sigma: 0.1)),
    ParameterSpace("noise", .continuous(min: 0, max: 1, scale: .linear)),
  ])

  @Test(arguments: StrategyContract.cases)
  func `with a prior bayesian keeps the contract`(of demand: ContractCase<StrategyContract.Subject>) throws {
    try demand.check(StrategyContract.Subject(BayesianStrategy.self, space: Self.conditional))
    try demand.check(
      StrategyContract.Subject(
        BayesianHalvingStrategy.self, space: Self.conditional, resource: SweepSpec.Resource(maximum: 27)))
  }

  @Test func `half of the first trials are drawn from it, and later ones say what it weighed`() throws {
    var kept = SweepSimulation(space: Self.conditional, trials: 40, seed: 5)
    kept.spec.strategy.options = ["initial_trials": 12]
    var fresh = kept
    let strategy = try BayesianStrategyTests.made(kept)
    var details: [Value] = []
    for number in 0..<18 {
      let session = try kept.session()
      _ = try strategy.propose(upTo: 1, in: session)
      for case .decide(let decision) in session.changes { details.append(decision.details) }
      kept.records = kept.records.recording(session)
      _ = try fresh.ask(BayesianStrategyTests.made(fresh))
      #expect(kept.records.trials == fresh.records.trials)
      let values = kept.records.trials[number].parameters.byName
      let configuration = Self.conditional.configuration { values[$0.name] ?? .null }
      #expect(configuration.fingerprint == kept.records.trials[number].parameters.fingerprint)
      let rate = PortableMath.log(values["rate"]?.number ?? 1) / PortableMath.log(10)
      let loss = (rate + 1.8) * (rate + 1.8) + (values["size"] == "large" ? 0 : 0.2) + (values["noise"]?.number ?? 0)
      kept.end(number, loss)
      fresh.end(number, loss)
    }
    #expect(
      details.prefix(12).map { $0["kind"]?.text } == ["default"] + (0..<11).map { $0 % 2 == 0 ? "prior" : "spread" })
    #expect(Set(kept.records.trials.map(\.parameters.fingerprint)).count == 18)
    let drawn = [1, 3, 5, 7, 9, 11].map { kept.records.trials[$0].parameters.byName["rate"]?.number ?? 0 }
    #expect(drawn.allSatisfy { (0.001...0.1).contains($0) }, "\(drawn)")
    for (number, detail) in details.enumerated().dropFirst(12) where detail["kind"] != "leap" {
      // A tenth of 40 over the results so far.
      #expect(detail["prior_exponent"] == .real(4 / Double(number)))
      #expect(detail["log_prior"]?.number?.isFinite == true)
    }
  }

  @Test func `bayesian_halving draws half of its first trials from it and weighs the later ones`() throws {
    var spec = FidelityTests.spec(trials: 30, options: ["initial_trials": 10])
    spec.space = Self.conditional
    var drive = try FidelityTests.Drive(spec)
    for _ in 0..<200 {
      if case .exhausted = try drive.turn(slots: 2), drive.underWay.isEmpty { break }
    }
    let proposals = drive.decisions.filter { $0.kind == .propose }
    let kinds = proposals.compactMap { $0.details["kind"]?.text }
    #expect(kinds.first == "default")
    #expect((3...6).contains(kinds.count { $0 == "prior" }), "\(kinds)")
    #expect(kinds.contains("spread"))
    let modelled = proposals.filter { $0.details["kind"]?.text?.hasPrefix("model") == true }
    #expect(!modelled.isEmpty)
    // Beta is a tenth of 30; at least the ten first trials are known.
    #expect(modelled.allSatisfy { (0.1...0.4).contains($0.details["prior_exponent"]?.number ?? 0) })
  }
}
