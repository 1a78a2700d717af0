public import Tracking

/// Halves its trials at 2 and at 4 points, all of a rung together, and begins its last trial with the checkpoint of the
/// second best: a strategy that does everything that a strategy may do, and the same whenever it is looked at.
public struct LadderStrategy: SearchStrategy {
  /// What the strategy says of itself.
  public static let description = PluginDescription(
    kind: .strategy, name: "ladder", summary: "Halves its trials at 2 and at 4 points",
    options: [PluginDescription.Option("pause", "the number of a trial that waits after its first point")])

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    options.keys.filter { $0 != "pause" }.map { PluginProblem($0, "ladder takes no option '\($0)'") }
  }

  private static let rungs = [2, 4]
  // The allowance of the one that is to rest, by which it is known that it has not yet.
  private static let restless = 3
  private let spec: SweepSpec
  private let resting: Int?
  // The last trial is the heir.
  private var first: Int { spec.limits.maxTotalTrials - 1 }

  /// Makes the strategy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    (spec, resting) = (sweep, options["pause"]?.integer.map { Int($0) })
  }

  /// Fills the first rung, then lets the better half of each rung go on.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    var free = count
    for number in session.trials.count..<max(first, session.trials.count) where free > 0 {
      session.propose(
        configuration(number), allowance: number == resting ? Self.restless : Self.rungs[0],
        reason: "drawn for the first rung",
        details: ["number": .integer(Int64(number))])
      free -= 1
    }
    guard session.trials.count >= first else { return free > 0 ? .waiting : .open }
    var members = Array(session.trials.prefix(first))
    for (place, level) in Self.rungs.enumerated() {
      for trial in members where trial.state == .paused && trial.observed < level && free > 0 {
        session.resume(trial, allowance: level, reason: "goes on after a rest")
        free -= 1
      }
      guard members.allSatisfy({ $0.state.isFinal || $0.observed >= level }) else { return .waiting }
      let ranked = try members.filter { $0.observed >= level }.sorted {
        try (score($0, at: level, in: session), $0.number) < (score($1, at: level, in: session), $1.number)
      }
      let survivors = ranked.prefix(max(1, ranked.count / 2))
      let isLast = place == Self.rungs.count - 1
      for trial in ranked.dropFirst(survivors.count) where isLast && trial.state == .paused {
        session.stop(trial, reason: "not the best at \(level) points", details: ["place": 2])
      }
      for trial in survivors where trial.state == .paused && trial.observed == level && free > 0 {
        session.resume(
          trial, allowance: isLast ? nil : Self.rungs[place + 1], reason: "among the best at \(level) points",
          details: ["score": .real(try score(trial, at: level, in: session))])
        free -= 1
      }
      if isLast, session.trials.count == first, free > 0, let source = ranked.dropFirst().first ?? ranked.first {
        session.propose(
          configuration(first), continuing: source, reason: "begins where trial \(source.number) was",
          details: ["source": .integer(Int64(source.number))])
      }
      members = Array(survivors)
    }
    return session.pending.isEmpty && session.changes.isEmpty ? .exhausted("the ladder has been climbed") : .waiting
  }

  /// Lets one trial wait after its first point.
  public func review(in session: SweepSession) throws {
    guard let resting, resting < session.trials.count else { return }
    let trial = session.trials[resting]
    guard trial.state == .running, trial.observed > 0, trial.allowance == Self.restless else { return }
    let value = try session.objective(of: trial).values[0]
    session.pause(trial, reason: "rests at a loss of \(value)", details: ["loss": .real(value)])
  }

  private func score(_ trial: Trial, at level: Int, in session: SweepSession) throws -> Double {
    try session.objective(of: trial).values.prefix(level).min() ?? .infinity
  }

  private func configuration(_ number: Int) -> [Parameter] {
    let randomness = ProposalRandomness(seed: spec.seed, proposal: number)
    return spec.space.configuration { $0.domain.value(at: randomness.unit($0.name)) }
  }
}

/// Stops one trial as soon as it has reported.
public struct DoormanPolicy: TerminationPolicy {
  /// What the policy says of itself.
  public static let description = PluginDescription(
    kind: .policy, name: "doorman", summary: "Stops one trial",
    options: [PluginDescription.Option("trial", "its number")])

  /// Finds nothing wrong.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] { [] }

  private let number: Int

  /// Makes the policy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws { number = Int(options["trial"]?.integer ?? 0) }

  /// Stops the trial once it has been seen.
  public func judge(in session: SweepSession) throws {
    guard number < session.trials.count else { return }
    let trial = session.trials[number]
    guard trial.state == .running, trial.observed > 0 else { return }
    let value = try session.objective(of: trial).values[0]
    session.stop(trial, reason: "has a loss of \(value)", details: ["loss": .real(value)])
  }
}
