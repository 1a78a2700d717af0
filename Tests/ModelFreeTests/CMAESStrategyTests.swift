import Testing
import Tracking
import TrackingContracts

@testable import CMAESStrategy

@Suite struct CMAESStrategyTests {
  @Test(arguments: StrategyContract.cases, [Spaces.open, Spaces.finite])
  func `cmaes keeps the contract`(of demand: ContractCase<StrategyContract.Subject>, in space: SearchSpace) throws {
    try demand.check(StrategyContract.Subject(CMAESStrategy.self, space: space))
  }

  @Test(arguments: [Spaces.open, Spaces.finite, Spaces.every, Spaces.square])
  func `cmaes proposes sound configurations while it learns`(in space: SearchSpace) throws {
    try Properties.check(CMAESStrategy.self, in: space)
  }

  // MARK: The method

  @Test func `the weights are those of the tutorial`() {
    // Computed outside for lambda 6, n 2.
    let weights = CMAWeights(samples: 6, dimensions: 2)
    let raw = [1.2527629685, 0.5596157879, 0.1541506798]
    for (weight, expected) in zip(weights.weights, raw) { #expect(abs(weight - expected / 1.9665294362) < 1e-9) }
    #expect(abs(weights.effective - 2.0286114646) < 1e-6)
    #expect(abs(weights.weights.prefix(3).reduce(0, +) - 1) < 1e-12)
    #expect(weights.weights.dropFirst(3).allSatisfy { $0 < 0 })
    #expect([1, 2, 5, 10, 20].map { CMAWeights.samples(for: $0) } == [4, 6, 8, 10, 12])
  }

  @Test func `eigenvectors give their matrix again`() {
    let n = 6
    var matrix = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i {
        matrix[i * n + j] = 1 / Double(i + j + 1) + (i == j ? Double(i) : 0)
        matrix[j * n + i] = matrix[i * n + j]
      }
    }
    let eigen = SymmetricEigen(matrix, n)
    for i in 0..<n {
      for j in 0..<n {
        let sum = (0..<n).reduce(0.0) {
          $0 + eigen.vectors[i * n + $1] * eigen.values[$1] * eigen.vectors[j * n + $1]
        }
        #expect(abs(sum - matrix[i * n + j]) < 1e-12)
      }
    }
  }

  private func cube(_ dimensions: Int) -> SearchSpace {
    SearchSpace((0..<dimensions).map { ParameterSpace("x\($0)", .continuous(min: 0, max: 1, scale: .linear)) })
  }

  @Test(arguments: [1, 4])
  func `it converges on a turned and stretched bowl`(parallel: Int) throws {
    var rehearsal = try Rehearsal(CMAESStrategy.self, in: cube(4), seed: 3)
    try rehearsal.run(1000, parallel: parallel) { values in
      let x = (0..<4).map { values["x\($0)"]!.number! - 0.3 - 0.1 * Double($0) }
      let turned = [x[0] + x[1], x[0] - x[1], x[2] + x[3], x[2] - x[3]]
      return zip(turned, [1.0, 10, 100, 3]).reduce(0) { $0 + $1.1 * $1.0 * $1.0 }
    }
    #expect(rehearsal.best < 1e-8)
  }

  @Test func `whole numbers do not freeze where they happen to be`() throws {
    // Whole numbers from a wide range; the other coordinates converge first, which is where rounding alone gets stuck.
    let space = SearchSpace([
      ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear)),
      ParameterSpace("y", .continuous(min: 0, max: 1, scale: .linear)),
      ParameterSpace("a", .integer(min: 0, max: 10, scale: .linear)),
      ParameterSpace("b", .integer(min: 0, max: 1, scale: .linear)),
      ParameterSpace("c", .integer(min: 0, max: 1, scale: .linear)),
    ])
    for seed in 1...6 as ClosedRange<UInt64> {
      var rehearsal = try Rehearsal(CMAESStrategy.self, in: space, seed: seed)
      try rehearsal.run(500) { values in
        let (x, y) = (values["x"]!.number! - 0.4, values["y"]!.number! - 0.6)
        let whole = abs(values["a"]!.number! - 8) + 2 * values["b"]!.number! + 2 * (1 - values["c"]!.number!)
        return 1000 * (x * x + y * y) + whole
      }
      #expect(rehearsal.best < 0.9, "seed \(seed): \(rehearsal.best)")
    }
  }

  @Test func `the margin keeps the probability to leave a cell`() {
    let layout = CMALayout(UnitCube(SearchSpace([ParameterSpace("n", .integer(min: 0, max: 4, scale: .linear))])))
    let alpha = 1.0 / 6
    for mean in [-0.3, 0.1, 0.3, 0.41, 0.5, 0.77, 1.2] {
      var state = CMAState(layout, samples: 6, epoch: 0, mean: [mean], sigma: 0.001)
      state.keepMargin()
      let (middle, deviation) = (state.mean[0], state.deviations[0])
      func below(_ border: Double) -> Double { PortableMath.normalDistribution((border - middle) / deviation) }
      let cell = min(max(Int((mean * 5).rounded(.down)), 0), 4)
      if cell > 0, cell < 4 {
        #expect(below(Double(cell) / 5) >= alpha / 2 - 1e-9)
        #expect(1 - below(Double(cell + 1) / 5) >= alpha / 2 - 1e-9)
      } else {
        let leaving = cell == 0 ? 1 - below(0.2) : below(0.8)
        #expect(abs(leaving - alpha) < 1e-9)
      }
    }
    var wide = CMAState(layout, samples: 6, epoch: 0, mean: [0.5], sigma: 0.5)
    wide.keepMargin()
    #expect(wide.mean == [0.5] && wide.widening == [1])
  }

  @Test func `categories move to the better ones, and none is given up`() throws {
    let space = SearchSpace([
      ParameterSpace("kind", .categorical(["a", "b", "c", "d"])),
      ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear)),
    ])
    var rehearsal = try Rehearsal(CMAESStrategy.self, in: space, seed: 4)
    try rehearsal.run(120) { ($0["kind"] == "c" ? 0 : 1) + ($0["x"]!.number! - 0.5) * ($0["x"]!.number! - 0.5) }
    let last = rehearsal.records.trials.suffix(40).count { $0.parameters.byName["kind"] == "c" }
    #expect(last > 20)
    let remark = CMAESStrategy.problems(
      options: [:],
      sweep: try Rehearsal(CMAESStrategy.self, in: SearchSpace([space.parameters[0]])).spec)
    #expect(remark.map(\.isError) == [false])
  }

  @Test func `after it has converged it begins anew with twice as many`() throws {
    var rehearsal = try Rehearsal(CMAESStrategy.self, in: cube(1), seed: 4)
    try rehearsal.run(400) { values in
      let x = values["x0"]!.number!
      return min((x - 0.1) * (x - 0.1) + 0.1, 4 * (x - 0.9) * (x - 0.9))
    }
    #expect(rehearsal.best < 1e-6)
    let populations = rehearsal.decisions.compactMap { $0.details["population"]?.integer }
    #expect(populations.first == 4 && populations.last ?? 0 >= 8)
  }

  @Test func `enqueued trials and other sweeps' trials move it`() throws {
    let spec: (inout SweepSpec) -> Void = { spec in
      spec.priorTrials = (0..<20).map { place in
        let x = Double(place) / 20
        return SweepSpec.PriorTrial(
          run: "r\(place)", parameters: ["x0", "x1", "x2"].map { Parameter($0, .real(x)) }, score: abs(x - 0.9),
          trust: .same)
      }
    }
    var rehearsal = try Rehearsal(CMAESStrategy.self, in: cube(3), seed: 2, adjust: spec)
    let places = try rehearsal.propose(10).flatMap { $0.parameters.map { $0.value.number! } }
    #expect(places.reduce(0, +) / Double(places.count) > 0.7)
    var injected = try Rehearsal(CMAESStrategy.self, in: cube(3), seed: 2)
    for place in 0..<7 {
      injected.add(["x0", "x1", "x2"].map { Parameter($0, .real(0.95 - 0.01 * Double(place))) })
      injected.end(place, [Double(place)])
    }
    let moved = try injected.propose(10).flatMap { $0.parameters.map { $0.value.number! } }
    #expect(moved.reduce(0, +) / Double(moved.count) > 0.6)
  }

  @Test func `options out of their range are named with it`() throws {
    let spec = try Rehearsal(CMAESStrategy.self, in: Spaces.square).spec
    for (name, value) in [("population", 3), ("population", "big"), ("sigma", 0), ("sigma", 2)] as [(String, Value)] {
      let problems = CMAESStrategy.problems(options: [name: value], sweep: spec)
      #expect(problems.map(\.name) == [name])
      #expect(problems.allSatisfy { $0.isError && $0.message.hasPrefix("\(name) is") })
    }
    #expect(CMAESStrategy.problems(options: ["population": 12, "sigma": 0.2], sweep: spec) == [])
  }
}
