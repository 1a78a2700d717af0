import BanditPolicy
import MedianStoppingPolicy
import Testing
import Tracking
import TruncationPolicy

/// Azure's rules on five curves, worked out by hand; every trial is judged as if it were running.
@Suite struct VectorTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var policy: any TerminationPolicy.Type
    var options: [String: Value]
    /// Who is stopped when every trial has 3, 4 and 5 points.
    var stopped: [String]
    var goal = Goal.maximize

    var testDescription: String {
      "\(policy.description.name) \(Value.object(options).json), \(goal.rawValue)"
    }
  }

  static let rows: [Row] = [
    Row(policy: BanditPolicy.self, options: ["slack_factor": 0.2], stopped: ["C", "BCD", "BCD"]),
    Row(policy: BanditPolicy.self, options: ["slack_amount": 0.2], stopped: ["", "BCD", "BCD"]),
    Row(policy: MedianStoppingPolicy.self, options: [:], stopped: ["C", "", ""]),
    Row(policy: TruncationPolicy.self, options: ["truncation_percentage": 20], stopped: ["C", "C", "D"]),
    Row(policy: TruncationPolicy.self, options: ["truncation_percentage": 40], stopped: ["CD", "CD", "CD"]),
    Row(policy: TruncationPolicy.self, options: ["truncation_percentage": 19], stopped: ["", "", ""]),
    // Losses: at 3 the best is .30 (A), at 4 and 5 it is .10 (E).
    Row(
      policy: BanditPolicy.self, options: ["slack_factor": 0.2], stopped: ["CD", "ABCD", "ABCD"], goal: .minimize),
    Row(policy: BanditPolicy.self, options: ["slack_amount": 0.2], stopped: ["", "BCD", "BCD"], goal: .minimize),
    Row(policy: MedianStoppingPolicy.self, options: [:], stopped: ["C", "", ""], goal: .minimize),
    Row(
      policy: TruncationPolicy.self, options: ["truncation_percentage": 40], stopped: ["CD", "CD", "CD"],
      goal: .minimize),
    Row(
      policy: TruncationPolicy.self, options: ["truncation_percentage": 19], stopped: ["", "", ""], goal: .minimize),
    // The bests are .70 .66 .50 .60 .64, then .80 .67 .52 .60 .90, then .82 .68 .66 .60 .90.
    Row(policy: MedianStoppingPolicy.self, options: ["rule": "best"], stopped: ["CD", "CD", "CD"]),
  ]

  @Test(arguments: rows)
  func `the worked example is decided as Azure's rules say`(_ row: Row) throws {
    for (points, expected) in zip(3...5, row.stopped) {
      let values = row.goal == .maximize ? Curves.example : Curves.losses
      #expect(
        try Curves(values, row.goal, seen: points).stopped(row.policy, row.options) == expected, "at interval \(points)"
      )
    }
  }

  @Test func `the numbers of the worked example are recorded`() throws {
    let bandit = try Curves(Curves.example, seen: 3).decisions(BanditPolicy.self, ["slack_factor": 0.2])
    #expect(abs(try #require(bandit.first?.details["threshold"]?.number) - 0.583333) < 1e-6)
    #expect(
      bandit.first?.reason
        == "bandit at interval 3: its best 0.5 is worse than 0.583333, which is the best 0.7 (trial 0) with its slack"
    )
    #expect(bandit.first?.details["best_trial"] == 0)
    #expect(bandit.first?.details["compared"] == 5)
    #expect(bandit.first?.details["interval"] == 3)
    let median = try Curves(Curves.example, seen: 3).decisions(MedianStoppingPolicy.self, [:])
    #expect(abs(try #require(median.first?.details["median"]?.number) - 0.526667) < 1e-6)
    let truncation = try Curves(Curves.example, seen: 5).decisions(
      TruncationPolicy.self, ["truncation_percentage": 40])
    #expect(truncation.map(\.details["value"]?.number) == [0.66, 0.60])
    #expect(truncation.map(\.details["rank"]) == [4, 5])
  }

  @Test func `medians of the later intervals are those of the example`() throws {
    // Nobody is stopped there, so a trial that is far behind shows the number.
    let curves = Curves.example + [[0, 0, 0, 0, 0], [1, 1, 1, 1, 1]]
    for (points, median) in [(4, 0.51), (5, 0.548)] {
      let found = try Curves(curves, seen: points).decisions(MedianStoppingPolicy.self, [:])
      #expect(found.map(\.trial) == [5])
      #expect(abs(try #require(found.first?.details["median"]?.number) - median) < 1e-6)
    }
  }
}
