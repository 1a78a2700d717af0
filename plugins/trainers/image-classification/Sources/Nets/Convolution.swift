internal import CImageKernels

/// A convolution of one image with kernels of 3x3 (padded by 1) or 1x1, as three products.
///
/// The input has a border of 1. Each output sums in the order kernel row, kernel column, input channel; each weight's
/// gradient in the order of output pixels; each input's gradient in the order kernel row (falling), column (falling),
/// output channel.
final class Convolution {
  let input: Map
  let output: Map
  let side: Int
  let stride: Int
  /// Where the weights start, [side][side][in][out].
  let weights: Int
  /// Where the bias starts; nil for none.
  let bias: Int?

  private let forwardProduct: Product
  private let weightProduct: Product
  private let classes: [InputClass]
  private let flipped: FloatBuffer
  private var columns: Int { padded(output.channels) }

  /// The inputs whose places have the same remainders by the stride: the same kernel elements reach them.
  private struct InputClass {
    var product: Product
    var taps: [(y: Int, x: Int)]
    var start: Int
  }

  /// - Parameters:
  ///   - input: with a border of 1.
  ///   - output: as it is written; its gradient is read from a map with a border of 1.
  ///   - gradient: how the input's gradient is written; nil where nobody wants it.
  init(
    input: Map, output: Map, side: Int, stride: Int, weights: Int, bias: Int?, gradient: Map?
  ) {
    precondition(input.border == 1, "a convolution reads a bordered map")
    self.input = input
    self.output = output
    self.side = side
    self.stride = stride
    self.weights = weights
    self.bias = bias
    let out = padded(output.channels)
    // Output pixel (y, x) sees input pixels (y * stride + ky - shift, x * stride + kx - shift).
    let shift = side == 3 ? 1 : 0
    let places = (0..<output.height).flatMap { y in (0..<output.width).map { (y, $0) } }
    let seen = places.map { input.offset($0.0 * stride - shift, $0.1 * stride - shift) }
    let dense = input.pixel == input.channels
    forwardProduct = Product(
      rows: seen, outputs: places.map { output.offset($0.0, $0.1) }, columns: out,
      segments: dense
        ? (0..<side).map { $0 * input.row }
        : (0..<side).flatMap { y in (0..<side).map { y * input.row + $0 * input.pixel } },
      length: dense ? side * input.channels : input.channels,
      rightSegment: (dense ? side * input.channels : input.channels) * out, rightStep: out)

    let bordered = output.with(border: 1)
    let elements = (0..<side).flatMap { y in
      (0..<side).flatMap { x in (0..<input.channels).map { y * input.row + x * input.pixel + $0 } }
    }
    weightProduct = Product(
      rows: elements.map { $0 + input.offset(-shift, -shift) }, outputs: elements.indices.map { $0 * out },
      columns: out, segments: (0..<output.height).map { $0 * stride * input.row }, length: output.width,
      step: stride * input.pixel, rightSegment: bordered.row, rightStep: bordered.pixel)

    var classes: [InputClass] = []
    var used = 0
    if let gradient {
      for yRemainder in 0..<min(stride, input.height) {
        for xRemainder in 0..<min(stride, input.width) {
          // Kernel row ky reaches input row y from output row (y + shift - ky) / stride.
          let rows = (0..<side).filter { (yRemainder + shift - $0) % stride == 0 }.reversed()
          let lines = (0..<side).filter { (xRemainder + shift - $0) % stride == 0 }.reversed()
          if rows.isEmpty || lines.isEmpty { continue }
          let ys = Swift.stride(from: yRemainder, to: input.height, by: stride)
          let xs = Swift.stride(from: xRemainder, to: input.width, by: stride)
          let targets = ys.flatMap { y in xs.map { (y, $0) } }
          let taps = rows.flatMap { y in lines.map { (y, $0) } }
          classes.append(
            InputClass(
              product: inputProduct(rows: Array(rows), lines: Array(lines), targets: targets, gradient: gradient),
              taps: taps.map { (y: $0.0, x: $0.1) }, start: used))
          used += taps.count * output.channels * padded(input.channels)
        }
      }
    }
    self.classes = classes
    flipped = FloatBuffer(used)

    /// The product that gives the gradient of the inputs `targets`, reached by kernel rows and columns, both falling.
    func inputProduct(rows: [Int], lines: [Int], targets: [(Int, Int)], gradient: Map) -> Product {
      let wide = padded(input.channels)
      // Falling kernel columns are rising output columns, one apart: without padding they are one stretch.
      let dense = bordered.pixel == output.channels
      let tapRows = rows.map { (rows[0] - $0) / stride * bordered.row }
      let tapLines = lines.map { (lines[0] - $0) / stride * bordered.pixel }
      let length = dense ? lines.count * output.channels : output.channels
      return Product(
        rows: targets.map { bordered.offset(($0.0 + shift - rows[0]) / stride, ($0.1 + shift - lines[0]) / stride) },
        outputs: targets.map { gradient.offset($0.0, $0.1) }, columns: wide,
        segments: dense ? tapRows : tapRows.flatMap { row in tapLines.map { row + $0 } },
        length: length, rightSegment: length * wide, rightStep: wide)
    }
  }

  /// Makes ready what the input's gradient needs of the weights: once a step, before it.
  func prepare(_ kernels: Kernels, _ all: FloatBuffer) {
    let wide = padded(input.channels)
    for group in classes {
      for (index, tap) in group.taps.enumerated() {
        let from = weights + (tap.y * side + tap.x) * input.channels * columns
        kernels.call.transpose(
          all + from, Int32(input.channels), Int32(output.channels), Int32(columns),
          flipped + (group.start + index * output.channels * wide), Int32(wide))
      }
    }
  }

  /// Computes the output of an image.
  ///
  /// - Parameter onto: true to add to what `out` holds, the residual.
  func forward(
    _ kernels: Kernels, _ all: FloatBuffer, _ image: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>,
    rectify: Bool = false, onto: Bool = false
  ) {
    var start = Product.Start.zero
    if onto { start = .output }
    if let bias { start = .bias(all + bias) }
    forwardProduct.run(kernels, image, all + weights, into: out, from: start, rectify: rectify)
  }

  /// Adds an image's part to the gradient of the weights and the bias.
  ///
  /// - Parameter dOut: the output's gradient in a map with a border of 1.
  func addWeightGradient(
    _ kernels: Kernels, _ image: UnsafePointer<Float>, _ dOut: UnsafePointer<Float>,
    into gradient: UnsafeMutablePointer<Float>
  ) {
    let bordered = output.with(border: 1)
    weightProduct.run(kernels, image, dOut + bordered.inside, into: gradient + weights, from: .output)
    if let bias {
      kernels.call.add_pixels(
        dOut + bordered.inside, Int32(output.height), Int32(output.width), Int32(bordered.row), Int32(bordered.pixel),
        gradient + bias)
    }
  }

  /// Computes the gradient of the input from the output's, which has a border of 1 filled with zeros.
  ///
  /// - Parameter onto: true to add to what `dIn` holds; a 1x1 kernel with a stride leaves pixels between untouched.
  func inputGradient(
    _ kernels: Kernels, _ dOut: UnsafePointer<Float>, into dIn: UnsafeMutablePointer<Float>, onto: Bool = false
  ) {
    for group in classes {
      group.product.run(kernels, dOut, flipped + group.start, into: dIn, from: onto ? .output : .zero)
    }
  }
}
