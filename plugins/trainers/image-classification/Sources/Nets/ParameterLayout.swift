/// One tensor of a net: its name, its shape as others read it, and where it lies among all weights.
struct Tensor {
  /// How it is filled before training.
  enum Start {
    /// Uniform in +-sqrt(6 / fanIn): He's variance without a logarithm or a cosine.
    case uniform(fanIn: Int)
    case zero
    case one
  }

  var name: String
  /// Height, width, in, out for convolutions; in, out for dense layers; one number for vectors.
  var shape: [Int]
  var start: Start
  /// Whether weight decay applies: MXNet's rule, names that end in `_weight` or `_gamma`.
  var decays: Bool
  /// False for running statistics, which no optimizer touches.
  var learned: Bool
  /// Set by the layout.
  var offset = 0

  var columns: Int { shape[shape.count - 1] }
  var rows: Int { shape.dropLast().reduce(1, *) }
  /// Floats from one row to the next.
  var stride: Int { padded(columns) }
  /// Floats that it takes with its padding.
  var size: Int { rows * stride }
  /// Numbers in it.
  var count: Int { rows * columns }

  static func weight(_ name: String, _ shape: [Int]) -> Tensor {
    Tensor(
      name: name + "_weight", shape: shape, start: .uniform(fanIn: shape.dropLast().reduce(1, *)), decays: true,
      learned: true)
  }

  static func vector(
    _ name: String, _ count: Int, start: Start = .zero, decays: Bool = false, learned: Bool = true
  ) -> Tensor {
    Tensor(name: name, shape: [count], start: start, decays: decays, learned: learned)
  }
}

/// All tensors of a net in one stretch of memory: learned ones first, then running statistics.
struct ParameterLayout {
  private(set) var tensors: [Tensor] = []
  /// Floats that the learned tensors take.
  private(set) var learnedSize = 0
  /// Floats that all tensors take.
  private(set) var size = 0

  /// Appends a tensor and returns its place; learned tensors come before statistics.
  mutating func append(_ tensor: Tensor) -> Int {
    precondition(!tensor.learned || learnedSize == size, "a learned tensor after a statistic")
    var placed = tensor
    placed.offset = size
    // Each tensor starts on a cache line.
    size += (tensor.size + 15) / 16 * 16
    if tensor.learned { learnedSize = size }
    tensors.append(placed)
    return placed.offset
  }

  /// How many numbers training learns.
  var learnedCount: Int { tensors.filter(\.learned).reduce(0) { $0 + $1.count } }

  /// Returns the numbers of all tensors in order, without padding: what files and digests hold.
  func packed(_ weights: FloatBuffer) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(tensors.reduce(0) { $0 + $1.count })
    for tensor in tensors {
      for row in 0..<tensor.rows {
        values.append(
          contentsOf: UnsafeBufferPointer(
            start: weights + (tensor.offset + row * tensor.stride), count: tensor.columns))
      }
    }
    return values
  }

  /// Puts packed numbers back into place.
  func unpack(_ values: [Float], into weights: FloatBuffer) {
    var at = 0
    for tensor in tensors {
      for row in 0..<tensor.rows {
        for column in 0..<tensor.columns {
          weights.start[tensor.offset + row * tensor.stride + column] = values[at]
          at += 1
        }
      }
    }
  }
}
