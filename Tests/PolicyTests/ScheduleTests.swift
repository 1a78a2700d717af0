import BanditPolicy
import MedianStoppingPolicy
import Testing
import Tracking
import TrackingContracts

@Suite struct ScheduleTests {
  @Test func `a policy looks at multiples of the interval from the delay on`() {
    func looks(_ interval: Int, _ delay: Int, _ range: ClosedRange<Int>) -> [Int] {
      range.filter { PolicySchedule(interval: interval, delay: delay).applies(at: $0) }
    }
    #expect(looks(2, 5, 1...12) == [6, 8, 10, 12])
    #expect(looks(100, 200, 1...350) == [200, 300])
    #expect(looks(1, 5, 0...8) == [5, 6, 7, 8])
    #expect(looks(1, 0, 0...3) == [1, 2, 3])
    #expect(looks(3, 0, 0...7) == [3, 6])
    #expect(looks(5, 5, 0...10) == [5, 10])
  }

  @Test func `of several intervals reached at once the last one counts`() {
    for interval in 1...5 {
      for delay in 0...7 {
        let schedule = PolicySchedule(interval: interval, delay: delay)
        for observed in 0...30 {
          #expect(schedule.last(upTo: observed) == (0...observed).last { schedule.applies(at: $0) })
        }
      }
    }
  }

  @Test func `a trial that jumped over intervals is judged at the last one it reached`() throws {
    // At interval 4 B is behind, at 6 it is not any more; both have 7 points and the policy looks at 2, 4 and 6.
    let a = [0.1, 0.2, 0.5, 0.6, 0.6, 0.6, 0.6]
    let b = [0.1, 0.1, 0.1, 0.1, 0.6, 0.6, 0.6]
    let options: [String: Value] = ["slack_amount": 0.1, "evaluation_interval": 2]
    #expect(try Curves([a, b]).stopped(BanditPolicy.self, options) == "")
    #expect(try Curves([a, b], seen: 4).stopped(BanditPolicy.self, options) == "B")
    // With 5 points B is judged at 4, where it was behind, although its fifth is good.
    #expect(try Curves([a + [0.7], b], seen: 5).stopped(BanditPolicy.self, options) == "B")
  }

  @Test func `a trial that runs ahead is judged where the next one is`() throws {
    let slow = [0.5, 0.6]
    let fast = [0.1, 0.2, 0.3, 0.4]
    let found = try Curves([slow, fast]).decisions(BanditPolicy.self, ["slack_amount": 0.1])
    #expect(found.map(\.trial) == [1])
    #expect(found.first?.details["interval"] == 2)
    #expect(found.first?.details["value"] == 0.2)
    // Before anybody has been where the policy begins to look, it cannot tell.
    #expect(try Curves([slow, fast]).stopped(BanditPolicy.self, ["slack_amount": 0.1, "delay_evaluation": 3]) == "")
    // A trial without a number is nobody to compare with.
    let broken = [Double](repeating: .nan, count: 4)
    let again = try Curves([slow, fast, broken]).decisions(BanditPolicy.self, ["slack_amount": 0.1])
    #expect(again.map(\.details["interval"]) == [2])
  }

  @Test func `SageMaker's rule judges where a finished trial has been`() throws {
    let curves = Curves(
      [[0.5, 0.5], [0.9, 0.9, 0.9, 0.9], [0.1, 0.2, 0.3]], states: [.finished, .running, .running])
    let found = try curves.decisions(MedianStoppingPolicy.self, ["rule": "sagemaker"])
    #expect(found.map(\.trial) == [2])
    #expect(found.first?.details["interval"] == 2)
  }

  @Test func `an interval is a point, whatever its step`() throws {
    var curves = Curves([[0.9, 0.9], [0.1, 0.1]])
    curves.records.objective[1]?.steps = [100, 500]
    #expect(try curves.decisions(BanditPolicy.self, ["slack_amount": 0.1]).first?.details["interval"] == 2)
  }

  @Test func `trials that have not come so far are compared at no interval that they have not reached`() throws {
    // B has one point only; it is compared with A's first, not with A's best.
    #expect(try Curves([[0.2, 0.9], [0.15]]).stopped(BanditPolicy.self, ["slack_amount": 0.1]) == "")
    // C is at 2, where A has been.
    #expect(try Curves([[0.2, 0.9], [0.95], [0.1, 0.1]]).stopped(BanditPolicy.self, ["slack_amount": 0.1]) == "C")
  }

  @Test func `a trial is judged again where it stands when others catch up`() throws {
    let options: [String: Value] = ["slack_amount": 0.1]
    #expect(try Curves([[0.5, 0.5], [0.45]]).stopped(BanditPolicy.self, options) == "")
    #expect(try Curves([[0.5, 0.5], [0.45, 0.9]]).stopped(BanditPolicy.self, options) == "A")
  }

  @Test func `nobody is stopped before the warm-up trials have finished`() throws {
    let options: [String: Value] = ["slack_amount": 0.1, "warmup_trials": 2]
    let values = [[0.9], [0.1], [0.8], [0.7]]
    #expect(
      try Curves(values, states: [.finished, .running, .pruned, .failed]).stopped(BanditPolicy.self, options) == "")
    #expect(
      try Curves(values, states: [.finished, .running, .finished, .failed]).stopped(BanditPolicy.self, options) == "B")
  }

  @Test func `paused, scheduled and ended trials are not stopped, and count`() throws {
    let states: [RunState] = [.pruned, .paused, .scheduled, .finished, .failed, .canceled, .queued, .running]
    let values = [[0.9], [0.1], [0.1], [0.1], [0.1], [0.1], [0.1], [0.1]]
    #expect(try Curves(values, states: states).stopped(BanditPolicy.self, ["slack_amount": 0.1]) == "H")
  }

  @Test func `the leader stays though its latest value is bad`() throws {
    // Looking at every second point, B's fifth is not seen by the rule; it makes B the leader all the same.
    let options: [String: Value] = ["slack_amount": 0.1, "evaluation_interval": 2]
    #expect(try Curves([[0.5, 0.5, 0.5], [0.1, 0.1, 0.9]]).stopped(BanditPolicy.self, options) == "")
    #expect(try Curves([[0.5, 0.5, 0.5], [0.1, 0.1, 0.4]]).stopped(BanditPolicy.self, options) == "B")
  }

  @Test func `wrong numbers are named with what is right`() {
    #expect(
      errors(MedianStoppingPolicy.self, ["evaluation_interval": 0]) == [
        "evaluation_interval is 0, and no point is a multiple of 0; write 1 to look at every point"
      ])
    #expect(
      errors(MedianStoppingPolicy.self, ["evaluation_interval": 2.5]) == [
        "evaluation_interval is 2.5; it is a whole number, 1 or more"
      ])
    #expect(
      errors(MedianStoppingPolicy.self, ["delay_evaluation": -1, "warmup_trials": "two"]) == [
        "delay_evaluation is -1; it is a whole number, 0 or more",
        "warmup_trials is \"two\"; it is a whole number, 0 or more",
      ])
    #expect(
      errors(MedianStoppingPolicy.self, ["delay": 1]) == [
        "median_stopping takes no option 'delay'; it takes `rule`, `evaluation_interval`, `delay_evaluation`, `warmup_trials`"
      ])
  }

  @Test func `a schedule that never comes to anything is remarked on`() {
    let short = Curves.spec(.maximize, trials: 5, resource: SweepSpec.Resource(minimum: 1, maximum: 10))
    #expect(
      remarks(MedianStoppingPolicy.self, ["delay_evaluation": 10], short) == [
        "median_stopping first looks at point 10, and a trial ends with point 10 (resource.max): it will save nothing"
      ])
    #expect(
      remarks(MedianStoppingPolicy.self, ["evaluation_interval": 6, "delay_evaluation": 7], short) == [
        "median_stopping first looks at point 12, and a trial ends with point 10 (resource.max): it will save nothing"
      ])
    #expect(remarks(MedianStoppingPolicy.self, ["delay_evaluation": 9], short) == [])
    #expect(
      remarks(MedianStoppingPolicy.self, ["warmup_trials": 5], short) == [
        "warmup_trials is 5 of at most 5 trials: median_stopping will stop none"
      ])
    #expect(remarks(MedianStoppingPolicy.self, ["delay_evaluation": 1000], Curves.spec(.maximize)) == [])
  }
}
