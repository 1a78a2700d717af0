import Testing
import Tracking

@Suite struct SpacePriorTests {
  static let space = SearchSpace([
    ParameterSpace("rate", .continuous(min: 1e-4, max: 1, scale: .log), prior: .init(mean: 0.01, sigma: 0.1)),
    ParameterSpace("kind", .categorical(["tree", "net"])),
    ParameterSpace(
      "size", .ordinal(["small", "medium", "large", "huge"]),
      conditions: [.init(parameter: "kind", values: ["net"])], prior: .init(mean: "large", sigma: 0.2)),
    ParameterSpace("depth", .integer(min: 1, max: 64, scale: .log), prior: .init(mean: 8, sigma: 0.15)),
    ParameterSpace("count", .integer(min: 1, max: 1 << 40, scale: .linear), prior: .init(mean: 1, sigma: 0.3)),
  ])

  // The even sum of a density over a dimension's places.
  private func mean(_ density: (Double) -> Double) -> Double {
    let steps = 200_000
    return (0..<steps).reduce(0) { $0 + density((Double($1) + 0.5) / Double(steps)) } / Double(steps)
  }

  @Test(arguments: [(0.5, 0.1), (0.0, 0.05), (1.0, 0.3), (0.2, 5.0), (0.7, 1e9), (0.5, 0.001)])
  func `a belief is a normal density cut off at the ends`(mean: Double, sigma: Double) {
    let belief = UnitCube.Belief(mean: mean, sigma: sigma)
    #expect(abs(self.mean { PortableMath.exp(belief.logDensity(at: $0)) } - 1) < 1e-4)
    #expect(abs(PortableMath.exp(belief.logShare(from: 0, to: 1)) - 1) < 1e-9)
    let step = 1e-6
    let slope = (belief.logDensity(at: 0.4 + step) - belief.logDensity(at: 0.4 - step)) / (2 * step)
    #expect(abs(slope - belief.slope(at: 0.4)) <= 1e-5 * max(1, abs(slope)))
    var last = -1.0
    for draw in 0..<100 {
      let quantile = Double(draw) / 100
      let place = belief.place(at: quantile)
      #expect((0...1).contains(place) && place >= last)
      last = place
      // The share below a quantile's place is the quantile.
      if quantile > 0 { #expect(abs(PortableMath.exp(belief.logShare(from: 0, to: place)) - quantile) < 1e-6) }
    }
  }

  @Test func `a narrow belief has a finite density everywhere, less the farther`() {
    let belief = UnitCube.Belief(mean: 0, sigma: 1e-4)
    let shares = (0..<10).map { belief.logShare(from: Double($0) / 10, to: Double($0 + 1) / 10) }
    #expect(shares.allSatisfy { $0.isFinite })
    let falls = zip(shares, shares.dropFirst()).allSatisfy { $0 > $1 }
    #expect(falls)
    let mirrored = UnitCube.Belief(mean: 1, sigma: 1e-4)
    for place in 0..<10 {
      let other = mirrored.logShare(from: Double(9 - place) / 10, to: Double(10 - place) / 10)
      #expect(abs(other - shares[place]) <= 1e-6 * max(1, abs(shares[place])))
    }
  }

  @Test func `ordered values have the probability of their cells`() throws {
    let cube = UnitCube(Self.space)
    let prior = try #require(SpacePrior(cube))
    let names = cube.dimensions.map(\.parameter.name)
    #expect(prior.dimensions == names.indices.filter { names[$0] != "kind" })
    for dimension in prior.dimensions where names[dimension] != "count" {
      #expect(abs(mean { PortableMath.exp(prior.logDensity(dimension, at: $0)) } - 1) < 1e-3)
    }
    let size = try #require(names.firstIndex(of: "size"))
    // Of a normal round 0.625 with deviation 0.2, between 0.5 and 0.75 and within 0 and 1; computed outside.
    let share = PortableMath.exp(prior.logDensity(size, at: 0.55)) / 4
    #expect(abs(share - 0.4831443) < 1e-6, "\(share)")
    #expect(prior.logDensity(size, at: 0.51) == prior.logDensity(size, at: 0.74))
    #expect(prior.logDensity(size, at: 0.6) > prior.logDensity(size, at: 0.9))
    #expect(prior.logDensity(size, at: 0.9) > prior.logDensity(size, at: 0.1))
  }

  @Test func `what is not active does not count`() throws {
    let cube = UnitCube(Self.space)
    let prior = try #require(SpacePrior(cube))
    let net = [
      Parameter("rate", 0.1), Parameter("kind", "net"), Parameter("size", "small"), Parameter("depth", 3),
      Parameter("count", 9),
    ]
    let tree = net.filter { $0.name != "size" }.map { $0.name == "kind" ? Parameter("kind", "tree") : $0 }
    let size = try #require(cube.dimensions.firstIndex { $0.parameter.name == "size" })
    let (with, without) = (prior.logDensity(at: cube.point(of: net)), prior.logDensity(at: cube.point(of: tree)))
    #expect(abs(with - without - prior.logDensity(size, at: 0.125)) < 1e-12)
    #expect(prior.logDensity(at: cube.dimensions.map { _ in nil }) == 0)
    #expect(SpacePrior(UnitCube(SearchSpace([ParameterSpace("x", .normal(mu: 0, sigma: 1), standard: 0)]))) == nil)
  }

  @Test func `draws follow the prior, and what has none the even distribution`() throws {
    let prior = try #require(SpacePrior(UnitCube(Self.space)))
    let drawn = (0..<4000).map { prior.configuration(drawing: ProposalRandomness(seed: 3, proposal: $0)).byName }
    #expect(drawn == (0..<4000).map { prior.configuration(drawing: ProposalRandomness(seed: 3, proposal: $0)).byName })
    let rates = drawn.map { PortableMath.log($0["rate"]!.number!) / PortableMath.log(10) }
    #expect(abs(rates.reduce(0, +) / 4000 + 2) < 0.03)
    // A tenth of four decades.
    let variance = rates.reduce(0) { $0 + ($1 + 2) * ($1 + 2) } / 4000
    #expect(abs(variance.squareRoot() - 0.4) < 0.02)
    let nets = drawn.filter { $0["kind"] == "net" }
    #expect((1800...2200).contains(nets.count))
    let isActiveAlone = drawn.allSatisfy { ($0["size"] != nil) == ($0["kind"] == "net") }
    #expect(isActiveAlone)
    let large = nets.count { $0["size"] == "large" }
    #expect(abs(Double(large) / Double(nets.count) - 0.484) < 0.04)
    for values in drawn.prefix(200) {
      for (name, value) in values { #expect(Self.space[name]?.domain.member(matching: value) == value) }
    }
  }

  @Test func `a point at quantiles is the prior's inverse distribution`() throws {
    let cube = UnitCube(Self.space)
    let prior = try #require(SpacePrior(cube))
    let quantiles = [Double](repeating: 0.5, count: cube.count + 1)
    let point = prior.point(at: quantiles)
    for (dimension, place) in point.enumerated() {
      let belief = dimension < cube.count ? prior.belief(dimension) : nil
      guard let belief else {
        #expect(place == 0.5, "kept as it is")
        continue
      }
      #expect(abs(PortableMath.exp(belief.logShare(from: 0, to: place)) - 0.5) < 1e-9)
    }
  }
}
