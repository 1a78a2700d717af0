import HalvingStrategies
import Testing
import Tracking
import TrackingContracts

@Suite struct HyperbandTests {
  @Test(arguments: StrategyContract.cases)
  func `hyperband keeps the contract`(of demand: ContractCase<StrategyContract.Subject>) throws {
    let space = SearchSpace([
      ParameterSpace("width", .integer(min: 1, max: 30, scale: .linear)),
      ParameterSpace("kind", .categorical(["plain", "deep"])),
    ])
    try demand.check(
      StrategyContract.Subject(HyperbandStrategy.self, space: space, resource: SweepSpec.Resource(maximum: 27)))
  }

  func spec(trials: Int, goal: Goal = .minimize) -> SweepSpec {
    .simulated("hyperband", trials: trials, resource: SweepSpec.Resource(maximum: 9), goal: goal)
  }

  @Test func `without a resource it says what to write`() {
    let problems = HyperbandStrategy.problems(options: [:], sweep: .simulated("hyperband", resource: nil))
    #expect(problems.map(\.name) == ["resource"])
    #expect(problems.first?.message.contains("`resource: {min: 1, max: N}`") == true)
    #expect(problems.first?.message.contains("'loss'") == true)
  }

  @Test func `a pass gives every bracket its counts`() throws {
    // R = 9: brackets 9 at 1, 5 at 3, 3 at 9.
    var sweep = try SimulatedSweep(HyperbandStrategy.self, spec: spec(trials: 17)) { trial, point in
      trial.x + 1 / Double(point)
    }
    let decisions = try sweep.drive(slots: 4)
    #expect(sweep.records.trials.count == 17)
    func logged(_ range: Range<Int>) -> [Int] { sweep.records.trials[range].map(\.observed).sorted() }
    #expect(logged(0..<9) == [1, 1, 1, 1, 1, 1, 3, 3, 9])
    #expect(logged(9..<14) == [3, 3, 3, 3, 9])
    #expect(logged(14..<17) == [9, 9, 9])
    #expect(sweep.records.trials.allSatisfy { $0.state == ($0.observed == 9 ? .finished : .pruned) })
    // The curves do not cross, so the whole training of a bracket is its best trial's.
    let best = sweep.records.trials[0..<9].min { $0.x < $1.x }
    #expect(best?.observed == 9)
    for decision in decisions where decision.kind != .propose {
      for name in ["bracket", "rung", "resource", "value", "cutoff", "places", "population"] {
        #expect(decision.details[name] != nil, "\(decision)")
      }
    }
  }

  @Test func `a rung waits for all its trials, and free slots open the next bracket`() throws {
    var sweep = try SimulatedSweep(HyperbandStrategy.self, spec: spec(trials: 100)) { trial, _ in trial.x }
    try sweep.ask(10)
    #expect(sweep.records.trials.map(\.allowance) == Array(repeating: 1, count: 9) + [3])
    for trial in 0..<8 { try sweep.run(trial) }
    #expect(try sweep.ask(2).decisions.map(\.kind) == [.propose, .propose])
    try sweep.run(8)
    let decisions = try sweep.ask(4).decisions
    #expect(decisions.map(\.kind) == [.resume, .resume, .resume, .propose])
    let promoted = Set(decisions.prefix(3).compactMap(\.trial))
    #expect(promoted == Set(sweep.records.trials[0..<9].sorted { $0.x < $1.x }.prefix(3).map(\.number)))
    let allowances = promoted.map { sweep.records.trials[$0].allowance }
    #expect(allowances == [3, 3, 3])
    #expect(sweep.records.trials[0..<9].filter { $0.state == .pruned }.count == 6)
  }

  @Test func `a failed trial is out, and its rung does not wait for it`() throws {
    var sweep = try SimulatedSweep(HyperbandStrategy.self, spec: spec(trials: 9)) { trial, _ in trial.x }
    try sweep.ask(9)
    let best = try #require(sweep.records.trials.min { $0.x < $1.x }).number
    sweep.records.end(best, as: .failed)
    for trial in sweep.underWay { try sweep.run(trial) }
    let promoted = try sweep.ask(9).decisions.filter { $0.kind == .resume }.compactMap(\.trial)
    #expect(promoted == sweep.records.trials.sorted { $0.x < $1.x }.dropFirst().prefix(3).map(\.number))
  }

  @Test func `when trials run out the last bracket is smaller, and comes to its end`() throws {
    var sweep = try SimulatedSweep(HyperbandStrategy.self, spec: spec(trials: 13, goal: .maximize)) { trial, _ in
      trial.x
    }
    let decisions = try sweep.drive(slots: 3)
    #expect(sweep.records.trials.count == 13)
    #expect(sweep.records.trials.filter { !$0.state.isFinal } == [])
    // The second bracket has 4 trials at 3 points, of which 1 goes on.
    #expect(sweep.records.trials[9...].map(\.observed).sorted() == [3, 3, 3, 9])
    #expect(decisions.filter { $0.kind == .resume }.count == 5)
  }

  @Test func `a fresh strategy decides the same at every event`() throws {
    var sweep = try SimulatedSweep(HyperbandStrategy.self, spec: spec(trials: 30)) { trial, point in
      trial.x + 1 / Double(point)
    }
    for _ in 0..<60 {
      let fresh = try HyperbandStrategy(options: [:], sweep: sweep.spec)
      let (first, second) = (try sweep.session(), try sweep.session())
      let outlook = try sweep.strategy.propose(upTo: 2, in: first)
      #expect(try fresh.propose(upTo: 2, in: second) == outlook)
      #expect(first.changes == second.changes)
      try sweep.ask(4 - sweep.underWay.count)
      for trial in sweep.underWay { try sweep.step(trial) }
    }
  }
}
