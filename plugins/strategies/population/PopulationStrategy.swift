public import Tracking

/// Trains a population side by side: after every interval the worst members copy the checkpoint and, changed a little, the
/// parameters of the best ones, and the others go on. So parameters become schedules.
///
/// A member's interval is a trial of its own that begins with the checkpoint of the one before. Own trials are numbered
/// generation by generation, so the records alone tell who is who. Source: Jaderberg et al. 2017, arXiv:1711.09846.
public struct PopulationStrategy: SearchStrategy {
  /// What the strategy says of itself.
  public static let description = PluginDescription(
    kind: .strategy, name: "pbt",
    summary: "Trains a population whose worst members copy the best ones, parameters changed a little",
    options: PopulationOptions.described)

  /// True: the next interval begins where one ended.
  public static let continuesTrials = true

  private let space: SearchSpace
  private let seed: UInt64
  private let enqueued: Int
  private let maximum: Int
  private let options: PopulationOptions
  private let exploration: Exploration

  /// Returns what is wrong with the options, and with a sweep that does not say how long a training is.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    PopulationOptions.problems(options, sweep: sweep)
  }

  /// Makes the strategy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = PopulationStrategy.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    let resource = sweep.resource ?? SweepSpec.Resource(maximum: 1)
    space = sweep.space
    seed = sweep.seed
    enqueued = sweep.enqueued.count
    maximum = resource.maximum
    self.options = PopulationOptions(options, resource: resource)
    exploration = Exploration(space: sweep.space, options: self.options)
  }

  /// How many intervals a whole training has.
  private var generations: Int { (maximum + options.interval - 1) / options.interval }

  /// How many points a trial of a generation may log; nil for the last one, which ends by itself.
  private func allowance(_ generation: Int) -> Int? { generation == generations - 1 ? nil : options.interval }

  /// Proposes the first generation at random, and each next one when all of the one before have done their interval.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    var tried = TriedConfigurations()
    tried.update(to: session.configurations)
    let own = Array(session.trials.dropFirst(enqueued))
    var plan: [Succession]?
    for number in session.trials.count..<session.trials.count + max(0, count) {
      let place = number - enqueued
      let (generation, member) = (place / options.size, place % options.size)
      if place < 0 { return .waiting }
      if generation >= generations { return end(own, in: session) }
      if generation == 0 {
        let drawn = space.untriedDraw(proposal: number, seed: seed, isTried: tried.contains)
        guard let drawn else { return .exhausted(space.exhaustion) }
        tried.insert(drawn.configuration)
        session.propose(
          drawn.configuration, allowance: allowance(0),
          reason: "member \(member) of the first generation, " + drawn.reason,
          details: ["member": .integer(Int64(member)), "generation": 0])
        continue
      }
      let first = (generation - 1) * options.size
      guard first + options.size <= own.count else { return .waiting }
      let parents = Array(own[first..<first + options.size])
      guard parents.allSatisfy({ $0.state.isFinal || $0.state == .paused }) else { return .waiting }
      let successions = try plan ?? successions(of: parents, in: session)
      if plan == nil, member == 0 { close(parents, successions, in: session) }
      plan = successions
      propose(
        successions[member], number: number, member: member, generation: generation, parents: parents, tried: &tried,
        in: session)
    }
    return .open
  }

  // What becomes of a member.
  private struct Succession {
    /// The place of the trial whose checkpoint the member goes on with; nil for a new beginning.
    var donor: Int?
    /// True when that is the member's own.
    var isOwn: Bool
    var score: Double?
    var rank: Int
  }

  // Ranks a generation: the worst ones, and all without a score, copy one of the best.
  private func successions(of parents: [Trial], in session: SweepSession) throws -> [Succession] {
    let goal = session.sweep.spec.objective.goal
    let scores = try parents.map { trial -> Double? in
      trial.state == .failed || trial.state == .canceled ? nil : try session.score(of: trial)
    }
    let order = parents.indices.sorted { left, right in
      guard let a = scores[left], let b = scores[right], a != b else {
        return (scores[left] == nil ? 1 : 0, left) < (scores[right] == nil ? 1 : 0, right)
      }
      return goal.isBetter(a, than: b)
    }
    let part = max(1, Int((options.quantile * Double(parents.count)).rounded(.down)))
    let best = order.prefix(part).filter { scores[$0] != nil }
    let worst = Set(order.suffix(part))
    var successions = parents.indices.map { Succession(donor: $0, isOwn: true, score: scores[$0], rank: 0) }
    for (rank, place) in order.enumerated() { successions[place].rank = rank }
    for place in parents.indices where worst.contains(place) || scores[place] == nil {
      // Of equal members none has to go.
      if let score = scores[place], let leader = best.first, scores[leader] == score { continue }
      successions[place].isOwn = false
      let number = parents[place].number + options.size
      let unit = ProposalRandomness(seed: seed, proposal: number).unit("pbt donor")
      successions[place].donor =
        best.isEmpty ? nil : best[min(Int(unit * Double(best.count)), best.count - 1)]
    }
    return successions
  }

  // Ends the trials of a generation that wait: the next generation goes on from their checkpoints.
  private func close(_ parents: [Trial], _ successions: [Succession], in session: SweepSession) {
    for (trial, succession) in zip(parents, successions) where trial.state == .paused {
      session.stop(
        trial,
        reason: "its interval is over; "
          + (succession.isOwn ? "the next trial goes on" : "its member copies a better one"),
        details: ["rank": .integer(Int64(succession.rank))])
    }
  }

  private func propose(
    _ succession: Succession, number: Int, member: Int, generation: Int, parents: [Trial],
    tried: inout TriedConfigurations, in session: SweepSession
  ) {
    var details: [String: Value] = [
      "member": .integer(Int64(member)), "generation": .integer(Int64(generation)),
      "rank": .integer(Int64(succession.rank)), "score": succession.score.map { .real($0) } ?? .null,
    ]
    let place = generation - 1
    guard let donor = succession.donor else {
      // Nobody is left to copy.
      let drawn = space.untriedDraw(proposal: number, seed: seed, isTried: tried.contains)
      let configuration = drawn?.configuration ?? parents[member].parameters
      tried.insert(configuration)
      session.propose(
        configuration, allowance: allowance(generation),
        reason: "member \(member) begins anew, since all of generation \(place) failed", details: .object(details))
      return
    }
    let source = parents[donor]
    details["from"] = .integer(Int64(source.number))
    if succession.isOwn {
      session.propose(
        source.parameters, allowance: allowance(generation), continuing: source,
        reason: "member \(member) goes on from trial \(source.number), rank \(succession.rank + 1) of \(parents.count)",
        details: .object(details))
      return
    }
    let (configuration, changes) = exploration.explored(
      source.parameters, proposal: number, seed: seed, isTried: tried.contains)
    tried.insert(configuration)
    details["changes"] = .object(changes)
    session.propose(
      configuration, allowance: allowance(generation), continuing: source,
      reason: "member \(member), rank \(succession.rank + 1) of \(parents.count), copies trial \(source.number)",
      details: .object(details))
  }

  private func end(_ own: [Trial], in session: SweepSession) -> SearchOutlook {
    guard own.allSatisfy({ $0.state.isFinal || $0.state == .paused }) else { return .waiting }
    for trial in own where trial.state == .paused { session.stop(trial, reason: "the training is over") }
    return .exhausted("all \(options.size) members have trained \(maximum) points")
  }
}
