import Testing
import Tracking

struct SobolTests {
  @Test func `the first points are Sobol's`() {
    let sobol = Sobol(dimensions: 6, seed: nil)
    #expect(sobol.point(0) == [0, 0, 0, 0, 0, 0])
    #expect(sobol.point(1) == [0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    #expect(sobol.point(2) == [0.75, 0.25, 0.25, 0.25, 0.75, 0.75])
    #expect(sobol.point(3) == [0.25, 0.75, 0.75, 0.75, 0.25, 0.25])
    #expect(sobol.point(4) == [0.375, 0.375, 0.625, 0.875, 0.375, 0.125])
    #expect(sobol.point(5) == [0.875, 0.875, 0.125, 0.375, 0.875, 0.625])
    #expect(sobol.point(6) == [0.625, 0.125, 0.875, 0.625, 0.625, 0.875])
    #expect(sobol.point(7) == [0.125, 0.625, 0.375, 0.125, 0.125, 0.375])
  }

  @Test func `far points and dimensions agree with Joe and Kuo's table`() {
    let sobol = Sobol(dimensions: 256, seed: nil)
    let far = sobol.point(1000)
    #expect(
      [0, 1, 63, 127, 200, 255].map { far[$0] } == [
        0.2197265625, 0.0966796875, 0.4462890625, 0.5439453125, 0.7529296875, 0.2490234375,
      ])
    let other = sobol.point(777)
    #expect(
      [5, 40, 99, 180, 254, 255].map { other[$0] } == [
        0.3564453125, 0.7216796875, 0.5107421875, 0.7041015625, 0.5791015625, 0.6357421875,
      ])
  }

  @Test(arguments: [nil, 0, 1, 0xdead_beef, .max] as [UInt64?])
  func `in every dimension a power of two of points falls one into each cell`(seed: UInt64?) {
    let sobol = Sobol(dimensions: 300, seed: seed)
    var seen = [Set<Int>](repeating: [], count: 300)
    for index in 0..<64 {
      for (dimension, value) in sobol.point(index).enumerated() {
        #expect(value >= 0 && value < 1)
        seen[dimension].insert(Int(value * 64))
      }
    }
    #expect(seen.allSatisfy { $0.count == 64 })
  }

  @Test(arguments: [nil, 7] as [UInt64?])
  func `the first two dimensions are balanced in every elementary box`(seed: UInt64?) {
    let sobol = Sobol(dimensions: 2, seed: seed)
    let points = (0..<256).map { sobol.point($0) }
    for power in 0...8 {
      let (wide, high) = (1 << power, 256 >> power)
      let boxes = Set(points.map { Int($0[0] * Double(wide)) * 256 + Int($0[1] * Double(high)) })
      #expect(boxes.count == 256)
    }
  }

  @Test func `a seed decides the scrambling, and dimensions are scrambled apart`() {
    let one = Sobol(dimensions: 3, seed: 1)
    #expect(one.point(5) == Sobol(dimensions: 3, seed: 1).point(5))
    #expect(one.point(5) != Sobol(dimensions: 3, seed: 2).point(5))
    #expect(Sobol(dimensions: 5, seed: 1).point(9).prefix(3) == one.point(9)[...])
    #expect(Set(one.point(0)).count == 3)
  }
}
