import Testing
import Tracking

struct RecordTests {
  @Test func `the state machine allows these steps and no others`() {
    let always: [RunState: Set<RunState>] = [
      .scheduled: [.queued, .running, .failed, .canceled, .pruned],
      .queued: [.scheduled, .running, .failed, .canceled, .pruned],
    ]
    let ends: Set<RunState> = [.finished, .failed, .canceled, .pruned]
    for kind in [RunKind.hyperdrive, .trial] {
      for state in RunState.allCases {
        let expected: Set<RunState> =
          if let fixed = always[state] {
            fixed
          } else if state == .running {
            ends.union(kind == .trial ? [.scheduled, .queued, .paused] : [.scheduled, .queued])
          } else if state == .paused {
            kind == .trial ? [.scheduled, .failed, .canceled, .pruned] : []
          } else {
            kind == .hyperdrive ? [.queued] : []
          }
        #expect(state.allowedNext(for: kind) == expected, "\(kind) \(state)")
        #expect(!state.allowedNext(for: kind).contains(state))
        #expect(state.isFinal == ends.contains(state))
      }
    }
  }

  @Test func `a run on its own comes from any state into any that its logger may say`() {
    for state in RunState.allCases {
      var expected: Set<RunState> = [.scheduled, .running, .finished, .failed, .canceled]
      if state == .scheduled { expected.insert(.queued) }
      if [.scheduled, .queued, .running].contains(state) { expected.insert(.pruned) }
      #expect(state.allowedNext(for: .run) == expected, "\(state)")
    }
  }

  @Test(arguments: ["a", "0", "a-b_c", "A9-", String(repeating: "x", count: 256)])
  func `an id is letters, digits, dashes and underscores`(_ text: String) {
    #expect(RunID(text)?.text == text)
  }

  @Test(arguments: [
    "", "-a", "_a", "a b", "a/b", "a.b", "caf\u{E9}", "\u{661}", "a\n", String(repeating: "x", count: 257),
  ])
  func `anything else is no id`(_ text: String) { #expect(RunID(text) == nil) }

  @Test func `an id of random bits has 12 characters, and every bit counts`() {
    #expect(RunID(randomBits: 0).text == "000000000000")
    #expect(RunID(randomBits: .max).text == "zzzzzzzzzzzz")
    #expect(Set((0..<60).map { RunID(randomBits: 1 << $0).text }).count == 60)
    #expect(RunID(RunID(randomBits: 0x0123_4567_89AB_CDEF).text) != nil)
    #expect(RunID("s")!.trial(12).text == "s-12")
  }

  @Test func `an attempt's outcome reads back from its text`() {
    let outcomes: [Attempt.Outcome] = [.exited(0), .exited(255), .signaled(9), .canceled, .lost, .failedToStart]
    for outcome in outcomes { #expect(Attempt.Outcome(text: outcome.text) == outcome) }
    for text in ["", "exited", "exited:", "exited:x", "lost:1", "signaled", "EXITED:0", "canceled:"] {
      #expect(Attempt.Outcome(text: text) == nil, "\(text)")
    }
    #expect(
      Attempt(run: RunID("r")!, number: 2, launcher: "local", continues: false, started: Timestamp(milliseconds: 0)).job
        == "r.2")
  }

  @Test func `nothing is better than a number that is not there`() {
    #expect(Goal.maximize.isBetter(1, than: 0))
    #expect(Goal.minimize.isBetter(0, than: 1))
    for goal in Goal.allCases {
      #expect(!goal.isBetter(1, than: 1))
      #expect(!goal.isBetter(.nan, than: 0))
      #expect(!goal.isBetter(.nan, than: .nan))
      #expect(goal.isBetter(0, than: .nan))
      #expect(goal.isBetter(goal == .maximize ? -.infinity : .infinity, than: .nan))
    }
  }

  @Test func `metric points are compared by their bits`() {
    func point(_ value: Double) -> MetricPoint { MetricPoint(step: 1, time: Timestamp(milliseconds: 2), value: value) }
    #expect(point(.nan) == point(.nan))
    #expect(point(0) != point(-0.0))
    #expect(point(.nan) != point(Double(bitPattern: Double.nan.bitPattern ^ 1)))
    var columns = MetricColumns(name: "m")
    columns.append(point(3))
    #expect(columns.count == 1)
    #expect(columns[0] == point(3))
  }

  @Test func `a digest is 64 hexadecimal digits`() {
    #expect(Digest(hashing: "").hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(Digest(hashing: "abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(Digest(hex: String(repeating: "A", count: 64))?.hex == String(repeating: "a", count: 64))
    for text in ["", "abc", String(repeating: "g", count: 64), String(repeating: "a", count: 65)] {
      #expect(Digest(hex: text) == nil)
    }
    var hasher = Digest.Hasher()
    hasher.update("a".utf8)
    hasher.update([UInt8](repeating: 0, count: 0))
    hasher.update("bc".utf8)
    #expect(hasher.finalize() == Digest(hashing: "abc"))
    #expect(hasher.finalize() == Digest(hashing: ""), "after its end the next one begins")
  }

  static let specs: [SweepSpec] = [
    SweepSpec(
      experiment: "e", work: .trainer("image-classification", fixed: ["epochs": 5, "data": "digits"]),
      space: SearchSpace([ParameterSpace("lr", .continuous(min: 1e-6, max: 0.5, scale: .log))]),
      strategy: .init("random"), objective: .init(metric: "validation:accuracy", goal: .maximize),
      limits: .init(maxTotalTrials: 24), seed: 0),
    SweepSpec(
      experiment: "e 2", displayName: "a name", description: "many\nlines", tags: ["a": "b"],
      work: .command("train ${{search_space.x}}", code: "/somewhere", environment: ["K": "V"]),
      inputs: ["data": "/data", "n": 3], inputPaths: ["data"],
      space: SearchSpace([
        ParameterSpace("x", .categorical([1, "two"]), grid: [1]),
        ParameterSpace("y", .normal(mu: 0, sigma: 1), conditions: [.init(parameter: "x", values: [1])]),
      ]), strategy: .init("grid", options: ["order": "declared"]), objective: .init(metric: "loss", goal: .minimize),
      earlyTermination: .init("median", options: ["delay": 5]),
      limits: .init(
        maxTotalTrials: 5, maxConcurrentTrials: 2, timeout: 60.5, trialTimeout: 3, maxRetries: 2, grace: 0.5),
      metrics: [.init(name: "loss", regex: "loss=([0-9.]+)")],
      enqueued: [[Parameter("x", 1), Parameter("y", 0.0)], []], seed: .max),
  ]

  @Test(arguments: specs)
  func `a spec's record reads back the same`(_ spec: SweepSpec) throws {
    #expect(try SweepSpec(value: Value(json: spec.value.json)) == spec)
  }

  @Test(arguments: ["trial", "objective", "seed", "strategy", "limits"])
  func `a spec's record that lacks something says what`(_ member: String) throws {
    var members = try #require(RecordTests.specs[1].value.object)
    members[member] = nil
    let error = #expect(throws: TrackingError.self) { try SweepSpec(value: .object(members)) }
    #expect(error?.code == .invalid)
    #expect(error?.message.contains(member) == true, "\(error?.message ?? "")")
  }
}
