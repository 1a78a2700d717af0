public import Tracking

/// Draws at random at first, then crosses the two best trials: most values come from one of them.
public struct CrossStrategy: SearchStrategy {
  /// What the strategy says of itself.
  public static let description = PluginDescription(
    kind: .strategy, name: "cross", summary: "Draws at random, then crosses the two best trials",
    options: [PluginDescription.Option("begin", "after how many trials it begins; at least 2, by default 10")])

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    options.sorted { $0.key < $1.key }.compactMap { name, value in
      if name != "begin" { return PluginProblem(name, "cross takes no option '\(name)'; it takes `begin`") }
      return value.integer ?? 0 >= 2 ? nil : PluginProblem(name, "begin is \(value.json); it must be 2 or more")
    }
  }

  private let space: SearchSpace
  private let seed: UInt64
  private let begin: Int

  /// Makes the strategy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = Self.problems(options: options, sweep: sweep).first {
      throw TrackingError(.invalid, problem.message)
    }
    (space, seed, begin) = (sweep.space, sweep.seed, Int(options["begin"]?.integer ?? 10))
  }

  /// Proposes children of the two best trials that have ended.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    let goal = session.sweep.spec.objective.goal
    var scored: [(best: Double, values: [String: Value])] = []
    for trial in session.trials where trial.state.isFinal {
      let points = try session.objective(of: trial).values.filter(\.isFinite)
      guard let best = goal == .minimize ? points.min() : points.max() else { continue }
      scored.append((best, trial.parameters.byName))
    }
    scored.sort { goal.isBetter($0.best, than: $1.best) }
    let parents = scored.count < begin ? [] : scored.prefix(2).map(\.values)
    let reason = parents.isEmpty ? "drawn at random" : "crossed from the two best of \(scored.count) trials"
    var taken = Set(session.configurations.map(\.fingerprint))
    for number in session.trials.count..<session.trials.count + count {
      guard let next = child(number, of: parents, avoiding: taken) else {
        return .exhausted("every configuration has been tried")
      }
      taken.insert(next.fingerprint)
      session.propose(next, reason: reason)
    }
    return .open
  }

  private func child(_ number: Int, of parents: [[String: Value]], avoiding taken: Set<String>) -> [Parameter]? {
    for attempt in 0..<100 as Range<UInt32> {
      let randomness = ProposalRandomness(seed: seed, proposal: number, attempt: attempt)
      let configuration = space.configuration { parameter in
        let drawn = parameter.domain.value(at: randomness.unit(parameter.name))
        let parent = Int(randomness.unit("parent:" + parameter.name) * 3)
        return parent < parents.count ? parents[parent][parameter.name] ?? drawn : drawn
      }
      if !taken.contains(configuration.fingerprint) { return configuration }
    }
    return space.allConfigurations(usingGrids: false)?.first { !taken.contains($0.fingerprint) }
  }
}
