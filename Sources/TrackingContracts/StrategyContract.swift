internal import Testing
public import Tracking

/// What every search strategy must do.
public enum StrategyContract {
  /// A strategy to check, with a space that suits it.
  public struct Subject: Sendable {
    /// The strategy.
    public var strategy: any SearchStrategy.Type
    /// Options that it takes.
    public var options: [String: Value]
    /// A space without fault for it.
    public var space: SearchSpace
    /// What a trial can be given more or less of; nil where that is not declared.
    public var resource: SweepSpec.Resource?

    /// Describes a strategy to check.
    public init(
      _ strategy: any SearchStrategy.Type, options: [String: Value] = [:], space: SearchSpace,
      resource: SweepSpec.Resource? = nil
    ) {
      self.strategy = strategy
      self.options = options
      self.space = space
      self.resource = resource
    }
  }

  /// The demands.
  public static let cases: [ContractCase<Subject>] = [
    ContractCase("it says what it is") { subject in
      let description = subject.strategy.description
      #expect(description.kind == .strategy)
      #expect(!description.name.isEmpty)
      #expect(!description.summary.isEmpty)
    },
    ContractCase("it has nothing to say against a sound space") { subject in
      #expect(subject.strategy.problems(options: subject.options, sweep: subject.spec(seed: 1)) == [])
    },
    ContractCase("an option that it does not know is an error, and refused") { subject in
      let options = subject.options.merging(["no_such_option": 1]) { $1 }
      let problems = subject.strategy.problems(options: options, sweep: subject.spec(seed: 1))
      #expect(problems.contains { $0.isError })
      #expect(throws: TrackingError.self) {
        try subject.strategy.init(options: options, sweep: subject.spec(seed: 1))
      }
    },
    ContractCase("asked twice as of the same event, it proposes the same") { subject in
      for seed in [0, 1, .max] as [UInt64] {
        let records = try subject.ask([5], seed: seed).records
        let again = try subject.ask([5], seed: seed).records
        #expect(records.trials == again.trials)
        let first = try subject.session(on: records, seed: seed)
        let second = try subject.session(on: records, seed: seed)
        let outlook = try subject.made(seed: seed).propose(upTo: 3, in: first)
        #expect(try subject.made(seed: seed).propose(upTo: 3, in: second) == outlook)
        #expect(first.changes == second.changes)
      }
    },
    ContractCase("it proposes as many as it is asked for, or tells why not") { subject in
      for count in [0, 1, 2, 7, 100] {
        let (records, outlook) = try subject.ask([count], seed: 3)
        #expect(records.trials.count <= count)
        if records.trials.count < count { #expect(outlook != .open) }
        if case .exhausted(let reason) = outlook { #expect(!reason.isEmpty) }
      }
    },
    ContractCase("trials are numbered on from those that are there, each with a reason") { subject in
      let records = try subject.ask([2], seed: 9).records
      let session = try subject.session(on: records, seed: 9)
      _ = try subject.made(seed: 9).propose(upTo: 2, in: session)
      var number = records.trials.count
      for change in session.changes {
        switch change {
        case .createRun(let run):
          #expect(run.number == number)
          #expect(run.id == session.sweep.run.trial(number))
          #expect(run.state == .scheduled)
        case .allow(let run, let points):
          #expect(run == session.sweep.run.trial(number))
          #expect(points ?? 1 > 0)
        case .decide(let decision):
          #expect(decision.kind == .propose)
          #expect(decision.trial == number)
          #expect(!decision.reason.isEmpty)
          number += 1
        default: Issue.record("a strategy only proposes, and this is \(change)")
        }
      }
    },
    ContractCase("every proposal is a configuration of the space, with the active parameters only") { subject in
      for trial in try subject.ask([60], seed: 17).records.trials {
        let values = trial.parameters.byName
        let asked = subject.space.configuration { parameter in values[parameter.name] ?? .null }
        #expect(asked.fingerprint == trial.parameters.fingerprint)
        for parameter in trial.parameters {
          let space = try #require(subject.space[parameter.name])
          let isDeclared = space.grid?.contains(parameter.value) ?? false
          #expect(isDeclared || space.domain.member(matching: parameter.value) == parameter.value)
        }
      }
    },
    ContractCase("a strategy that does not learn proposes the same, one at a time or many at once") { subject in
      guard !subject.strategy.learnsFromResults else { return }
      let together = try subject.ask([12], seed: 5).records
      #expect(try subject.ask(Array(repeating: 1, count: 12), seed: 5).records.trials == together.trials)
      #expect(try subject.ask([5, 0, 7], seed: 5).records.trials == together.trials)
    },
    ContractCase("no configuration of a finite space comes twice, and all of them come") { subject in
      guard let all = subject.space.allConfigurations(usingGrids: true, limit: 5000) else { return }
      let (records, outlook) = try subject.ask([all.count / 2, 1, all.count + 10], seed: 23)
      let fingerprints = records.trials.map { $0.parameters.fingerprint }
      #expect(Set(fingerprints).count == fingerprints.count)
      if case .exhausted = outlook { #expect(Set(fingerprints) == Set(all.map(\.fingerprint))) }
    },
    ContractCase("a configuration that somebody else put first is not proposed again") { subject in
      guard let all = subject.space.allConfigurations(usingGrids: true, limit: 5000) else { return }
      var records = RecordedTrials(event: 1)
      records.trials = [
        Trial(
          run: Subject.sweep.trial(0), number: 0, parameters: all[all.count / 2], state: .finished, observed: 0,
          proposed: 1)
      ]
      let session = try subject.session(on: records, seed: 4)
      _ = try subject.made(seed: 4).propose(upTo: all.count, in: session)
      #expect(Set(session.configurations.map(\.fingerprint)).count == session.configurations.count)
    },
  ]
}

extension StrategyContract.Subject {
  fileprivate static let sweep = RunID(randomBits: 7)

  fileprivate func spec(seed: UInt64) -> SweepSpec {
    SweepSpec(
      experiment: "contract", work: .command("true", code: "", environment: [:]), space: space,
      strategy: SweepSpec.Choice(strategy.description.name, options: options),
      objective: SweepSpec.Objective(metric: "loss", goal: .minimize),
      resource: resource, limits: SweepSpec.Limits(maxTotalTrials: 1000), seed: seed)
  }

  fileprivate func session(on records: RecordedTrials, seed: UInt64) throws -> SweepSession {
    try SweepSession(
      sweep: Sweep(run: Self.sweep, spec: spec(seed: seed), source: ""), decider: strategy.description.name,
      reader: records)
  }

  fileprivate func made(seed: UInt64) throws -> any SearchStrategy {
    try strategy.init(options: options, sweep: spec(seed: seed))
  }

  // Asks for these many, one ask after the other; each on the records of those before it.
  fileprivate func ask(_ counts: [Int], seed: UInt64) throws -> (records: RecordedTrials, outlook: SearchOutlook) {
    var records = RecordedTrials()
    var outlook = SearchOutlook.open
    for count in counts {
      let session = try session(on: records, seed: seed)
      outlook = try made(seed: seed).propose(upTo: count, in: session)
      records = records.recording(session)
    }
    return (records, outlook)
  }
}
