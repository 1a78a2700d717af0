import RandomStrategy
import Testing
import Tracking
import TrackingContracts

@Suite struct RandomStrategyTests {
  @Test(arguments: StrategyContract.cases, [Spaces.open, Spaces.finite])
  func `random keeps the contract`(of demand: ContractCase<StrategyContract.Subject>, in space: SearchSpace) throws {
    try demand.check(StrategyContract.Subject(RandomStrategy.self, space: space))
  }

  func draw(_ count: Int, in space: SearchSpace, seed: UInt64) throws -> [[String: Value]] {
    let session = try session(in: space, seed: seed)
    _ = try RandomStrategy(options: [:], sweep: sweepSpec(in: space, seed: seed)).propose(upTo: count, in: session)
    return session.configurations.map(\.byName)
  }

  @Test func `adding a parameter does not move the others`() throws {
    var wider = Spaces.open
    wider.parameters.insert(ParameterSpace("epochs", .integer(min: 1, max: 30, scale: .linear)), at: 0)
    let before = try draw(50, in: Spaces.open, seed: 11)
    let after = try draw(50, in: wider, seed: 11)
    for (old, new) in zip(before, after) {
      #expect(old == new.filter { $0.key != "epochs" })
      #expect(new["epochs"] != nil)
    }
  }

  @Test func `another seed gives other configurations`() throws {
    #expect(try draw(5, in: Spaces.open, seed: 1) != draw(5, in: Spaces.open, seed: 2))
  }

  @Test func `the draws of a seed are fixed for all time`() throws {
    let drawn = try draw(3, in: Spaces.open, seed: 42).map { Value.object($0).json }
    #expect(drawn == golden)
  }

  // Recomputed outside with another program (Philox4x32-10, natural exponential and logarithm).
  let golden = [
    #"{"beta_1":0.4885983261098787,"learning_rate":0.4459076964626918,"mini_batch_size":36,"optimizer":"adam"}"#,
    #"{"beta_1":0.22910752093099726,"learning_rate":0.0024639993770948316,"mini_batch_size":73,"optimizer":"adam"}"#,
    #"{"learning_rate":0.3213486641165777,"mini_batch_size":46,"momentum":0.997707878187814,"optimizer":"sgd"}"#,
  ]

  @Test func `a categorical parameter takes its values about equally often`() throws {
    let counts = try draw(2000, in: Spaces.open, seed: 5).reduce(into: [Value: Int]()) {
      $0[$1["optimizer"] ?? .null, default: 0] += 1
    }
    // Two standard deviations of a fair coin are 45.
    #expect(abs((counts["sgd"] ?? 0) - 1000) < 100)
  }

  @Test func `a finite space ends with the number of its configurations`() throws {
    let session = try session(in: Spaces.finite, seed: 1)
    let outlook = try RandomStrategy(options: [:], sweep: sweepSpec(in: Spaces.finite, seed: 1)).propose(
      upTo: 100, in: session)
    #expect(outlook == .exhausted("all 15 configurations of the search space have been tried"))
    #expect(session.configurations.count == 15)
  }

  @Test func `the rule sobol is the strategy sobol`() throws {
    let session = try session(in: Spaces.open, seed: 8)
    _ = try RandomStrategy(options: ["rule": "sobol"], sweep: sweepSpec(in: Spaces.open, seed: 8)).propose(
      upTo: 20, in: session)
    #expect(try session.configurations == sobol(20, in: Spaces.open, seed: 8))
  }

  @Test func `repeats come where they are allowed`() throws {
    let options: [String: Value] = ["allow_repeats": true]
    let session = try session(in: Spaces.finite, seed: 1)
    let outlook = try RandomStrategy(options: options, sweep: sweepSpec(in: Spaces.finite)).propose(
      upTo: 100, in: session)
    #expect(outlook == .open)
    #expect(session.configurations.count == 100)
    #expect(Set(session.configurations.map(\.fingerprint)).count == 15)
  }

  @Test func `options that it cannot take are named`() {
    func messages(_ options: [String: Value]) -> [String] {
      RandomStrategy.problems(options: options, sweep: sweepSpec(in: Spaces.open)).map(\.message)
    }
    #expect(messages(["rule": "halton"]) == [#"the rule is "halton"; it can be `random` or `sobol`"#])
    #expect(messages(["allow_repeats": "often"]).count == 1)
    #expect(messages(["allow_repeats": true, "rule": "sobol"])[0].contains("does not repeat itself"))
    #expect(messages(["logbase": 10])[0].contains("base e"))
  }
}

func sweepSpec(in space: SearchSpace, seed: UInt64 = 1, strategy: String = "random") -> SweepSpec {
  SweepSpec(
    experiment: "test", work: .command("true", code: "", environment: [:]), space: space,
    strategy: SweepSpec.Choice(strategy), objective: SweepSpec.Objective(metric: "loss", goal: .minimize),
    limits: SweepSpec.Limits(maxTotalTrials: 10000), seed: seed)
}

func session(in space: SearchSpace, seed: UInt64, strategy: String = "random") throws -> SweepSession {
  let spec = sweepSpec(in: space, seed: seed, strategy: strategy)
  return try SweepSession(
    sweep: Sweep(run: RunID(randomBits: 1), spec: spec, source: ""), decider: strategy, reader: RecordedTrials())
}
