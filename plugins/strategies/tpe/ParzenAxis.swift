internal import Tracking

/// One dimension of the unit cube as the estimators see it.
struct ParzenAxis: Sendable {
  /// How its values relate.
  enum Form: Sendable {
    /// A continuum from 0 to 1.
    case real
    /// Cells in order; `borders` has one more than there are cells, from 0 to 1.
    case ordered(borders: [Double])
    /// Categories without order; how many.
    case categorical(Int)
  }

  /// The most cells that are told apart; more are as good as a continuum.
  static let mostCells = 256

  let form: Form
  let parameter: ParameterSpace

  init(_ dimension: UnitCube.Dimension) {
    parameter = dimension.parameter
    switch dimension.kind {
    case .real: form = .real
    case .categorical(let count): form = .categorical(count)
    case .ordered(let count):
      guard count <= ParzenAxis.mostCells, let values = parameter.domain.allValues, values.count > 1 else {
        form = .real
        return
      }
      let domain = parameter.domain
      form = .ordered(borders: [0] + values.dropLast().map { domain.quantiles(of: $0).upper } + [1])
    }
  }

  /// The width of a cell where all are equally wide; 0 on a continuum and for categories.
  var cellWidth: Double { if case .ordered(let borders) = form { 1 / Double(borders.count - 1) } else { 0 } }

  /// Returns the cell or category that a place is in; 0 on a continuum.
  func cell(_ place: Double) -> Int {
    switch form {
    case .real: return 0
    case .categorical(let count): return min(max(Int(place * Double(count)), 0), count - 1)
    case .ordered(let borders):
      var (low, high) = (0, borders.count - 2)
      while low < high {
        let middle = (low + high + 1) / 2
        if borders[middle] <= place { low = middle } else { high = middle - 1 }
      }
      return low
    }
  }

  /// The natural logarithm of what the even distribution gives a cell, or of its density on a continuum.
  func logEven(_ cell: Int) -> Double {
    switch form {
    case .real: 0
    case .categorical(let count): -PortableMath.log(Double(count))
    case .ordered(let borders): PortableMath.log(max(borders[cell + 1] - borders[cell], 1e-300))
    }
  }
}
