import Testing
import Tracking

struct UnitCubeTests {
  static let finite: [Domain] = [
    .categorical(["a", 1, 2.5, true]), .categorical(["a", "b", "a"]), .integer(min: -3, max: 9, scale: .linear),
    .integer(min: 1, max: 1, scale: .linear), .integer(min: 1, max: 3000, scale: .log),
    .integer(min: 7, max: 9, scale: .log), .integer(min: 0, max: 5000, scale: .linear),
    .integer(min: 1, max: 6000, scale: .log), .quniform(min: 1, max: 11, q: 3), .quniform(min: 16, max: 128, q: 16),
    .quniform(min: 1, max: 10, q: 5), .quniform(min: 0, max: 0.7, q: 0.1), .quniform(min: -7, max: 7, q: 2),
    .quniform(min: 1, max: 2, q: 5), .quniform(min: 0, max: 1, q: 0.0001), .qloguniform(min: 0, max: 3, q: 4),
    .qloguniform(min: 0, max: 8, q: 0.5), .qloguniform(min: 2, max: 2, q: 1),
    .ordinal(["low", "middle", "high"]), .ordinal([1, 10, 100]),
    .steppedInteger(min: 8, max: 100, step: 16, scale: .linear),
    .steppedInteger(min: -5, max: 5, step: 3, scale: .linear),
    .steppedInteger(min: 8, max: 1024, step: 8, scale: .log),
    .steppedInteger(min: 0, max: 50_000, step: 5, scale: .linear),
    .stepped(min: 0.1, max: 0.9, step: 0.1, scale: .linear), .stepped(min: -1, max: 1, step: 0.25, scale: .linear),
    .stepped(min: 0.01, max: 1, step: 0.01, scale: .log), .stepped(min: 0, max: 0.99, step: 0.01, scale: .reverseLog),
    .stepped(min: 0, max: 1, step: 0.0001, scale: .linear), .stepped(min: 0, max: 1, step: 0.3, scale: .linear),
    .rounded(.quniform(min: 1, max: 11, q: 3), Rounding(keepsOutside: true)),
    .rounded(.quniform(min: 16, max: 128, q: 16), Rounding(keepsOutside: true, form: .int)),
    .rounded(.quniform(min: 0, max: 8, q: 2), Rounding(form: .float)),
    .rounded(.qloguniform(min: 0, max: 3, q: 4), Rounding(keepsOutside: true)),
  ]

  static let real: [Domain] = [
    .continuous(min: -3, max: 2, scale: .linear), .continuous(min: 1e-6, max: 0.5, scale: .log),
    .continuous(min: 0, max: 0.999, scale: .reverseLog), .continuous(min: -1e308, max: 1.5e308, scale: .linear),
    .loguniform(min: -9, max: 0), .normal(mu: 3, sigma: 2), .lognormal(mu: -2, sigma: 1.5),
    .qnormal(mu: 10, sigma: 4, q: 0.5), .qlognormal(mu: 2, sigma: 1, q: 3),
    .rounded(.qnormal(mu: 10, sigma: 4, q: 2), Rounding(form: .int)),
    .stepped(min: 0, max: 1e12, step: 0.125, scale: .linear),
    .steppedInteger(min: .min, max: .max, step: 2, scale: .linear),
    .integer(min: .min, max: .max, scale: .linear), .integer(min: 0, max: 1 << 40, scale: .linear),
  ]

  @Test(arguments: finite)
  func `every value of a finite domain comes back from its place`(_ domain: Domain) throws {
    let all = try #require(domain.allValues)
    let cube = UnitCube(SearchSpace([ParameterSpace("x", domain)]))
    #expect(cube.count == (all.count == 1 ? 0 : 1))
    for value in all {
      let place = domain.position(of: value)
      #expect((0...1).contains(place))
      #expect(domain.value(at: place).matches(value), "\(domain): \(value) at \(place)")
      let (lower, upper) = domain.quantiles(of: value)
      #expect(lower <= place && place <= upper)
      guard cube.count == 1 else { continue }
      let point = cube.point(of: [Parameter("x", value)]).map { $0! }
      #expect(point == [place])
      #expect(cube.configuration(at: point) == [Parameter("x", value)])
      #expect(cube.snapped(point) == [place], "a middle stays where it is: \(value)")
      let cell = try #require(cube.cell(0, at: place))
      #expect(abs(cube.middle(0, ofCell: cell) - place) < 1e-12, "\(domain): \(value)")
    }
  }

  @Test(arguments: finite)
  func `the cells of a finite domain fill the interval`(_ domain: Domain) throws {
    let all = try #require(domain.allValues)
    if all.contains(where: { $0.number == nil }) { return }
    var end = 0.0
    for value in all {
      let (lower, upper) = domain.quantiles(of: value)
      #expect(abs(lower - end) < 1e-9, "\(domain): \(value)")
      end = upper
    }
    #expect(abs(end - 1) < 1e-12)
    #expect(all == all.sorted { $0.number! < $1.number! })
  }

  @Test(arguments: real)
  func `real numbers come back from their places`(_ domain: Domain) throws {
    for draw in 0..<3000 {
      let u = ProposalRandomness(seed: 5, proposal: draw).unit("u")
      let value = domain.value(at: u)
      let back = domain.value(at: domain.position(of: value))
      let (x, y) = (try #require(value.number), try #require(back.number))
      #expect(abs(x - y) <= max(abs(x), 1e-300) * 1e-9 + 1e-12, "\(domain): \(x) came back as \(y)")
    }
  }

  @Test(arguments: finite + real)
  func `a point keeps to the ends`(_ domain: Domain) {
    for u in [0, 1, 1 - 0x1p-53, 0x1p-60] {
      let value = domain.value(at: u)
      #expect(value.number?.isFinite ?? true, "\(domain) at \(u): \(value)")
      #expect(
        domain.member(matching: value) != nil || domain.allValues?.contains(value) == true, "\(domain) at \(u)")
      #expect((0...1).contains(domain.position(of: value)))
    }
    let cube = UnitCube(SearchSpace([ParameterSpace("x", domain)]))
    if cube.count == 0 { return }
    for u in [-1, 2, .infinity, -.infinity, .nan, 0.3] {
      let snapped = cube.snapped([u])[0]!
      #expect((0...1).contains(snapped))
      #expect(cube.snapped([snapped]) == [snapped], "\(domain) at \(u)")
    }
  }

  @Test func `the upper end of a range is reached`() {
    #expect(Domain.continuous(min: 0, max: 0.7, scale: .linear).value(at: 1) == 0.7)
    #expect(Domain.continuous(min: 1e-5, max: 0.1, scale: .log).value(at: 1) == 0.1)
    #expect(Domain.quniform(min: 0, max: 0.7, q: 0.1).value(at: 1) == 0.7)
    #expect(Domain.quniform(min: 0, max: 1, q: 0.1).value(at: 0.3) == 0.3, "not 0.30000000000000004")
    #expect(Domain.quniform(min: -1, max: 1, q: 1).value(at: 0.49).json == "0.0", "no -0.0")
  }

  // MARK: Activity

  static let conditional = SearchSpace([
    ParameterSpace(
      "momentum", .continuous(min: 0, max: 0.9, scale: .linear),
      conditions: [.init(parameter: "optimizer", values: ["sgd", "nag"])]),
    ParameterSpace("optimizer", .categorical(["sgd", "adam", "nag"])),
    ParameterSpace(
      "nesterov", .categorical([true, false]),
      conditions: [.init(parameter: "optimizer", values: ["sgd"]), .init(parameter: "layers", values: [2, 4])]),
    ParameterSpace("layers", .integer(min: 1, max: 5, scale: .log)),
    ParameterSpace("kind", .categorical(["net"])),
    ParameterSpace("width", .quniform(min: 8, max: 64, q: 8), conditions: [.init(parameter: "kind", values: ["net"])]),
    ParameterSpace(
      "depth", .integer(min: 1, max: 9, scale: .linear), conditions: [.init(parameter: "kind", values: ["tree"])]),
    ParameterSpace("deep", .categorical(["yes"]), conditions: [.init(parameter: "nesterov", values: [true])]),
    ParameterSpace(
      "deeper", .continuous(min: 1, max: 2, scale: .linear), conditions: [.init(parameter: "deep", values: ["yes"])]),
  ])

  @Test func `dimensions stand in dependency order, those with one value left out`() {
    let cube = UnitCube(UnitCubeTests.conditional)
    #expect(
      cube.dimensions.map(\.parameter.name) == [
        "optimizer", "momentum", "layers", "nesterov", "width", "depth", "deeper",
      ])
    #expect(cube.conditionalDimensions == [1, 3, 5, 6])
    #expect(cube.parents(of: 3) == [0, 2])
    #expect(cube.parents(of: 6) == [3], "by way of a parameter with one value")
    #expect(cube.parents(of: 4).isEmpty)
  }

  @Test func `activity agrees with the space's own`() {
    let cube = UnitCube(UnitCubeTests.conditional)
    var (seen, active) = (Set<[Bool]>(), [Bool](repeating: false, count: cube.count))
    for draw in 0..<3000 {
      let randomness = ProposalRandomness(seed: 2, proposal: draw)
      var point = (0..<cube.count).map { randomness.unit("\($0)") }
      let configuration = cube.configuration(at: point)
      let slow = UnitCubeTests.conditional.configuration { parameter in
        let index = cube.dimensions.firstIndex { $0.parameter.name == parameter.name }
        return parameter.domain.value(at: index.map { point[$0] } ?? 0.5)
      }
      #expect(configuration == slow)
      cube.activity(at: point, into: &active)
      let values = configuration.byName
      #expect(active == cube.dimensions.map { values[$0.parameter.name] != nil })
      #expect(active == cube.dimensions.indices.map { cube.isActive($0, at: point) })
      let snapped = cube.snapped(point)
      #expect(snapped.map { $0 != nil } == active)
      cube.snap(&point, active: &active)
      #expect(zip(point, snapped).allSatisfy { $0 == $1 ?? 0.5 })
      #expect(cube.configuration(at: point) == configuration)
      let again = point
      cube.snap(&point, active: &active)
      #expect(point == again)
      #expect(
        zip(cube.point(of: configuration), snapped).allSatisfy { place, other in
          if let place, let other { abs(place - other) < 1e-14 } else { (place == nil) == (other == nil) }
        })
      seen.insert(active)
    }
    #expect(seen.count == 4)
  }

  @Test func `conditions on a continuum and of unknown names are answered`() {
    let cube = UnitCube(
      SearchSpace([
        ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear)),
        ParameterSpace("y", .categorical([1, 2]), conditions: [.init(parameter: "x", values: [0.5])]),
      ]))
    #expect(cube.isActive(1, at: [0.5, 0]))
    #expect(!cube.isActive(1, at: [0.4, 0]))
    #expect(UnitCube(SearchSpace()).configuration(at: []) == [])
  }

  @Test func `neighbours are the cells next to a place`() {
    let cube = UnitCube(
      SearchSpace([
        ParameterSpace("n", .integer(min: 1, max: 4, scale: .linear)),
        ParameterSpace("c", .categorical(["a", "b", "c"])),
        ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear)),
        ParameterSpace("d", .categorical(["a", "b", "a"])),
      ]))
    #expect(cube.neighbours(0, of: 0.3) == [0.125, 0.625])
    #expect(cube.neighbours(0, of: 0) == [0.375])
    #expect(cube.neighbours(1, of: 0.5) == [0.5 / 3, 2.5 / 3])
    #expect(cube.neighbours(2, of: 0.5) == [])
    #expect(cube.neighbours(3, of: 0.9) == [0.5], "the third category is the first one again")
    #expect(cube.cellCount(0) == 4)
    #expect(cube.cellCount(2) == nil)
    #expect(cube.cell(0, at: 1) == 3)
  }

  @Test func `conditions by bounds and on constants are answered`() {
    let space = SearchSpace([
      ParameterSpace("depth", .integer(min: 1, max: 8, scale: .linear)),
      ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear)),
      ParameterSpace(
        "skip", .categorical([true, false]),
        conditions: [.init(parameter: "depth", values: [1], minimum: 3, maximum: 5)]),
      ParameterSpace("y", .categorical([1, 2]), conditions: [.init(parameter: "x", values: [], minimum: 0.5)]),
    ])
    let cube = UnitCube(space)
    for depth in 1...8 {
      let point = [(Double(depth) - 0.5) / 8, 0.4, 0.5, 0.5]
      #expect(cube.isActive(2, at: point) == (depth == 1 || (3...5).contains(depth)))
      #expect(!cube.isActive(3, at: point))
    }
    #expect(cube.isActive(3, at: [0, 0.5, 0, 0]))
  }

  @Test func `constraints are asked at a point as of its configuration`() throws {
    var space = UnitCubeTests.conditional
    space.constraints = [
      try Constraint("momentum < 0.5 or nesterov == false"), try Constraint("layers * width <= 96"),
      try Constraint("depth > 100"), try Constraint("kind == 'net'"),
    ]
    let cube = UnitCube(space)
    var satisfied = 0
    for draw in 0..<2000 {
      let randomness = ProposalRandomness(seed: 4, proposal: draw)
      let point = (0..<cube.count).map { randomness.unit("\($0)") }
      #expect(cube.satisfies(point) == space.satisfies(cube.configuration(at: point)))
      if cube.satisfies(point) { satisfied += 1 }
    }
    #expect((400...1800).contains(satisfied), "\(satisfied)")
  }

  @Test func `beliefs stand at their places`() {
    let space = SearchSpace([
      ParameterSpace(
        "rate", .continuous(min: 1e-4, max: 1, scale: .log), standard: 0.01, prior: .init(mean: 0.01, sigma: 0.1)),
      ParameterSpace("kind", .categorical(["a", "b"])),
      ParameterSpace(
        "size", .integer(min: 1, max: 4, scale: .linear), conditions: [.init(parameter: "kind", values: ["a"])],
        standard: 4),
    ])
    let cube = UnitCube(space)
    #expect(cube.priors[1] == nil)
    #expect(abs(cube.priors[0]!.mean - 0.5) < 1e-12)
    #expect(cube.priors[0]!.sigma == 0.1)
    #expect(cube.defaultPoint!.count == 3)
    #expect(space.standardConfiguration == [Parameter("rate", 0.01), Parameter("kind", "b")])
    #expect(cube.defaultPoint![1...] == [0.75, 0.5], "what is not active stands in the middle")
    #expect(UnitCube(UnitCubeTests.conditional).defaultPoint == nil)
  }
}
