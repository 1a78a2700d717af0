import HalvingStrategies
import Testing
import Tracking
import TrackingContracts

@Suite struct AshaTests {
  static let subjects: [[String: Value]] = [[:], ["variant": "stopping"], ["brackets": 3, "reduction_factor": 2]]

  @Test(arguments: StrategyContract.cases, subjects)
  func `asha keeps the contract`(
    of demand: ContractCase<StrategyContract.Subject>, with options: [String: Value]
  ) throws {
    let space = SearchSpace([
      ParameterSpace("width", .integer(min: 1, max: 30, scale: .linear)),
      ParameterSpace("kind", .categorical(["plain", "deep"])),
    ])
    try demand.check(
      StrategyContract.Subject(
        AshaStrategy.self, options: options, space: space, resource: SweepSpec.Resource(maximum: 27)))
  }

  func sweep(
    _ options: [String: Value] = [:], trials: Int = 100, _ curve: @escaping (Trial, Int) -> Double = { t, _ in t.x }
  ) throws -> SimulatedSweep {
    try SimulatedSweep(
      AshaStrategy.self,
      spec: .simulated("asha", options: options, trials: trials, resource: SweepSpec.Resource(maximum: 27)),
      curve: curve)
  }

  // A recorded table: the values of ten trials at rung 0, and who is promoted when n have arrived, by hand.
  @Test func `the best third of a rung is promoted as it stands, and a new trial begins where none is`() throws {
    let values = [0.5, 0.7, 0.4, 0.9, 0.1, 0.2, 0.8, 0.3, 0.6, 0.05]
    var sweep = try sweep { trial, _ in values[trial.number] }
    var promoted: [[Int]] = []
    for number in 0..<10 {
      let (_, decisions) = try sweep.ask(1)
      promoted.append(decisions.filter { $0.kind == .resume }.compactMap(\.trial))
      // A promoted trial stays under way; the slot after it begins a new one.
      if !promoted[number].isEmpty { #expect(try sweep.ask(1).decisions.map(\.kind) == [.propose]) }
      try sweep.step(number)
    }
    // floor(n/3) best of those that arrived: 3 -> {2}; 5 and 6 -> {4, 5}; 9 -> {4, 5, 7}.
    #expect(promoted == [[], [], [], [2], [], [4], [5], [], [], [7]])
    let last = try sweep.ask(1).decisions
    #expect(last.map(\.trial) == [9])
    #expect(
      last.first?.details == [
        "bracket": 0, "rung": 0, "resource": 1, "value": 0.05, "cutoff": 0.2, "place": 1, "places": 3,
        "population": 10,
      ])
    #expect(sweep.records.trials[2].allowance == 3)
  }

  @Test func `the highest rung goes first`() throws {
    var sweep = try sweep()
    for _ in 0..<40 {
      let before = sweep.records.trials
      let decision = try #require(try sweep.ask(1).decisions.first)
      // What may go on: a paused trial among the best third of those that reached its rung, counted by hand.
      let may = before.filter { trial in
        let level = [9, 3, 1].first { trial.observed >= $0 } ?? 1
        let there = before.filter { $0.observed >= level }.sorted { $0.x < $1.x }
        return trial.state == .paused && there.prefix(there.count / 3).contains(trial)
      }
      let highest = may.map(\.observed).max()
      #expect(decision.kind == (highest == nil ? .propose : .resume))
      if let highest { #expect(before[try #require(decision.trial)].observed == highest) }
      for trial in sweep.underWay { try sweep.run(trial) }
    }
    #expect(sweep.records.trials.contains { $0.observed == 27 })
  }

  @Test func `of many trials about one of three goes on at each rung, and the best of all to the end`() throws {
    var sweep = try sweep(trials: 243)
    _ = try sweep.drive(slots: 4)
    func count(_ points: Int) -> Int { sweep.records.trials.filter { $0.observed >= points }.count }
    #expect(count(1) == 243)
    #expect((81...110).contains(count(3)))
    #expect((27...45).contains(count(9)))
    #expect((9...20).contains(count(27)))
    #expect(sweep.records.trials.min { $0.x < $1.x }?.observed == 27)
  }

  // A recorded table of the stopping variant: a trial goes on iff its value is among the best max(1, floor(n/3)) of those
  // recorded by then, itself included.
  @Test func `the stopping variant compares on arrival and never again`() throws {
    let values = [0.5, 0.7, 0.4, 0.45, 0.1, 0.2, 0.3, 0.05]
    var sweep = try sweep(["variant": "stopping"]) { trial, _ in values[trial.number] }
    try sweep.ask(8)
    #expect(sweep.records.trials.allSatisfy { $0.allowance == nil })
    var stopped: [Int] = []
    for number in 0..<8 { stopped += try sweep.step(number).compactMap(\.trial) }
    #expect(stopped == [1, 3, 6])
    // Trial 0 was alone when it came; what came later does not count.
    #expect(sweep.records.trials[0].state == .running)
    // At the next rung it is alone again.
    try sweep.step(0)
    try sweep.step(0)
    #expect(sweep.records.trials[0].state == .running)
    try sweep.step(2)
    #expect(try sweep.step(2) == [])
    #expect(sweep.records.trials[2].state == .running)
    try sweep.step(5)
    #expect(try sweep.step(5) == [])
    try sweep.step(4)
    #expect(try sweep.step(4) == [])
  }

  @Test func `a trial without a number is not promoted, and poisons no rung`() throws {
    var sweep = try sweep { trial, _ in trial.number < 3 ? .nan : trial.x }
    try sweep.ask(6)
    for number in 0..<6 { try sweep.run(number) }
    let promoted = try sweep.ask(2).decisions.compactMap(\.trial)
    #expect(promoted == sweep.records.trials[3...].sorted { $0.x < $1.x }.prefix(2).map(\.number))
  }

  @Test func `brackets are dealt as Hyperband weighs them`() throws {
    var sweep = try sweep(["brackets": 4], trials: 2000)
    try sweep.ask(2000)
    let counts = Dictionary(grouping: sweep.records.trials) { $0.allowance ?? 27 }.mapValues(\.count)
    // 27, 12, 6 and 4 of 49.
    for (allowance, share) in [(1, 27), (3, 12), (9, 6), (27, 4)] {
      #expect(abs(Double(counts[allowance] ?? 0) / 2000 - Double(share) / 49) < 0.05)
    }
  }

  @Test func `wrong options are told apart`() {
    func message(_ options: [String: Value]) -> String? {
      AshaStrategy.problems(
        options: options, sweep: .simulated("asha", resource: SweepSpec.Resource(maximum: 27))
      ).first?.message
    }
    #expect(message(["variant": "sideways"]) == "variant is \"sideways\"; it can be `promotion` or `stopping`")
    #expect(message(["brackets": 5]) == "brackets is 5, and a resource of 1 to 27 has 4")
    #expect(message(["reduction_factor": 1]) == "reduction_factor is 1; it must be a number from 1.5 to 100")
    #expect(message(["brackets": 4]) == nil)
  }

  @Test func `that trials with a part of the resource are not repeated is remarked upon`() {
    var spec = SweepSpec.simulated("asha", resource: SweepSpec.Resource(maximum: 27))
    #expect(AshaStrategy.problems(options: [:], sweep: spec).isEmpty)
    spec.repeats = 3
    for problems in [
      AshaStrategy.problems(options: [:], sweep: spec), HyperbandStrategy.problems(options: [:], sweep: spec),
    ] {
      #expect(problems.map(\.isError) == [false])
      #expect(problems.first?.message.contains("`repeats: 3` has little or no effect") == true)
    }
    #expect(AshaStrategy.problems(options: ["variant": "stopping"], sweep: spec).isEmpty, "these are repeated")
  }

  @Test func `a trial beyond the whole resource is stopped`() throws {
    for variant in ["promotion", "stopping"] as [Value] {
      var sweep = try sweep(["variant": variant], trials: 1)
      try sweep.ask(1)
      sweep.records.trials[0].allowance = nil
      for _ in 0..<28 { sweep.records.log(0.5, to: 0) }
      let session = try sweep.session()
      try sweep.strategy.review(in: session)
      #expect(session.decisions.map(\.kind) == [.stop])
    }
  }
}
