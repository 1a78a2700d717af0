internal import Tracking

/// Proposes the new trials of one ask: first where priors and an even spread say, then where the model does.
struct FidelityProposer {
  /// A new trial.
  struct Proposal {
    var configuration: [Parameter]
    var reason: String
    var details: [String: Value]
    /// Whether it belongs to the trials before the model.
    var isInitial: Bool
  }

  // Of the exploring trials, how many are spread over the space; the others are the best of a kind, if there are kinds.
  private static let spread = 0.2
  private static let spreadWithoutKinds = 0.6
  // Of the model's proposals, how many are chosen among candidates near the best trials; the others are looked for everywhere.
  private static let nearTheBest = 0.8
  // How many standard deviations better than predicted a trial may come out when it is judged.
  private static let optimism = 1.0

  private let model: FidelityModel
  private let spec: SweepSpec
  private let initial: Int
  private let exploration: Double
  private let kinds: [Kind]
  private let target: Int
  private let state: FidelityModel.State?
  private let known: [[Double]]
  private let curves: [Curve]
  private let design: InitialDesign
  private let prior: SpacePrior?
  private var pending: [[Double]]
  private var taken: Set<[Double]>
  private var fingerprints: Set<String>

  /// - Parameters:
  ///   - target: the part of the resource that is looked at.
  ///   - tried: all configurations so far.
  init(
    model: FidelityModel, spec: SweepSpec, board: RungBoard, initial: Int, exploration: Double, target: Int,
    tried: [[Parameter]]
  ) {
    self.model = model
    self.spec = spec
    self.initial = initial
    self.exploration = exploration
    kinds = board.kinds
    curves = board.curves
    self.target = target
    var observations = board.curves.flatMap { $0.observations(at: board.rungs.levels) }
    let sign: Double = spec.objective.goal == .maximize ? -1 : 1
    // What the same task showed before counts as whole trainings.
    for (index, earlier) in spec.priorTrials.enumerated() where earlier.trust == .same {
      observations.append(
        .init(
          point: model.map.point(of: earlier.parameters), resource: board.rungs.maximum,
          value: earlier.score.map { sign * $0 }, time: .min, trial: -1 - index))
    }
    observations.sort { ($0.time, $0.trial, $0.resource) < ($1.time, $1.trial, $1.resource) }
    known = Array(Set(observations.map(\.point))).sorted { $0.lexicographicallyPrecedes($1) }
    state = known.count >= initial ? model.state(observations) : nil
    prior = SpacePrior(model.map.cube)
    let transfers = spec.priorTrials.filter { $0.trust == .transfer && $0.score != nil }
    design = InitialDesign(
      map: model.map, seed: spec.seed,
      hints: transfers.sorted { sign * ($0.score ?? 0) < sign * ($1.score ?? 0) }
        .map { model.map.point(of: $0.parameters) },
      // Later trials of the design are there to look elsewhere.
      prior: state == nil ? prior : nil)
    pending = board.curves.filter { $0.length == 0 && !$0.trial.state.isFinal }.map(\.point)
    taken = Set(tried.map { model.map.point(of: $0) })
    fingerprints = Set(tried.map(\.fingerprint))
  }

  /// What may be hoped of each trial with the whole resource, in the model's units; nil before there is a model.
  var predictions: [Double]? {
    state?.predict(curves.map(\.point), at: model.maximum).map { $0.mean - Self.optimism * $0.sd }
  }

  /// Proposes a trial; nil when no configuration is left that can be found.
  mutating func propose(_ number: Int) -> Proposal? {
    guard let proposal = modelled(number) ?? spread(number) else { return nil }
    let point = model.map.point(of: proposal.configuration)
    taken.insert(point)
    pending.append(point)
    fingerprints.insert(proposal.configuration.fingerprint)
    return proposal
  }

  private func spread(_ number: Int) -> Proposal? {
    design.configuration(number) { fingerprints.contains($0.fingerprint) }.map {
      Proposal(
        configuration: $0.configuration, reason: $0.reason, details: ["kind": .text($0.kind)],
        isInitial: state == nil)
    }
  }

  private func modelled(_ number: Int) -> Proposal? {
    guard let state else { return nil }
    let randomness = ProposalRandomness(seed: spec.seed, proposal: number)
    let lottery = randomness.unit("bayesian_halving")
    if lottery < exploration * (kinds.isEmpty ? Self.spreadWithoutKinds : Self.spread) { return nil }
    let kind = lottery < exploration ? kind(randomness.unit("bayesian_halving kind")) : nil
    func isOfKind(_ point: [Double]) -> Bool { kind?.contains(point) ?? true }
    let kin = known.filter(isOfKind)
    guard !kin.isEmpty else { return nil }
    let taken = taken
    let weight = PriorWeight(prior, trials: spec.limits.maxTotalTrials, results: known.count)
    func found(_ search: FidelityModel.Search) -> Proposal? {
      let proposals = model.propose(
        state, at: target, search: search, known: kin, pending: pending, number: number, prior: weight
      ) { taken.contains($0) || !isOfKind($0) }
      for proposal in proposals where isOfKind(proposal.point) {
        let configuration = model.map.configuration(at: proposal.point)
        guard !fingerprints.contains(configuration.fingerprint), spec.space.satisfies(configuration) else { continue }
        return described(proposal, configuration, search: search, kind: kind, weight: weight)
      }
      return nil
    }
    // In a small space all that is near the best may have been tried.
    let isNear = randomness.unit("bayesian_halving near") < Self.nearTheBest
    return (isNear ? found(.nearTheBest) : nil) ?? found(.everywhere)
  }

  private func described(
    _ proposal: FidelityModel.Proposal, _ configuration: [Parameter], search: FidelityModel.Search, kind: Kind?,
    weight: PriorWeight?
  ) -> Proposal {
    var details: [String: Value] = [
      "kind": .text(kind == nil ? "model" : "model_of_a_kind"), "target_resource": .integer(Int64(target)),
      "log_expected_improvement": .real(proposal.logImprovement), "predicted_mean": .real(proposal.mean),
      "predicted_sd": .real(proposal.sd), "search": .text(search.rawValue),
    ]
    if let weight, let addition = proposal.priorAddition {
      details["prior_exponent"] = .real(weight.exponent)
      details["log_prior"] = .real(addition / weight.exponent)
    }
    let kin = kind.map { " of its kind of '\($0.parameter)'" } ?? ""
    let place = search == .nearTheBest ? ", near the best" : ""
    return Proposal(
      configuration: configuration,
      reason: "the largest expected improvement at \(target) points\(kin)\(place), after \(known.count) configurations",
      details: details, isInitial: false)
  }

  // One choice of one category that is always active: trials of each kind are tried, however bad its first one was.
  private func kind(_ unit: Double) -> Kind? {
    kinds.isEmpty ? nil : kinds[min(Int(unit * Double(kinds.count)), kinds.count - 1)]
  }
}
