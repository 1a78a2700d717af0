import Testing
import Tracking
import TrackingContracts

@testable import ImageClassificationTrainer

struct TrainingTests {
  private let folder = ScratchFolder()

  @Test func `a small net learns the digits`() throws {
    let trial = try Trial(["train": .text(digits), "network": "mlp", "hidden": [32], "epochs": 4])
    #expect(try trial.training.run() == .finished(""))
    #expect(trial.told.last("validation:accuracy") ?? 0 > 0.9)
    #expect(trial.told.lines.count == 4)
    #expect(trial.told.lines[0].hasPrefix("epoch=1 step=43 train:loss="))
    let names = Set(trial.told.points.map(\.metric))
    #expect(
      names == [
        "train:batch_loss", "learning_rate", "grad_norm", "train:loss", "train:accuracy", "validation:loss",
        "validation:accuracy", "best_validation:accuracy", "epoch", "system:epoch_seconds", "system:cpu_seconds",
        "system:images_per_second",
      ])
  }

  @Test(arguments: ["mlp", "cnn", "resnet"])
  func `each net learns stripes`(network: String) throws {
    let path = folder.write("images.csv", stripes(90))
    let trial = try Trial([
      "train": .text(path), "network": .text(network), "channels": [4, 4], "hidden": [8], "epochs": 6,
      "learning_rate": 0.05, "mini_batch_size": 8, "top_k": 2,
    ])
    _ = try trial.training.run()
    #expect(trial.told.last("best_validation:accuracy") ?? 0 > 0.9)
    #expect(trial.told.last("validation:top_k_accuracy_2") ?? 0 >= trial.told.last("validation:accuracy") ?? 1)
    #expect(trial.told.last("train:loss") ?? 9 < 0.5)
  }

  @Test func `a training whose loss runs away ends at once and says so`() throws {
    let path = folder.write("images.csv", stripes(60))
    let trial = try Trial([
      "train": .text(path), "network": "mlp", "hidden": [64, 64], "learning_rate": 1.0, "momentum": 1.0, "epochs": 60,
      "mini_batch_size": 4,
    ])
    guard case .diverged(let reason) = try trial.training.run() else {
      Issue.record("it did not diverge")
      return
    }
    #expect(reason.contains("the loss is"))
    #expect(trial.told.last("validation:accuracy") != nil)
    #expect(trial.told.points.allSatisfy { Double(bitPattern: $0.bits).isFinite })
  }

  @Test func `early stopping ends a training that no longer improves`() throws {
    let path = folder.write("images.csv", stripes(60))
    let trial = try Trial([
      "train": .text(path), "network": "mlp", "hidden": [8], "learning_rate": 0.0, "epochs": 50, "early_stopping": true,
      "early_stopping_min_epochs": 3, "early_stopping_patience": 2,
    ])
    let end = try trial.training.run()
    #expect(end == .finished("stopped early at epoch 3: no improvement for 2 epochs"))
    #expect(trial.training.progress.best?.epoch == 1)
  }

  @Test(arguments: ["validation:accuracy", "validation:loss", "train:accuracy", "train:loss", "last"])
  func `the model is of the epoch that is to be kept`(metric: String) throws {
    let path = folder.write("images.csv", stripes(60))
    // The rate is so high that no epoch is the best by every metric.
    let trial = try Trial([
      "train": .text(path), "network": "mlp", "hidden": [4], "epochs": 9, "learning_rate": 0.4, "mini_batch_size": 4,
      "keep_epoch": .text(metric),
    ])
    _ = try trial.training.run()
    let values = trial.told.points.filter { $0.metric == (metric == "last" ? "epoch" : metric) }
      .map { Double(bitPattern: $0.bits) }
    let best = metric.hasSuffix("loss") ? values.min() : values.max()
    let epoch = 1 + (try #require(values.firstIndex { $0 == best }))
    let training = trial.training
    #expect(training.progress.keptEpoch(by: metric) == epoch)
    let learner = training.learners[0]
    let packed = learner.network.layout.packed(learner.best)
    #expect(
      packed.withUnsafeBytes { Digest(hashing: $0) }.hex == training.progress.history[epoch - 1].weightsDigest)
    #expect((training.parameters.modelRecord["keep_epoch"] == nil) == (metric == "validation:accuracy"))
  }

  @Test func `folds are averaged, with their standard error`() throws {
    let path = folder.write("images.csv", stripes(60))
    let trial = try Trial([
      "train": .text(path), "network": "mlp", "hidden": [8], "epochs": 2, "folds": 3, "learning_rate": 0.02,
    ])
    _ = try trial.training.run()
    let folds = (1...3).compactMap { trial.told.last("fold\($0):validation:accuracy") }
    #expect(folds.count == 3)
    let mean = folds.reduce(0, +) / 3
    #expect(trial.told.last("validation:accuracy") == mean)
    let variance = folds.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) } / 2
    #expect(abs((trial.told.last("validation:accuracy_standard_error") ?? 9) - (variance / 3).squareRoot()) < 1e-12)
  }

  @Test func `what the data does not bear is refused`() throws {
    func refusal(_ parameters: [String: Value]) -> String {
      do {
        _ = try Trial(parameters.merging(["train": .text(digits)]) { given, _ in given })
        return "taken"
      } catch { return String(describing: error) }
    }
    #expect(refusal(["num_classes": 9]).contains("num_classes is 9, and the data has classes up to 9"))
    #expect(refusal(["num_training_samples": 1797]).contains("1348 images train"))
    #expect(refusal(["num_training_samples": 1348]) == "taken")
    #expect(refusal(["top_k": 10]).contains("top_k is 10"))
    #expect(refusal(["image_shape": "1,28,28"]).contains("image_shape is '1,28,28'"))
    #expect(
      refusal(["data_sha256": .text(String(repeating: "0", count: 64))]).contains("the data is not what it was"))
    let tiny = folder.write("tiny.csv", "1,2,3,4,0\n4,3,2,1,1\n1,2,3,5,0\n4,3,2,2,1\n")
    #expect(refusal(["train": .text(tiny)]).contains("use mlp"))
  }
}
