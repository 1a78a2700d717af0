public import Tracking

/// Trains an image classifier: SageMaker's hyperparameters, MXNet's formulas, the same bits on every machine.
public struct ImageClassificationTrainer: Trainer {
  /// Makes the trainer.
  public init() {}

  /// What the trainer says of itself.
  public static var description: PluginDescription {
    PluginDescription(
      kind: .trainer, name: "image-classification",
      summary: "trains mlp, cnn or resnet on labelled images, bit for bit repeatable",
      options: Hyperparameter.table.map { known in
        var summary = "\(known.summary): \(known.range)"
        if known.standard != .null { summary += "; default \(known.standard.plain)" }
        return PluginDescription.Option(known.name, summary)
      })
  }

  /// Returns what is wrong with fixed parameters and a space.
  public static func problems(fixed: [String: Value], space: SearchSpace) -> [PluginProblem] {
    SpaceProblems.find(fixed: fixed, space: space)
  }

  /// The metrics of a trial. Those that begin with `system:` are no part of a reproduction.
  public static var metrics: [(name: String, goal: Goal?)] {
    [
      ("validation:accuracy", .maximize), ("validation:loss", .minimize), ("train:accuracy", .maximize),
      ("train:loss", .minimize), ("best_validation:accuracy", .maximize),
      ("validation:accuracy_standard_error", nil), ("train:batch_loss", .minimize),
      ("learning_rate", nil), ("grad_norm", nil), ("epoch", nil), ("system:images_per_second", .maximize),
      ("system:epoch_seconds", .minimize), ("system:cpu_seconds", .minimize),
    ]
  }

  /// Trains, logging through the session; leaves the artifact `model`.
  ///
  /// - Throws: `.invalid` for parameters, files or data that cannot be trained with.
  public func train(in session: RunSession) throws -> TrainingEnd {
    do {
      return try Self.trained(in: session)
    } catch let error as TrainerError {
      throw TrackingError(error.code == .damaged ? .corrupt : .invalid, error.message)
    }
  }

  private static func trained(in session: RunSession) throws -> TrainingEnd {
    let parameters = try Hyperparameters(session.parameters)
    let data = try TrainingData(reading: parameters.data)
    try session.recordEffective(parameters.record + [Parameter("data_sha256", .text(data.digest.hex))])
    let sink = TrainingSink(
      log: { try session.log($0, $1, step: Int64($2)) },
      say: { Files.say($0) },
      shouldYield: { session.shouldYield })
    let training = try Training(
      parameters, data: data, sink: sink, checkpoints: session.checkpointDirectory,
      inherits: session.inheritsCheckpoint, allowed: session.threads)
    try session.setTag("trainer.version", "\(Training.version) \(Training.bits)")
    if !parameters.ignored.isEmpty { try session.setTag("trainer.ignored", parameters.ignored.joined(separator: " ")) }
    Files.say(training.summary)
    let end = try training.run()
    if case .diverged = end { try session.setTag("diverged", "true") }
    if case .yielded = end { return end }
    if training.progress.best != nil {
      let folder = session.scratchDirectory + "/model"
      try ModelFolder.write(training, to: folder, checkpoints: session.checkpointDirectory)
      try session.attach(contentsOf: folder, as: "model")
    }
    return end
  }
}

extension Training {
  /// What is about to happen, in a line.
  var summary: String {
    let split = data.splits[0]
    return "image-classification \(Training.version): \(parameters.network.name), "
      + "\(learners[0].network.layout.learnedCount) parameters, \(parameters.optimizer.name), "
      + "\(split.train.count) images to train and \(split.validation.count) to validate, "
      + "\(learners.count > 1 ? "\(learners.count) folds, " : "")\(kernels.name), "
      + "\(threads) thread\(threads == 1 ? "" : "s")"
  }
}
