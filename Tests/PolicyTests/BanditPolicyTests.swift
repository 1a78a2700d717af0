import BanditPolicy
import Testing
import Tracking

@Suite struct BanditPolicyTests {
  @Test func `a slack is a factor or an amount`() {
    #expect(errors(BanditPolicy.self, ["slack_factor": 0.1]).isEmpty)
    #expect(errors(BanditPolicy.self, ["slack_amount": 2]).isEmpty)
    #expect(errors(BanditPolicy.self, ["slack_amount": 0]).isEmpty)
    #expect(
      errors(BanditPolicy.self, [:]) == [
        "bandit needs a slack: `slack_factor: 0.1` for a tenth of the best value, or `slack_amount`"
      ])
    for both in [[0.1, 0.2], [0, 0]] as [[Double]] {
      #expect(
        errors(BanditPolicy.self, ["slack_factor": .real(both[0]), "slack_amount": .real(both[1])]) == [
          "bandit takes slack_factor or slack_amount, not both; leave one out"
        ])
    }
    #expect(
      errors(BanditPolicy.self, ["slack_factor": -0.1]) == ["slack_factor is -0.1; it is a number, 0 or more"])
    #expect(
      errors(BanditPolicy.self, ["slack_amount": "much"]) == ["slack_amount is \"much\"; it is a number, 0 or more"])
  }

  @Test func `a zero beside the slack that is meant is Azure's way to leave it out`() throws {
    #expect(errors(BanditPolicy.self, ["slack_factor": 0.2, "slack_amount": 0]).isEmpty)
    let both = try Curves(Curves.example, seen: 3).stopped(BanditPolicy.self, ["slack_factor": 0.2, "slack_amount": 0])
    #expect(both == "C")
    let other = try Curves(Curves.example, seen: 4).stopped(
      BanditPolicy.self, ["slack_factor": 0, "slack_amount": 0.2])
    #expect(other == "BCD")
  }

  /// The worst value that stays, beside the best one.
  static let thresholds: [(goal: Goal, best: Double, factor: Double, threshold: Double)] = [
    (.maximize, 0.8, 0.2, 0.8 / 1.2), (.maximize, -1, 0.2, -1 - 1 / 6.0),
    (.minimize, 0.1, 0.2, 0.12), (.minimize, -1, 0.2, -0.8),
  ]

  @Test(arguments: thresholds)
  func `the slack is on the worse side of the best, whatever its sign`(
    goal: Goal, best: Double, factor: Double, threshold: Double
  ) throws {
    let worse = goal == .maximize ? -1e-9 : 1e-9
    let values = [[best], [threshold - worse], [threshold + worse]]
    #expect(try Curves(values, goal).stopped(BanditPolicy.self, ["slack_factor": .real(factor)]) == "C")
  }

  @Test func `a factor of nothing is no slack`() throws {
    #expect(try Curves([[0], [0], [-1e-9]]).stopped(BanditPolicy.self, ["slack_factor": 0.2]) == "C")
    #expect(try Curves([[0], [0], [1e-9]], .minimize).stopped(BanditPolicy.self, ["slack_factor": 0.2]) == "C")
  }

  @Test func `the best of a sweep of negative values is not stopped`() throws {
    #expect(try Curves([[-1], [-1.1], [-2]]).stopped(BanditPolicy.self, ["slack_factor": 0.2]) == "C")
  }

  @Test func `as good as the threshold is good enough`() throws {
    #expect(try Curves([[0.75], [0.5], [0.4999]]).stopped(BanditPolicy.self, ["slack_factor": 0.5]) == "C")
    #expect(try Curves([[0.75], [0.5]]).stopped(BanditPolicy.self, ["slack_amount": 0.25]) == "")
  }

  @Test func `a trial that ended is the mark as well`() throws {
    for state in [RunState.finished, .pruned, .failed, .canceled] {
      let curves = Curves([[0.9], [0.1], [0.2]], states: [state])
      let expected = state == .failed || state == .canceled ? "B" : "BC"
      #expect(try curves.stopped(BanditPolicy.self, ["slack_factor": 0.2]) == expected)
    }
  }

  @Test func `values that are not finite are passed over and take their place`() throws {
    let values: [[Double]] = [[0.5, .nan, 0.6], [.infinity, 0.55, 0.1], [0.1, .nan, .nan], [.nan, .nan, .nan]]
    #expect(try Curves(values).stopped(BanditPolicy.self, ["slack_amount": 0.1]) == "C")
  }
}
