import Testing
import Tracking
import TrackingContracts

@testable import PopulationStrategy

@Suite struct PopulationStrategyTests {
  static let space = SearchSpace([
    ParameterSpace("rate", .continuous(min: 1e-4, max: 1, scale: .log)),
    ParameterSpace("kind", .categorical(["plain", "heavy"])),
    ParameterSpace(
      "momentum", .continuous(min: 0, max: 0.999, scale: .reverseLog),
      conditions: [ParameterSpace.Condition(parameter: "kind", values: ["heavy"])]),
    ParameterSpace("batch", .integer(min: 1, max: 64, scale: .log)),
  ])

  @Test(arguments: StrategyContract.cases)
  func `pbt keeps the contract`(of demand: ContractCase<StrategyContract.Subject>) throws {
    try demand.check(
      StrategyContract.Subject(PopulationStrategy.self, space: Self.space, resource: SweepSpec.Resource(maximum: 50)))
  }

  private static let options: [String: Value] = ["population_size": 5, "interval": 2]

  private func rehearsal(seed: UInt64 = 1, options: [String: Value] = options) throws -> Rehearsal {
    try Rehearsal(PopulationStrategy.self, options: options, in: Self.space, seed: seed) {
      $0.resource = SweepSpec.Resource(maximum: 6)
    }
  }

  // Plays a population: member m's points are m, except for what `failing` names.
  private func play(
    _ generations: Int, seed: UInt64 = 1, failing: Set<Int> = [], restarting: Bool = false
  ) throws -> Rehearsal {
    var rehearsal = try rehearsal(seed: seed)
    for _ in 0..<generations {
      if restarting { try rehearsal.restart() }
      let first = rehearsal.records.trials.count
      while try !rehearsal.propose(2).isEmpty {}
      for trial in rehearsal.records.trials.dropFirst(first) {
        if failing.contains(trial.number) {
          rehearsal.end(trial.number, [])
        } else if !rehearsal.log([Double(trial.number % 5) + 1, Double(trial.number % 5)], to: trial.number) {
          rehearsal.end(trial.number, [Double(trial.number % 5)])
        }
      }
    }
    return rehearsal
  }

  @Test func `each interval is a trial that goes on from the one before, and the worst copy the best`() throws {
    let rehearsal = try play(3)
    let trials = rehearsal.records.trials
    #expect(trials.count == 15)
    #expect(trials.prefix(5).allSatisfy { $0.allowance == 2 && $0.continues == nil })
    #expect(trials[5..<10].allSatisfy { $0.allowance == 2 })
    #expect(trials[10..<15].allSatisfy { $0.allowance == nil }, "the last interval ends by itself")
    for number in 5..<15 {
      // Member 4 is the worst of five, a fifth of them copies member 0.
      let source = number % 5 == 4 ? number - 9 : number - 5
      #expect(trials[number].continues == trials[source].run)
      if number % 5 == 4 {
        #expect(trials[number].parameters != trials[source].parameters)
      } else {
        #expect(trials[number].parameters == trials[source].parameters)
      }
    }
    #expect(trials.prefix(10).allSatisfy { $0.state == .pruned }, "their intervals are over")
    let copy = try #require(rehearsal.decisions.last { $0.trial == 9 && $0.kind == .propose })
    #expect(copy.details["from"] == 0 && copy.details["member"] == 4 && copy.details["generation"] == 1)
    #expect(copy.details["changes"]?.object?.isEmpty == false)
    #expect(copy.reason == "member 4, rank 5 of 5, copies trial 0")
  }

  @Test func `it ends when all members have trained their whole`() throws {
    var rehearsal = try play(3)
    #expect(try rehearsal.propose(1).isEmpty)
    #expect(rehearsal.outlook == .exhausted("all 5 members have trained 6 points"))
  }

  @Test func `a generation waits for all of the one before`() throws {
    var rehearsal = try rehearsal()
    #expect(try rehearsal.propose(8).count == 5)
    #expect(rehearsal.outlook == .waiting)
    for number in 0..<4 { _ = rehearsal.log([1, 1], to: number) }
    #expect(try rehearsal.propose(8).isEmpty)
    _ = rehearsal.log([1, 1], to: 4)
    #expect(try rehearsal.propose(8).count == 5)
    #expect(
      rehearsal.records.trials[5..<10].allSatisfy {
        $0.parameters == rehearsal.records.trials[$0.number - 5].parameters
      })
  }

  @Test func `a member that failed copies a good one, and all begin anew when all have failed`() throws {
    let trials = try play(2, failing: [2]).records.trials
    #expect(trials[7].continues == trials[0].run)
    let anew = try play(2, failing: [0, 1, 2, 3, 4]).records.trials
    #expect(anew.count == 10)
    #expect(anew[5..<10].allSatisfy { $0.continues == nil && $0.parameters != anew[$0.number - 5].parameters })
  }

  @Test func `the same records give the same, another seed something else`() throws {
    let first = try play(3).records.trials
    #expect(try play(3, restarting: true).records.trials == first)
    #expect(try play(3, seed: 2).records.trials.map(\.parameters) != first.map(\.parameters))
  }

  @Test func `copies keep to the space, their numbers a factor away`() throws {
    let exploration = Exploration(
      space: Self.space,
      options: PopulationOptions(["resample_probability": 0], resource: SweepSpec.Resource(maximum: 10)))
    let parent = [
      Parameter("rate", 0.1), Parameter("kind", "heavy"), Parameter("momentum", 0.9), Parameter("batch", 2),
    ]
    for proposal in 0..<40 {
      let (copy, _) = exploration.explored(parent, proposal: proposal, seed: 3) { _ in false }
      let values = copy.byName
      let rate = values["rate"]!.number! / 0.1
      #expect(abs(rate - 0.8) < 1e-9 || abs(rate - 1.2) < 1e-9)
      let room = (1 - values["momentum"]!.number!) / 0.1
      #expect(abs(room - 0.8) < 1e-9 || abs(room - 1.2) < 1e-9)
      #expect(values["kind"] == "heavy")
      #expect(values["batch"] == 1 || values["batch"] == 3, "the next whole number, where rounding would keep it")
    }
    #expect(Exploration.perturbed(64, in: .integer(min: 1, max: 64, scale: .log), by: 1.2) == 64)
    #expect(Exploration.perturbed(0.5, in: .quniform(min: 0, max: 1, q: 0.5), by: 1.2) == .real(1))
    #expect(Exploration.perturbed("a", in: .categorical(["a", "b"]), by: 1.2) == nil)
  }

  @Test func `what does not go together is told`() throws {
    var spec = try rehearsal().spec
    func messages(_ options: [String: Value]) -> [String] {
      PopulationStrategy.problems(options: options, sweep: spec).map(\.message)
    }
    #expect(messages(["population_size": 1])[0].contains("whole number from 2"))
    #expect(messages(["quantile": 0.6])[0].contains("up to 0.5"))
    #expect(messages(["perturbation_factors": [0]])[0].contains("above 0"))
    #expect(messages(["interval": 7])[0].contains("longer than a whole training"))
    spec.limits.maxTotalTrials = 20
    #expect(messages(["interval": 2])[0].contains("10 members of 3 intervals each are 30 trials"))
    spec.repeats = 2
    #expect(messages([:])[0].contains("repeats"))
    spec.resource = nil
    #expect(messages([:]).last?.contains("resource: {max: ...}") == true)
  }
}
