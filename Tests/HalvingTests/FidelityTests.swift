import Testing
import Tracking

@Suite struct FidelityTests {
  // Li et al. 2018, section 3: R = 81, eta = 3; n by Algorithm 1.
  @Test func `the brackets of 81 and 3 are the paper's`() {
    let brackets = Brackets(minimum: 1, maximum: 81, reduction: 3)
    #expect(brackets.deepest == 4)
    let table = (0...4).reversed().map { brackets.bracket($0) }
    #expect(table.map(\.counts) == [[81, 27, 9, 3, 1], [34, 11, 3, 1], [15, 5, 1], [8, 2], [5]])
    #expect(table.map(\.resources) == [[1, 3, 9, 27, 81], [3, 9, 27, 81], [9, 27, 81], [27, 81], [81]])
  }

  @Test(arguments: 0...12)
  func `the logarithm of a power is not rounded away`(exponent: Int) {
    for base in [2, 3, 4, 5] {
      let power = (0..<exponent).reduce(1) { product, _ in product * base }
      #expect(Brackets(minimum: 1, maximum: power, reduction: Double(base)).deepest == exponent)
      #expect(Brackets(minimum: 7, maximum: 7 * power, reduction: Double(base)).deepest == exponent)
      if power > 1 {
        #expect(Brackets(minimum: 1, maximum: power - 1, reduction: Double(base)).deepest == exponent - 1)
      }
    }
  }

  @Test func `a bracket never has a round without trials or resource`() {
    for maximum in 1...100 {
      for reduction in [1.5, 2, 2.5, 3, 4, 10] {
        let brackets = Brackets(minimum: 1, maximum: maximum, reduction: reduction)
        for s in 0...brackets.deepest {
          let bracket = brackets.bracket(s)
          #expect(bracket.counts.min() ?? 0 >= 1)
          #expect(bracket.counts == bracket.counts.sorted(by: >))
          #expect(bracket.resources.min() ?? 0 >= 1)
          #expect(bracket.resources == bracket.resources.sorted())
          #expect(bracket.resources.last == maximum)
        }
      }
    }
  }

  @Test func `rungs are powers below the whole`() {
    #expect(Rungs(minimum: 1, maximum: 27, reduction: 3).levels == [1, 3, 9])
    #expect(Rungs(minimum: 1, maximum: 28, reduction: 3).levels == [1, 3, 9, 27])
    #expect(Rungs(minimum: 2, maximum: 100, reduction: 4).levels == [2, 8, 32])
    #expect(Rungs(minimum: 1, maximum: 5, reduction: 1.5).levels == [1, 2, 3])
    #expect(Rungs(minimum: 5, maximum: 5, reduction: 3).levels == [])
    let rungs = Rungs(minimum: 1, maximum: 27, reduction: 3)
    let reached = [0, 1, 2, 3, 8, 9, 27].map { rungs.reached(by: $0) }
    #expect(reached == [nil, 0, 0, 1, 1, 2, 2])
    let next = [0, 1, 2].map { rungs.next(after: $0) }
    #expect(next == [3, 9, nil])
    let promoted = [0, 2, 3, 8, 9].map { rungs.promoted(of: $0) }
    #expect(promoted == [0, 0, 1, 2, 3])
  }
}
