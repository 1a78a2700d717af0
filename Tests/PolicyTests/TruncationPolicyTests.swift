import Testing
import Tracking
import TruncationPolicy

@Suite struct TruncationPolicyTests {
  @Test func `the percentage is a whole number from 1 to 99`() {
    for right in [1, 50, 99] as [Value] {
      #expect(errors(TruncationPolicy.self, ["truncation_percentage": right]) == [])
    }
    for wrong in [0, 100, 150, -1, 12.5, "ten"] as [Value] {
      #expect(
        errors(TruncationPolicy.self, ["truncation_percentage": wrong]) == [
          "truncation_percentage is \(wrong.json); it is a whole number from 1 to 99"
        ])
    }
    #expect(errors(TruncationPolicy.self, [:]).count == 1)
    #expect(
      errors(TruncationPolicy.self, ["truncation_percentage": 10, "exclude_finished_jobs": 1]) == [
        "exclude_finished_jobs is 1; it is true or false"
      ])
  }

  func stopped(
    _ percentage: Int64, _ values: [Double], _ states: [RunState] = [], excluding: Bool = false
  ) throws -> String {
    try Curves(values.map { [$0] }, states: states).stopped(
      TruncationPolicy.self,
      ["truncation_percentage": .integer(percentage), "exclude_finished_jobs": .boolean(excluding)])
  }

  @Test func `the number is rounded down`() throws {
    #expect(try stopped(30, [0.1, 0.2, 0.3]) == "")
    #expect(try stopped(34, [0.1, 0.2, 0.3]) == "A")
    #expect(try stopped(66, [0.1, 0.2, 0.3]) == "A")
    #expect(try stopped(67, [0.1, 0.2, 0.3]) == "AB")
    #expect(try stopped(99, [0.1, 0.2, 0.3]) == "AB")
    #expect(try stopped(99, [0.1]) == "")
  }

  @Test func `who is as good as one that stays, stays`() throws {
    #expect(try stopped(40, [0.1, 0.1, 0.1, 0.5, 0.6]) == "")
    #expect(try stopped(60, [0.1, 0.1, 0.1, 0.5, 0.6]) == "ABC")
    #expect(try stopped(80, [0.1, 0.2, 0.2, 0.5, 0.5]) == "ABC")
    #expect(try stopped(99, [0.5, 0.5, 0.5]) == "")
  }

  @Test func `trials that ended count, unless they are excluded`() throws {
    // Of six, two are cut: A and B, which have ended, so nobody.
    let values = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    let ended: [RunState] = [.finished, .failed]
    #expect(try stopped(40, values, ended) == "")
    // Of the four that run, one.
    #expect(try stopped(40, values, ended, excluding: true) == "C")
  }

  @Test func `the same interval is not cut again and again`() throws {
    // Ten trials, a fifth of them cut; asked again when they are gone, nobody else goes, also when others are excluded.
    let values = (1...10).map { Double($0) }
    for excluding in [false, true] {
      #expect(try stopped(20, values, excluding: excluding) == "AB")
      #expect(try stopped(20, values, [.pruned, .pruned], excluding: excluding) == "")
    }
  }

  @Test func `a trial that is further on is judged where the young ones are`() throws {
    // A's later points do not help it at interval 2, where C is compared with it.
    let curves = Curves([[0.1, 0.2, 0.9], [0.1, 0.5], [0.1, 0.3]])
    let found = try curves.decisions(TruncationPolicy.self, ["truncation_percentage": 67])
    #expect(found.map(\.trial) == [2])
    #expect(found.first?.details["rank"] == 2)
    #expect(found.first?.details["compared"] == 3)
  }

  @Test func `values that are not finite take no place among the worst`() throws {
    let curves = Curves([[.nan], [.infinity], [0.3], [0.2], [0.4]])
    #expect(try curves.stopped(TruncationPolicy.self, ["truncation_percentage": 34]) == "D")
  }
}
