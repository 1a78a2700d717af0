import Testing
import Tracking
import TrackingContracts

@testable import ImageClassificationTrainer

struct ModelTests {
  private let folder = ScratchFolder()

  private func model(_ name: String, _ parameters: [String: Value]) throws -> Trial {
    let path = folder.write("images.csv", stripes(90))
    let trial = try Trial(
      parameters.merging(["train": .text(path), "epochs": 3, "mini_batch_size": 16]) { given, _ in given },
      checkpoints: folder(name + "-checkpoints"))
    _ = try trial.training.run()
    try ModelFolder.write(trial.training, to: folder(name), checkpoints: folder(name + "-checkpoints"))
    return trial
  }

  @Test(arguments: ["mlp", "cnn", "resnet"])
  func `a model tells its own test to the bit`(network: String) throws {
    _ = try model("model", ["network": .text(network), "channels": [4, 9], "hidden": [7], "checkpoint_frequency": 2])
    let found = ModelVerification(of: folder("model"))
    #expect(found.isValid, "\(found.checks)")
    #expect(
      found.checks.map(\.name) == [
        "checkpoints/epoch-00002.safetensors", "data.json", "hyperparameters.json", "labels.json", "metrics.json",
        "model.json", "model.safetensors", "selftest.json", "self-test",
      ])
    #expect(found.checks.last?.finding == "16 images x 3 logits, the same to the bit")
  }

  @Test func `a changed or missing file is found`() throws {
    _ = try model("model", ["network": "mlp"])
    var bytes = try FileBytes.raw(folder("model/model.safetensors"))
    bytes[bytes.count - 2] ^= 0x10
    try Files.save(folder("model/model.safetensors"), bytes)
    let changed = ModelVerification(of: folder("model"))
    #expect(changed.checks.filter { !$0.isRight }.map(\.name) == ["model.safetensors"])
    Files.remove(folder("model/labels.json"))
    #expect(ModelVerification(of: folder("model")).checks.filter { !$0.isRight }.count == 2)
    #expect(!ModelVerification(of: folder("nowhere")).isValid)
  }

  @Test func `weights that were exchanged with their digest fail the self-test`() throws {
    _ = try model("one", ["network": "mlp"])
    _ = try model("two", ["network": "mlp", "seed": 1])
    for name in ["model.safetensors", "MANIFEST.sha256"] {
      let other = try FileBytes.raw(folder("two/" + name))
      if name == "model.safetensors" {
        try Files.save(folder("one/" + name), other)
      } else {
        let digest = Digest(hashing: try FileBytes.raw(folder("two/model.safetensors"))).hex
        let lines = String(decoding: try FileBytes.raw(folder("one/" + name)), as: UTF8.self).split(separator: "\n")
        let patched = lines.map { $0.hasSuffix("model.safetensors") ? digest + "  model.safetensors" : String($0) }
        try Files.save(folder("one/" + name), Array((patched.joined(separator: "\n") + "\n").utf8))
      }
    }
    let found = ModelVerification(of: folder("one"))
    #expect(found.checks.filter { !$0.isRight }.map(\.name) == ["self-test"])
  }

  @Test(arguments: [
    ("\"image_shape\": [\n    1,\n    6,\n    6\n  ]", "\"image_shape\": [4096, 4096, 4096]"),
    ("\"hidden\": [\n    7\n  ]", "\"hidden\": [8192, 8192, 8192, 8192]"),
    ("\"num_classes\": 3", "\"num_classes\": -9223372036854775808"),
    ("\"network\": \"mlp\"", "\"network\": \"cnn\""),
  ])
  func `a hostile description is a finding and takes no memory`(found: String, hostile: String) throws {
    _ = try model("model", ["network": "mlp", "hidden": [7]])
    let before = String(decoding: try FileBytes.raw(folder("model/model.json")), as: UTF8.self)
    let parts = before.split(separator: found, omittingEmptySubsequences: false)
    try #require(parts.count == 2)
    let after = Array(parts.joined(separator: hostile).utf8)
    try Files.save(folder("model/model.json"), after)
    let manifest = String(decoding: try FileBytes.raw(folder("model/MANIFEST.sha256")), as: UTF8.self)
    let lines = manifest.split(separator: "\n").map {
      $0.hasSuffix("  model.json") ? Digest(hashing: after).hex + "  model.json" : String($0)
    }
    try Files.save(folder("model/MANIFEST.sha256"), Array((lines.joined(separator: "\n") + "\n").utf8))
    let verification = ModelVerification(of: folder("model"))
    #expect(verification.checks.filter { !$0.isRight }.map(\.name) == ["self-test"])
  }

  @Test func `two trainings give one model, byte for byte`() throws {
    _ = try model("one", ["network": "cnn", "channels": [4]])
    _ = try model("two", ["network": "cnn", "channels": [4], "beta_1": 0.5])
    let manifest = try FileBytes.raw(folder("one/MANIFEST.sha256"))
    #expect(try FileBytes.raw(folder("two/MANIFEST.sha256")) == manifest)
  }

  @Test func `the model is that of the best epoch`() throws {
    let trial = try model("model", ["network": "mlp", "learning_rate": 0.3, "epochs": 6])
    let metrics = try Value(json: String(decoding: FileBytes.raw(folder("model/metrics.json")), as: UTF8.self))
    let epochs = try #require(metrics["epochs"]?.list)
    let best = try #require(metrics["best_epoch"]?.integer)
    let accuracies = epochs.compactMap { $0["validation:accuracy"]?.number }
    #expect(accuracies.max() == accuracies[Int(best) - 1])
    #expect(accuracies.firstIndex(of: accuracies.max() ?? 0) == Int(best) - 1)
    let learner = trial.training.learners[0]
    let weights = learner.network.layout.packed(learner.best).withUnsafeBytes { Digest(hashing: $0) }
    #expect(epochs[Int(best) - 1]["weights_sha256"] == .text(weights.hex))
  }

  @Test func `numbers in base 16 read back to the bit`() {
    for value: Float in [
      0, -0, 1, -1, 0.1, .leastNormalMagnitude, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -3.1415927,
    ] {
      #expect(HexFloat.value(HexFloat.text(value))?.bitPattern == value.bitPattern, "\(value)")
    }
    #expect(HexFloat.text(1) == "0x1p+0")
    #expect(HexFloat.text(-0.75) == "-0x1.8p-1")
    #expect(HexFloat.text(0.1) == "0x1.99999ap-4")
  }
}
