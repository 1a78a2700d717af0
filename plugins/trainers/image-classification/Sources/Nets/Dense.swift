internal import CImageKernels

/// A fully connected layer over rows of inputs, as three products.
///
/// The inputs of a row are groups of channels (the pixels of a map) whose padding is skipped. Each output sums in the
/// order of inputs; each weight's gradient in the order of rows; each input's gradient in the order of outputs.
final class Dense {
  let inputs: Int
  let outputs: Int
  /// Floats of an input row and of an output row.
  let inputRow: Int
  let outputRow: Int
  let weights: Int
  let bias: Int

  private let groups: Int
  private let channels: Int
  private let forwardProduct: Product
  private let weightProduct: Product
  private let inputProduct: Product
  private let transposed: FloatBuffer

  /// - Parameters:
  ///   - pixels: groups of inputs.
  ///   - channels: inputs of a group; a group takes the next multiple of 8 floats, unless there is only one group.
  ///   - rows: the most rows that one call computes.
  init(
    pixels: Int, channels: Int, outputs: Int, rows: Int, inputRow: Int? = nil, weights: Int, bias: Int
  ) {
    let group = padded(channels)
    groups = pixels
    self.channels = channels
    inputs = pixels * channels
    self.outputs = outputs
    self.inputRow = inputRow ?? pixels * group
    outputRow = padded(outputs)
    self.weights = weights
    self.bias = bias
    let (inputRow, outputRow) = (self.inputRow, self.outputRow)
    let starts = (0..<rows).map { $0 * inputRow }
    let results = (0..<rows).map { $0 * outputRow }
    let dense = group == channels || pixels == 1
    forwardProduct = Product(
      rows: starts, outputs: results, columns: outputRow, segments: dense ? [0] : (0..<pixels).map { $0 * group },
      length: dense ? pixels * channels : channels, rightSegment: channels * outputRow, rightStep: outputRow)
    let places = (0..<pixels).flatMap { pixel in (0..<channels).map { pixel * group + $0 } }
    weightProduct = Product(
      rows: places, outputs: places.indices.map { $0 * outputRow }, columns: outputRow, length: rows, step: inputRow,
      rightStep: outputRow)
    let wide = pixels * group
    inputProduct = Product(
      rows: results, outputs: starts, columns: wide, length: outputs, rightStep: wide)
    transposed = FloatBuffer(outputs * wide)
  }

  /// Makes ready what the input's gradient needs of the weights: once a step, before it.
  func prepare(_ kernels: Kernels, _ all: FloatBuffer) {
    let group = padded(channels)
    let whole = group == channels || groups == 1
    let (calls, size) = whole ? (1, groups * channels) : (groups, channels)
    for index in 0..<calls {
      kernels.call.transpose(
        all + (weights + index * size * outputRow), Int32(size), Int32(outputs), Int32(outputRow),
        transposed + index * group, Int32(groups * group))
    }
  }

  /// Computes the outputs of rows.
  func forward(
    _ kernels: Kernels, _ all: FloatBuffer, _ x: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>,
    rows: Range<Int>, rectify: Bool
  ) {
    forwardProduct.run(
      kernels, x, all + weights, into: out, from: .bias(all + bias), rectify: rectify, only: rows)
  }

  /// Computes the gradient of some inputs' weights from all rows, or adds to it.
  func weightGradient(
    _ kernels: Kernels, _ x: UnsafePointer<Float>, _ d: UnsafePointer<Float>,
    into gradient: UnsafeMutablePointer<Float>, rows: Int, inputs only: Range<Int>? = nil, onto: Bool
  ) {
    weightProduct.run(
      kernels, x, d, into: gradient + weights, from: onto ? .output : .zero, only: only, length: rows)
  }

  /// Adds the rows' part to the gradient of the bias.
  func addBiasGradient(
    _ kernels: Kernels, _ d: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>, rows: Int
  ) {
    kernels.call.add_pixels(d, 1, Int32(rows), 0, Int32(outputRow), gradient + bias)
  }

  /// Computes the gradient of the inputs of rows.
  func inputGradient(
    _ kernels: Kernels, _ d: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>, rows: Range<Int>
  ) {
    inputProduct.run(kernels, d, transposed.start, into: dx, only: rows)
  }
}
