internal import Tracking

extension Hyperparameter {
  /// Every hyperparameter, in the order of the documentation: SageMaker's names, ranges and defaults where it has them.
  static let table: [Hyperparameter] = data + training + optimizers + nets + stops + outputs + unbuilt

  /// The one with a name.
  static func named(_ name: String) -> Hyperparameter? { byName[name] }

  private static let byName = Dictionary(table.map { ($0.name, $0) }, uniquingKeysWith: { $1 })

  private static let data = [
    Hyperparameter("train", .text, "path of the training images (required)", shapesModel: false),
    Hyperparameter(
      "train_labels", .text, "path of their classes, for idx (found by itself beside `images-idx3`) and npy",
      shapesModel: false),
    Hyperparameter(
      "validation", .text, "path of the validation images; without it a part of `train` validates", shapesModel: false),
    Hyperparameter("validation_labels", .text, "path of their classes, for idx and npy", shapesModel: false),
    Hyperparameter(
      "data_format", .choice(ImageFormat.allCases.map(\.rawValue)), "format of the files; by their names unless given",
      shapesModel: false),
    Hyperparameter("label_column", .choice(["last", "first"]), "last", "where a row of csv has its class"),
    Hyperparameter(
      "data_sha256", .digest, "what the data must be; recorded by every training, so that a re-run notices other data",
      shapesModel: false),
    Hyperparameter(
      "image_shape", .shape, "channels, height, width; must be what the images are (csv: says what a row is)"),
    Hyperparameter("num_classes", .whole(2, 10_000), "classes; must not be fewer than the data has"),
    Hyperparameter("num_training_samples", .whole(1, .max), "training images; must be what the data has"),
    Hyperparameter(
      "validation_fraction", .real(0.001, 0.999), 0.25, "the part of `train` that validates", reader: .oneSplit),
    Hyperparameter(
      "split_seed", .whole(0, .max), 0, "which part that is; apart from `seed`, so that seeds compare",
      reader: .parting),
    Hyperparameter(
      "folds", .whole(2, 100), "cross-validates with this many folds instead of one split", reader: .parting),
  ]

  private static let training = [
    Hyperparameter("epochs", .whole(1, 1_000_000), 30, "how many times the training images are gone through"),
    Hyperparameter("mini_batch_size", .whole(1, 65_536), 32, "images per update; an epoch's last batch may be shorter"),
    Hyperparameter("seed", .whole(0, .max), 0, "of the first weights and of the order of images"),
    Hyperparameter("learning_rate", .real(0, 1), 0.1, "the step size"),
    Hyperparameter(
      "lr_scheduler_step", .epochs, "after these epochs the learning rate is multiplied by lr_scheduler_factor"),
    Hyperparameter("lr_scheduler_factor", .real(0, 1), 0.1, "by how much", reader: .schedule),
  ]

  private static let optimizers = [
    Hyperparameter("optimizer", .choice(["sgd", "adam", "rmsprop", "nag"]), "sgd", "how weights follow the gradient"),
    Hyperparameter("momentum", .real(0, 1), 0.9, "of sgd and nag", reader: .optimizers(["sgd", "nag"])),
    Hyperparameter(
      "weight_decay", .real(0, 1), 0.0001, "of sgd and nag, on weights and scales; 0 for the others",
      reader: .optimizers(["sgd", "nag"])),
    Hyperparameter(
      "beta_1", .real(0, 1, open: true), 0.9, "of adam, for the first moment", reader: .optimizers(["adam"])),
    Hyperparameter(
      "beta_2", .real(0, 1, open: true), 0.999, "of adam, for the second moment", reader: .optimizers(["adam"])),
    Hyperparameter(
      "eps", .real(0, 1), 1e-8, "of adam (beside the root) and rmsprop (inside it)",
      reader: .optimizers(["adam", "rmsprop"])),
    Hyperparameter("gamma", .real(0, 1), 0.9, "of rmsprop, for the squared gradient", reader: .optimizers(["rmsprop"])),
  ]

  private static let nets = [
    Hyperparameter("network", .choice(["mlp", "cnn", "resnet"]), "cnn", "the kind of net"),
    Hyperparameter(
      "hidden", .widths(1, 8192, most: 8), [128], "widths of the hidden layers", reader: .networks(["mlp"])),
    Hyperparameter(
      "channels", .widths(1, 1024, most: 8), [16, 32], "channels of the convolutions", reader: .networks(["cnn"])),
    Hyperparameter("num_layers", .oneOf([8, 14, 20]), 8, "layers", reader: .networks(["resnet"])),
  ]

  private static let stops = [
    Hyperparameter("early_stopping", .flag, false, "ends the training when validation accuracy no longer rises"),
    Hyperparameter(
      "early_stopping_min_epochs", .whole(1, .max), 10, "never before this epoch", reader: .earlyStopping),
    Hyperparameter(
      "early_stopping_patience", .whole(1, .max), 5, "after this many epochs without improvement",
      reader: .earlyStopping),
    Hyperparameter(
      "early_stopping_tolerance", .real(0, 1), 0.0, "the relative gain from which on an epoch is an improvement",
      reader: .earlyStopping),
  ]

  private static let outputs = [
    Hyperparameter(
      "keep_epoch",
      .choice(["validation:accuracy", "validation:loss", "train:accuracy", "train:loss", "last"]),
      "validation:accuracy",
      "which epoch's weights become the model: the best by this metric, the earliest of equals, or the last",
      shapesModel: false),
    Hyperparameter("top_k", .whole(2, 10_000), "logs top-k accuracy too"),
    Hyperparameter("checkpoint_frequency", .whole(1, .max), "keeps the weights of every n-th epoch in the model"),
    Hyperparameter(
      "checkpoint_seconds", .real(0, 1e9), 10.0, "seconds between the checkpoints that a killed training goes on from",
      shapesModel: false),
    Hyperparameter(
      "log_every", .whole(0, .max), 0, "updates between points within an epoch; 0 for about 50 points an epoch",
      shapesModel: false),
    Hyperparameter(
      "threads", .whole(0, 1024), 0, "threads; 0 for as many of the run's share as pay off; no bit depends on it",
      shapesModel: false),
  ]

  private static let unbuilt = [
    Hyperparameter(
      "augmentation_type", .unbuilt(neutral: ["none"], reason: "images are not augmented; leave it out"),
      "not built", shapesModel: false),
    Hyperparameter(
      "kv_store", .unbuilt(neutral: [], reason: "training is on one machine; leave it out"), "not built",
      shapesModel: false),
    Hyperparameter(
      "multi_label", .unbuilt(neutral: [0, false], reason: "an image has one class; leave it out"), "not built",
      shapesModel: false),
    Hyperparameter(
      "precision_dtype", .unbuilt(neutral: ["float32"], reason: "weights are float32; leave it out"), "not built",
      shapesModel: false),
    Hyperparameter(
      "resize", .unbuilt(neutral: [], reason: "images keep their size; leave it out and resize the files"),
      "not built", shapesModel: false),
    Hyperparameter(
      "use_pretrained_model",
      .unbuilt(neutral: [0, false], reason: "training starts from random weights; leave it out"), "not built",
      shapesModel: false),
    Hyperparameter(
      "use_weighted_loss", .unbuilt(neutral: [0, false], reason: "it belongs to multi_label; leave it out"),
      "not built", shapesModel: false),
  ]
}

extension Hyperparameter {
  /// One without a default.
  init(
    _ name: String, _ kind: Kind, _ summary: String, reader: Reader = .always, shapesModel: Bool = true
  ) {
    self.init(name, kind, .null, summary, reader: reader, shapesModel: shapesModel)
  }
}
