/// A configuration that was drawn at random and had not been tried.
public struct UntriedDraw: Sendable, Equatable {
  /// The configuration.
  public let configuration: [Parameter]
  /// How many draws before it gave configurations that had been tried.
  public let misses: Int
  /// How many configurations of a finite space were left, when it was picked from these; nil when it was drawn.
  public let left: Int?

  /// How often a proposal is drawn before it is picked from what is left.
  public static let draws = 200
  /// How many draws that do not meet the constraints are passed over before none is looked for any more.
  public static let refusedDraws = 100_000

  /// Why this configuration, in words for a decision.
  public var reason: String {
    if let left { return "picked at random from the \(left) configurations that were left" }
    return misses == 0 ? "drawn at random" : "drawn at random again, the first was taken"
  }
}

extension SearchSpace {
  /// Returns the random configuration of a proposal that meets the constraints and has not been tried: draws again, then
  /// picks from what is left of a finite space.
  ///
  /// - Parameters:
  ///   - proposal: the proposal's number; draw i uses `ProposalRandomness(seed, proposal, i)`.
  ///   - isTried: tells whether a configuration has been tried.
  /// - Returns: nil when no draw was new and the space is infinite, or nothing of it is left.
  public func untriedDraw(
    proposal: Int, seed: UInt64, isTried: ([Parameter]) throws -> Bool
  ) rethrows -> UntriedDraw? {
    var (attempt, misses, refused) = (UInt32(0), 0, 0)
    while misses < UntriedDraw.draws, refused < UntriedDraw.refusedDraws {
      let drawn = configuration(drawing: ProposalRandomness(seed: seed, proposal: proposal, attempt: attempt))
      attempt += 1
      if !satisfies(drawn) {
        refused += 1
      } else if try isTried(drawn) {
        misses += 1
      } else {
        return UntriedDraw(configuration: drawn, misses: misses, left: nil)
      }
    }
    guard let left = try allConfigurations(usingGrids: false)?.filter({ try !isTried($0) }), !left.isEmpty else {
      return nil
    }
    let unit = ProposalRandomness(seed: seed, proposal: proposal, attempt: .max).unit("")
    return UntriedDraw(
      configuration: left[min(Int(unit * Double(left.count)), left.count - 1)], misses: UntriedDraw.draws,
      left: left.count)
  }

  /// Why nothing is left to propose, in a sentence.
  public var exhaustion: String {
    guard let all = allConfigurations(usingGrids: false) else {
      return constraints.isEmpty
        ? "\(UntriedDraw.draws) draws in a row gave configurations that were tried before"
        : "\(UntriedDraw.draws) draws in a row gave configurations that were tried before or do not meet the constraints"
    }
    if all.isEmpty { return "no configuration of the search space meets its constraints" }
    return all.count == 1
      ? "the one configuration of the search space has been tried"
      : "all \(all.count) configurations of the search space have been tried"
  }
}
