internal import Tracking

/// Draws configurations at random, each from its own proposal's randomness and never the same one twice.
struct RandomDraws {
  private let space: SearchSpace
  private let seed: UInt64
  // A configuration with a value from a continuum does not come twice, so only the others are remembered.
  private let finite: Set<String>
  private var taken: Set<String>

  /// - Parameter configurations: what was tried before.
  init(space: SearchSpace, seed: UInt64, avoiding configurations: [[Parameter]]) {
    self.space = space
    self.seed = seed
    let finite = Set(space.parameters.filter { $0.domain.cardinality != nil }.map(\.name))
    self.finite = finite
    taken = Set(configurations.filter { $0.allSatisfy { finite.contains($0.name) } }.map(\.fingerprint))
  }

  /// Draws the configuration of a proposal; nil when none that is new can be found.
  mutating func draw(_ number: Int) -> UntriedDraw? {
    let drawn = space.untriedDraw(proposal: number, seed: seed) { canRepeat($0) && taken.contains($0.fingerprint) }
    guard let drawn else { return nil }
    if canRepeat(drawn.configuration) { taken.insert(drawn.configuration.fingerprint) }
    return drawn
  }

  private func canRepeat(_ configuration: [Parameter]) -> Bool {
    configuration.allSatisfy { finite.contains($0.name) }
  }
}
