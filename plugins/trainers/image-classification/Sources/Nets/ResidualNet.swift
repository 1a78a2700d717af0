internal import CImageKernels
internal import Tracking

/// `resnet`: the pre-activation residual net of MXNet's example for small images (He et al. 2016, arXiv:1603.05027).
///
/// The input is normalised with a fixed scale; a 3x3 convolution to 16 channels; three stages of (layers - 2) / 6 units
/// with 16, 32 and 64 channels, the later two halving the map; normalisation, global average, dense layer.
/// Between normalisations each image goes its own way; each normalisation waits for the whole batch.
final class ResidualNet: Network {
  /// Two normalised, rectified convolutions and a shortcut: the input itself or its 1x1 convolution.
  struct Unit {
    var first: Normalization
    var convolution: Convolution
    var second: Normalization
    var closing: Convolution
    var shortcut: Convolution?
    /// Of the unit's input, of what its first convolution writes, and of its output; without borders.
    var input: Map
    var middle: Map
    var output: Map
  }

  let layout: ParameterLayout
  let context: NetworkContext
  let image: Map
  let whitening: Normalization
  let stem: Convolution
  let units: [Unit]
  let closing: Normalization
  let head: Dense
  private let depth: Int
  /// What each unit reads (the last: what the closing normalisation reads), and what lies within it; `[image]`.
  let streams: [FloatBuffer]
  let middles: [FloatBuffer]
  /// Gradients of the stream and of the middle and the input of the unit at hand; `[image]`, `gradientSize` apart.
  let dStream: FloatBuffer
  let dMiddle: FloatBuffer
  let dInput: FloatBuffer
  let gradientSize: Int
  let features: FloatBuffer
  let dFeatures: FloatBuffer
  let logits: FloatBuffer
  let dLogits: FloatBuffer
  let scratch: [ResidualScratch]
  let slots: FloatBuffer
  /// A bordered image of ones: it makes the weight gradient of the stem tell the gradient of the input's shift.
  let ones: FloatBuffer
  let onesMap: Map
  let stemOfOnes: Convolution
  let onesSums: FloatBuffer

  init(_ context: NetworkContext, layers depth: Int) {
    self.context = context
    self.depth = depth
    let slotCount = Workers.slots(images: context.batch)
    var builder = ResidualBuilder(slots: slotCount)
    let image = Map(context.height, context.width, context.channels, pixel: context.channels, border: 0)
    let stemMap = Map(context.height, context.width, 16)
    whitening = builder.normalization("bn_data", image, scaled: false)
    stem = builder.convolution("conv0", image, to: stemMap, side: 3, stride: 1, gradient: false)
    var units: [Unit] = []
    var map = stemMap
    for (stage, channels) in [16, 32, 64].enumerated() {
      for index in 0..<(depth - 2) / 6 {
        let stride = stage > 0 && index == 0 ? 2 : 1
        let output = Map((map.height - 1) / stride + 1, (map.width - 1) / stride + 1, channels)
        units.append(
          builder.unit("stage\(stage + 1)_unit\(index + 1)", map, to: output, stride: stride, projects: index == 0))
        map = output
      }
    }
    closing = builder.normalization("bn1", map, scaled: true)
    head = builder.head(map.channels, classes: context.classes, rows: context.batch)
    layout = builder.finish([whitening] + units.flatMap { [$0.first, $0.second] } + [closing])
    self.image = image
    self.units = units
    streams = (units.map(\.input) + [map]).map { FloatBuffer($0.size * context.batch) }
    middles = units.map { FloatBuffer($0.middle.size * context.batch) }
    let largest = ([stemMap] + units.flatMap { [$0.middle, $0.output] }).map(\.size).max() ?? 0
    gradientSize = largest
    dStream = FloatBuffer(gradientSize * context.batch)
    dMiddle = FloatBuffer(gradientSize * context.batch)
    dInput = FloatBuffer(gradientSize * context.batch)
    features = FloatBuffer(head.inputRow * context.batch)
    dFeatures = FloatBuffer(head.inputRow * context.batch)
    logits = FloatBuffer(head.outputRow * context.batch)
    dLogits = FloatBuffer(head.outputRow * context.batch)
    let bordered = ([image] + units.flatMap { [$0.input, $0.middle, $0.output] }).map { $0.with(border: 1) }
    scratch = (0..<context.workers.count).map { _ in ResidualScratch(bordered: bordered, plain: largest) }
    slots = FloatBuffer(slotCount * layout.learnedSize)
    onesMap = Map(context.height, context.width, 1, pixel: 1, border: 1)
    ones = FloatBuffer(onesMap.size)
    for y in 0..<context.height {
      for x in 0..<context.width { ones.start[onesMap.offset(y, x)] = 1 }
    }
    stemOfOnes = Convolution(
      input: onesMap, output: stemMap, side: 3, stride: 1, weights: 0, bias: nil, gradient: nil)
    onesSums = FloatBuffer(slotCount * 9 * stemMap.pixel)
  }

  var layers: [Value] {
    func convolution(_ convolution: Convolution) -> Value {
      .object([
        "kind": "convolution", "kernel": .integer(Int64(convolution.side)),
        "stride": .integer(Int64(convolution.stride)), "padding": convolution.side == 3 ? 1 : 0,
        "inputs": .integer(Int64(convolution.input.channels)),
        "outputs": .integer(Int64(convolution.output.channels)),
      ])
    }
    var layers: [Value] = [
      .object(["kind": "batch_norm", "scale": "fixed", "epsilon": .real(Normalization.epsilon)]), convolution(stem),
    ]
    for unit in units {
      var entry: [String: Value] = [
        "kind": "residual_unit", "order": "norm, relu, convolution, norm, relu, convolution",
        "first": convolution(unit.convolution), "second": convolution(unit.closing), "shortcut": "identity",
      ]
      if let shortcut = unit.shortcut { entry["shortcut"] = convolution(shortcut) }
      layers.append(.object(entry))
    }
    layers += [
      .object(["kind": "batch_norm", "activation": "relu", "epsilon": .real(Normalization.epsilon)]),
      .object(["kind": "global_average_pool"]),
      .object([
        "kind": "dense", "inputs": .integer(Int64(head.inputs)), "outputs": .integer(Int64(head.outputs)),
        "activation": "softmax",
      ]),
    ]
    return layers
  }

  func judge(
    _ images: ImageSet, _ batch: UnsafeBufferPointer<Int32>, weights: FloatBuffer, outcomes: Outcomes,
    logits: FloatBuffer?
  ) {
    images.labels(batch, into: outcomes.labels)
    whitening.settleOnRunning(weights: weights)
    closing.settleOnRunning(weights: weights)
    for unit in units {
      unit.first.settleOnRunning(weights: weights)
      unit.second.settleOnRunning(weights: weights)
    }
    for start in Swift.stride(from: 0, to: batch.count, by: context.batch) {
      let part = UnsafeBufferPointer(rebasing: batch[start..<min(start + context.batch, batch.count)])
      let pieces = Workers.slots(images: part.count)
      context.workers.run(pieces) { piece, worker in
        let range = Workers.slot(piece, of: pieces, images: part.count)
        for row in range {
          stemForward(images, Int(part[row]), row, scratch[worker], weights)
          for unit in units.indices {
            openUnit(unit, row, scratch[worker], weights)
            closeUnit(unit, row, scratch[worker], weights)
          }
          average(row, scratch[worker])
        }
        classify(range, outcomes: outcomes, at: start, weights: weights, learning: false)
      }
      if let logits {
        (logits + start * head.outputRow).update(from: self.logits.start, count: part.count * head.outputRow)
      }
    }
  }
}

/// One worker's memory of a residual net: bordered maps whose borders stay zero, one for each shape.
final class ResidualScratch {
  let plain: FloatBuffer
  let pixels: FloatBuffer
  private let inputs: [(map: Map, buffer: FloatBuffer)]
  private let gradients: [(map: Map, buffer: FloatBuffer)]

  init(bordered: [Map], plain size: Int) {
    plain = FloatBuffer(size)
    pixels = FloatBuffer(bordered[0].size)
    var seen: [Map] = []
    for map in bordered where !seen.contains(map) { seen.append(map) }
    inputs = seen.map { ($0, FloatBuffer($0.size)) }
    gradients = seen.map { ($0, FloatBuffer($0.size)) }
  }

  /// A bordered map for what a convolution of this input reads.
  func input(_ map: Map) -> UnsafeMutablePointer<Float> { ResidualScratch.find(map, in: inputs) }

  /// A bordered map for the gradient of what a convolution wrote.
  func gradient(_ map: Map) -> UnsafeMutablePointer<Float> { ResidualScratch.find(map, in: gradients) }

  private static func find(
    _ map: Map, in buffers: [(map: Map, buffer: FloatBuffer)]
  ) -> UnsafeMutablePointer<Float> {
    let bordered = map.with(border: 1)
    for (map, buffer) in buffers where map == bordered { return buffer.start }
    preconditionFailure("no memory for a map")
  }
}
