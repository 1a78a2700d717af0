import Testing

@testable import BayesianStrategies

struct ParzenMixtureTests {
  static let space = ModelSpace([
    .init(kind: .unordered(4), condition: nil), .init(kind: .continuous, condition: nil),
    .init(kind: .ordered([0.125, 0.375, 0.625, 0.875]), condition: nil),
    .init(kind: .continuous, condition: .init(clauses: [.init(parent: 0, values: [2])])),
  ])

  static func points(_ mixture: ParzenMixture, _ count: Int = 2000) -> [[Double]] {
    var draws = Draws(seed: 7, number: 3, purpose: 21)
    return (0..<count).map { _ in mixture.point(&draws) }
  }

  @Test func `points are canonical, and the same for the same draws`() {
    let mixture = ParzenMixture([[2, 0.9, 0.375, 0.2], [1, 0.1, 0.875, 0.5]], in: Self.space)
    let points = Self.points(mixture)
    #expect(points.allSatisfy { $0 == Self.space.canonical($0) })
    #expect(points == Self.points(mixture))
  }

  @Test func `half of the points are near the only good one, and the others everywhere`() {
    let points = Self.points(ParzenMixture([[2, 0.9, 0.375, 0.2]], in: Self.space))
    // The one kernel has its choice with (1 + 1/2) / (1 + 4/2) = 1/2, the even distribution with 1/4.
    let share = Double(points.count { $0[0] == 2 }) / Double(points.count)
    #expect(abs(share - 0.375) < 0.04)
    // One point of four dimensions: a third wide, cut off at the bounds; above its middle's 0.9 lie 0.19 of it.
    let above = Double(points.count { $0[1] > 0.9 }) / Double(points.count)
    #expect(abs(above - (0.5 * 0.19 + 0.5 * 0.1)) < 0.04)
  }

  @Test func `a dimension that good points lack is drawn evenly`() {
    let points = Self.points(ParzenMixture([[1, 0.9, 0.375, 0.5], [1, 0.8, 0.375, 0.5]], in: Self.space), 20_000)
    let conditional = points.filter { $0[0] == 2 }.map { $0[3] }
    #expect(conditional.count > 500)
    for low in [0.0, 0.25, 0.5, 0.75] {
      let share = Double(conditional.count { low <= $0 && $0 < low + 0.25 }) / Double(conditional.count)
      #expect(abs(share - 0.25) < 0.06)
    }
  }
}
