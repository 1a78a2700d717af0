internal import Tracking

/// Changes the parameters of a copy a little: numbers are multiplied by a factor, some values drawn anew.
///
/// Jaderberg et al. 2017, arXiv:1711.09846, section 4: "perturb" and "resample".
struct Exploration: Sendable {
  let space: SearchSpace
  let options: PopulationOptions

  /// How often a change is tried before the copy keeps its donor's parameters.
  private static let attempts: UInt32 = 50

  /// Returns the changed configuration, and what was done to each parameter.
  ///
  /// - Parameter proposal: the copy's trial number.
  func explored(
    _ configuration: [Parameter], proposal: Int, seed: UInt64, isTried: ([Parameter]) -> Bool
  ) -> (configuration: [Parameter], changes: [String: Value]) {
    let values = configuration.byName
    for attempt in 0..<Exploration.attempts {
      let randomness = ProposalRandomness(seed: seed, proposal: proposal, attempt: attempt)
      var changes: [String: Value] = [:]
      let explored = space.configuration { parameter in
        let fresh = parameter.domain.value(at: randomness.unit(parameter.name))
        guard let value = values[parameter.name] else {
          changes[parameter.name] = "new"
          return fresh
        }
        if randomness.unit("pbt resample " + parameter.name) < options.resampling {
          changes[parameter.name] = "resampled"
          return fresh
        }
        let choice = randomness.unit("pbt factor " + parameter.name)
        let factor = options.factors[min(Int(choice * Double(options.factors.count)), options.factors.count - 1)]
        guard let perturbed = Exploration.perturbed(value, in: parameter.domain, by: factor) else { return value }
        changes[parameter.name] = .real(factor)
        return perturbed
      }
      if space.satisfies(explored), !isTried(explored) { return (explored, changes) }
    }
    return (configuration, [:])
  }

  /// Returns a number multiplied by a factor and brought to the nearest value of its domain, or the next one where that
  /// would be the same; nil for a category.
  static func perturbed(_ value: Value, in domain: Domain, by factor: Double) -> Value? {
    guard let number = value.number, domain.unitKind.isOrdered else { return nil }
    var moved = number * factor
    // On this scale it is the distance from 1 that counts.
    if case .continuous(_, _, .reverseLog) = domain { moved = 1 - (1 - number) * factor }
    let nearest = domain.value(at: min(domain.position(of: .real(moved)), 1 - 0x1p-53))
    guard nearest.matches(value), moved != number else { return nearest }
    let (low, high) = domain.quantiles(of: value)
    return domain.value(at: moved > number ? min(high + 1e-9, 1 - 0x1p-53) : max(low - 1e-9, 0))
  }
}

extension UnitCube.Kind {
  fileprivate var isOrdered: Bool { if case .categorical = self { false } else { true } }
}
