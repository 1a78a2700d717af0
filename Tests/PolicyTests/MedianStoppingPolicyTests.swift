import MedianStoppingPolicy
import Testing
import Tracking

@Suite struct MedianStoppingPolicyTests {
  @Test func `a rule has a name`() {
    #expect(errors(MedianStoppingPolicy.self, [:]).isEmpty)
    #expect(
      errors(MedianStoppingPolicy.self, ["rule": "vizier"]) == [
        "the rule is \"vizier\"; it is one of `azure`, `sagemaker`, `best`"
      ])
  }

  @Test func `SageMaker's rule compares the value now with the means of finished trials`() throws {
    // Means of the first three points: A .6, B .5367, C .4167; the median .5367. D is at .40 and E at .64.
    let states: [RunState] = [.finished, .finished, .finished, .running, .running]
    let options: [String: Value] = ["rule": "sagemaker"]
    let found = try Curves(Curves.example, seen: 3, states: states).decisions(MedianStoppingPolicy.self, options)
    #expect(found.map(\.trial) == [3])
    #expect(abs(try #require(found.first?.details["median"]?.number) - 0.536667) < 1e-6)
    #expect(found.first?.details["value"] == 0.4)
    #expect(found.first?.details["compared"] == 3)
    #expect(
      found.first?.reason.hasSuffix("the median of the means of 3 finished trials") == true,
      "\(found.first?.reason ?? "")")
    // Azure's rule looks at D's best, .60, and lets it go on.
    #expect(try Curves(Curves.example, seen: 3, states: states).stopped(MedianStoppingPolicy.self, [:]) == "")
  }

  @Test func `SageMaker's rule does nothing before a trial has finished`() throws {
    let states: [RunState] = [.pruned, .failed, .canceled, .running, .running]
    #expect(
      try Curves(Curves.example, states: states).stopped(MedianStoppingPolicy.self, ["rule": "sagemaker"]) == "")
  }

  @Test func `SageMaker's rule minimizes as well, and the leader stays`() throws {
    // Means of the losses: A .4. B's .34 is better, C's .50 is worse; E's last is bad and E has the best loss of all.
    let values = [[0.5, 0.4, 0.3], [0.6, 0.45, 0.34], [0.7, 0.55, 0.5], [0.01, 0.9, 0.9]]
    let curves = Curves(values, .minimize, states: [.finished])
    #expect(try curves.stopped(MedianStoppingPolicy.self, ["rule": "sagemaker"]) == "C")
  }

  @Test func `a finished trial with fewer points does not count where it has not been`() throws {
    let options: [String: Value] = ["rule": "sagemaker"]
    let curves = Curves([[0.9, 0.9], [0.2, 0.2, 0.2], [0.1, 0.1, 0.1]], states: [.finished, .finished, .running])
    #expect(try curves.decisions(MedianStoppingPolicy.self, options).map(\.details["median"]) == [0.2])
  }

  @Test func `NaN does not poison the median`() throws {
    let broken = [Double](repeating: .nan, count: 3)
    let half = [Double.nan, 0.5, -.infinity]
    let values = Array(Curves.example.map { Array($0.prefix(3)) })
    #expect(try Curves(values + [broken, broken]).stopped(MedianStoppingPolicy.self, [:]) == "C")
    // Its mean is .5, so the median of six is between .5267 and .5.
    let found = try Curves(values + [half]).decisions(MedianStoppingPolicy.self, [:])
    #expect(found.map(\.trial) == [2, 5])
    #expect(abs(try #require(found.first?.details["median"]?.number) - 0.513333) < 1e-6)
  }

  @Test func `trials that are all the same all go on`() throws {
    for rule in ["azure", "sagemaker", "best"] {
      let values = Array(repeating: Array(repeating: 0.1, count: 7), count: 6)
      for goal in Goal.allCases {
        let curves = Curves(values, goal, states: [.finished, .finished])
        #expect(try curves.stopped(MedianStoppingPolicy.self, ["rule": .text(rule)]) == "")
      }
    }
  }
}
