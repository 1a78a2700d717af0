import Testing
import Tracking
import TrackingContracts

@testable import TPEStrategy

@Suite struct TPEStrategyTests {
  @Test(arguments: StrategyContract.cases, [Spaces.open, Spaces.finite])
  func `tpe keeps the contract`(of demand: ContractCase<StrategyContract.Subject>, in space: SearchSpace) throws {
    try demand.check(StrategyContract.Subject(TPEStrategy.self, space: space))
  }

  @Test(arguments: [Spaces.open, Spaces.finite, Spaces.every, Spaces.square])
  func `tpe proposes sound configurations while it learns`(in space: SearchSpace) throws {
    try Properties.check(TPEStrategy.self, in: space)
  }

  // MARK: The method

  @Test func `a tenth of the trials is good, 25 at most`() {
    #expect([1, 10, 11, 50, 250, 1000].map { TPESplit.goodCount(of: $0, gamma: 0.1) } == [1, 1, 2, 5, 25, 25])
  }

  @Test func `failed and pending trials are among the others, and one that was ended early is behind whole ones`() {
    let trials = [
      ScoredTrial(number: 0, configuration: [], loss: nil), ScoredTrial(number: 1, configuration: [], loss: 2),
      ScoredTrial(number: 2, configuration: [], loss: 1, isWhole: false),
      ScoredTrial(number: 3, configuration: [], loss: 0, violation: 1),
    ]
    let split = TPESplit(trials, transferred: [], pending: 2, gamma: 0.1)
    #expect(split.good.map(\.source) == [.observed(1)])
    #expect(split.other.map(\.source) == [.observed(0), .observed(2), .observed(3), .pending(0), .pending(1)])
    #expect(TPESplit(trials, transferred: [], pending: 0, gamma: 0.9).good.count == 3)
  }

  @Test func `older ones of many others count less`() {
    let trials = (0..<60).map { ScoredTrial(number: $0, configuration: [], loss: Double(60 - $0)) }
    let weights = TPESplit(trials, transferred: [], pending: 0, gamma: 0.1).other.map(\.weight)
    #expect(weights.count == 54)
    #expect(abs(weights[0] - 1.0 / 60) < 1e-12)
    #expect(weights[34] == 1 && weights[53] == 1)
    #expect(weights == weights.sorted())
  }

  @Test func `a density of one dimension is the mixture that one computes by hand`() {
    let axes = UnitCube(SearchSpace([Spaces.square.parameters[0]])).dimensions.map { ParzenAxis($0) }
    let estimator = ParzenEstimator([.init(places: [0.5], weight: 1)], axes: axes, width: .even)
    // One observation: bandwidth max(0.2 * 1^(-1/5), 1/3) = 1/3. Within [0, 1] the normal has Phi(1.5) - Phi(-1.5).
    let inside = 0.8663855974622838
    let peak = 1 / (1.0 / 3 * 2.5066282746310002) / inside
    let density = PortableMath.exp(estimator.logDensities(at: [[0.5]])[0])
    #expect(abs(density - (peak + 1) / 2) < 1e-12)
    // Three by their neighbours: 0.3 and 0.6 reach 0.3 far, 0.1 only 0.2, which is the least for three.
    let several = ParzenEstimator(
      [0.1, 0.6, 0.3].map { .init(places: [$0], weight: 1) }, axes: axes, width: .neighbours)
    func normal(_ x: Double, _ middle: Double, _ width: Double) -> Double {
      let z = (x - middle) / width
      let share =
        PortableMath.normalDistribution((1 - middle) / width) - PortableMath.normalDistribution(-middle / width)
      return PortableMath.exp(-z * z / 2) / 2.5066282746310002 / width / share
    }
    let sum = 1 + normal(0.4, 0.1, 0.2) + normal(0.4, 0.3, 0.3) + normal(0.4, 0.6, 0.3)
    #expect(abs(PortableMath.exp(several.logDensities(at: [[0.4]])[0]) - sum / 4) < 1e-12)
  }

  @Test(arguments: [ParzenEstimator.Width.even, .neighbours])
  func `densities sum to 1, over cells and categories and conditions`(width: ParzenEstimator.Width) throws {
    let space = SearchSpace([
      ParameterSpace("kind", .categorical(["a", "b", "c"])),
      ParameterSpace("count", .integer(min: 1, max: 20, scale: .log)),
      ParameterSpace(
        "share", .quniform(min: 0, max: 1, q: 0.25),
        conditions: [ParameterSpace.Condition(parameter: "kind", values: ["b"])]),
    ])
    let cube = UnitCube(space)
    let all = try #require(space.allConfigurations(usingGrids: false))
    let seen = [0, 3, 44, 59, 60, all.count - 1].map { cube.point(of: all[$0]) }
    let kernels = seen.enumerated().map { ParzenEstimator.Kernel(places: $1, weight: 1 / Double($0 + 1)) }
    let estimator = ParzenEstimator(kernels, axes: cube.dimensions.map { ParzenAxis($0) }, width: width)
    let sum = estimator.logDensities(at: all.map { cube.point(of: $0) }).reduce(0) { $0 + PortableMath.exp($1) }
    #expect(abs(sum - 1) < 1e-9)
    // What is drawn comes as often as the density says.
    var counts: [String: Int] = [:]
    for draw in 0..<4000 {
      let randomness = ProposalRandomness(seed: 3, proposal: draw)
      counts[estimator.sample(in: space, randomness: randomness).fingerprint, default: 0] += 1
    }
    for configuration in all {
      let share = PortableMath.exp(estimator.logDensities(at: [cube.point(of: configuration)])[0])
      let expected = share * 4000
      #expect(abs(Double(counts[configuration.fingerprint] ?? 0) - expected) < 5 * (expected + 1).squareRoot())
    }
  }

  @Test func `borders of cells are where values change`() {
    let space = SearchSpace([
      ParameterSpace("a", .integer(min: 1, max: 4, scale: .linear)),
      ParameterSpace("b", .quniform(min: 1, max: 10, q: 3)),
    ])
    let axes = UnitCube(space).dimensions.map { ParzenAxis($0) }
    guard case .ordered(let even) = axes[0].form, case .ordered(let rounded) = axes[1].form else {
      Issue.record("cells were expected")
      return
    }
    for (border, expected) in zip(even, [0, 0.25, 0.5, 0.75, 1]) { #expect(abs(border - expected) < 1e-9) }
    // 4.5 and 7.5 of 1 to 10; what rounds to 0 is brought to 3.
    for (border, expected) in zip(rounded, [0, 3.5 / 9, 6.5 / 9, 1]) { #expect(abs(border - expected) < 1e-9) }
  }

  // MARK: Its worth

  @Test func `it finds the least of a bowl sooner than chance does`() throws {
    var (wins, sum) = (0, 0.0)
    for seed in 0..<8 as Range<UInt64> {
      var model = try Rehearsal(TPEStrategy.self, in: Spaces.square, seed: seed)
      var chance = try Rehearsal(TPEStrategy.self, options: ["startup": 1000], in: Spaces.square, seed: seed)
      func bowl(_ values: [String: Value]) -> Double {
        let (x, y) = (values["x"]!.number! - 0.7, values["y"]!.number! - 0.2)
        return x * x + y * y
      }
      try model.run(60) { bowl($0) }
      try chance.run(60) { bowl($0) }
      if model.best < chance.best { wins += 1 }
      sum += model.best
    }
    #expect(wins >= 7)
    #expect(sum / 8 < 2e-3)
  }

  @Test func `trials under way keep others from the same place`() throws {
    var rehearsal = try Rehearsal(TPEStrategy.self, in: Spaces.square, seed: 2)
    try rehearsal.run(20) { ($0["x"]!.number! - 0.5) * ($0["x"]!.number! - 0.5) + $0["y"]!.number! }
    let proposed = try rehearsal.propose(8).map { UnitCube(Spaces.square).point(of: $0.parameters).map { $0 ?? 0 } }
    for (place, a) in proposed.enumerated() {
      for b in proposed.dropFirst(place + 1) { #expect(abs(a[0] - b[0]) + abs(a[1] - b[1]) > 1e-3) }
    }
  }

  @Test func `what other sweeps found is where it looks first`() throws {
    var rehearsal = try Rehearsal(TPEStrategy.self, in: Spaces.square, seed: 2) { spec in
      spec.priorTrials = (0..<30).map { place in
        let x = Double(place) / 30
        return SweepSpec.PriorTrial(
          run: "r\(place)", parameters: [Parameter("x", .real(x)), Parameter("y", .real(0.5))],
          score: abs(x - 0.2), trust: place % 2 == 0 ? .same : .transfer)
      }
    }
    let proposed = try rehearsal.propose(6).map { $0.parameters.byName["x"]?.number ?? 1 }
    #expect(proposed.reduce(0, +) / 6 < 0.4)
  }

  @Test func `options out of their range are named with it`() throws {
    let spec = try Rehearsal(TPEStrategy.self, in: Spaces.square).spec
    for (name, value) in [("startup", 0), ("candidates", "many"), ("gamma", 1), ("gamma", 0.0)] as [(String, Value)] {
      let problems = TPEStrategy.problems(options: [name: value], sweep: spec)
      #expect(problems.map(\.name) == [name])
      #expect(problems.allSatisfy { $0.isError && $0.message.hasPrefix("\(name) is") })
    }
    #expect(TPEStrategy.problems(options: ["startup": 20, "candidates": 50, "gamma": 0.2], sweep: spec) == [])
  }
}
