import Testing
import Tracking

@testable import ImageClassificationTrainer

/// MXNet's formulas, written out once more for single numbers.
struct OptimizerTests {
  /// A learner of a dense layer with weights and gradients of our own.
  private func learner(_ optimizer: Optimizer) -> Learner {
    let images = ImageSet(height: 1, width: 2, channels: 1, pixels: .bytes([1, 2]), labels: [0], divisor: 1)
    let part = ImagePart(images: images, places: [0])
    let context = NetworkContext(
      kernels: .best, workers: Workers(1), height: 1, width: 2, channels: 1, classes: 2, batch: 1)
    return Learner(
      network: Perceptron(context, hidden: []), optimizer: optimizer, split: DataSplit(train: part, validation: part),
      kernels: .best, seed: 0, batch: 1, topRank: 1)
  }

  static let rate: Float = 0.1

  struct Example: Sendable {
    var optimizer: Optimizer
    /// (weight, gradient, first, second, decay, update) to (weight, first, second).
    var formula: @Sendable (Float, Float, Float, Float, Float, Int) -> (Float, Float, Float)
  }

  static let examples = [
    Example(optimizer: .sgd(momentum: 0, weightDecay: 0.01)) { w, g, _, _, wd, _ in
      ((1 - rate * wd) * w - rate * g, 0, 0)
    },
    Example(optimizer: .sgd(momentum: 0.9, weightDecay: 0.01)) { w, g, m, _, wd, _ in
      let momentum = 0.9 * m - rate * wd * w - rate * g
      return (w + momentum, momentum, 0)
    },
    Example(optimizer: .nag(momentum: 0.9, weightDecay: 0.01)) { w, g, m, _, wd, _ in
      let h = g + wd * w
      let momentum = 0.9 * m - rate * h
      return (w + 0.9 * momentum - rate * h, momentum, 0)
    },
    Example(optimizer: .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8)) { w, g, m, v, _, t in
      let first = 0.9 * m + (1 - 0.9) * g
      let second = 0.999 * v + (1 - 0.999) * (g * g)
      var powers = (1.0, 1.0)
      for _ in 0..<t { powers = (powers.0 * 0.9, powers.1 * 0.999) }
      let corrected = Float(Double(0.1) * (1 - powers.1).squareRoot() / (1 - powers.0))
      return (w - corrected * first / (second.squareRoot() + 1e-8), first, second)
    },
    Example(optimizer: .rmsprop(gamma: 0.9, epsilon: 1e-8)) { w, g, n, _, _, _ in
      let squared = (1 - 0.9) * (g * g) + 0.9 * n
      return (w - rate * (g / (squared + 1e-8).squareRoot()), squared, 0)
    },
  ]

  @Test(arguments: examples)
  func `an update is MXNet's formula to the bit`(_ example: Example) {
    let learner = learner(example.optimizer)
    let layout = learner.network.layout
    var expected: [Int: (w: Float, m: Float, v: Float)] = [:]
    for update in 1...5 {
      learner.betaPowers.0 *= learner.optimizer.beta1
      learner.betaPowers.1 *= learner.optimizer.beta2
      for tensor in layout.tensors {
        for row in 0..<tensor.rows {
          for column in 0..<tensor.columns {
            let at = tensor.offset + row * tensor.stride + column
            let gradient = Float(at % 7) * 0.3 - 0.8 + Float(update) * 0.01
            learner.gradient.start[at] = gradient * 4
            let old = expected[at] ?? (learner.weights.start[at], 0, 0)
            // A quarter of the summed gradient is exact, so no rounding hides here.
            let decay: Float = tensor.decays ? 0.01 : 0
            let new = example.formula(old.w, gradient, old.m, old.v, decay, update)
            expected[at] = (new.0, new.1, new.2)
          }
        }
      }
      example.optimizer.update(learner, rate: 0.1, rescale: 0.25)
      for (at, values) in expected {
        #expect(learner.weights.start[at] == values.w, "place \(at), update \(update)")
        if learner.first.count > 0 { #expect(learner.first.start[at] == values.m) }
        if learner.second.count > 0 { #expect(learner.second.start[at] == values.v) }
      }
    }
  }

  @Test func `the rate falls at the first update after each named epoch`() {
    let schedule = RateSchedule(rate: 0.4, factor: 0.5, epochs: [2, 4])
    #expect((1...6).map { schedule.rate(epoch: $0) } == [0.4, 0.4, 0.2, 0.2, 0.1, 0.1])
  }

  @Test func `training stops after epochs without relative improvement, never before the minimum`() {
    func stop(_ curve: [Double], _ stopping: EarlyStopping) -> Int? {
      var memory = EarlyStopping.Memory()
      return curve.enumerated().first { stopping.stops(epoch: $0 + 1, accuracy: $1, memory: &memory) }.map { $0.0 + 1 }
    }
    let flat = [0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]
    #expect(stop(flat, EarlyStopping(minimumEpochs: 1, patience: 2, tolerance: 0)) == 4)
    #expect(stop(flat, EarlyStopping(minimumEpochs: 6, patience: 2, tolerance: 0)) == 6)
    #expect(stop([0.5, 0.51, 0.52, 0.9], EarlyStopping(minimumEpochs: 1, patience: 2, tolerance: 0.1)) == 3)
    #expect(stop([0.5, 0.51, 0.56, 0.9], EarlyStopping(minimumEpochs: 1, patience: 2, tolerance: 0.1)) == nil)
    #expect(stop([0, 0, 0.1], EarlyStopping(minimumEpochs: 1, patience: 2, tolerance: 0)) == 2)
  }
}
