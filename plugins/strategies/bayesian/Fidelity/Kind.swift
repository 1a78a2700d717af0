internal import Tracking

/// The trials that have one choice of one categorical parameter: those that an early value compares fairly.
struct Kind: Sendable {
  /// The parameter's dimension of the model's space.
  var dimension: Int
  /// The choice, as points hold it.
  var choice: Double
  /// The parameter's name.
  var parameter: String

  /// Returns whether a point is of this kind.
  func contains(_ point: [Double]) -> Bool { point[dimension] == choice }
}

extension SpaceMap {
  /// The kinds by the categorical parameters that are always active.
  var kinds: [Kind] {
    space.dimensions.enumerated().flatMap { index, dimension -> [Kind] in
      guard dimension.condition == nil, case .unordered(let count) = dimension.kind else { return [] }
      return (0..<count).map {
        Kind(dimension: index, choice: Double($0), parameter: cube.dimensions[index].parameter.name)
      }
    }
  }
}
