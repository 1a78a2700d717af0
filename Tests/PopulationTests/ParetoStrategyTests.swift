import ParetoStrategy
import Testing
import Tracking
import TrackingContracts

@Suite struct ParetoStrategyTests {
  static let open = SearchSpace([
    ParameterSpace("rate", .continuous(min: 1e-6, max: 0.5, scale: .log)),
    ParameterSpace("kind", .categorical(["sgd", "adam"])),
    ParameterSpace(
      "momentum", .continuous(min: 0, max: 0.999, scale: .reverseLog),
      conditions: [ParameterSpace.Condition(parameter: "kind", values: ["sgd"])]),
    ParameterSpace("batch", .integer(min: 8, max: 512, scale: .log)),
  ])
  static let finite = SearchSpace([
    ParameterSpace("width", .integer(min: 1, max: 3, scale: .linear)),
    ParameterSpace("kind", .categorical(["a", "b", "c", "d"])),
  ])

  @Test(arguments: StrategyContract.cases, [open, finite])
  func `nsga2 keeps the contract`(of demand: ContractCase<StrategyContract.Subject>, in space: SearchSpace) throws {
    try demand.check(StrategyContract.Subject(ParetoStrategy.self, options: ["population_size": 8], space: space))
  }

  private func rehearsal(
    in space: SearchSpace, seed: UInt64 = 1, constraints: [SweepSpec.Constraint] = []
  ) throws -> Rehearsal {
    try Rehearsal(ParetoStrategy.self, options: ["population_size": 12], in: space, seed: seed) { spec in
      spec.otherObjectives = [SweepSpec.Objective(metric: "cost", goal: .maximize)]
      spec.constraints = constraints
    }
  }

  // ZDT1 in three dimensions (Zitzler, Deb and Thiele 2000): the front is f2 = 1 - sqrt(f1), where all but x0 are 0. The
  // second objective is to be maximised, so its sign is changed.
  private static let cube = SearchSpace(
    (0..<3).map { ParameterSpace("x\($0)", .continuous(min: 0, max: 1, scale: .linear)) })

  private func zdt1(_ trial: Trial) -> (Double, Double) {
    let x = (0..<3).map { trial.parameters.byName["x\($0)"]!.number! }
    let g = 1 + 9 * (x[1] + x[2]) / 2
    return (x[0], g * (1 - (x[0] / g).squareRoot()))
  }

  private func run(_ count: Int, seed: UInt64 = 1, restarting: Bool = false) throws -> Rehearsal {
    var rehearsal = try rehearsal(in: Self.cube, seed: seed)
    for _ in 0..<count / 2 {
      if restarting { try rehearsal.restart() }
      for trial in try rehearsal.propose(2) {
        let (first, second) = zdt1(trial)
        rehearsal.end(trial.number, first, others: ["cost": -second])
      }
    }
    return rehearsal
  }

  @Test func `it comes to the front and spreads along it`() throws {
    let trials = try run(300).records.trials
    let points = trials.map { trial -> [Double] in
      let (first, second) = zdt1(trial)
      return [first, second]
    }
    let front = ParetoFront.members(of: points).map { points[$0] }
    let distances = front.map { $0[1] - (1 - $0[0].squareRoot()) }
    #expect(distances.reduce(0, +) / Double(distances.count) < 0.15)
    #expect(Set(front.map { Int($0[0] * 5) }).count >= 4, "all fifths of the front have a trial, or all but one")
    // Chance alone, with as many trials.
    let chance = (0..<300).map { number -> [Double] in
      let randomness = ProposalRandomness(seed: 1, proposal: number)
      let g = 1 + 9 * (randomness.unit("1") + randomness.unit("2")) / 2
      let x = randomness.unit("0")
      return [x, g * (1 - (x / g).squareRoot())]
    }
    let dominated = ParetoFront.members(of: chance).count { place in
      front.contains { ParetoFront.dominates($0, chance[place]) }
    }
    #expect(dominated * 10 > ParetoFront.members(of: chance).count * 8)
  }

  @Test func `it proposes the same after a restart, and nothing twice`() throws {
    let first = try run(80).records.trials
    #expect(try run(80, restarting: true).records.trials == first)
    #expect(Set(first.map(\.parameters.fingerprint)).count == 80)
    #expect(try run(80, seed: 2).records.trials.map(\.parameters) != first.map(\.parameters))
  }

  @Test func `values stay in their domains, and conditions hold`() throws {
    var rehearsal = try rehearsal(in: Self.open)
    for round in 0..<60 {
      for trial in try rehearsal.propose(1) {
        let values = trial.parameters.byName
        #expect(Self.open.configuration { values[$0.name] ?? .null }.fingerprint == trial.parameters.fingerprint)
        for parameter in trial.parameters {
          #expect(Self.open[parameter.name]?.domain.member(matching: parameter.value) == parameter.value)
        }
        if round % 7 == 3 {
          rehearsal.end(trial.number, [])
        } else {
          rehearsal.end(trial.number, values["batch"]!.number!, others: ["cost": values["rate"]!.number!])
        }
      }
    }
    #expect(rehearsal.decisions.suffix(10).allSatisfy { $0.details["parents"]?.list?.count == 2 })
  }

  @Test func `trials that keep the constraints are the parents`() throws {
    let bound = SweepSpec.Constraint(metric: "size", isUpper: true, bound: 0.3)
    var rehearsal = try rehearsal(in: Self.cube, constraints: [bound])
    for _ in 0..<150 {
      for trial in try rehearsal.propose(1) {
        let (first, second) = zdt1(trial)
        rehearsal.end(
          trial.number, first, others: ["cost": -second, "size": trial.parameters.byName["x2"]!.number!])
      }
    }
    let last = rehearsal.records.trials.suffix(50).count { $0.parameters.byName["x2"]!.number! <= 0.3 }
    #expect(last > 40)
  }

  @Test func `options out of their range are named with it`() throws {
    let spec = try rehearsal(in: Self.cube).spec
    for (name, value) in [("population_size", 3), ("crossover", 1.5), ("crossover", "often")] as [(String, Value)] {
      #expect(ParetoStrategy.problems(options: [name: value], sweep: spec).map(\.name) == [name])
    }
  }
}

@Suite struct ParetoFrontTests {
  private let points: [[Double]] = [[1, 5], [2, 3], [4, 1], [3, 4], [5, 5], [2, 3]]

  @Test func `fronts are told apart`() {
    #expect(ParetoFront.ranks(of: points) == [0, 0, 0, 1, 2, 0])
    #expect(ParetoFront.ranks(of: points, upTo: 1) == [0, 0, 0, 1, 1, 0])
    #expect(ParetoFront.members(of: points) == [0, 1, 2, 5])
    #expect(ParetoFront.members(of: []) == [])
  }

  @Test func `a point that keeps the constraints is better than one that does not`() {
    let violations = [0.5, 0, 0.25, 0, 0, 1]
    #expect(ParetoFront.ranks(of: points, violations: violations) == [4, 0, 3, 1, 2, 5])
  }

  @Test func `room is the distance between the neighbours, as a part of the extent`() {
    let distances = ParetoFront.crowdingDistances(of: [[0, 4], [1, 3], [3, 1], [4, 0]])
    #expect(distances == [.infinity, 1.5, 1.5, .infinity])
    #expect(ParetoFront.crowdingDistances(of: [[1, 1], [1, 1]]) == [0, 0])
    #expect(ParetoFront.order(of: [[3, 4], [0, 4], [1, 3], [1.5, 2.9], [4, 0]]) == [1, 4, 3, 2, 0])
  }
}
