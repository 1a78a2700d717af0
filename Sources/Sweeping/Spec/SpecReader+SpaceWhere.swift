internal import Tracking

extension SpecReader {
  // MARK: Constraints between parameters

  /// Reads `where`: a text such as `beta_1 < beta_2`, or a list of them.
  func constraints(between member: SpecMember, _ space: SearchSpace, isWhole: Bool) -> [Constraint] {
    if member.value.isNull { return [] }
    var found: [Constraint] = []
    for item in member.value.items ?? [member.value] {
      guard let text = item.scalarText, !item.isNull else {
        error(item, "where is a text such as 'beta_1 < beta_2', or a list of them; here stands \(describe(item))")
        continue
      }
      do {
        let constraint = try Constraint(text)
        found.append(constraint)
        guard isWhole else { continue }
        let alone = SearchSpace(space.parameters, constraints: [constraint])
        for problem in alone.constraintProblems {
          let stranger = constraint.names.first { space[$0] == nil && problem.message.contains("'\($0)'") }
          let near = stranger.flatMap { nearestName(to: $0, among: space.parameters.map(\.name)) }
          error(item, problem.message + (near.map { "; did you mean '\($0)'?" } ?? ""))
        }
      } catch {
        let message = (error as? TrackingError)?.message ?? "\(error)"
        self.error(item, message)
      }
    }
    return found
  }

  /// Reports constraints that no random configuration meets, or hardly any.
  func checkFeasibility(_ space: SearchSpace, _ place: SpecMember) {
    guard !space.constraints.isEmpty else { return }
    let cube = UnitCube(space)
    var met = 0
    var tried = 0
    while tried < 10_000, met < 100 {
      let randomness = ProposalRandomness(seed: 0, proposal: tried)
      tried += 1
      if cube.satisfies(cube.dimensions.map { randomness.unit($0.parameter.name) }) { met += 1 }
    }
    if met == 0 {
      error(
        place.value, "none of \(tried) random configurations meets this; loosen it, or the ranges of the parameters")
    } else if met < 100 {
      warning(
        place.value,
        "only \(met) of \(tried) random configurations meet this; narrow the ranges, so that less is drawn in vain")
    }
    let isBelief = space.parameters.contains { $0.standard != nil || $0.prior != nil }
    if isBelief, space.standardConfiguration == nil {
      warning(place.value, "the configuration of the defaults does not meet this, so it is not tried first")
    }
  }
}
