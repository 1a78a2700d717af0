internal import CImageKernels

/// A product of matrices whose rows lie anywhere: the offsets are worked out once, when the net is made.
final class Product {
  private let rows: OffsetTable
  private let outputs: OffsetTable
  private let segments: OffsetTable
  private var shape: ImageProduct

  /// - Parameters:
  ///   - rows: where each row of the left matrix starts.
  ///   - outputs: where each row of the result goes.
  ///   - segments: where each stretch of the inner index starts, within a row of the left matrix.
  ///   - length: the inner index within a stretch, and how far apart its elements are (`step`).
  ///   - columns: of the right matrix and the result; a multiple of 8.
  init(
    rows: [Int], outputs: [Int], columns: Int, segments: [Int] = [0], length: Int, step: Int = 1,
    rightSegment: Int = 0, rightStep: Int
  ) {
    precondition(columns % 8 == 0 && rows.count == outputs.count, "a product without whole rows")
    self.rows = OffsetTable(rows)
    self.outputs = OffsetTable(outputs)
    self.segments = OffsetTable(segments)
    shape = ImageProduct(
      rows: Int32(rows.count), columns: Int32(columns), segments: Int32(segments.count), length: Int32(length),
      a_step: Int32(step), b_segment: Int32(rightSegment), b_step: Int32(rightStep), a_rows: self.rows.start,
      a_segments: self.segments.start, c_rows: self.outputs.start)
  }

  /// How many rows there are.
  var rowCount: Int { rows.count }

  /// Where the accumulators start.
  enum Start {
    case zero
    case bias(UnsafePointer<Float>)
    case output
  }

  /// Computes rows of the result.
  ///
  /// - Parameters:
  ///   - only: which rows; nil for all.
  ///   - length: the inner length, where it differs from the declared one (a short batch).
  func run(
    _ kernels: Kernels, _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>, from start: Start = .zero, rectify: Bool = false,
    only: Range<Int>? = nil, length: Int? = nil
  ) {
    var shape = shape
    if let only {
      shape.rows = Int32(only.count)
      shape.a_rows = UnsafePointer(rows.start + only.lowerBound)
      shape.c_rows = UnsafePointer(outputs.start + only.lowerBound)
    }
    if let length { shape.length = Int32(length) }
    var mode = rectify ? IMAGE_RECTIFY : 0
    var bias: UnsafePointer<Float>?
    switch start {
    case .zero: break
    case .bias(let values):
      mode |= IMAGE_FROM_BIAS
      bias = values
    case .output: mode |= IMAGE_FROM_OUTPUT
    }
    kernels.call.multiply(&shape, left, right, bias, result, Int32(mode))
  }
}
