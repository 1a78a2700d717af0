import HalvingPolicy
import Testing
import Tracking
import TrackingContracts

@Suite struct AshaPolicyTests {
  func spec(_ options: [String: Value] = [:], resource: SweepSpec.Resource? = nil, goal: Goal = .maximize) -> SweepSpec
  {
    var spec = SweepSpec.simulated("random", resource: resource, goal: goal)
    spec.earlyTermination = SweepSpec.Choice("asha", options: options)
    return spec
  }

  func stops(_ records: RecordedTrials, _ spec: SweepSpec) throws -> [Decision] {
    let policy = try AshaPolicy(options: spec.earlyTermination?.options ?? [:], sweep: spec)
    let session = try SweepSession(
      sweep: Sweep(run: RunID(randomBits: 3), spec: spec, source: ""), decider: "asha", reader: records)
    try policy.judge(in: session)
    return session.decisions
  }

  func trials(_ count: Int) -> RecordedTrials {
    RecordedTrials(
      trials: (0..<count).map {
        Trial(
          run: RunID(randomBits: 3).trial($0), number: $0, parameters: [], state: .running, observed: 0, proposed: 0)
      })
  }

  @Test func `a recorded table is judged at arrival`() throws {
    var records = trials(7)
    var stopped: [[Int]] = []
    for (trial, value) in [0.5, 0.3, 0.4, 0.45, 0.9, .nan, 0.6].enumerated() {
      records.log(value, to: trial)
      stopped.append(try stops(records, spec()).compactMap(\.trial))
      for number in stopped[trial] { records.end(number, as: .pruned) }
    }
    #expect(stopped == [[], [1], [2], [3], [], [5], []])
    let decision = try #require(
      try stops(
        {
          var records = trials(2)
          records.log(0.5, to: 0)
          records.log(0.3, to: 1)
          return records
        }(), spec()
      ).first)
    #expect(
      decision.details == [
        "rung": 0, "resource": 1, "value": 0.3, "cutoff": 0.5, "place": 2, "places": 1, "population": 2,
      ])
  }

  @Test func `nothing is judged before min_resource, nor at max_resource`() throws {
    let spec = spec(["min_resource": 2, "max_resource": 4])
    var records = trials(2)
    records.log(0.5, to: 0)
    records.log(0.3, to: 1)
    #expect(try stops(records, spec) == [])
    records.log(0.5, to: 0)
    records.log(0.3, to: 1)
    #expect(try stops(records, spec).compactMap(\.trial) == [1])
    var whole = trials(2)
    for _ in 0..<4 { whole.log(0.5, to: 0) }
    for value in [0.6, 0.6, 0.1, 0.1] { whole.log(value, to: 1) }
    #expect(try stops(whole, spec) == [])
  }

  @Test func `the leader is never stopped`() throws {
    var records = trials(3)
    records.log(0.5, to: 0)
    // It falls behind at the first rung, and is the best of all at the second.
    records.log(0.3, to: 1)
    records.log(0.9, to: 1)
    #expect(try stops(records, spec()) == [])
  }

  @Test func `the rungs are the resource's where the options say nothing`() throws {
    let spec = spec(resource: SweepSpec.Resource(minimum: 3, maximum: 27), goal: .minimize)
    var records = trials(2)
    for _ in 0..<2 { for trial in 0..<2 { records.log(Double(trial), to: trial) } }
    #expect(try stops(records, spec) == [])
    for trial in 0..<2 { records.log(Double(trial), to: trial) }
    #expect(try stops(records, spec).compactMap(\.trial) == [1])
  }

  @Test func `wrong options are told`() {
    func messages(_ options: [String: Value], resource: SweepSpec.Resource? = nil) -> [String] {
      AshaPolicy.problems(options: options, sweep: spec(resource: resource)).map(\.message)
    }
    #expect(
      messages(["reduction_factor": "three"]) == [
        "reduction_factor is \"three\"; it must be a number from 1.5 to 100"
      ])
    #expect(messages(["min_resource": 0]) == ["min_resource is 0; it must be a whole number from 1"])
    #expect(messages(["grace": 1]).first?.contains("`min_resource`") == true)
    #expect(messages(["min_resource": 30], resource: SweepSpec.Resource(maximum: 27)).count == 1)
    #expect(messages([:]) == [])
  }
}
