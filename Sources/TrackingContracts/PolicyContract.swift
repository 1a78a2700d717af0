internal import Testing
public import Tracking

/// What every termination policy must do.
public enum PolicyContract {
  /// A policy to check.
  public struct Subject: Sendable {
    /// The policy.
    public var policy: any TerminationPolicy.Type
    /// Options that it takes, with which it stops some of many trials of up to 27 points, early.
    public var options: [String: Value]

    /// Describes a policy to check.
    public init(_ policy: any TerminationPolicy.Type, options: [String: Value] = [:]) {
      self.policy = policy
      self.options = options
    }
  }

  /// The demands.
  public static let cases: [ContractCase<Subject>] = [
    ContractCase("it says what it is") { subject in
      let description = subject.policy.description
      #expect(description.kind == .policy)
      #expect(!description.name.isEmpty)
      #expect(!description.summary.isEmpty)
      for name in subject.options.keys { #expect(description.options.contains { $0.name == name }) }
    },
    ContractCase("it has nothing to say against sound options") { subject in
      for goal in Goal.allCases {
        #expect(subject.policy.problems(options: subject.options, sweep: subject.spec(goal)) == [])
      }
    },
    ContractCase("an option that it does not know is an error, and refused") { subject in
      let options = subject.options.merging(["no_such_option": 1]) { $1 }
      let problems = subject.policy.problems(options: options, sweep: subject.spec(.minimize))
      #expect(problems.contains { $0.isError && $0.name == "no_such_option" })
      #expect(throws: TrackingError.self) { try subject.policy.init(options: options, sweep: subject.spec(.minimize)) }
    },
    ContractCase("an evaluation_interval of 0 is an error, and refused") { subject in
      guard subject.policy.description.options.contains(where: { $0.name == "evaluation_interval" }) else { return }
      for wrong in [0, -1, 1.5, "soon", .null] as [Value] {
        let options = subject.options.merging(["evaluation_interval": wrong]) { $1 }
        let problems = subject.policy.problems(options: options, sweep: subject.spec(.minimize))
        #expect(problems.contains { $0.isError && $0.name == "evaluation_interval" })
        #expect(throws: TrackingError.self) {
          try subject.policy.init(options: options, sweep: subject.spec(.minimize))
        }
      }
    },
    ContractCase("an empty sweep and trials without points are nothing to it") { subject in
      var silent = RecordedTrials(event: 3)
      silent.trials = (0..<3).map { PolicyScene.trial($0, .running, points: 0) }
      for goal in Goal.allCases {
        for records in [RecordedTrials(), silent] {
          let decisions = try subject.judge(records, goal)
          #expect(decisions == [])
        }
      }
    },
    ContractCase("some trial of many is stopped, and not all of them are") { subject in
      var stopped = 0
      var running = 0
      for scene in PolicyScene.all {
        stopped += try subject.judge(scene.records, scene.goal).count
        running += scene.records.trials.count { $0.state == .running }
      }
      #expect(stopped > 0)
      #expect(stopped < running)
    },
    ContractCase("only running trials are stopped, each once, with the numbers and a reason") { subject in
      for scene in PolicyScene.all {
        let decisions = try subject.judge(scene.records, scene.goal)
        #expect(Set(decisions.map(\.trial)).count == decisions.count)
        for decision in decisions {
          let trial = try #require(scene.records.trials.first { $0.number == decision.trial })
          #expect(decision.kind == .stop)
          #expect(trial.state == .running)
          #expect(trial.observed > 0)
          #expect(!decision.reason.isEmpty)
          let numbers = (decision.details.object ?? [:]).values.compactMap(\.number)
          #expect(!numbers.isEmpty)
          #expect(numbers.allSatisfy { $0.isFinite })
        }
      }
    },
    ContractCase("the leader is never stopped") { subject in
      for scene in PolicyScene.all {
        // Of some scenes only the running trials: the leader is one of them.
        var alone = scene.records
        alone.trials.removeAll { $0.state != .running }
        for records in [scene.records, alone] {
          let leader = PolicyScene.leader(of: records, scene.goal)
          let stopped = try subject.judge(records, scene.goal).map(\.trial)
          #expect(!stopped.contains(leader))
        }
      }
    },
    ContractCase("asked twice as of the same event, it decides the same") { subject in
      for scene in PolicyScene.all {
        let policy = try subject.made(scene.goal)
        let first = try subject.judge(scene.records, scene.goal, by: policy)
        #expect(try subject.judge(scene.records, scene.goal, by: policy) == first)
        #expect(try subject.judge(scene.records, scene.goal) == first)
      }
    },
    ContractCase("an instance that saw less before decides as a fresh one") { subject in
      for scene in PolicyScene.all {
        let policy = try subject.made(scene.goal)
        for count in [1, 3, 9] { _ = try subject.judge(scene.cut(to: count), scene.goal, by: policy) }
        #expect(try subject.judge(scene.records, scene.goal, by: policy) == subject.judge(scene.records, scene.goal))
      }
    },
    ContractCase("the order in which trials are read changes nothing") { subject in
      for scene in PolicyScene.all {
        let decisions = try subject.judge(scene.records, scene.goal)
        var shuffled = scene.records
        shuffled.trials.reverse()
        #expect(try subject.judge(shuffled, scene.goal) == decisions)
        shuffled.trials = shuffled.trials.enumerated().sorted { $0.offset * 7 % 11 < $1.offset * 7 % 11 }.map(\.element)
        #expect(try subject.judge(shuffled, scene.goal) == decisions)
      }
    },
    ContractCase("trials without a finite point move nobody's fate") { subject in
      for scene in PolicyScene.all {
        let fates = Set(try subject.judge(scene.records, scene.goal).compactMap(\.trial))
        for poison in [Double.nan, .infinity, -.infinity] {
          let poisoned = scene.adding([.finished, .running, .pruned], values: Array(repeating: poison, count: 27))
          let numbers = Set(scene.records.trials.map(\.number))
          let now = try subject.judge(poisoned, scene.goal).compactMap(\.trial).filter(numbers.contains)
          #expect(Set(now) == fates, "\(poison)")
        }
      }
    },
    ContractCase("a point that is not finite is no best, no worst and no part of a mean") { subject in
      for scene in PolicyScene.all {
        let ended = try #require(scene.records.trials.first { $0.state == .finished && $0.observed == 27 })
        var poisoned = scene.records
        let columns = try #require(scene.records.objective[ended.number])
        for poison in [Double.nan, .infinity, -.infinity] {
          // Where every value is the same, leaving one out changes neither best, mean nor last.
          let level = columns.values[0]
          var values = Array(repeating: level, count: 27)
          poisoned.objective[ended.number] = PolicyScene.columns(values)
          let plain = Set(try subject.judge(poisoned, scene.goal).compactMap(\.trial))
          for place in [1, 4, 13] { values[place] = poison }
          poisoned.objective[ended.number] = PolicyScene.columns(values)
          #expect(Set(try subject.judge(poisoned, scene.goal).compactMap(\.trial)) == plain, "\(poison)")
        }
      }
    },
  ]
}

extension PolicyContract.Subject {
  fileprivate func spec(_ goal: Goal) -> SweepSpec {
    SweepSpec(
      experiment: "contract", work: .command("true", code: "", environment: [:]),
      space: SearchSpace([ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear))]),
      strategy: SweepSpec.Choice("random"), objective: SweepSpec.Objective(metric: "metric", goal: goal),
      resource: SweepSpec.Resource(minimum: 1, maximum: 27),
      earlyTermination: SweepSpec.Choice(policy.description.name, options: options),
      limits: SweepSpec.Limits(maxTotalTrials: 1000, maxConcurrentTrials: 8), seed: 5)
  }

  fileprivate func made(_ goal: Goal) throws -> any TerminationPolicy {
    try policy.init(options: options, sweep: spec(goal))
  }

  // What a policy, a fresh one unless one is given, decides on trials.
  fileprivate func judge(
    _ records: RecordedTrials, _ goal: Goal, by known: (any TerminationPolicy)? = nil
  ) throws -> [Decision] {
    let session = try SweepSession(
      sweep: Sweep(run: PolicyScene.sweep, spec: spec(goal), source: ""), decider: policy.description.name,
      reader: records)
    try (known ?? made(goal)).judge(in: session)
    return session.changes.compactMap { change in
      guard case .decide(let decision) = change else {
        Issue.record("a policy only decides, and this is \(change)")
        return nil
      }
      return decision
    }
  }
}
