internal import CImageKernels
internal import Tracking

/// `mlp`: dense layers with rectified outputs, and a dense layer to the classes.
///
/// It works layer by layer on the whole batch. Threads split rows of results, so each sum has one order.
final class Perceptron: Network {
  let layout: ParameterLayout
  private let context: NetworkContext
  private let dense: [Dense]
  private let pixels: Int
  /// `[layer][image][inputs]`; the last are the logits.
  private let activations: [FloatBuffer]
  private let gradients: [FloatBuffer]

  init(_ context: NetworkContext, hidden: [Int]) {
    self.context = context
    pixels = context.height * context.width * context.channels
    var layout = ParameterLayout()
    var dense: [Dense] = []
    var (inputs, row) = (pixels, pixels)
    for (index, outputs) in (hidden + [context.classes]).enumerated() {
      let name = index == hidden.count ? "fc" : "hidden\(index)"
      let weights = layout.append(.weight(name, [inputs, outputs]))
      let bias = layout.append(.vector(name + "_bias", outputs))
      dense.append(
        Dense(
          pixels: 1, channels: inputs, outputs: outputs, rows: context.batch, inputRow: row, weights: weights,
          bias: bias))
      (inputs, row) = (outputs, padded(outputs))
    }
    self.layout = layout
    self.dense = dense
    activations = (dense.map(\.inputRow) + [row]).map { FloatBuffer($0 * context.batch) }
    gradients = dense.map { FloatBuffer($0.outputRow * context.batch) }
  }

  var layers: [Value] {
    dense.enumerated().map { index, layer in
      .object([
        "kind": "dense", "inputs": .integer(Int64(layer.inputs)), "outputs": .integer(Int64(layer.outputs)),
        "activation": index == dense.count - 1 ? "softmax" : "relu",
      ])
    }
  }

  /// Stretches of rows for the workers, in whole tiles.
  private func stretches(_ rows: Int, _ body: (Range<Int>) -> Void) {
    let pieces = min(context.workers.count, (rows + 7) / 8)
    let size = (rows + pieces * 8 - 1) / (pieces * 8) * 8
    context.workers.run(pieces) { piece, _ in
      let range = min(piece * size, rows)..<min((piece + 1) * size, rows)
      if !range.isEmpty { body(range) }
    }
  }

  private func forward(_ images: ImageSet, _ batch: UnsafeBufferPointer<Int32>, _ weights: FloatBuffer) {
    stretches(batch.count) { rows in
      for row in rows {
        images.place(
          Int(batch[row]), context.kernels, into: activations[0] + row * pixels, rows: 1, rowStride: pixels)
      }
      for (index, layer) in dense.enumerated() {
        layer.forward(
          context.kernels, weights, activations[index].start, into: activations[index + 1].start, rows: rows,
          rectify: index < dense.count - 1)
      }
    }
  }

  func learn(
    _ images: ImageSet, _ batch: UnsafeBufferPointer<Int32>, weights: FloatBuffer, gradient: FloatBuffer,
    outcomes: Outcomes
  ) {
    let kernels = context.kernels
    let count = batch.count
    forward(images, batch, weights)
    images.labels(batch, into: outcomes.labels)
    let last = dense.count - 1
    kernels.call.classify(
      activations[last + 1].start, Int32(count), Int32(context.classes), Int32(dense[last].outputRow),
      outcomes.labels, outcomes.losses, outcomes.ranks, gradients[last].start)
    for index in (0...last).reversed() {
      let layer = dense[index]
      (gradient + layer.bias).update(repeating: 0, count: layer.outputRow)
      layer.addBiasGradient(kernels, gradients[index].start, into: gradient.start, rows: count)
      stretches(layer.inputs) { inputs in
        layer.weightGradient(
          kernels, activations[index].start, gradients[index].start, into: gradient.start, rows: count,
          inputs: inputs, onto: false)
      }
      if index == 0 { continue }
      layer.prepare(kernels, weights)
      stretches(count) { rows in
        layer.inputGradient(kernels, gradients[index].start, into: gradients[index - 1].start, rows: rows)
        let start = rows.lowerBound * layer.inputRow
        kernels.call.rectify_back(
          activations[index] + start, Int32(layer.inputRow), Int32(rows.count), Int32(layer.inputRow),
          gradients[index - 1] + start, Int32(layer.inputRow))
      }
    }
  }

  func judge(
    _ images: ImageSet, _ batch: UnsafeBufferPointer<Int32>, weights: FloatBuffer, outcomes: Outcomes,
    logits: FloatBuffer?
  ) {
    images.labels(batch, into: outcomes.labels)
    let row = dense[dense.count - 1].outputRow
    for start in Swift.stride(from: 0, to: batch.count, by: context.batch) {
      let part = UnsafeBufferPointer(rebasing: batch[start..<min(start + context.batch, batch.count)])
      forward(images, part, weights)
      let values = activations[dense.count].start
      context.kernels.call.classify(
        values, Int32(part.count), Int32(context.classes), Int32(row), outcomes.labels + start,
        outcomes.losses + start, outcomes.ranks + start, nil)
      if let logits { (logits + start * row).update(from: values, count: part.count * row) }
    }
  }
}
