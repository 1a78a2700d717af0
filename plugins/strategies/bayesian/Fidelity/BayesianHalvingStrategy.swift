public import Tracking

/// Model-based asynchronous successive halving: a Gaussian process over configurations and resource proposes the trials,
/// rungs decide which of them get more. docs/strategies/bayesian-halving.md tells the method.
///
/// Sources: Li et al. 2020, arXiv:1810.05934 (asynchronous promotion); Klein et al. 2020, arXiv:2003.10865 (the resource as
/// an input of the process); Li et al. 2022, arXiv:2201.06834 (where to begin, by the agreement of ranks).
public struct BayesianHalvingStrategy: SearchStrategy {
  /// What the strategy says of itself.
  public static let description = PluginDescription(
    kind: .strategy, name: "bayesian_halving",
    summary: "Models learning curves, proposes what promises most and gives more to the best; needs `resource`",
    options: [
      PluginDescription.Option(
        "reduction_factor", "one of so many trials goes on from a rung; a number from 1.5 to 100, by default 3"),
      PluginDescription.Option(
        "initial_trials", "how many trials are spread over the space before the model is asked; from 2, by default few"),
      PluginDescription.Option(
        "exploration", "the part of later trials that look elsewhere than the model likes best; 0 to 1, by default 0.5"),
    ])

  /// True: priors of the space guide what is proposed.
  public static let weighsPriors = true

  private static let trust = 0.8
  // How many trials make a rung worth modelling.
  private static let enough = 2

  private let map: SpaceMap
  private let spec: SweepSpec
  private let rungs: Rungs
  private let initial: Int
  private let exploration: Double
  private let model: FidelityModel
  private let note: String?

  /// Returns what is wrong with the options, or with the lack of a resource.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    var found: [PluginProblem] = []
    for (name, value) in options.sorted(by: { $0.key < $1.key }) {
      let (isGood, demand): (Bool, String)
      switch name {
      case "reduction_factor":
        (isGood, demand) = ((1.5...100).contains(value.number ?? 0), "a number from 1.5 to 100")
      case "initial_trials": (isGood, demand) = (value.integer ?? 0 >= 2, "a whole number from 2")
      case "exploration": (isGood, demand) = ((0...1).contains(value.number ?? -1), "a number from 0 to 1")
      default:
        let names = description.options.map { "`\($0.name)`" }.joined(separator: ", ")
        found.append(PluginProblem(name, "bayesian_halving takes no option '\(name)'; it takes \(names)"))
        continue
      }
      if !isGood { found.append(PluginProblem(name, "\(name) is \(value.json); it must be \(demand)")) }
    }
    return found + sweep.resourceProblems(for: description.name)
  }

  /// Makes the strategy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    try self.init(options: options, sweep: sweep, note: nil)
  }

  /// Makes the strategy that another one chose.
  ///
  /// - Parameter note: why it did, for the details of each proposal.
  init(options: [String: Value], sweep: SweepSpec, note: String?) throws {
    if let problem = Self.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    spec = sweep
    self.note = note
    map = SpaceMap(sweep.space)
    let resource = sweep.resource ?? SweepSpec.Resource(maximum: 1)
    rungs = Rungs(
      minimum: resource.minimum, maximum: resource.maximum, reduction: options["reduction_factor"]?.number ?? 3)
    initial =
      options["initial_trials"]?.integer.flatMap { Int(exactly: $0) }
      ?? Self.initialTrials(dimensions: map.space.dimensions.count, limit: sweep.limits.maxTotalTrials)
    exploration = options["exploration"]?.number ?? 0.5
    model = FidelityModel(map: map, maximum: resource.maximum, settings: .init(), seed: sweep.seed)
  }

  // A model of so little is better already than an even spread.
  private static func initialTrials(dimensions: Int, limit: Int) -> Int {
    max(4, min((dimensions + 1) / 2, 40, limit / 3))
  }

  private func curves(of session: SweepSession) throws -> [Curve] {
    try session.trials.map { try Curve($0, map: map, in: session) }
  }

  private func board(of curves: [Curve]) -> RungBoard {
    // Never so many that a short sweep ends without a whole training.
    RungBoard(
      curves, rungs: rungs, fewestForWhole: min(initial * 3 / 2, spec.limits.maxTotalTrials / 2),
      kinds: map.kinds)
  }

  // MARK: - Proposing

  /// Lets the best of each rung go on, and proposes new trials for the slots that are left.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    let curves = try curves(of: session)
    let board = board(of: curves)
    let goal = spec.objective.goal
    for standing in board.hopeless {
      session.stop(
        standing.curve.trial,
        reason: "number \(standing.place) of \(standing.population) at \(rungs.levels[standing.rung]) points, in the "
          + "worse half", details: board.details(standing, goal: goal))
    }
    var proposer = FidelityProposer(
      model: model, spec: spec, board: board, initial: initial, exploration: exploration,
      target: board.target(atLeast: Self.enough), tried: session.configurations)
    var free = count
    for standing in board.promotions(by: proposer.predictions) where free > 0 {
      free -= 1
      session.resume(
        standing.curve.trial, allowance: rungs.next(after: standing.rung),
        reason: "\(standing.summary) at \(rungs.levels[standing.rung]) points, of which \(standing.places) go on",
        details: board.details(standing, goal: goal))
    }
    guard free > 0 else { return .open }
    return proposeNew(free, board, &proposer, in: session)
  }

  private func proposeNew(
    _ count: Int, _ board: RungBoard, _ proposer: inout FidelityProposer, in session: SweepSession
  ) -> SearchOutlook {
    let first = board.firstRung(trust: Self.trust)
    for number in session.trials.count..<session.trials.count + count {
      guard number < spec.limits.maxTotalTrials, let proposal = proposer.propose(number) else {
        let isBusy = session.trials.contains { !$0.state.isFinal && $0.state != .paused }
        return isBusy || !session.changes.isEmpty
          ? .waiting : .exhausted("no new configuration is left to try, and no paused trial is good enough to go on")
      }
      var details = proposal.details
      let rung = proposal.isInitial ? 0 : first
      details["first_rung"] = .integer(Int64(rung))
      if let note { details["strategy"] = .text(note) }
      session.propose(
        proposal.configuration, allowance: rung < rungs.levels.count ? rungs.levels[rung] : nil,
        reason: proposal.reason, details: .object(details))
    }
    return .open
  }

  // MARK: - Reviewing

  /// Pauses trials that may pass a rung but are in its worse half, and stops those that go on beyond the whole resource.
  public func review(in session: SweepSession) throws {
    let running = session.trials.filter { $0.state == .running }
    for trial in running where trial.observed > rungs.maximum {
      session.stop(
        trial, reason: "had its whole resource of \(rungs.maximum) points",
        details: ["observed": .integer(Int64(trial.observed)), "resource": .integer(Int64(rungs.maximum))])
    }
    let passing = running.filter {
      rungs.levels.contains($0.observed) && $0.observed < $0.allowance ?? rungs.maximum && $0.allowance != nil
    }
    guard !passing.isEmpty else { return }
    let board = board(of: try curves(of: session))
    for trial in passing {
      guard let standing = board.laggard(board.curves[trial.number]) else { continue }
      session.pause(
        trial,
        reason: "number \(standing.place) of \(standing.population) at \(trial.observed) points, in the worse half",
        details: board.details(standing, goal: spec.objective.goal))
    }
  }
}
