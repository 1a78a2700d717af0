import Testing
import Tracking
import TrackingContracts

@testable import ImageClassificationTrainer

/// The same data and hyperparameters give the same bits.
struct DeterminismTests {
  struct Example: Sendable {
    var name: String
    var parameters: [String: Value]
    /// SHA-256 of the last weights: recorded once, the same on every x86-64 machine, in debug and release.
    var weights: String
  }

  static let examples = [
    Example(
      name: "mlp sgd", parameters: ["network": "mlp", "hidden": [20, 8], "epochs": 2, "mini_batch_size": 50],
      weights: "3169797020ecc094ebedaea477d64cc4bda05a727d36267cc63ee6915c779517"),
    Example(
      name: "cnn adam",
      parameters: [
        "network": "cnn", "channels": [5, 8], "optimizer": "adam", "learning_rate": 0.01, "epochs": 2,
        "mini_batch_size": 40,
      ], weights: "e2b44a6cc4b96668157ac50f845639620c70e1629c2c6ff93fbf82010968a81a"),
    Example(
      name: "cnn rmsprop",
      parameters: [
        "network": "cnn", "channels": [4], "optimizer": "rmsprop", "learning_rate": 0.01, "epochs": 2,
        "mini_batch_size": 16,
      ], weights: "812553364f02562236f48cccab72f295bed3dfaf142916b761babf2166e0ddc5"),
    Example(
      name: "resnet nag",
      parameters: ["network": "resnet", "optimizer": "nag", "epochs": 2, "mini_batch_size": 36],
      weights: "ef58252019af6f0d73cf1a3f615d8c52c6966732dbf0e77577df720e11e8f4e6"),
  ]

  private let folder = ScratchFolder()

  private func parameters(_ example: Example) -> [String: Value] {
    let path = folder.write("images.csv", stripes(120))
    return example.parameters.merging(["train": .text(path), "log_every": 1]) { $1 }
  }

  @Test(arguments: examples)
  func `weights and metrics are the same for any threads and instruction set`(_ example: Example) throws {
    let parameters = parameters(example)
    let first = try Trial(parameters)
    #expect(try first.training.run() == .finished(""))
    #expect(first.weights == example.weights, "\(example.name): \(first.weights)")
    for (threads, level) in [(2, Int32(2)), (3, 1), (1, 0), (3, 0)] {
      let other = try Trial(parameters, threads: threads, level: level)
      _ = try other.training.run()
      #expect(other.weights == first.weights, "\(threads) threads, level \(level)")
      #expect(other.told.reproducible == first.told.reproducible)
    }
  }

  @Test(arguments: examples)
  func `a training that was stopped goes on to the same bits`(_ example: Example) throws {
    var parameters = parameters(example)
    let whole = try Trial(parameters)
    _ = try whole.training.run()

    // The look at the clock comes at most every 50 ms, so a tiny training stops where it happens to look.
    parameters["checkpoint_seconds"] = 0.0
    let checkpoints = folder("checkpoints-" + example.name)
    let part = try Trial(parameters, checkpoints: checkpoints, threads: 2, stopAfter: 2)
    let end = try part.training.run()
    let rest = try Trial(parameters, checkpoints: checkpoints, threads: 3, level: 1)
    #expect(try rest.training.run() == .finished(""))
    #expect(end == .yielded || part.weights == whole.weights)
    #expect(rest.weights == whole.weights)
    #expect(rest.training.progress == whole.training.progress)
    for (one, other) in zip(whole.training.learners, rest.training.learners) {
      #expect(one.first.bytes.elementsEqual(other.first.bytes))
      #expect(one.second.bytes.elementsEqual(other.second.bytes))
      #expect(one.best.bytes.elementsEqual(other.best.bytes))
    }
    // What both attempts logged, a step counted once, is what the whole training logged.
    var seen: [String: Int] = [:]
    let joined = (part.told.reproducible + rest.told.reproducible).filter { point in
      if let last = seen[point.metric], point.step <= last { return false }
      seen[point.metric] = point.step
      return true
    }
    #expect(joined == whole.told.reproducible)
  }

  @Test func `a checkpoint can be written after any batch`() throws {
    let parameters = parameters(Self.examples[1])
    let whole = try Trial(parameters)
    _ = try whole.training.run()
    for updates in 1...5 {
      let checkpoints = folder("after-\(updates)")
      try Files.makeDirectory(checkpoints)
      let part = try Trial(parameters, checkpoints: checkpoints)
      part.training.stop(afterUpdates: updates)
      #expect(try part.training.run() == .yielded)
      let rest = try Trial(parameters, checkpoints: checkpoints, threads: 2)
      _ = try rest.training.run()
      #expect(rest.weights == whole.weights, "after \(updates)")
      #expect(rest.told.points.filter { $0.metric == "train:batch_loss" }.map(\.step).first == updates + 1)
    }
  }

  @Test func `a checkpoint of another training, or a damaged one, is not taken`() throws {
    let checkpoints = folder("checkpoints")
    try Files.makeDirectory(checkpoints)
    let parameters = parameters(Self.examples[0])
    let part = try Trial(parameters, checkpoints: checkpoints)
    part.training.stop(afterUpdates: 1)
    _ = try part.training.run()
    let other = try Trial(parameters.merging(["seed": 1]) { $1 }, checkpoints: checkpoints)
    #expect(try other.training.run() == .finished(""))
    #expect(
      other.told.lines[0].hasSuffix(
        "it belongs to a training with other data or parameters; starting from the beginning"))

    let path = checkpoints + "/" + Checkpoint.fileName
    var bytes = try FileBytes.raw(path)
    bytes[bytes.count / 2] ^= 1
    try Files.save(path, bytes)
    let again = try Trial(parameters, checkpoints: checkpoints)
    #expect(try again.training.run() == .finished(""))
    #expect(again.told.lines[0].contains("its digest does not fit its content"))
    #expect(again.weights == Self.examples[0].weights)
  }

  @Test func `the order of an epoch depends on the seed and the epoch alone`() {
    func order(seed: UInt64, epoch: Int) -> [Int32] {
      var values = (0..<Int32(50)).map { $0 }
      var draws = Draws(seed: seed, purpose: .shuffle, epoch: epoch)
      draws.shuffle(&values)
      return values
    }
    #expect(order(seed: 1, epoch: 1) == order(seed: 1, epoch: 1))
    #expect(order(seed: 1, epoch: 1) != order(seed: 1, epoch: 2))
    #expect(order(seed: 1, epoch: 1) != order(seed: 2, epoch: 1))
    #expect(order(seed: 1, epoch: 1).sorted() == (0..<50).map { $0 })
  }
}
