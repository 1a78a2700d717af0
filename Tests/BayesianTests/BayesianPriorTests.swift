import BayesianStrategies
import BelievedSpaces
import Testing
import Tracking
import TrackingContracts

@Suite struct BayesianPriorTests {
  private func run(_ means: [Value]?, seed: UInt64, until target: Double) throws -> SweepSimulation {
    var simulation = SweepSimulation(space: BelievedSpaces.space(means), trials: 40, seed: seed)
    let strategy = try BayesianStrategyTests.made(simulation)
    while simulation.records.trials.count < 40, simulation.best ?? .infinity > target {
      try simulation.run(strategy, 1, BelievedSpaces.loss)
    }
    return simulation
  }

  @Test func `a good prior finds the optimum in far fewer trials`() throws {
    var (with, without) = (0, 0)
    for seed in [1, 2, 3] as [UInt64] {
      let helped = try run(BelievedSpaces.good, seed: seed, until: 0.02)
      #expect(helped.best ?? 1 < 0.02)
      with += helped.records.trials.count
      without += try run(nil, seed: seed, until: 0.02).records.trials.count
    }
    #expect(with * 3 <= without * 2, "\(with) trials with it, \(without) without")
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func `a wrong prior is overcome within the budget`(seed: UInt64) throws {
    let simulation = try run(BelievedSpaces.wrong, seed: seed, until: 0.01)
    #expect(simulation.best ?? 1 <= 0.01, "\(simulation.best ?? 1)")
  }

  @Test(arguments: StrategyContract.cases)
  func `with a prior bayesian keeps the contract`(of demand: ContractCase<StrategyContract.Subject>) throws {
    try demand.check(StrategyContract.Subject(BayesianStrategy.self, space: BelievedSpaces.conditional))
    try demand.check(
      StrategyContract.Subject(
        BayesianHalvingStrategy.self, space: BelievedSpaces.conditional, resource: SweepSpec.Resource(maximum: 27)))
  }

  @Test func `half of the first trials are drawn from it, and later ones say what it weighed`() throws {
    var kept = SweepSimulation(space: BelievedSpaces.conditional, trials: 40, seed: 5)
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
      let configuration = BelievedSpaces.conditional.configuration { values[$0.name] ?? .null }
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
      // Elsewhere more may be expected than where the prior speaks for it, but never less.
      let own = try PortableMath.exp(#require(detail["log_expected_improvement"]?.number))
      let largest = try #require(detail["expected_improvement"]?.number)
      #expect(largest >= own * (1 - 1e-12), "\(number)")
    }
  }

  @Test func `bayesian_halving draws half of its first trials from it and weighs the later ones`() throws {
    var spec = FidelityTests.spec(trials: 30, options: ["initial_trials": 10])
    spec.space = BelievedSpaces.conditional
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
