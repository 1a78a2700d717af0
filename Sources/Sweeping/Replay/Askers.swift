internal import Tracking

/// The deciders of a sweep, made to be asked again.
final class Askers {
  /// What can be asked for a decision.
  enum Answers {
    /// Ways to ask; more than one where the record does not tell which it was.
    case asked([() throws -> [Deed]])
    /// No function of the records; what it hung on.
    case beyond(String)
  }

  let replay: SweepReplay
  private let asksAfresh: Bool
  private let memory = TrialMemory()
  private var strategies: [(limits: SweepSpec, made: any SearchStrategy)] = []
  private var policies: [(limits: SweepSpec, made: any TerminationPolicy)] = []

  init(_ replay: SweepReplay, asksAfresh: Bool) {
    self.replay = replay
    self.asksAfresh = asksAfresh
  }

  private var choice: SweepSpec.Choice { replay.recorded.spec.strategy }
  private var isManual: Bool { replay.recorded.spec.isManual }

  func session(for decider: String, _ sweep: Sweep, _ trials: [Trial], asOf event: EventNumber) -> SweepSession {
    SweepSession(
      sweep: sweep, decider: decider, reader: replay.reader, asOf: event, trials: trials, memory: memory)
  }

  /// Tells what to ask for the decisions of a question.
  func answers(to question: SweepReplay.Question, _ trials: [Trial]) throws -> Answers {
    let sweep = replay.sweep(asOf: question.asOf)
    let kinds = Set(question.decisions.map(\.kind))
    func session() -> SweepSession { self.session(for: question.decider, sweep, trials, asOf: question.asOf) }
    func ask(_ body: @escaping (SweepSession) throws -> Void) -> () throws -> [Deed] {
      {
        let session = session()
        try body(session)
        return self.feasible(session.deeds, in: session)
      }
    }
    if kinds.contains(.extend) { return .beyond("a person's wish") }
    if kinds.contains(.end) { return try end(question, sweep, trials) }
    if question.decider == "enqueue" {
      let count = question.decisions.count { $0.decider == "enqueue" }
      return .asked([ask { $0.proposeEnqueued(upTo: count) }])
    }
    var ways: [() throws -> [Deed]] = []
    if question.decider == sweep.spec.earlyTermination?.name, !kinds.contains(.propose) {
      let policy = try policy(for: sweep.spec)
      ways.append(ask { try policy.judge(in: $0) })
    }
    if question.decider == choice.name {
      let strategy = try strategy(for: sweep.spec)
      let reviews = kinds.isSubset(of: [.stop, .pause]) ? [ask { try strategy.review(in: $0) }] : []
      ways += reviews
      for count in try counts(question, sweep.spec, trials) {
        ways.append(ask { _ = try strategy.propose(upTo: count, in: $0) })
      }
    }
    return ways.isEmpty ? .beyond("'\(question.decider)', which the spec does not name") : .asked(ways)
  }

  // How many the strategy may have been asked for. Of one that learns that follows from what ran; one that does not is asked
  // ahead, and for more or fewer it says the same.
  private func counts(_ question: SweepReplay.Question, _ spec: SweepSpec, _ trials: [Trial]) throws -> [Int] {
    let taken = question.decisions.count { $0.decider != "repeat" && ($0.kind == .propose || $0.kind == .resume) }
    guard try replay.plugins.strategy(choice.name).learnsFromResults else { return [taken] }
    let asked = room(spec, trials)
    return asked == taken ? [asked] : [asked, taken]
  }

  /// How many trials may begin as of an event, as the loop counts them.
  func room(_ spec: SweepSpec, _ trials: [Trial]) -> Int {
    if isManual { return 1 }
    let busy = trials.count { $0.state == .running || $0.state == .scheduled }
    let free = max(0, spec.limits.maxConcurrentTrials - busy)
    let isPaused = trials.contains { $0.state == .paused }
    let count = isPaused ? free : min(free, spec.limits.maxTotalTrials - trials.count)
    let repeats = max(1, spec.repeats)
    return (count + repeats - 1) / repeats
  }

  // MARK: - Plugins

  /// Makes the strategy, or returns the one that was made for the same bounds.
  func strategy(for spec: SweepSpec) throws -> any SearchStrategy {
    // One outside is a process.
    let mayKeep = !asksAfresh || replay.plugins.strategies[choice.name] == nil
    if mayKeep, let known = strategies.last, known.limits == spec { return known.made }
    let made = try replay.plugins.strategy(choice.name).make(options: choice.options, sweep: spec)
    strategies = [(spec, made)]
    return made
  }

  private func policy(for spec: SweepSpec) throws -> any TerminationPolicy {
    guard let choice = spec.earlyTermination else { preconditionFailure("a policy was named") }
    let mayKeep = !asksAfresh || replay.plugins.policies[choice.name] == nil
    if mayKeep, let known = policies.last, known.limits == spec { return known.made }
    let made = try replay.plugins.policy(choice.name).make(options: choice.options, sweep: spec)
    policies = [(spec, made)]
    return made
  }

  // MARK: - What can be done

  // What the loop records of what a decider decided: left out is what cannot be done, as in `SweepLoop.verdict`.
  private func feasible(_ deeds: [Deed], in session: SweepSession) -> [Deed] {
    let trials = session.trials
    var proposed = 0
    var decided = Set<Int>()
    return deeds.filter { deed in
      guard let number = deed.trial else { return false }
      if !isManual, !decided.insert(number).inserted { return false }
      if deed.kind == .propose {
        guard number < session.sweep.spec.limits.maxTotalTrials, number == trials.count + proposed else { return false }
        proposed += 1
        return true
      }
      guard number < trials.count else { return false }
      let trial = trials[number]
      switch (deed.kind, trial.state) {
      case (.resume, .paused): return isManual || deed.allowance ?? .max > trial.observed
      case (.stop, .paused), (.stop, .scheduled): return true
      case (.stop, .running): return isManual || !isStopped(number, asOf: session.asOf)
      case (.pause, .running): return isManual || !isStopped(number, asOf: session.asOf) && !isPausing(trial, session)
      default: return false
      }
    }
  }

  private lazy var orders: [Int: [Decision]] = Dictionary(
    grouping: replay.decisions.filter { [.stop, .pause, .resume].contains($0.kind) }, by: { $0.trial ?? -1 })

  private func isStopped(_ number: Int, asOf event: EventNumber) -> Bool {
    orders[number]?.contains { $0.kind == .stop && $0.event <= event } ?? false
  }

  private func isPausing(_ trial: Trial, _ session: SweepSession) -> Bool {
    if trial.observed >= trial.allowance ?? .max { return true }
    return orders[trial.number]?.last { $0.event <= session.asOf }?.kind == .pause
  }

  /// The trials as the decider saw them.
  func seen(_ trials: [Trial], asOf event: EventNumber) throws -> [ReplayReport.SeenTrial] {
    let session = session(for: "replay", replay.sweep(asOf: event), trials, asOf: event)
    return try trials.map {
      ReplayReport.SeenTrial(
        number: $0.number, state: $0.state, points: $0.observed, score: try session.score(of: $0))
    }
  }
}
