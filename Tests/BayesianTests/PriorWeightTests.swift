import BelievedSpaces
import Testing
import Tracking

@testable import BayesianStrategies

struct PriorWeightTests {
  @Test func `beta is a tenth of the trials, from 1 to 10, and results overrule it`() throws {
    let prior = try #require(SpacePrior(UnitCube(BelievedSpaces.conditional)))
    func exponent(_ trials: Int, _ results: Int) -> Double? {
      PriorWeight(prior, trials: trials, results: results)?.exponent
    }
    #expect(exponent(50, 1) == 5 && exponent(50, 20) == 0.25 && exponent(50, 0) == 5)
    #expect(exponent(4, 2) == 0.5 && exponent(5000, 100) == 0.1)
    #expect(PriorWeight(nil, trials: 50, results: 1) == nil)
  }

  @Test func `the density is mixed with the even one, so that nothing is weighed down without bound`() throws {
    let prior = try #require(SpacePrior(UnitCube(BelievedSpaces.conditional)))
    let weight = try #require(PriorWeight(prior, trials: 50, results: 10))
    #expect(abs(weight.mixed(0).value) < 1e-12)
    #expect(abs(weight.mixed(-1e6).value - PortableMath.log(0.01)) < 1e-12)
    #expect(abs(weight.mixed(900).value - 900 - PortableMath.log(0.99)) < 1e-9)
    for density in [-8, -4, -1, 0, 2] as [Double] {
      let numeric = (weight.mixed(density + 1e-5).value - weight.mixed(density - 1e-5).value) / 2e-5
      #expect(abs(numeric - weight.mixed(density).slope) < 1e-7)
    }
  }

  @Test func `its slopes are those of its value, and what is not active has none`() throws {
    let map = SpaceMap(BelievedSpaces.space(BelievedSpaces.good))
    let prior = try #require(SpacePrior(map.cube))
    let weight = try #require(PriorWeight(prior, trials: 50, results: 3))
    let active = [Bool](repeating: true, count: 4)
    let wanted = [0, 1, 2, 3]
    for point in [[0.5, 0.4, 0.6, 0.2], [0.9, 0.1, 0.05, 1], [0.3, 0.3, 0.7, 0.3]] {
      let (_, slopes) = weight.addition(at: point, active: active, wanted: wanted)
      for index in wanted {
        var (above, below) = (point, point)
        above[index] += 1e-6
        below[index] -= 1e-6
        let numeric =
          (weight.addition(at: above, active: active, wanted: wanted).value
            - weight.addition(at: below, active: active, wanted: wanted).value) / 2e-6
        #expect(abs(numeric - slopes[index]) < 1e-5 * max(1, abs(numeric)))
      }
    }
    let none = [Bool](repeating: false, count: 4)
    #expect(abs(weight.addition(at: [0.9, 0.9, 0.9, 0.9], active: none)) < 1e-12)
  }

  @Test func `no leap is taken while much is expected away from the prior's peak`() throws {
    let map = SpaceMap(
      SearchSpace([
        ParameterSpace("rate", .continuous(min: 0, max: 1, scale: .linear), prior: .init(mean: 0.5, sigma: 0.02))
      ]))
    let weight = try #require(PriorWeight(SpacePrior(map.cube), trials: 100, results: 6))
    let model = BayesianModel(space: map.space, settings: .init(), seed: 3)
    let points = [[0.56], [0.44], [0.53], [0.47], [0.5], [0.51]]
    let values = points.map { 1 + 30 * abs($0[0] - 0.503) }
    let proposals = model.propose(points: points, values: values, pending: [], number: 6, prior: weight) { _ in false }
    let best = try #require(proposals.first)
    let largest = try #require(best.largestLogImprovement)
    // The weighted winner is on the peak, among known trials.
    #expect(abs(best.point[0] - 0.5) < 0.05 && largest > best.logImprovement + 2, "\(best)")
    #expect(!best.isLeap && best.priorAddition != nil)
  }

  @Test func `cells that the model takes for a continuum are compared by the prior's value of a cell`() throws {
    let map = SpaceMap(
      SearchSpace([
        ParameterSpace("width", .integer(min: 1, max: 2000, scale: .log), prior: .init(mean: 3, sigma: 0.1))
      ]))
    #expect(map.space.dimensions[0].kind == .continuous)
    let process = try #require(
      GaussianProcess(
        GaussianProcessTests.kernel, unordered: [0], features: [[0.02], [0.3], [0.9]], values: [0.5, 0.1, -0.2]))
    let search = AcquisitionSearch(
      space: map.space, processes: [process], bounds: [-0.2], effort: .init(spread: 8, near: 8),
      prior: PriorWeight(SpacePrior(map.cube), trials: 100, results: 3)
    ) { _ in false }
    // Few starts, so that it climbs from some of them.
    var draws = Draws(seed: 3, number: 1, purpose: 1)
    let found = search.best(near: [[0.3]], sobol: Sobol(dimensions: 1, seed: 3), first: 0, draws: &draws).found
    #expect(!found.isEmpty)
    for one in found { #expect(abs(search.scored([one.point])[0] - one.value) < 1e-9, "\(one)") }
  }

  @Test func `of several models the logarithms of the expected improvement are averaged, and so is what it climbs`()
    throws
  {
    let map = SpaceMap(SearchSpace([ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear))]))
    let processes = try [[0.5, 0.1, -0.2], [-0.2, 0.3, 0.4]].map { values in
      try #require(
        GaussianProcess(
          GaussianProcessTests.kernel, unordered: [0], features: [[0.1], [0.45], [0.9]], values: values))
    }
    func search(_ chosen: [Int]) -> AcquisitionSearch {
      AcquisitionSearch(
        space: map.space, processes: chosen.map { processes[$0] }, bounds: chosen.map { [-0.2, -0.1][$0] },
        effort: .init(spread: 16, near: 16)
      ) { _ in false }
    }
    let grid = (0...1000).map { [Double($0) / 1000] }
    let (first, second, both) = (search([0]).scored(grid), search([1]).scored(grid), search([0, 1]).scored(grid))
    for index in grid.indices { #expect(abs(both[index] - (first[index] + second[index]) / 2) < 1e-12) }
    var draws = Draws(seed: 3, number: 1, purpose: 1)
    let found = search([0, 1]).best(near: [[0.45]], sobol: Sobol(dimensions: 1, seed: 3), first: 0, draws: &draws).found
    // Uphill along the average's own slope, it passes the best of a fine grid.
    let top = try #require(both.max())
    #expect(try #require(found.first).value >= top - 1e-6)
  }

  @Test func `what is under way and predicted best is to be improved on`() throws {
    let map = SpaceMap(SearchSpace([ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear))]))
    let model = BayesianModel(space: map.space, settings: .init(), seed: 3)
    // A valley whose floor, at 0.5, is under way.
    let points = [0.0, 0.1, 0.2, 0.3, 0.7, 0.8, 0.9, 1].map { [$0] }
    let values = points.map { ($0[0] - 0.5) * ($0[0] - 0.5) }
    func hope(_ pending: [[Double]]) throws -> Double {
      try #require(
        model.propose(points: points, values: values, pending: pending, number: 8) { _ in false }.first
      ).logImprovement
    }
    #expect(try hope([[0.5]]) < hope([]) - 2)
  }

  @Test func `a kernel's draw is the place at a quantile of its normal`() {
    for middle in [0.0, 0.003, 0.2, 0.5, 0.93, 1] {
      for width in [0.01, 0.05, 0.2] {
        let belief = UnitCube.Belief(mean: middle, sigma: width)
        for step in 1..<4000 {
          let unit = Double(step) / 4000
          let low = PortableMath.normalDistribution(-middle / width)
          let high = PortableMath.normalDistribution((1 - middle) / width)
          let quantile = min(max(low + unit * (high - low), 1e-16), 1 - 1e-16)
          #expect(belief.place(at: unit) == min(max(middle + width * PortableMath.normalQuantile(quantile), 0), 1))
        }
      }
    }
  }
}
