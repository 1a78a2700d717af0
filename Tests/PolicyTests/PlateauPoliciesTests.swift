import PlateauPolicies
import Testing
import Tracking

@Suite struct ThresholdPolicyTests {
  @Test func `a threshold needs a bound, or NaN to look for`() {
    #expect(errors(ThresholdPolicy.self, ["bound": 0.5]).isEmpty)
    #expect(errors(ThresholdPolicy.self, ["stop_on_nan": true]).isEmpty)
    for options in [[:], ["stop_on_nan": false]] as [[String: Value]] {
      #expect(
        errors(ThresholdPolicy.self, options) == [
          "threshold needs a bound; for NaN alone write `stop_on_nan: true`"
        ])
    }
    #expect(errors(ThresholdPolicy.self, ["bound": "low"]) == ["bound is \"low\"; it is a number"])
    #expect(
      errors(ThresholdPolicy.self, ["bound": 1, "stop_on_nan": "no"]) == ["stop_on_nan is \"no\"; it is true or false"])
  }

  @Test func `a trial that is worse than the bound ends, from the delay on`() throws {
    let values = [[0.1, 0.2, 0.9], [0.1, 0.2, 0.4], [0.1, 0.2, 0.5]]
    let options: [String: Value] = ["bound": 0.5, "delay_evaluation": 3]
    #expect(try Curves(values).stopped(ThresholdPolicy.self, options) == "B")
    #expect(try Curves(values, seen: 2).stopped(ThresholdPolicy.self, options) == "")
    #expect(try Curves(Curves.losses, .minimize, seen: 5).stopped(ThresholdPolicy.self, ["bound": 0.33]) == "CD")
    let found = try Curves(values).decisions(ThresholdPolicy.self, options)
    #expect(found.first?.reason == "threshold at interval 3: its value 0.4 is worse than the bound 0.5")
    #expect(found.first?.details == ["value": 0.4, "bound": 0.5, "interval": 3])
  }

  @Test func `a value that is not finite ends a trial, unless it may go on`() throws {
    let values = [[0.5, 0.5], [0.1, .nan], [0.1, -.infinity], [0.1, .infinity], [.nan, 0.4]]
    #expect(try Curves(values).stopped(ThresholdPolicy.self, ["bound": 0.3]) == "BCD")
    #expect(try Curves(values).stopped(ThresholdPolicy.self, ["stop_on_nan": true]) == "BCD")
    #expect(try Curves(values).stopped(ThresholdPolicy.self, ["bound": 0.3, "stop_on_nan": false]) == "")
    let found = try Curves(values).decisions(ThresholdPolicy.self, ["stop_on_nan": true])
    #expect(found.first?.reason == "threshold at interval 2: its value is nan, which is no number to go on with")
  }
}

@Suite struct PatiencePolicyTests {
  @Test func `patience is needed`() {
    #expect(errors(PatiencePolicy.self, ["patience": 3]).isEmpty)
    #expect(errors(PatiencePolicy.self, [:]).count == 1)
    #expect(errors(PatiencePolicy.self, ["patience": 0]) == ["patience is 0; it is a whole number, 1 or more"])
    #expect(
      errors(PatiencePolicy.self, ["patience": 3, "min_delta": -1]) == ["min_delta is -1; it is a number, 0 or more"])
  }

  @Test func `patience that outlasts a trial is remarked on`() {
    let short = Curves.spec(.maximize, resource: SweepSpec.Resource(minimum: 1, maximum: 10))
    #expect(remarks(PatiencePolicy.self, ["patience": 9], short) == [])
    #expect(
      remarks(PatiencePolicy.self, ["patience": 10], short) == [
        "patience is 10, and a trial ends with point 10 (resource.max): it will stop none"
      ])
  }

  @Test func `a trial that got no better for so many points ends`() throws {
    let leader = [0.9, 0.9, 0.9, 0.9, 0.9, 0.9]
    let flat = [0.1, 0.2, 0.3, 0.3, 0.25, 0.3]
    let rising = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    let curves = [leader, flat, rising]
    #expect(try Curves(curves, seen: 5).stopped(PatiencePolicy.self, ["patience": 3]) == "")
    #expect(try Curves(curves, seen: 6).stopped(PatiencePolicy.self, ["patience": 3]) == "B")
    #expect(try Curves(curves).stopped(PatiencePolicy.self, ["patience": 3, "min_delta": 0.4]) == "BC")
    #expect(try Curves(curves).stopped(PatiencePolicy.self, ["patience": 6]) == "")
    let down = curves.map { $0.map { 1 - $0 } }
    #expect(try Curves(down, .minimize).stopped(PatiencePolicy.self, ["patience": 3]) == "B")
    let found = try Curves(curves).decisions(PatiencePolicy.self, ["patience": 3])
    #expect(
      found.first?.reason
        == "patience at interval 6: its best 0.3 got better by 0.0 in the last 3 points, which is not more than 0.0")
  }

  @Test func `points that are not finite are no improvement`() throws {
    let values = [[0.9, 0.9, 0.9, 0.9], [0.1, .infinity, .nan, .infinity], [.nan, .nan, 0.1, 0.1]]
    #expect(try Curves(values).stopped(PatiencePolicy.self, ["patience": 2]) == "B")
  }
}
