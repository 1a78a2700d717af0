import Testing

@testable import ImageClassificationTrainer

/// A net's gradient beside finite differences of the same net in float64.
struct GradientTests {
  struct Example: Sendable {
    var choice: NetworkChoice
    var height: Int
    var width: Int
    var channels: Int
    var images: Int
    /// Places that are looked at, of each tensor, or of each so many tensors.
    var places: Int
    var every = 1
  }

  static let examples = [
    Example(choice: .perceptron(hidden: [9, 8]), height: 4, width: 4, channels: 1, images: 11, places: 6),
    Example(choice: .perceptron(hidden: []), height: 3, width: 5, channels: 1, images: 17, places: 6),
    Example(choice: .convolutional(channels: [8, 5]), height: 6, width: 6, channels: 1, images: 11, places: 2),
    Example(choice: .convolutional(channels: [3, 4, 2]), height: 5, width: 7, channels: 3, images: 9, places: 2),
    Example(choice: .convolutional(channels: [4, 8]), height: 14, width: 15, channels: 1, images: 2, places: 1),
    Example(choice: .residual(layers: 8), height: 5, width: 4, channels: 2, images: 3, places: 1),
    Example(choice: .residual(layers: 14), height: 4, width: 4, channels: 1, images: 5, places: 1, every: 5),
  ]

  @Test(arguments: examples)
  func `gradients agree with finite differences`(_ example: Example) {
    let size = example.height * example.width * example.channels
    let count = example.images
    var draws = Draws(seed: 7, purpose: .split)
    let pixels = (0..<count * size).map { _ in UInt8(draws.below(17)) }
    let labels = (0..<count).map { _ in Int32(draws.below(3)) }
    let images = ImageSet(
      height: example.height, width: example.width, channels: example.channels, pixels: .bytes(pixels),
      labels: labels, divisor: 16)
    let context = NetworkContext(
      kernels: .best, workers: Workers(2), height: example.height, width: example.width, channels: example.channels,
      classes: 3, batch: 24)
    let net = example.choice.make(context)
    let weights = FloatBuffer(net.layout.size)
    Learner.fill(weights, net.layout, seed: 3)
    // Biases, shifts and scales off their start, so that a mistake with them shows.
    for tensor in net.layout.tensors where tensor.rows == 1 && tensor.learned && tensor.shape.count == 1 {
      for column in 0..<tensor.columns { weights.start[tensor.offset + column] += draws.signedUnit() * 0.2 }
    }
    let packed = net.layout.packed(weights).map(Double.init)
    let gradient = FloatBuffer(net.layout.learnedSize)
    let outcomes = Outcomes(24)
    let places = (0..<Int32(count)).map { $0 }
    places.withUnsafeBufferPointer {
      net.learn(images, $0, weights: weights, gradient: gradient, outcomes: outcomes)
    }

    let reference = ReferenceNet(
      choice: example.choice, layout: net.layout, classes: 3, height: example.height, width: example.width,
      channels: example.channels)
    let inputs = (0..<count).map { image in
      pixels[image * size..<(image + 1) * size].map { Double(Float($0) / 16) }
    }
    let loss = reference.loss(packed, inputs, labels.map(Int.init))
    #expect(abs(outcomes.lossSum(count) - loss) < 1e-4 * loss)

    // Small, so that it crosses no kink of a rectifier; float64 leaves 1e-8 of it.
    let step = 1e-7
    var at = 0
    for (number, tensor) in net.layout.tensors.enumerated() {
      defer { at += tensor.count }
      if !tensor.learned || number % example.every != 0 { continue }
      let largest = (0..<tensor.size).map { abs(Double(gradient.start[tensor.offset + $0])) }.max() ?? 0
      for _ in 0..<example.places {
        let place = Int(draws.below(UInt32(tensor.count)))
        let (row, column) = (place / tensor.columns, place % tensor.columns)
        var moved = packed
        moved[at + place] = packed[at + place] + step
        let above = reference.loss(moved, inputs, labels.map(Int.init))
        moved[at + place] = packed[at + place] - step
        let below = reference.loss(moved, inputs, labels.map(Int.init))
        let expected = (above - below) / (2 * step)
        let found = Double(gradient.start[tensor.offset + row * tensor.stride + column])
        #expect(
          abs(found - expected) < 5e-5 * (largest + 1e-2), "\(tensor.name)[\(place)]: \(found), expected \(expected)")
      }
    }
  }
}
