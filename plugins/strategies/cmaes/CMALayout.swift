internal import Tracking

/// Which dimensions of the unit cube are numbers to the strategy, and which are categories.
struct CMALayout: Sendable {
  /// A numeric dimension.
  struct Axis: Sendable {
    /// Its place among the cube's dimensions.
    var dimension: Int
    /// Where cells of ordered values begin and end, from 0 to 1; nil for a continuum.
    var borders: [Double]?
  }

  /// The most cells that are told apart; more are as good as a continuum.
  private static let mostCells = 1024

  let numeric: [Axis]
  let numericNames: [String]
  /// The places of the categorical dimensions among the cube's.
  let categorical: [Int]
  let categoryNames: [String]
  /// How many categories each of them has.
  let categories: [Int]

  init(_ cube: UnitCube) {
    var numeric: [Axis] = []
    var categorical: [(place: Int, count: Int)] = []
    for (place, dimension) in cube.dimensions.enumerated() {
      switch dimension.kind {
      case .real: numeric.append(Axis(dimension: place))
      case .categorical(let count): categorical.append((place, count))
      case .ordered(let count):
        let domain = dimension.parameter.domain
        guard count <= CMALayout.mostCells, let values = domain.allValues, values.count > 1 else {
          numeric.append(Axis(dimension: place))
          continue
        }
        let borders = [0] + values.dropLast().map { domain.quantiles(of: $0).upper } + [1]
        numeric.append(Axis(dimension: place, borders: borders))
      }
    }
    self.numeric = numeric
    numericNames = numeric.map { cube.dimensions[$0.dimension].parameter.name }
    self.categorical = categorical.map(\.place)
    categoryNames = categorical.map { cube.dimensions[$0.place].parameter.name }
    categories = categorical.map(\.count)
  }

  /// How many dimensions there are.
  var count: Int { numeric.count + categorical.count }

  /// Returns whether the coordinates of the continua are inside the cube; ordered ones may be outside, in an end cell.
  func contains(_ numbers: [Double]) -> Bool {
    zip(numeric, numbers).allSatisfy { axis, number in axis.borders != nil || 0 <= number && number <= 1 }
  }

  /// Returns coordinates with those of the continua brought to the nearest end.
  func broughtInside(_ numbers: [Double]) -> [Double] {
    zip(numeric, numbers).map { axis, number in axis.borders == nil ? min(max(number, 0), 1) : number }
  }

  /// Returns the configuration that a sample stands for.
  func configuration(of sample: CMASample, in cube: UnitCube) -> [Parameter] {
    var point = [Double](repeating: 0.5, count: cube.count)
    for (axis, number) in zip(numeric, sample.numbers) { point[axis.dimension] = min(max(number, 0), 1) }
    for (place, (category, count)) in zip(categorical, zip(sample.categories, categories)) {
      point[place] = (Double(category) + 0.5) / Double(count)
    }
    return cube.configuration(at: point)
  }

  /// Returns the sample in the middle of what a configuration stands for; parameters that do not exist in it are at the
  /// mean and the likeliest category of a state.
  func sample(of configuration: [Parameter], in cube: UnitCube, otherwise state: CMAState) -> CMASample {
    let places = cube.point(of: configuration)
    let numbers = numeric.indices.map { places[numeric[$0].dimension] ?? state.mean[$0] }
    let chosen = categorical.indices.map { index in
      places[categorical[index]].map { min(Int($0 * Double(categories[index])), categories[index] - 1) }
        ?? (state.probabilities[index].indices.max {
          state.probabilities[index][$0] < state.probabilities[index][$1]
        } ?? 0)
    }
    return CMASample(numbers: numbers, categories: chosen)
  }
}
