import BelievedSpaces
import CMAESStrategy
import TPEStrategy
import Testing
import Tracking
import TrackingContracts

@Suite struct PriorTests {
  // How many trials it takes to come below a target, `most` at most.
  private func trials(
    _ type: any SearchStrategy.Type, _ means: [Value]?, seed: UInt64, to target: Double, most: Int
  ) throws -> Int {
    var rehearsal = try Rehearsal(type, in: BelievedSpaces.space(means), seed: seed)
    while rehearsal.best > target, rehearsal.records.trials.count < most {
      try rehearsal.run(1) { BelievedSpaces.loss($0) }
    }
    return rehearsal.records.trials.count
  }

  static let strategies: [any SearchStrategy.Type] = [TPEStrategy.self, CMAESStrategy.self]

  @Test(arguments: [0, 1]) func `a good prior finds the optimum in far fewer trials`(strategy: Int) throws {
    var (with, without) = (0, 0)
    for seed in 1...6 as ClosedRange<UInt64> {
      with += try trials(Self.strategies[strategy], BelievedSpaces.good, seed: seed, to: 0.035, most: 100)
      without += try trials(Self.strategies[strategy], nil, seed: seed, to: 0.035, most: 100)
    }
    #expect(with * 3 <= without * 2, "\(with) trials with it, \(without) without")
  }

  @Test(arguments: [0, 1], [1, 2] as [UInt64])
  func `a wrong prior is overcome`(strategy: Int, seed: UInt64) throws {
    #expect(try trials(Self.strategies[strategy], BelievedSpaces.wrong, seed: seed, to: 0.035, most: 150) < 150)
  }

  @Test(arguments: StrategyContract.cases)
  func `with a prior strategies keep the contract`(of demand: ContractCase<StrategyContract.Subject>) throws {
    try demand.check(StrategyContract.Subject(TPEStrategy.self, space: BelievedSpaces.conditional))
    try demand.check(StrategyContract.Subject(CMAESStrategy.self, space: BelievedSpaces.conditional))
  }

  @Test func `with a prior proposals are sound and the same after a restart`() throws {
    try Properties.check(TPEStrategy.self, in: BelievedSpaces.conditional)
    try Properties.check(CMAESStrategy.self, in: BelievedSpaces.conditional)
  }

  @Test func `tpe draws half of its first trials from it, and later ones say what it weighed`() throws {
    var rehearsal = try Rehearsal(TPEStrategy.self, in: BelievedSpaces.conditional, seed: 2)
    try rehearsal.run(14) { Properties.loss($0, in: UnitCube(BelievedSpaces.conditional)) }
    let details = rehearsal.decisions.map(\.details)
    let drawn = details.indices.filter { details[$0]["kind"] == "prior" }
    #expect(drawn == [2, 4, 6, 8], "the default first, then in turns")
    for number in drawn {
      let rate = rehearsal.records.trials[number].parameters.byName["rate"]?.number ?? 0
      #expect((0.0005...0.2).contains(rate))
    }
    #expect(details[10]["prior_exponent"] == .real(1), "beta is 10 here, and ten trials have ended")
    let cube = UnitCube(BelievedSpaces.conditional)
    let weight = try #require(PriorWeight(SpacePrior(cube), trials: 100, results: 10))
    for number in 10..<14 {
      let point = cube.point(of: rehearsal.records.trials[number].parameters)
      let expected = weight.mixed(weight.prior.logDensity(at: point)).value
      #expect(abs((details[number]["log_prior"]?.number ?? .nan) - expected) < 1e-9)
    }
    let plain = try Rehearsal(TPEStrategy.self, in: Spaces.open)
    var other = plain
    try other.run(12) { Properties.loss($0, in: UnitCube(Spaces.open)) }
    #expect(other.decisions.allSatisfy { $0.details["prior_exponent"] == nil && $0.details["kind"] == nil })
  }

  @Test func `tpe draws from it again what was tried already`() throws {
    // Five values have nearly all of it.
    let space = SearchSpace([
      ParameterSpace("layers", .integer(min: 1, max: 100, scale: .linear), prior: .init(mean: 50, sigma: 0.01))
    ])
    var rehearsal = try Rehearsal(TPEStrategy.self, in: space, seed: 3)
    try rehearsal.run(10) { $0["layers"]?.number ?? 0 }
    let details = rehearsal.decisions.map(\.details)
    #expect(details.indices.filter { details[$0]["kind"] == "prior" } == [2, 4, 6, 8], "the default first")
    #expect(details.indices.filter { details[$0]["kind"] == nil && details[$0]["point"] != nil } == [1, 3, 5, 7, 9])
  }

  @Test func `cmaes begins at its mean, and as wide as it says`() throws {
    var rehearsal = try Rehearsal(CMAESStrategy.self, in: BelievedSpaces.space(BelievedSpaces.good))
    let first = try #require(try rehearsal.propose(1).first)
    let deviations = rehearsal.decisions[0].details["deviations"]
    for name in ["rate", "momentum", "width", "drop"] {
      #expect(abs((deviations?[name]?.number ?? 0) - 0.1) < 1e-12, "\(first.parameters)")
    }
    // Never narrower than a fifth of the first deviation, nor wider than it.
    for (sigma, expected) in [(0.001, 0.06), (0.8, 0.3)] {
      var other = try Rehearsal(CMAESStrategy.self, in: BelievedSpaces.space(BelievedSpaces.good, sigma: sigma))
      try other.propose(1)
      #expect(abs((other.decisions[0].details["deviations"]?["rate"]?.number ?? 0) - expected) < 1e-12)
    }
  }
}
