import Testing
import Tracking
import TrackingContracts

@testable import ImageClassificationTrainer

/// The digits that the project ships.
let digits: String = {
  let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
  return parts.dropLast(3).joined(separator: "/") + "/examples/data/digits.csv.gz"
}()

/// Rows of csv with images that a net can learn: each class has its own bright stripe among noise.
func stripes(_ count: Int, side: Int = 6, classes: Int = 3, seed: UInt64 = 5) -> String {
  var draws = Draws(seed: seed, purpose: .split)
  return (0..<count).map { index in
    let label = index % classes
    var row: [String] = []
    for y in 0..<side {
      for _ in 0..<side { row.append(String(y == 2 * label ? 9 + draws.below(8) : draws.below(9))) }
    }
    return (row + [String(label)]).joined(separator: ",")
  }.joined(separator: "\n") + "\n"
}

/// A training of a test, with what it told.
final class Trial {
  struct Point: Equatable {
    var metric: String
    var step: Int
    var bits: UInt64
  }

  let training: Training
  let told: Told

  final class Told {
    var points: [Point] = []
    var lines: [String] = []
    /// Yields at the batch after this many updates; nil for never.
    var yieldAfter: Int?
    var yields = false

    /// Points that do not tell the time.
    var reproducible: [Point] { points.filter { !$0.metric.hasPrefix("system:") } }

    func last(_ metric: String) -> Double? {
      points.last { $0.metric == metric }.map { Double(bitPattern: $0.bits) }
    }
  }

  init(
    _ parameters: [String: Value], checkpoints: String? = nil, threads: Int = 1, level: Int32 = 2,
    stopAfter updates: Int? = nil
  ) throws {
    var parameters = parameters
    parameters["threads"] = .integer(Int64(threads))
    let checked = try Hyperparameters(parameters)
    let told = Told()
    self.told = told
    training = try Training(
      checked, data: try TrainingData(reading: checked.data),
      sink: TrainingSink(
        log: { metric, value, step in
          told.points.append(Point(metric: metric, step: step, bits: value.bitPattern))
          if let updates, metric == "learning_rate", step >= updates { told.yields = true }
        }, say: { told.lines.append($0) }, shouldYield: { told.yields }),
      checkpoints: checkpoints, kernels: Kernels(level: level))
  }

  /// Digest of the weights at hand.
  var weights: String {
    let learner = training.learners[0]
    return learner.network.layout.packed(learner.weights).withUnsafeBytes { Digest(hashing: $0) }.hex
  }
}
