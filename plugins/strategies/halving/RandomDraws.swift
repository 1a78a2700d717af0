internal import Tracking

/// Draws configurations at random, each from its own proposal's randomness and never the same one twice.
struct RandomDraws {
  /// A drawn configuration.
  struct Draw {
    var configuration: [Parameter]
    var reason: String
  }

  /// How often a proposal is drawn before it is picked from what is left.
  private static let attempts: UInt32 = 200

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

  /// Draws the configuration of a proposal; nil when all configurations of the space have been tried.
  mutating func draw(_ number: Int) -> Draw? {
    for attempt in 0..<Self.attempts {
      let configuration = space.configuration(
        drawing: ProposalRandomness(seed: seed, proposal: number, attempt: attempt))
      if take(configuration) { return Draw(configuration: configuration, reason: "drawn at random") }
    }
    let left = (space.allConfigurations(usingGrids: false) ?? []).filter { !taken.contains($0.fingerprint) }
    guard !left.isEmpty else { return nil }
    let unit = ProposalRandomness(seed: seed, proposal: number, attempt: .max).unit("")
    let configuration = left[min(Int(unit * Double(left.count)), left.count - 1)]
    taken.insert(configuration.fingerprint)
    return Draw(
      configuration: configuration, reason: "picked at random from the \(left.count) configurations that were left")
  }

  private mutating func take(_ configuration: [Parameter]) -> Bool {
    guard configuration.allSatisfy({ finite.contains($0.name) }) else { return true }
    return taken.insert(configuration.fingerprint).inserted
  }
}
