import RandomStrategy
import Testing
import Tracking
import TrackingContracts

@Suite struct SobolStrategyTests {
  @Test(arguments: StrategyContract.cases, [Spaces.open, Spaces.finite])
  func `sobol keeps the contract`(of demand: ContractCase<StrategyContract.Subject>, in space: SearchSpace) throws {
    try demand.check(StrategyContract.Subject(SobolStrategy.self, space: space))
  }

  @Test(arguments: [0, 1, 99] as [UInt64])
  func `a power of two of proposals puts one into each cell of every parameter`(seed: UInt64) throws {
    let space = SearchSpace([
      ParameterSpace("x", .continuous(min: -1, max: 1, scale: .linear)),
      ParameterSpace("rate", .continuous(min: 1e-4, max: 1, scale: .log)),
      ParameterSpace("z", .normal(mu: 3, sigma: 2)),
    ])
    let cube = UnitCube(space)
    let places = try sobol(64, in: space, seed: seed).map { cube.point(of: $0).map { $0 ?? -1 } }
    for dimension in 0..<3 {
      #expect(Set(places.map { Int(($0[dimension] * 64).rounded(.down)) }) == Set(0..<64))
    }
  }

  @Test func `categories come equally often`() throws {
    let space = SearchSpace([
      ParameterSpace("kind", .categorical(["a", "b", "c", "d"])),
      ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear)),
    ])
    let kinds = try sobol(32, in: space, seed: 3).map { $0.byName["kind"] }
    for kind in ["a", "b", "c", "d"] as [Value] { #expect(kinds.count { $0 == kind } == 8) }
  }

  @Test func `a seed gives the same sequence, another seed another one`() throws {
    #expect(try sobol(8, in: Spaces.open, seed: 1) == sobol(8, in: Spaces.open, seed: 1))
    #expect(try sobol(8, in: Spaces.open, seed: 1) != sobol(8, in: Spaces.open, seed: 2))
  }

  @Test func `an ask that is not recorded is as if it had not been`() throws {
    let strategy = try SobolStrategy(options: [:], sweep: sweepSpec(in: Spaces.open, seed: 6))
    let first = try session(in: Spaces.open, seed: 6)
    _ = try strategy.propose(upTo: 5, in: first)
    let second = try session(in: Spaces.open, seed: 6)
    _ = try strategy.propose(upTo: 5, in: second)
    #expect(first.configurations == second.configurations)
  }
}

func sobol(_ count: Int, in space: SearchSpace, seed: UInt64) throws -> [[Parameter]] {
  let session = try session(in: space, seed: seed, strategy: "sobol")
  _ = try SobolStrategy(options: [:], sweep: sweepSpec(in: space, seed: seed)).propose(upTo: count, in: session)
  return session.configurations
}
