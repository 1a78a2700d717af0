internal import Tracking

/// Goes through Sobol's sequence in a search space: point i is the configuration at the quantiles of the sequence's
/// point i, one dimension a parameter with more than one value, in the order of `UnitCube`.
struct SobolWalk: Sendable {
  /// The most points in a row that may be passed over because they were tried.
  private static let patience = 1024

  private let cube: UnitCube
  private let sequence: Sobol

  init(space: SearchSpace, seed: UInt64) {
    cube = UnitCube(space)
    sequence = Sobol(dimensions: cube.count, seed: seed)
  }

  /// Returns the configuration at a point of the sequence.
  func configuration(_ index: Int) -> [Parameter] { cube.configuration(at: sequence.point(index)) }

  /// Returns whether a point of the sequence has nothing to propose, and a later one may.
  func isTried(_ index: Int, _ tried: TriedConfigurations) -> Bool {
    guard index < SobolWalk.end(tried) else { return false }
    let configuration = configuration(index)
    return !cube.space.satisfies(configuration) || tried.contains(configuration)
  }

  // A bound by the place in the sequence and not by the misses of one call, so that the answer does not depend on where
  // the last ask ended.
  private static func end(_ tried: TriedConfigurations) -> Int { min(4 * tried.count + patience, 1 << 32) }

  /// Returns the first point, from an index on, whose configuration was not tried; nil when the sequence does not find
  /// one soon.
  ///
  /// - Parameter index: moved behind the point.
  func next(from index: inout Int, tried: TriedConfigurations) -> (configuration: [Parameter], point: Int)? {
    while index < SobolWalk.end(tried) {
      let configuration = configuration(index)
      index += 1
      if cube.space.satisfies(configuration), !tried.contains(configuration) { return (configuration, index - 1) }
    }
    return nil
  }
}
