internal import CImageKernels
internal import Tracking

/// `cnn`: blocks of a 3x3 convolution with rectified outputs, some followed by 2x2 pooling, and a dense layer.
///
/// A few images at a time go forward and back while their activations sit in the cache. Gradients are summed per slot
/// in the order of images, then over slots in order.
final class ConvolutionalNet: Network {
  /// A convolution and whether pooling follows.
  struct Block {
    var convolution: Convolution
    var pooled: Bool
    /// What the convolution writes.
    var map: Map
    /// What the next block reads, or, for the last, the dense layer.
    var out: Map
  }

  /// Images that go through the net together; it does not change the bits.
  static let chunk = 4

  let layout: ParameterLayout
  private let context: NetworkContext
  private let input: Map
  private let blocks: [Block]
  private let head: Dense
  private let scratch: [ConvolutionalScratch]
  private let slots: FloatBuffer

  /// Whether pooling follows a block: on maps of at least 14, and after the last.
  static func pools(side: Int, isLast: Bool) -> Bool { isLast || side >= 14 }

  init(_ context: NetworkContext, channels: [Int]) {
    self.context = context
    let input = Map(context.height, context.width, context.channels, pixel: context.channels, border: 1)
    var layout = ParameterLayout()
    var blocks: [Block] = []
    var map = input
    for (index, count) in channels.enumerated() {
      let isLast = index == channels.count - 1
      let pooled = ConvolutionalNet.pools(side: min(map.height, map.width), isLast: isLast)
      let output = Map(map.height, map.width, count, border: pooled ? 0 : 1)
      let previous = blocks.last
      let convolution = Convolution(
        input: map, output: output, side: 3, stride: 1,
        weights: layout.append(.weight("conv\(index)", [3, 3, map.channels, count])),
        bias: layout.append(.vector("conv\(index)_bias", count)),
        gradient: previous.map { $0.pooled ? $0.out.with(border: 0) : $0.out })
      let out = pooled ? Map(map.height / 2, map.width / 2, count, border: isLast ? 0 : 1) : output
      blocks.append(Block(convolution: convolution, pooled: pooled, map: output, out: out))
      map = out
    }
    head = Dense(
      pixels: map.pixels, channels: map.channels, outputs: context.classes, rows: ConvolutionalNet.chunk,
      weights: layout.append(.weight("fc", [map.pixels * map.channels, context.classes])),
      bias: layout.append(.vector("fc_bias", context.classes)))
    self.input = input
    self.blocks = blocks
    self.layout = layout
    scratch = (0..<context.workers.count).map { [head] _ in
      ConvolutionalScratch(input: input, blocks: blocks, head: head)
    }
    slots = FloatBuffer(Workers.slots(images: context.batch) * layout.learnedSize)
  }

  var layers: [Value] {
    var layers: [Value] = []
    for block in blocks {
      layers.append(
        .object([
          "kind": "convolution", "kernel": 3, "stride": 1, "padding": 1,
          "inputs": .integer(Int64(block.convolution.input.channels)),
          "outputs": .integer(Int64(block.map.channels)), "activation": "relu",
        ]))
      if block.pooled { layers.append(.object(["kind": "max_pool", "window": 2, "stride": 2])) }
    }
    layers.append(
      .object([
        "kind": "dense", "inputs": .integer(Int64(head.inputs)), "outputs": .integer(Int64(head.outputs)),
        "activation": "softmax",
      ]))
    return layers
  }

  /// Brings a chunk of images to the logits.
  private func forward(
    _ images: ImageSet, _ chunk: UnsafeBufferPointer<Int32>, _ weights: FloatBuffer, _ scratch: ConvolutionalScratch
  ) {
    let kernels = context.kernels
    for (place, image) in chunk.enumerated() {
      var from = scratch.input + place * input.size
      images.place(
        Int(image), kernels, into: from + input.inside, rows: input.height, rowStride: input.row)
      for (index, block) in blocks.enumerated() {
        let values = scratch.maps[index] + place * block.map.size
        block.convolution.forward(kernels, weights, from, into: values, rectify: true)
        from = values
        if block.pooled {
          from = scratch.pooled[index] + place * block.out.size
          kernels.call.pool(
            values, Int32(block.map.height), Int32(block.map.width), Int32(block.map.pixel),
            from + block.out.inside, Int32(block.out.row))
        }
      }
    }
    head.forward(
      kernels, weights, scratch.features, into: scratch.logits.start, rows: 0..<chunk.count, rectify: false)
  }

  /// Brings the gradient of a chunk's features back to the weights.
  private func backward(
    _ count: Int, _ scratch: ConvolutionalScratch, into gradient: UnsafeMutablePointer<Float>
  ) {
    let kernels = context.kernels
    for place in 0..<count {
      for index in blocks.indices.reversed() {
        let block = blocks[index]
        let bordered = block.map.with(border: 1)
        let values = scratch.maps[index] + place * block.map.size
        let d = scratch.gradients[index].start
        if block.pooled {
          let isLast = index == blocks.count - 1
          let dOut = isLast ? scratch.dFeatures + place * head.inputRow : scratch.dPooled[index].start
          kernels.call.pool_back(
            values, Int32(block.map.height), Int32(block.map.width), Int32(block.map.pixel),
            scratch.pooled[index] + (place * block.out.size + block.out.inside), Int32(block.out.row), dOut,
            d + bordered.inside, Int32(bordered.row))
        } else {
          kernels.call.rectify_back(
            values + block.map.inside, Int32(block.map.row), Int32(block.map.height), Int32(block.map.line),
            d + bordered.inside, Int32(bordered.row))
        }
        let from =
          index == 0
          ? scratch.input + place * input.size : scratch.output(index - 1) + place * blocks[index - 1].out.size
        block.convolution.addWeightGradient(kernels, from, d, into: gradient)
        if index > 0 {
          let target = blocks[index - 1].pooled ? scratch.dPooled[index - 1] : scratch.gradients[index - 1]
          block.convolution.inputGradient(kernels, d, into: target.start)
        }
      }
    }
  }

  func learn(
    _ images: ImageSet, _ batch: UnsafeBufferPointer<Int32>, weights: FloatBuffer, gradient: FloatBuffer,
    outcomes: Outcomes
  ) {
    let kernels = context.kernels
    images.labels(batch, into: outcomes.labels)
    for block in blocks.dropFirst() { block.convolution.prepare(kernels, weights) }
    head.prepare(kernels, weights)
    let size = layout.learnedSize
    let count = Workers.slots(images: batch.count)
    context.workers.run(count) { slot, worker in
      let scratch = scratch[worker]
      let sums = slots + slot * size
      sums.update(repeating: 0, count: size)
      let range = Workers.slot(slot, of: count, images: batch.count)
      for start in Swift.stride(from: range.lowerBound, to: range.upperBound, by: ConvolutionalNet.chunk) {
        let rows = start..<min(start + ConvolutionalNet.chunk, range.upperBound)
        forward(images, UnsafeBufferPointer(rebasing: batch[rows]), weights, scratch)
        kernels.call.classify(
          scratch.logits.start, Int32(rows.count), Int32(context.classes), Int32(head.outputRow),
          outcomes.labels + start, outcomes.losses + start, outcomes.ranks + start, scratch.dLogits.start)
        head.weightGradient(
          kernels, scratch.features, scratch.dLogits.start, into: sums, rows: rows.count, onto: true)
        head.addBiasGradient(kernels, scratch.dLogits.start, into: sums, rows: rows.count)
        head.inputGradient(
          kernels, scratch.dLogits.start, into: scratch.dFeatures.start, rows: 0..<rows.count)
        backward(rows.count, scratch, into: sums)
      }
    }
    kernels.call.add_slots(slots.start, Int32(count), Int64(size), Int32(size), gradient.start)
  }

  func judge(
    _ images: ImageSet, _ batch: UnsafeBufferPointer<Int32>, weights: FloatBuffer, outcomes: Outcomes,
    logits: FloatBuffer?
  ) {
    images.labels(batch, into: outcomes.labels)
    let pieces = (batch.count + 63) / 64
    context.workers.run(pieces) { piece, worker in
      let end = min((piece + 1) * 64, batch.count)
      for start in Swift.stride(from: piece * 64, to: end, by: ConvolutionalNet.chunk) {
        let rows = start..<min(start + ConvolutionalNet.chunk, end)
        let scratch = scratch[worker]
        forward(images, UnsafeBufferPointer(rebasing: batch[rows]), weights, scratch)
        context.kernels.call.classify(
          scratch.logits.start, Int32(rows.count), Int32(context.classes), Int32(head.outputRow),
          outcomes.labels + start, outcomes.losses + start, outcomes.ranks + start, nil)
        if let logits {
          (logits + start * head.outputRow).update(
            from: scratch.logits.start, count: rows.count * head.outputRow)
        }
      }
    }
  }
}

/// One worker's memory of a convolutional net.
final class ConvolutionalScratch {
  let input: FloatBuffer
  /// What each convolution wrote, and what pooling made of it (empty where none follows), `[chunk]`.
  let maps: [FloatBuffer]
  let pooled: [FloatBuffer]
  /// The gradient of one image's convolution outputs, with a border, and of its pooled outputs, without.
  let gradients: [FloatBuffer]
  let dPooled: [FloatBuffer]
  let dFeatures: FloatBuffer
  let logits: FloatBuffer
  let dLogits: FloatBuffer

  init(input: Map, blocks: [ConvolutionalNet.Block], head: Dense) {
    let chunk = ConvolutionalNet.chunk
    self.input = FloatBuffer(chunk * input.size)
    maps = blocks.map { FloatBuffer(chunk * $0.map.size) }
    pooled = blocks.map { FloatBuffer($0.pooled ? chunk * $0.out.size : 0) }
    gradients = blocks.map { FloatBuffer($0.map.with(border: 1).size) }
    dPooled = blocks.map { FloatBuffer($0.pooled ? $0.out.with(border: 0).size : 0) }
    dFeatures = FloatBuffer(chunk * head.inputRow)
    logits = FloatBuffer(chunk * head.outputRow)
    dLogits = FloatBuffer(chunk * head.outputRow)
  }

  /// What a block hands on.
  func output(_ index: Int) -> FloatBuffer { pooled[index].count > 0 ? pooled[index] : maps[index] }

  /// What the dense layer reads.
  var features: UnsafeMutablePointer<Float> { output(maps.count - 1).start }
}
