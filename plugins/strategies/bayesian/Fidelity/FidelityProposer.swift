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

  private let model: FidelityModel
  private let spec: SweepSpec
  private let initial: Int
  private let exploration: Double
  private let shareOfKinds: Double
  private let target: Int
  private let state: FidelityModel.State?
  private let known: [[Double]]
  private let design: InitialDesign
  private var pending: [[Double]]
  private var taken: Set<[Double]>
  private var fingerprints: Set<String>

  /// - Parameters:
  ///   - target: the part of the resource that is looked at.
  ///   - tried: all configurations so far.
  init(
    model: FidelityModel, spec: SweepSpec, board: RungBoard, initial: Int, exploration: Double, shareOfKinds: Double,
    target: Int, tried: [[Parameter]]
  ) {
    self.model = model
    self.spec = spec
    self.initial = initial
    self.exploration = exploration
    self.shareOfKinds = shareOfKinds
    self.target = target
    var observations = board.curves.flatMap { $0.observations(at: board.rungs.levels) }
    let sign: Double = spec.objective.goal == .maximize ? -1 : 1
    // What the same task showed before counts as whole trainings.
    for (index, prior) in spec.priorTrials.enumerated() where prior.trust == .same {
      observations.append(
        .init(
          point: model.map.point(of: prior.parameters), resource: board.rungs.maximum,
          value: prior.score.map { sign * $0 }, time: .min, trial: -1 - index))
    }
    observations.sort { ($0.time, $0.trial, $0.resource) < ($1.time, $1.trial, $1.resource) }
    known = Array(Set(observations.map(\.point))).sorted { $0.lexicographicallyPrecedes($1) }
    state = known.count >= initial ? model.state(observations) : nil
    let transfers = spec.priorTrials.filter { $0.trust == .transfer && $0.score != nil }
    design = InitialDesign(
      map: model.map, seed: spec.seed,
      hints: transfers.sorted { sign * ($0.score ?? 0) < sign * ($1.score ?? 0) }
        .map { model.map.point(of: $0.parameters) })
    pending = board.curves.filter { $0.length == 0 && !$0.trial.state.isFinal }.map(\.point)
    taken = Set(tried.map { model.map.point(of: $0) })
    fingerprints = Set(tried.map(\.fingerprint))
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
    var kind: (dimension: Int, choice: Double)?
    if lottery < exploration {
      guard lottery < exploration * shareOfKinds else { return nil }
      kind = self.kind(randomness.unit("bayesian_halving kind"))
      if kind == nil { return nil }
    }
    func isOfKind(_ point: [Double]) -> Bool { kind.map { point[$0.dimension] == $0.choice } ?? true }
    let kin = known.filter(isOfKind)
    guard !kin.isEmpty else { return nil }
    let taken = taken
    let proposals = model.propose(state, at: target, known: kin, pending: pending, number: number) {
      taken.contains($0) || !isOfKind($0)
    }
    for proposal in proposals where isOfKind(proposal.point) {
      let configuration = model.map.configuration(at: proposal.point)
      guard !fingerprints.contains(configuration.fingerprint), spec.space.satisfies(configuration) else { continue }
      let name = kind.map { model.map.cube.dimensions[$0.dimension].parameter.name }
      return Proposal(
        configuration: configuration,
        reason: "the largest expected improvement at \(target) points"
          + (name.map { " of its kind of '\($0)'" } ?? "") + ", after \(known.count) configurations",
        details: [
          "kind": .text(kind == nil ? "model" : "model_of_a_kind"), "target_resource": .integer(Int64(target)),
          "log_expected_improvement": .real(proposal.logImprovement), "predicted_mean": .real(proposal.mean),
          "predicted_sd": .real(proposal.sd),
        ], isInitial: false)
    }
    return nil
  }

  // One choice of one category that is always active: trials of each kind are tried, however bad its first one was.
  private func kind(_ unit: Double) -> (dimension: Int, choice: Double)? {
    let choices = model.map.space.dimensions.enumerated().flatMap { index, dimension -> [(Int, Double)] in
      guard dimension.condition == nil, case .unordered(let count) = dimension.kind else { return [] }
      return (0..<count).map { (index, Double($0)) }
    }
    return choices.isEmpty ? nil : choices[min(Int(unit * Double(choices.count)), choices.count - 1)]
  }
}
