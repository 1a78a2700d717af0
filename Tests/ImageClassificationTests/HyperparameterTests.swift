import Testing
import Tracking

@testable import ImageClassificationTrainer

struct HyperparameterTests {
  private func problems(_ parameters: [String: Value]) -> [String] {
    Hyperparameters.problems(parameters.merging(["train": "a.csv"]) { given, _ in given }).map(\.message)
  }

  @Test func `the defaults are SageMaker's`() throws {
    let defaults = try Hyperparameters(["train": "a.csv"])
    #expect(defaults.optimizer == .sgd(momentum: 0.9, weightDecay: 0.0001))
    #expect(defaults.schedule == RateSchedule(rate: 0.1, factor: 0.1, epochs: []))
    #expect(defaults.whole("mini_batch_size") == 32)
    #expect(defaults.whole("epochs") == 30)
    #expect(defaults.earlyStopping == nil)
    let stopping = try Hyperparameters(["train": "a.csv", "early_stopping": true]).earlyStopping
    #expect(stopping == EarlyStopping(minimumEpochs: 10, patience: 5, tolerance: 0))
    #expect(
      try Hyperparameters(["train": "a.csv", "optimizer": "adam"]).optimizer
        == .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8))
    #expect(
      try Hyperparameters(["train": "a.csv", "optimizer": "rmsprop"]).optimizer == .rmsprop(gamma: 0.9, epsilon: 1e-8))
  }

  static let refused: [(name: String, value: Value, says: String)] = [
    ("learning_rate", 1.5, "learning_rate is 1.5; it is a real number from 0 to 1"),
    ("learning_rate", "fast", "learning_rate is 'fast'; it is a real number from 0 to 1"),
    ("beta_1", 1.0, "beta_1 is 1.0; it is a real number from 0 to below 1"),
    ("mini_batch_size", 0, "mini_batch_size is 0; it is a whole number from 1 to 65536"),
    ("mini_batch_size", 31.5, "mini_batch_size is 31.5; it is a whole number from 1 to 65536"),
    ("optimizer", "adamw", "optimizer is 'adamw'; it is one of sgd, adam, rmsprop, nag"),
    ("num_layers", 152, "num_layers is 152; it is one of 8, 14, 20"),
    ("hidden", [], "hidden is []; it is a whole number from 1 to 8192, or a list of up to 8 of them"),
    ("lr_scheduler_step", "10,5", "lr_scheduler_step is '10,5'; it is one or more rising epochs"),
    ("top_k", 1, "top_k is 1; it is a whole number from 2 to 10000"),
    ("image_shape", "28x28", "image_shape is '28x28'; it is channels, height and width"),
    ("kv_store", "dist_sync", "kv_store is 'dist_sync', and training is on one machine"),
    ("use_pretrained_model", 1, "use_pretrained_model is 1, and training starts from random weights"),
    ("multi_label", 1, "multi_label is 1, and an image has one class"),
    ("precision_dtype", "float16", "precision_dtype is 'float16', and weights are float32"),
    ("augmentation_type", "crop", "augmentation_type is 'crop', and images are not augmented"),
    ("resize", 256, "resize is 256, and images keep their size"),
    ("use_weighted_loss", 1, "use_weighted_loss is 1, and it belongs to multi_label"),
    ("checkpoint_frequency", 31, "checkpoint_frequency is 31, and there are 30 epochs"),
    ("learning_rte", 0.1, "'learning_rte' is no hyperparameter of image-classification; did you mean 'learning_rate'?"),
    ("zzz", 1, "'zzz' is no hyperparameter of image-classification; `runs plugins"),
  ]

  @Test(arguments: refused)
  func `what cannot be done is refused in a sentence`(_ example: (name: String, value: Value, says: String)) {
    let found = problems([example.name: example.value])
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix(example.says) == true, "\(found)")
  }

  @Test func `values that mean what is done anyway are taken`() {
    #expect(
      problems([
        "use_pretrained_model": 0, "multi_label": false, "precision_dtype": "float32", "augmentation_type": "none",
        "resize": .null, "early_stopping": 1, "mini_batch_size": 64.0, "learning_rate": 1, "hidden": 64,
        "lr_scheduler_step": "10, 20",
      ]).isEmpty)
  }

  @Test func `options that contradict each other are refused`() {
    #expect(problems(["validation": "b.csv", "folds": 3]).count == 1)
    #expect(problems(["validation": "b.csv", "validation_fraction": 0.2]).count == 1)
    #expect(problems(["folds": 3, "validation_fraction": 0.2]).count == 1)
    #expect(Hyperparameters.problems([:]).map(\.name) == ["train"])
  }

  @Test func `what an optimizer does not read is recorded as without effect`() throws {
    let adam = try Hyperparameters(["train": "a.csv", "optimizer": "adam", "momentum": 0.5, "gamma": 0.3])
    #expect(adam.ignored == ["momentum", "gamma"])
    let record = adam.record.byName
    #expect(record["momentum"] == .real(0))
    #expect(record["weight_decay"] == .real(0))
    #expect(record["gamma"] == .null)
    #expect(record["beta_1"] == .real(0.9))
    #expect(record["hidden"] == nil)
    let plain = try Hyperparameters(["train": "b.csv", "optimizer": "adam", "threads": 7])
    #expect(plain.modelRecord == adam.modelRecord)
    let readers = ["sgd": 3, "nag": 3, "adam": 4, "rmsprop": 3]
    for (optimizer, count) in readers {
      let parameters = try Hyperparameters(["train": "a.csv", "optimizer": .text(optimizer)])
      let names = ["learning_rate", "momentum", "weight_decay", "beta_1", "beta_2", "eps", "gamma"]
      #expect(names.compactMap(Hyperparameter.named).filter { parameters.reads($0) }.count == count)
    }
  }

  @Test func `a record read back is the same training`() throws {
    let parameters = try Hyperparameters([
      "train": "a.csv", "optimizer": "nag", "momentum": 0.25, "lr_scheduler_step": "3,5", "early_stopping": true,
      "beta_1": 0.5, "network": "mlp", "hidden": 12,
    ])
    let again = try Hyperparameters(parameters.record.byName)
    #expect(again.modelRecord == parameters.modelRecord)
    for more in [["validation": "b.csv"], ["folds": 3], ["top_k": 2, "num_classes": 4]] as [[String: Value]] {
      let one = try Hyperparameters(more.merging(["train": "a.csv"]) { given, _ in given })
      #expect(try Hyperparameters(one.record.byName).modelRecord == one.modelRecord)
    }
  }

  @Test func `a space is checked before anything starts`() {
    let space = SearchSpace([
      ParameterSpace("learning_rate", .continuous(min: 1e-6, max: 0.5, scale: .log)),
      ParameterSpace("mini_batch_size", .integer(min: 8, max: 512, scale: .log)),
      ParameterSpace("optimizer", .categorical(["sgd", "adam"])),
      ParameterSpace(
        "beta_1", .continuous(min: 1e-6, max: 0.999, scale: .reverseLog),
        conditions: [ParameterSpace.Condition(parameter: "optimizer", values: ["adam"])]),
      ParameterSpace("momentum", .continuous(min: 0, max: 0.999, scale: .linear)),
    ])
    let found = ImageClassificationTrainer.problems(fixed: ["train": "a.csv"], space: space)
    #expect(found.filter(\.isError).isEmpty)
    #expect(found.map(\.name) == ["momentum"])
    let bad = SearchSpace([
      ParameterSpace("learning_rate", .continuous(min: 0, max: 2, scale: .linear)),
      ParameterSpace("optimizer", .categorical(["sgd", "lamb"])),
      ParameterSpace("mini_batch_size", .continuous(min: 8, max: 512, scale: .linear)),
      ParameterSpace("droput", .continuous(min: 0, max: 1, scale: .linear)),
    ])
    let errors = ImageClassificationTrainer.problems(fixed: ["train": "a.csv"], space: bad).filter(\.isError)
    #expect(errors.map(\.name) == ["learning_rate", "optimizer", "mini_batch_size", "droput"])
  }
}
