internal import Tracking

/// The trials before the model knows anything: where like sweeps were good, the default or the middle of the space, then
/// points spread evenly over it, half of them drawn through its prior, where it has one.
struct InitialDesign {
  /// A configuration of the design.
  struct Choice {
    var configuration: [Parameter]
    var kind: String
    var reason: String
  }

  private let map: SpaceMap
  private let seed: UInt64
  private let hints: [[Double]]
  private let sobol: Sobol
  private let believed: (prior: SpacePrior, sobol: Sobol)?

  /// How many draws are made before what is left is listed.
  private static let draws = 64
  private static let mostHints = 3

  /// Returns how many trials the design has.
  static func size(dimensions: Int, trials: Int) -> Int { max(4, min(dimensions, trials / 5)) }

  /// Prepares a design.
  ///
  /// - Parameter prior: through which every second point is drawn; nil for none.
  init(map: SpaceMap, seed: UInt64, hints: [[Double]], prior: SpacePrior? = nil) {
    self.map = map
    self.seed = seed
    self.hints = Array(hints.prefix(Self.mostHints))
    sobol = Sobol(dimensions: map.space.dimensions.count, seed: seed)
    believed = prior.map { ($0, Sobol(dimensions: map.space.dimensions.count, seed: seed &+ 0xbe11ef)) }
  }

  /// Returns a configuration that was not proposed; nil if none is left or can be found.
  ///
  /// - Parameter number: the proposal's.
  func configuration(_ number: Int, isProposed: ([Parameter]) -> Bool) -> Choice? {
    func isNew(_ configuration: [Parameter]) -> Bool {
      map.cube.space.satisfies(configuration) && !isProposed(configuration)
    }
    if number < hints.count {
      let configuration = map.configuration(at: hints[number])
      if isNew(configuration) {
        return Choice(
          configuration: configuration, kind: "transfer", reason: "it was among the best of the sweep that came before")
      }
    }
    if number == hints.count {
      if let standard = map.cube.space.standardConfiguration {
        if !isProposed(standard) {
          return Choice(configuration: standard, kind: "default", reason: "the default of the space")
        }
      } else {
        let centre = [Double](repeating: 0.5, count: map.space.dimensions.count)
        let middle = map.configuration(at: map.space.point(fromCube: centre))
        if isNew(middle) {
          return Choice(
            configuration: middle, kind: "centre", reason: "the middle of the space, before anything is known")
        }
      }
    }
    var first = max(number - 1, 0)
    if let believed {
      for draw in 0..<Self.draws where first % 2 == 0 {
        let point = believed.prior.point(at: believed.sobol.point(first / 2 + draw))
        let configuration = map.cube.configuration(at: point)
        if isNew(configuration) {
          return Choice(
            configuration: configuration, kind: "prior", reason: "drawn from the prior, before anything is known")
        }
      }
      first /= 2
    }
    for draw in 0..<Self.draws {
      let configuration = map.configuration(at: map.space.point(fromCube: sobol.point(first + draw)))
      if isNew(configuration) {
        return Choice(
          configuration: configuration, kind: "spread", reason: "one of the points spread evenly over the space")
      }
    }
    guard let drawn = map.cube.space.untriedDraw(proposal: number, seed: seed, isTried: isProposed) else { return nil }
    return Choice(configuration: drawn.configuration, kind: "random", reason: drawn.reason)
  }
}
