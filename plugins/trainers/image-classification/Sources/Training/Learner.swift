internal import CImageKernels
internal import Tracking

/// A net in training: its weights, its optimizer's memory, and its data.
final class Learner {
  let network: any Network
  let optimizer: Optimizer
  let split: DataSplit
  let kernels: Kernels
  let weights: FloatBuffer
  /// The optimizer's memory: momentum, first moment or squared gradients; second moment.
  let first: FloatBuffer
  let second: FloatBuffer
  let gradient: FloatBuffer
  /// Weights of the epoch that is kept: the best one, as a rule.
  let best: FloatBuffer
  /// Updates so far.
  var updates = 0
  /// beta_1 and beta_2 to the power of `updates`.
  var betaPowers = (1.0, 1.0)
  /// The images' order in this epoch.
  private(set) var order: [Int32] = []
  private let seed: UInt64
  private let outcomes: Outcomes
  private let judgements: Outcomes
  /// Sums over this epoch so far.
  var sums = EpochSums()
  private let topRank: Int

  /// - Parameter topRank: the `k` of top-k accuracy; 1 where it is not wanted.
  init(
    network: any Network, optimizer: Optimizer, split: DataSplit, kernels: Kernels, seed: UInt64, batch: Int,
    topRank: Int
  ) {
    self.network = network
    self.optimizer = optimizer
    self.split = split
    self.kernels = kernels
    self.seed = seed
    self.topRank = topRank
    let layout = network.layout
    weights = FloatBuffer(layout.size)
    best = FloatBuffer(layout.size)
    gradient = FloatBuffer(layout.learnedSize)
    first = FloatBuffer(optimizer.remembers >= 1 ? layout.learnedSize : 0)
    second = FloatBuffer(optimizer.remembers >= 2 ? layout.learnedSize : 0)
    outcomes = Outcomes(batch)
    judgements = Outcomes(split.validation.count)
    Learner.fill(weights, layout, seed: seed)
    best.copy(from: weights)
  }

  /// Fills weights for the start: numbers are drawn in the order of tensors, rows and columns.
  static func fill(_ weights: FloatBuffer, _ layout: ParameterLayout, seed: UInt64) {
    var draws = Draws(seed: seed, purpose: .start)
    for tensor in layout.tensors {
      for row in 0..<tensor.rows {
        let place = weights + (tensor.offset + row * tensor.stride)
        for column in 0..<tensor.columns {
          switch tensor.start {
          case .zero: place[column] = 0
          case .one: place[column] = 1
          case .uniform(let fanIn):
            place[column] = draws.signedUnit() * (6 / Float(fanIn)).squareRoot()
          }
        }
      }
    }
  }

  /// Puts the training images into the order of an epoch (from 1) and forgets the sums of the one before.
  func begin(epoch: Int, fresh: Bool) {
    order = split.train.places
    var draws = Draws(seed: seed, purpose: .shuffle, epoch: epoch)
    draws.shuffle(&order)
    if fresh { sums = EpochSums() }
  }

  /// Learns from one batch of the epoch's order.
  ///
  /// - Parameter wantsNorm: whether the gradient's norm is worth computing.
  /// - Returns: the batch's mean loss, and the norm of the mean gradient. A loss that is no finite number changes
  ///   nothing: the weights are those that gave it.
  func step(_ range: Range<Int>, rate: Double, wantsNorm: Bool) -> (loss: Double, norm: Double?) {
    order.withUnsafeBufferPointer { order in
      network.learn(
        split.train.images, UnsafeBufferPointer(rebasing: order[range]), weights: weights, gradient: gradient,
        outcomes: outcomes)
    }
    let loss = outcomes.lossSum(range.count)
    sums.loss += loss
    sums.hits += outcomes.hits(range.count)
    if topRank > 1 { sums.topHits += outcomes.hits(range.count, within: topRank) }
    sums.images += range.count
    let rescale = 1 / Float(range.count)
    var norm: Double?
    if wantsNorm {
      norm = kernels.call.squares(gradient.start, rescale, Int32(gradient.count)).squareRoot()
    }
    guard loss.isFinite else { return (loss, norm) }
    updates += 1
    betaPowers.0 *= optimizer.beta1
    betaPowers.1 *= optimizer.beta2
    optimizer.update(self, rate: rate, rescale: rescale)
    return (loss / Double(range.count), norm)
  }

  /// Judges the validation images with the weights at hand.
  func validate() -> EpochSums {
    split.validation.places.withUnsafeBufferPointer {
      network.judge(split.validation.images, $0, weights: weights, outcomes: judgements, logits: nil)
    }
    let count = split.validation.count
    return EpochSums(
      loss: judgements.lossSum(count), hits: judgements.hits(count),
      topHits: topRank > 1 ? judgements.hits(count, within: topRank) : 0, images: count)
  }
}

/// What was summed over images.
struct EpochSums: Equatable {
  var loss = 0.0
  var hits = 0
  var topHits = 0
  var images = 0

  var meanLoss: Double { loss / Double(images) }
  var accuracy: Double { Double(hits) / Double(images) }
  var topAccuracy: Double { Double(topHits) / Double(images) }
}
