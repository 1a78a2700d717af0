import CMAESStrategy
import TPEStrategy
import Testing
import Tracking
import TrackingContracts

@Suite struct PriorTests {
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
  static func loss(_ values: [String: Value]) -> Double {
    let cube = UnitCube(space(nil))
    let at = cube.point(of: values.map { Parameter($0.key, $0.value) })
    let best = cube.point(of: [
      Parameter("rate", 0.001), Parameter("momentum", 0.9), Parameter("width", 128), Parameter("drop", 0.2),
    ])
    let steps = zip(at, best).map { ($0 ?? 0) - ($1 ?? 0) }
    let bowl = steps[0] * steps[0] * 4 + steps[1] * steps[1] + steps[2] * steps[2] * 2 + steps[3] * steps[3]
    return bowl + abs(steps[0] * steps[1]) + 0.3 * abs(steps[3])
  }

  // How many trials it takes to come below a target, `most` at most.
  private func trials(
    _ type: any SearchStrategy.Type, _ means: [Value]?, seed: UInt64, to target: Double, most: Int
  ) throws -> Int {
    var rehearsal = try Rehearsal(type, in: Self.space(means), seed: seed)
    while rehearsal.best > target, rehearsal.records.trials.count < most { try rehearsal.run(1) { Self.loss($0) } }
    return rehearsal.records.trials.count
  }

  static let strategies: [any SearchStrategy.Type] = [TPEStrategy.self, CMAESStrategy.self]

  @Test(arguments: [0, 1]) func `a good prior finds the optimum in far fewer trials`(strategy: Int) throws {
    var (with, without) = (0, 0)
    for seed in 1...6 as ClosedRange<UInt64> {
      with += try trials(Self.strategies[strategy], Self.good, seed: seed, to: 0.035, most: 100)
      without += try trials(Self.strategies[strategy], nil, seed: seed, to: 0.035, most: 100)
    }
    #expect(with * 3 <= without * 2, "\(with) trials with it, \(without) without")
  }

  @Test(arguments: [0, 1], [1, 2] as [UInt64])
  func `a wrong prior is overcome`(strategy: Int, seed: UInt64) throws {
    #expect(try trials(Self.strategies[strategy], Self.wrong, seed: seed, to: 0.035, most: 150) < 150)
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
  func `with a prior strategies keep the contract`(of demand: ContractCase<StrategyContract.Subject>) throws {
    try demand.check(StrategyContract.Subject(TPEStrategy.self, space: Self.conditional))
    try demand.check(StrategyContract.Subject(CMAESStrategy.self, space: Self.conditional))
  }

  @Test func `with a prior proposals are sound and the same after a restart`() throws {
    try Properties.check(TPEStrategy.self, in: Self.conditional)
    try Properties.check(CMAESStrategy.self, in: Self.conditional)
  }

  @Test func `tpe draws half of its first trials from it, and later ones say what it weighed`() throws {
    var rehearsal = try Rehearsal(TPEStrategy.self, in: Self.conditional, seed: 2)
    try rehearsal.run(14) { Properties.loss($0, in: UnitCube(Self.conditional)) }
    let details = rehearsal.decisions.map(\.details)
    let drawn = details.indices.filter { details[$0]["kind"] == "prior" }
    #expect(drawn == [2, 4, 6, 8], "the default first, then in turns")
    for number in drawn {
      let rate = rehearsal.records.trials[number].parameters.byName["rate"]?.number ?? 0
      #expect((0.0005...0.2).contains(rate))
    }
    #expect(details[10]["prior_exponent"] == .real(1), "beta is 10 here, and ten trials have ended")
    #expect((-4.7...6.0).contains(details[10]["log_prior"]?.number ?? 9))
    let plain = try Rehearsal(TPEStrategy.self, in: Spaces.open)
    var other = plain
    try other.run(12) { Properties.loss($0, in: UnitCube(Spaces.open)) }
    #expect(other.decisions.allSatisfy { $0.details["prior_exponent"] == nil && $0.details["kind"] == nil })
  }

  @Test func `cmaes begins at its mean, and as wide as it says`() throws {
    var rehearsal = try Rehearsal(CMAESStrategy.self, in: Self.space(Self.good))
    let first = try #require(try rehearsal.propose(1).first)
    let deviations = rehearsal.decisions[0].details["deviations"]
    for name in ["rate", "momentum", "width", "drop"] {
      #expect(abs((deviations?[name]?.number ?? 0) - 0.1) < 1e-12, "\(first.parameters)")
    }
    // Never narrower than a fifth of the first deviation, nor wider than it.
    for (sigma, expected) in [(0.001, 0.06), (0.8, 0.3)] {
      var other = try Rehearsal(CMAESStrategy.self, in: Self.space(Self.good, sigma: sigma))
      try other.propose(1)
      #expect(abs((other.decisions[0].details["deviations"]?["rate"]?.number ?? 0) - expected) < 1e-12)
    }
  }
}
