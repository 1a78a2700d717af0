import Testing
import Tracking
import TrackingContracts

@testable import BayesianStrategies

struct AutoStrategyTests {
  @Test(arguments: StrategyContract.cases, [BayesianStrategyTests.mixed, BayesianStrategyTests.small])
  func `auto keeps the contract`(of demand: ContractCase<StrategyContract.Subject>, in space: SearchSpace) throws {
    try demand.check(StrategyContract.Subject(AutoStrategy.self, space: space))
  }

  @Test func `a space that fits into the budget is gone through`() {
    let sweep = SweepSimulation("auto", space: BayesianStrategyTests.small, trials: 50).spec
    #expect(AutoStrategy.choice(for: sweep).note.hasPrefix("bayesian: all 18 configurations fit into 50 trials"))
  }

  @Test func `few trials and many at once are told apart`() {
    var sweep = SweepSimulation("auto", space: BayesianStrategyTests.mixed, trials: 8).spec
    #expect(AutoStrategy.choice(for: sweep).options["initial_trials"] == 2)
    sweep.limits.maxConcurrentTrials = 6
    #expect(AutoStrategy.choice(for: sweep).options["initial_trials"] == 6)
  }

  @Test func `a declared resource brings the multi-fidelity strategy`() throws {
    var sweep = SweepSimulation("auto", space: BayesianStrategyTests.mixed, trials: 30).spec
    sweep.resource = SweepSpec.Resource(minimum: 1, maximum: 27)
    let session = try SweepSession(
      sweep: Sweep(run: RunID(randomBits: 5), spec: sweep, source: ""), decider: "auto", reader: RecordedTrials())
    _ = try AutoStrategy(options: [:], sweep: sweep).propose(upTo: 2, in: session)
    guard case .decide(let decision) = try #require(session.changes.last) else {
      Issue.record("a proposal is a decision")
      return
    }
    #expect(decision.details["strategy"]?.text?.hasPrefix("bayesian_halving: ") == true)
    #expect(session.changes.contains(.allow(session.sweep.run.trial(0), points: 1)))
    sweep.limits.maxTotalTrials = 9
    #expect(!AutoStrategy.choice(for: sweep).isHalving)
  }

  @Test func `each proposal says what was chosen`() throws {
    var simulation = SweepSimulation("auto", space: BayesianStrategyTests.mixed, trials: 30)
    let session = try simulation.session()
    _ = try AutoStrategy(options: [:], sweep: simulation.spec).propose(upTo: 1, in: session)
    guard case .decide(let decision) = try #require(session.changes.last) else {
      Issue.record("a proposal is a decision")
      return
    }
    #expect(decision.details["strategy"] == "bayesian: 30 trials over 5 parameters suit a model of the results")
    simulation.records = simulation.records.recording(session)
  }
}
