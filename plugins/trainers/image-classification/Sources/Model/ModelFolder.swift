internal import Tracking

/// The folder that becomes the artifact `model`: weights, what they mean, where they come from, and a test of them.
///
/// It holds nothing that differs between two trainings with the same data and hyperparameters: no time, no path, no
/// run's name.
enum ModelFolder {
  static let weightsName = "model.safetensors"
  static let manifestName = "MANIFEST.sha256"
  /// How many images the self-test has, where there are as many.
  static let testImages = 16

  static func epochName(_ epoch: Int) -> String {
    let digits = String(epoch)
    return "epoch-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + ".safetensors"
  }

  static func metadata(_ training: Training, epoch: Int) -> [String: String] {
    [
      "format": "runs image-classification \(Training.version)", "arch": training.parameters.network.name,
      "layout": "hwio", "bits": Training.bits, "epoch": String(epoch),
    ]
  }

  /// Writes the model of a training that has judged at least one epoch.
  ///
  /// - Parameter checkpoints: the directory with the weights of single epochs; nil for none.
  static func write(_ training: Training, to folder: String, checkpoints: String?) throws {
    try Files.makeDirectory(folder)
    let learner = training.learners[0]
    let layout = learner.network.layout
    var files: [(name: String, bytes: [UInt8])] = [
      (
        weightsName,
        SafeTensors.bytes(
          layout, learner.best,
          metadata: metadata(
            training, epoch: training.progress.keptEpoch(by: training.parameters.keptMetric) ?? 0))
      ),
      ("model.json", text(model(training))),
      ("hyperparameters.json", text(training.parameters.modelRecord)),
      ("labels.json", text(.list((0..<training.classes).map { .text(String($0)) }))),
      ("metrics.json", text(metrics(training))),
      ("data.json", text(training.data.record)),
      ("selftest.json", text(SelfTest(training).record)),
    ]
    if let checkpoints, let frequency = training.parameters.whole("checkpoint_frequency") {
      try Files.makeDirectory(folder + "/checkpoints")
      for record in training.progress.history where record.epoch % frequency == 0 {
        let name = epochName(record.epoch)
        files.append(("checkpoints/" + name, try FileBytes.raw(checkpoints + "/" + name)))
      }
    }
    files.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    for file in files { try Files.save(folder + "/" + file.name, file.bytes) }
    // The form that `sha256sum --check` reads.
    let manifest = files.map { "\(Digest(hashing: $0.bytes).hex)  \($0.name)\n" }.joined()
    try Files.save(folder + "/" + manifestName, Array(manifest.utf8))
  }

  private static func text(_ value: Value) -> [UInt8] { Array((value.prettyJSON + "\n").utf8) }

  private static func model(_ training: Training) -> Value {
    let data = training.data
    var entry: [String: Value] = [
      "format": .integer(Int64(Training.version)), "bits": .text(Training.bits),
      "network": .text(training.parameters.network.name),
      "image_shape": .list([data.channels, data.height, data.width].map { .integer(Int64($0)) }),
      "num_classes": .integer(Int64(training.classes)),
      "normalization": .object(["divide_by": .real(Double(data.divisor))]),
      "layers": .list(training.learners[0].network.layers),
      "learned_parameters": .integer(Int64(training.learners[0].network.layout.learnedCount)),
    ]
    switch training.parameters.network {
    case .perceptron(let widths): entry["hidden"] = .list(widths.map { .integer(Int64($0)) })
    case .convolutional(let counts): entry["channels"] = .list(counts.map { .integer(Int64($0)) })
    case .residual(let layers): entry["num_layers"] = .integer(Int64(layers))
    }
    return .object(entry)
  }

  private static func metrics(_ training: Training) -> Value {
    let epochs = training.progress.history.map { record -> Value in
      var entry: [String: Value] = [
        "epoch": .integer(Int64(record.epoch)), "step": .integer(Int64(record.step)),
        "learning_rate": .real(record.rate), "train:loss": .real(record.trainLoss),
        "train:accuracy": .real(record.trainAccuracy), "validation:loss": .real(record.validationLoss),
        "validation:accuracy": .real(record.validationAccuracy), "weights_sha256": .text(record.weightsDigest),
      ]
      if let rank = training.parameters.whole("top_k") {
        entry["train:top_k_accuracy_\(rank)"] = .real(record.trainTopAccuracy)
        entry["validation:top_k_accuracy_\(rank)"] = .real(record.validationTopAccuracy)
      }
      if !record.folds.isEmpty {
        entry["folds:validation:accuracy"] = .list(record.folds.map { .real($0) })
        entry["validation:accuracy_standard_error"] = .real(record.standardError)
      }
      return .object(entry)
    }
    var entry: [String: Value] = ["epochs": .list(epochs)]
    let kept = training.parameters.keptMetric
    if kept != "validation:accuracy", let epoch = training.progress.keptEpoch(by: kept) {
      entry["kept_epoch"] = .integer(Int64(epoch))
    }
    if let best = training.progress.best {
      entry["best_epoch"] = .integer(Int64(best.epoch))
      entry["best_validation:accuracy"] = .real(best.accuracy)
    }
    return .object(entry)
  }
}
