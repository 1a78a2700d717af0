internal import Tracking

/// What a net says of images, one entry each, in the order in which they were asked for.
final class Outcomes {
  /// Cross-entropy.
  let losses: UnsafeMutablePointer<Double>
  /// How many classes were thought likelier than the right one: 0 is a hit.
  let ranks: UnsafeMutablePointer<Int32>
  let labels: UnsafeMutablePointer<Int32>
  let capacity: Int

  init(_ capacity: Int) {
    self.capacity = capacity
    losses = .allocate(capacity: max(capacity, 1))
    losses.initialize(repeating: 0, count: max(capacity, 1))
    ranks = .allocate(capacity: max(capacity, 1))
    ranks.initialize(repeating: 0, count: max(capacity, 1))
    labels = .allocate(capacity: max(capacity, 1))
    labels.initialize(repeating: 0, count: max(capacity, 1))
  }

  deinit {
    losses.deallocate()
    ranks.deallocate()
    labels.deallocate()
  }

  /// Sums of the first `count`: the loss in float64 in the order of images, and how many ranks are below a bound.
  func lossSum(_ count: Int) -> Double {
    var sum = 0.0
    for index in 0..<count { sum += losses[index] }
    return sum
  }

  func hits(_ count: Int, within rank: Int = 1) -> Int {
    var hits = 0
    for index in 0..<count where ranks[index] < rank { hits += 1 }
    return hits
  }
}

/// A net: it knows where its weights lie and computes with them; it holds scratch memory and no state of a training.
///
/// One caller at a time. The same weights and images give the same bits whatever the number of workers.
protocol Network: AnyObject {
  var layout: ParameterLayout { get }

  /// The layers, for `model.json`.
  var layers: [Value] { get }

  /// Computes the gradient of the loss, summed over a batch, and what the net said of each image.
  ///
  /// - Parameters:
  ///   - weights: running statistics in it are updated.
  ///   - gradient: every learned place is written.
  func learn(
    _ images: ImageSet, _ batch: UnsafeBufferPointer<Int32>, weights: FloatBuffer, gradient: FloatBuffer,
    outcomes: Outcomes)

  /// Judges images without learning.
  ///
  /// - Parameter logits: takes `[images][padded classes]` where it is wanted.
  func judge(
    _ images: ImageSet, _ batch: UnsafeBufferPointer<Int32>, weights: FloatBuffer, outcomes: Outcomes,
    logits: FloatBuffer?)
}

/// What every net is made with.
struct NetworkContext {
  var kernels: Kernels
  var workers: Workers
  var height: Int
  var width: Int
  var channels: Int
  var classes: Int
  /// The most images of a batch.
  var batch: Int
}
