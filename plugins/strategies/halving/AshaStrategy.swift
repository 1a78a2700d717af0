public import Tracking

/// Asynchronous successive halving: trials are compared at rungs, and no rung waits for others to arrive.
///
/// `promotion` (Li et al. 2020, arXiv:1810.05934, Algorithm 2): a trial pauses at each rung; a free slot goes to the highest
/// rung that has a paused trial among its best floor(n / eta), or else to a new trial. `stopping`: a trial runs on and is
/// stopped at a rung unless it is among the best 1/eta of the values recorded there by then. With several brackets, trials
/// are dealt over them at random as Hyperband weighs them; bracket b begins at rung b.
public struct AshaStrategy: SearchStrategy {
  /// What the strategy says of itself.
  public static let description = PluginDescription(
    kind: .strategy, name: "asha",
    summary: "Lets the best part of the trials at each rung go on, without waiting for others; needs `resource`",
    options: [
      PluginDescription.Option(
        "variant", "`promotion`, the default: trials pause at rungs; `stopping`: they run on unless stopped"
      ),
      HalvingOptions.reductionOption,
      PluginDescription.Option(
        "brackets", "how many brackets trials are dealt over; 1, the default, up to the number of rungs"),
    ])

  private let options: HalvingOptions
  private let isStopping: Bool
  // The rungs of each bracket, and the part of the trials that each bracket and those before it get.
  private let rungs: [Rungs]
  private let shares: [Double]
  private let space: SearchSpace
  private let seed: UInt64

  /// Returns what is wrong with the options, or with the lack of a resource.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    var asked = sweep
    // Trials of this variant run on unless stopped, so they are repeated as any other.
    if options["variant"]?.text == "stopping" { asked.repeats = 1 }
    return HalvingOptions.problems(of: "asha", taking: description.options, options, asked) { name, value in
      if name == "variant" {
        return ["promotion", "stopping"].contains(value.text)
          ? nil : "variant is \(value.json); it can be `promotion` or `stopping`"
      }
      guard let brackets = value.integer, brackets >= 1 else {
        return "brackets is \(value.json); it must be a whole number from 1"
      }
      guard let resource = sweep.resource, resource.minimum >= 1, resource.maximum >= resource.minimum,
        let reduction = options["reduction_factor"].map({ $0.number }) ?? 3, reduction >= 1.5
      else { return nil }
      let most = Brackets(minimum: resource.minimum, maximum: resource.maximum, reduction: reduction).deepest + 1
      return brackets <= most
        ? nil : "brackets is \(brackets), and a resource of \(resource.minimum) to \(resource.maximum) has \(most)"
    }
  }

  /// Makes the strategy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    self.options = try HalvingOptions(options, sweep, problems: Self.problems(options: options, sweep: sweep))
    let (resource, reduction) = (self.options.resource, self.options.reduction)
    isStopping = options["variant"]?.text == "stopping"
    let all = Brackets(minimum: resource.minimum, maximum: resource.maximum, reduction: reduction)
    var (sum, first) = (0.0, Double(resource.minimum))
    var (rungs, shares) = ([Rungs](), [Double]())
    for bracket in 0..<Int(options["brackets"]?.integer ?? 1) {
      rungs.append(
        Rungs(
          minimum: min(Int(first.rounded()), resource.maximum), maximum: resource.maximum, reduction: reduction))
      sum += Double(all.bracket(all.deepest - bracket).counts[0])
      shares.append(sum)
      first *= reduction
    }
    self.rungs = rungs
    self.shares = shares.map { $0 / sum }
    (space, seed) = (sweep.space, sweep.seed)
  }

  /// Returns the bracket of a trial, from its number alone.
  private func bracket(of trial: Int) -> Int {
    if shares.count == 1 { return 0 }
    let unit = ProposalRandomness(seed: seed, proposal: trial).unit("asha bracket")
    return shares.firstIndex { unit < $0 } ?? shares.count - 1
  }

  private func table(of bracket: Int, in session: SweepSession) throws -> RungTable {
    let trials = session.trials.filter { self.bracket(of: $0.number) == bracket }
    return try RungTable(trials, rungs: rungs[bracket], in: session)
  }

  /// Promotes paused trials, the highest rung first, and draws new ones for the slots that are left.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    var free = count
    if !isStopping {
      for promotion in try promotions(in: session).prefix(count) {
        free -= 1
        let (standing, rungs) = (promotion.standing, rungs[promotion.bracket])
        session.resume(
          promotion.trial, allowance: rungs.next(after: standing.rung),
          reason: "number \(standing.place) of \(standing.population) at rung \(standing.rung) "
            + "(\(rungs.levels[standing.rung]) points), of which \(standing.places) go on",
          details: details(standing, promotion.bracket))
      }
    }
    var draws = RandomDraws(space: space, seed: seed, avoiding: session.configurations)
    let limit = session.sweep.spec.limits.maxTotalTrials
    for number in session.trials.count..<session.trials.count + max(0, free) {
      guard number < limit, let draw = draws.draw(number) else {
        if session.trials.contains(where: { !$0.state.isFinal && $0.state != .paused }) || !session.changes.isEmpty {
          return .waiting
        }
        return .exhausted("no new configuration is left to try, and no paused trial is among the best of its rung")
      }
      let bracket = bracket(of: number)
      session.propose(
        draw.configuration, allowance: isStopping ? nil : rungs[bracket].levels.first, reason: draw.reason,
        details: [
          "bracket": .integer(Int64(bracket)), "rungs": .list(rungs[bracket].levels.map { .integer(Int64($0)) }),
        ])
    }
    return .open
  }

  private struct Promotion {
    var trial: Trial
    var bracket: Int
    var standing: RungTable.Standing
  }

  // The paused trials that may go on, the highest rung first and the best of a rung first.
  private func promotions(in session: SweepSession) throws -> [Promotion] {
    var found: [Promotion] = []
    for bracket in rungs.indices {
      let table = try table(of: bracket, in: session)
      for trial in session.trials where trial.state == .paused && self.bracket(of: trial.number) == bracket {
        guard let rung = rungs[bracket].reached(by: trial.observed),
          let standing = table.standing(of: trial.number, at: rung), standing.goesOn
        else { continue }
        found.append(Promotion(trial: trial, bracket: bracket, standing: standing))
      }
    }
    func level(_ promotion: Promotion) -> Int { rungs[promotion.bracket].levels[promotion.standing.rung] }
    return found.sorted {
      (-level($0), $0.bracket, $0.standing.place) < (-level($1), $1.bracket, $1.standing.place)
    }
  }

  /// Stops, in the variant of that name, running trials that were not among the best at their last rung; and in both those
  /// that go on beyond the whole resource.
  public func review(in session: SweepSession) throws {
    let running = session.trials.filter { $0.state == .running }
    for trial in running where trial.observed > options.resource.maximum {
      session.stop(
        trial, reason: "had its whole resource of \(options.resource.maximum) points",
        details: [
          "observed": .integer(Int64(trial.observed)), "resource": .integer(Int64(options.resource.maximum)),
        ])
    }
    guard isStopping else { return }
    for bracket in rungs.indices {
      let table = try table(of: bracket, in: session)
      for trial in running where self.bracket(of: trial.number) == bracket {
        guard trial.observed <= options.resource.maximum,
          let rung = rungs[bracket].reached(by: trial.observed),
          let standing = table.standing(onArrivalOf: trial.number, at: rung), !standing.goesOn
        else { continue }
        session.stop(
          trial,
          reason: "number \(standing.place) of \(standing.population) at rung \(rung) "
            + "(\(rungs[bracket].levels[rung]) points), of which \(standing.places) go on",
          details: details(standing, bracket))
      }
    }
  }

  private func details(_ standing: RungTable.Standing, _ bracket: Int) -> Value {
    var members = standing.details(rungs[bracket]).object ?? [:]
    members["bracket"] = .integer(Int64(bracket))
    return .object(members)
  }
}
