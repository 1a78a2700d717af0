public import Tracking

/// Models results by a Gaussian process and proposes where the expected improvement is largest.
///
/// The first trials are spread over the space; each later one is a function of the results so far, the trials under
/// way, the seed and its number. docs/strategies/bayesian.md tells the method.
public struct BayesianStrategy: SearchStrategy {
  /// What the strategy says of itself.
  public static let description = PluginDescription(
    kind: .strategy, name: "bayesian",
    summary: "Models results by a Gaussian process and proposes where the expected improvement is largest",
    options: [
      PluginDescription.Option("seed", "the sweep's seed, when `seed` is not given at the top; a whole number from 0"),
      PluginDescription.Option(
        "initial_trials", "how many trials are spread over the space before the model is asked; by default few"),
    ])

  /// True: priors of the space guide what is proposed.
  public static let weighsPriors = true

  private let map: SpaceMap
  private let spec: SweepSpec
  private let initialTrials: Int
  private let note: String?
  private let model: BayesianModel
  private let prior: SpacePrior?

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    options.sorted { $0.key < $1.key }.compactMap { name, value in
      guard name == "initial_trials" else {
        return PluginProblem(name, "bayesian takes no option '\(name)'; it takes `initial_trials`")
      }
      guard let count = value.integer, count >= 1 else {
        return PluginProblem(name, "initial_trials is \(value.json); it is a whole number from 1")
      }
      return nil
    }
  }

  /// Makes the strategy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    try self.init(options: options, sweep: sweep, note: nil)
  }

  /// Makes the strategy that another one chose.
  ///
  /// - Parameter note: why it did, for the details of each proposal.
  init(options: [String: Value], sweep: SweepSpec, note: String?) throws {
    if let problem = BayesianStrategy.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    spec = sweep
    self.note = note
    map = SpaceMap(sweep.space)
    initialTrials =
      options["initial_trials"]?.integer.map { Int($0) }
      ?? InitialDesign.size(dimensions: map.space.dimensions.count, trials: sweep.limits.maxTotalTrials)
    model = BayesianModel(space: map.space, settings: .init(), seed: sweep.seed)
    prior = SpacePrior(map.cube)
  }

  /// Proposes configurations, none of them twice.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    let observations = try Observations(of: session, map: map)
    var pending = observations.pending
    let before = session.configurations
    var fingerprints = Set(before.map(\.fingerprint))
    var taken = Set(before.map { map.point(of: $0) })
    let design = InitialDesign(map: map, seed: spec.seed, hints: observations.hints, prior: prior)
    for number in before.count..<before.count + max(0, count) {
      guard
        let next = self.next(
          number, design, observations, pending, isTaken: { taken.contains($0) || !map.satisfies($0) },
          isProposed: { fingerprints.contains($0.fingerprint) })
      else {
        return .exhausted(spec.space.exhaustion)
      }
      var details = next.details
      if let note { details["strategy"] = .text(note) }
      session.propose(next.configuration, reason: next.reason, details: .object(details))
      let point = map.point(of: next.configuration)
      fingerprints.insert(next.configuration.fingerprint)
      taken.insert(point)
      pending.append(point)
    }
    return .open
  }

  private struct Next {
    var configuration: [Parameter]
    var reason: String
    var details: [String: Value]
  }

  private func next(
    _ number: Int, _ design: InitialDesign, _ observations: Observations, _ pending: [[Double]],
    isTaken: @escaping ([Double]) -> Bool, isProposed: ([Parameter]) -> Bool
  ) -> Next? {
    if number >= initialTrials, observations.scored >= 2 {
      let weight = PriorWeight(prior, trials: spec.limits.maxTotalTrials, results: observations.points.count)
      let proposals = model.propose(
        points: observations.points, values: observations.values, pending: pending, number: number, prior: weight,
        isTaken: isTaken)
      for proposal in proposals {
        let configuration = map.configuration(at: proposal.point)
        guard !isProposed(configuration), map.cube.space.satisfies(configuration) else { continue }
        return Next(
          configuration: configuration, reason: proposal.reason(results: observations.scored, pending: pending.count),
          details: proposal.details(weight))
      }
    }
    guard let spread = design.configuration(number, isProposed: isProposed) else { return nil }
    return Next(configuration: spread.configuration, reason: spread.reason, details: ["kind": .text(spread.kind)])
  }
}
