internal import Tracking

/// What a training tells, and asks, as it goes.
struct TrainingSink {
  /// Takes a point of a metric: its name, its value, and the updates so far.
  var log: (_ metric: String, _ value: Double, _ step: Int) throws -> Void = { _, _, _ in }
  /// Takes a line for people.
  var say: (String) -> Void = { _ in }
  /// Whether to write a checkpoint and leave.
  var shouldYield: () -> Bool = { false }
}

/// One training: nets, data, and how far it is. Everything that it computes is a function of data and hyperparameters.
final class Training {
  /// Changes whenever the same data and hyperparameters would give other bits.
  static let version = 1
  /// How numbers are computed: float32, multiply then add, in the orders that the documentation tells.
  static let bits = "f32-muladd-v1"

  let parameters: Hyperparameters
  let data: TrainingData
  let learners: [Learner]
  let kernels: Kernels
  let threads: Int
  /// Classes that the net tells apart: as many as the data has, or more if num_classes says so.
  let classes: Int
  var progress = Progress()
  private let sink: TrainingSink
  private let checkpoints: String?
  /// True when a checkpoint of a training with other rates may be taken up.
  let inherits: Bool
  private let schedule: RateSchedule
  private let batchSize: Int
  private let topRank: Int
  private var meter = Meter()
  private var lastCheckpoint = Files.seconds()
  private var lastLook = 0.0
  private var stopAfter: Int?

  /// - Parameters:
  ///   - checkpoints: the directory of checkpoints; nil to write none.
  ///   - inherits: takes up a checkpoint of a training that differs in its rates alone, too.
  ///   - allowed: threads that may be used, unless the hyperparameter says how many.
  ///   - kernels: the instruction set.
  init(
    _ parameters: Hyperparameters, data: TrainingData, sink: TrainingSink, checkpoints: String? = nil,
    inherits: Bool = false, allowed: Int = 1, kernels: Kernels = .best
  ) throws {
    (self.parameters, self.data, self.sink) = (parameters, data, sink)
    (self.checkpoints, self.inherits, self.kernels) = (checkpoints, inherits, kernels)
    try Training.check(parameters, data)
    let choice = parameters.network
    let largest = data.splits.map(\.train.count).max() ?? 1
    batchSize = min(parameters.whole("mini_batch_size") ?? 32, largest)
    schedule = parameters.schedule
    topRank = parameters.whole("top_k") ?? 1
    classes = parameters.whole("num_classes") ?? data.classes
    var context = NetworkContext(
      kernels: kernels, workers: Workers(1), height: data.height, width: data.width, channels: data.channels,
      classes: classes,
      // Judging takes more images at once than a small batch has.
      batch: max(batchSize, 64))
    self.threads = Training.threads(parameters, allowed: allowed, work: choice.work(context) * batchSize)
    context.workers = Workers(self.threads)
    let (rank, size) = (topRank, batchSize)
    learners = data.splits.map { split in
      Learner(
        network: choice.make(context), optimizer: parameters.optimizer, split: split, kernels: kernels,
        seed: parameters.seed, batch: size, topRank: rank)
    }
  }

  /// Checks what only the data can tell.
  private static func check(_ parameters: Hyperparameters, _ data: TrainingData) throws {
    if let expected = parameters.text("data_sha256"), expected != data.digest.hex {
      throw TrainerError(
        .unsuitable,
        "the data is not what it was: data_sha256 is \(expected), and the files "
          + data.files.map { "'\($0.name)'" }.joined(separator: ", ") + " give \(data.digest)")
    }
    if let classes = parameters.whole("num_classes"), classes < data.classes {
      throw TrainerError(
        .unsuitable,
        "num_classes is \(classes), and the data has classes up to \(data.classes - 1); "
          + "give at least \(data.classes) or leave it out")
    }
    let count = data.splits[0].train.count
    if let samples = parameters.whole("num_training_samples"), samples != count {
      throw TrainerError(
        .unsuitable, "num_training_samples is \(samples), and \(count) images train; give that or leave it out")
    }
    if let rank = parameters.whole("top_k"), rank >= parameters.whole("num_classes") ?? data.classes {
      throw TrainerError(
        .unsuitable, "top_k is \(rank), and with no more classes than that it is always 1; give less")
    }
    let choice = parameters.network
    if let problem = choice.problem(height: data.height, width: data.width) {
      throw TrainerError(.unsuitable, problem)
    }
    let batch = min(parameters.whole("mini_batch_size") ?? 32, count)
    let memory = choice.memory(height: data.height, width: data.width, channels: data.channels, images: batch)
    if memory > NetworkChoice.memoryLimit {
      throw TrainerError(
        .unsuitable,
        "\(choice.name) with mini_batch_size \(batch) on images of \(data.height)x\(data.width) takes "
          + "\(Int(memory / 1e9)) GB of memory, and 8 is the limit; give a smaller batch, net or image")
    }
  }

  /// As many threads as asked for; by itself only as many as a batch keeps busy for longer than waking them takes.
  private static func threads(_ parameters: Hyperparameters, allowed: Int, work: Int) -> Int {
    if let asked = parameters.whole("threads"), asked > 0 { return asked }
    return max(1, min(allowed, work / 20_000_000))
  }

  /// What the checkpoint must belong to: everything that decides bits.
  var identity: String {
    let record = parameters.modelRecord.json
    let frequency = parameters.whole("log_every") ?? 0
    return "\(Training.version) \(Training.bits) \(data.digest) \(frequency) \(record)"
  }

  // MARK: epochs

  /// Trains to the end, or until asked to yield.
  func run() throws -> TrainingEnd {
    if let path = checkpointPath {
      try Files.makeDirectory(checkpoints ?? "")
      switch try Checkpoint.read(self, from: path) {
      case .none: break
      case .taken: sink.say("resumed at epoch \(progress.epoch), update \(learners[0].updates)")
      // From the beginning the same numbers come out, only later.
      case .refused(let why): sink.say("the checkpoint '\(path)' is not taken: \(why); starting from the beginning")
      }
    }
    let epochs = parameters.whole("epochs") ?? 30
    while progress.ended == nil, progress.epoch <= epochs {
      // Between two epochs, so that one that is allowed some points of an epoch's metric yields right after the last.
      if sink.shouldYield() {
        try writeCheckpoint()
        return .yielded
      }
      let start = progress
      for fold in start.fold..<learners.count {
        progress.fold = fold
        if fold != start.fold { progress.batch = 0 }
        switch try runEpoch(learners[fold], fold: fold) {
        case .done: break
        case .yielded: return .yielded
        case .diverged(let reason): return .diverged(reason)
        }
      }
      try endEpoch()
    }
    return .finished(progress.ended ?? "")
  }

  private enum EpochEnd {
    case done
    case yielded
    case diverged(String)
  }

  private func runEpoch(_ learner: Learner, fold: Int) throws -> EpochEnd {
    let epoch = progress.epoch
    learner.begin(epoch: epoch, fresh: progress.batch == 0)
    let images = learner.split.train.count
    let batches = (images + batchSize - 1) / batchSize
    let asked = parameters.whole("log_every") ?? 0
    let every = asked > 0 ? asked : max(1, batches / 50)
    let rate = schedule.rate(epoch: epoch)
    while progress.batch < batches {
      let start = progress.batch * batchSize
      let range = start..<min(start + batchSize, images)
      let number = progress.batch + 1
      let logs = fold == 0 && (number % every == 0 || number == batches || learner.updates == 0)
      let step = learner.step(range, rate: rate, wantsNorm: logs)
      guard step.loss.isFinite else { return .diverged(try diverge(learner, loss: step.loss, number: number)) }
      meter.images += range.count
      progress.batch = number
      if logs {
        try sink.log("train:batch_loss", step.loss, learner.updates)
        try sink.log("learning_rate", rate, learner.updates)
        if let norm = step.norm { try sink.log("grad_norm", norm, learner.updates) }
      }
      if try lookUp(isDue: logs) { return .yielded }
    }
    return .done
  }

  /// Makes the training yield after so many updates of its first net: for tests of checkpoints.
  func stop(afterUpdates updates: Int) { stopAfter = updates }

  /// Now and then, and after every point: writes a checkpoint when it is due, and asks whether to leave.
  private func lookUp(isDue: Bool) throws -> Bool {
    if let stopAfter, learners[0].updates >= stopAfter {
      try writeCheckpoint()
      return true
    }
    let now = Files.seconds()
    if !isDue, now - lastLook < 0.05 { return false }
    lastLook = now
    let yields = sink.shouldYield()
    if yields || now - lastCheckpoint >= parameters.real("checkpoint_seconds") { try writeCheckpoint() }
    return yields
  }

  private var checkpointPath: String? { checkpoints.map { $0 + "/" + Checkpoint.fileName } }

  private func writeCheckpoint() throws {
    if let path = checkpointPath { try Checkpoint.write(self, to: path) }
    lastCheckpoint = Files.seconds()
  }

  /// Closes an epoch that every net has gone through.
  private func endEpoch() throws {
    let judgements = learners.map { $0.validate() }
    let record = self.record(judgements)
    progress.history.append(record)
    if record.validationAccuracy > progress.best?.accuracy ?? -1 {
      progress.best = Progress.Best(epoch: record.epoch, accuracy: record.validationAccuracy)
    }
    if progress.keptEpoch(by: parameters.keptMetric) == record.epoch {
      for learner in learners { learner.best.copy(from: learner.weights) }
    }
    try report(record)
    if let frequency = parameters.whole("checkpoint_frequency"), record.epoch % frequency == 0 {
      try keepWeights(record)
    }
    if let stopping = parameters.earlyStopping,
      stopping.stops(epoch: record.epoch, accuracy: record.validationAccuracy, memory: &progress.patience)
    {
      progress.ended =
        "stopped early at epoch \(record.epoch): no improvement for \(progress.patience.waited) epochs"
    }
    progress.epoch += 1
    progress.fold = 0
    progress.batch = 0
    meter = Meter()
  }

  private func record(_ judgements: [EpochSums]) -> EpochRecord {
    func mean(_ value: (Int) -> Double) -> Double {
      learners.indices.reduce(0) { $0 + value($1) } / Double(learners.count)
    }
    let packed = learners[0].network.layout.packed(learners[0].weights)
    return EpochRecord(
      epoch: progress.epoch, step: learners[0].updates, rate: schedule.rate(epoch: progress.epoch),
      trainLoss: mean { learners[$0].sums.meanLoss }, trainAccuracy: mean { learners[$0].sums.accuracy },
      trainTopAccuracy: mean { learners[$0].sums.topAccuracy },
      validationLoss: mean { judgements[$0].meanLoss }, validationAccuracy: mean { judgements[$0].accuracy },
      validationTopAccuracy: mean { judgements[$0].topAccuracy },
      weightsDigest: packed.withUnsafeBytes { Digest(hashing: $0) }.hex,
      folds: learners.count > 1 ? judgements.map(\.accuracy) : [])
  }

  private func report(_ record: EpochRecord) throws {
    let step = record.step
    func log(_ name: String, _ value: Double) throws { try sink.log(name, value, step) }
    try log("train:loss", record.trainLoss)
    try log("train:accuracy", record.trainAccuracy)
    try log("validation:loss", record.validationLoss)
    try log("validation:accuracy", record.validationAccuracy)
    try log("best_validation:accuracy", progress.best?.accuracy ?? record.validationAccuracy)
    try log("epoch", Double(record.epoch))
    if topRank > 1 {
      try log("train:top_k_accuracy_\(topRank)", record.trainTopAccuracy)
      try log("validation:top_k_accuracy_\(topRank)", record.validationTopAccuracy)
    }
    for (fold, accuracy) in record.folds.enumerated() { try log("fold\(fold + 1):validation:accuracy", accuracy) }
    if !record.folds.isEmpty { try log("validation:accuracy_standard_error", record.standardError) }
    let (seconds, cpu) = meter.read()
    try log("system:epoch_seconds", seconds)
    try log("system:cpu_seconds", cpu)
    try log("system:images_per_second", Double(meter.images) / seconds)
    sink.say(
      "epoch=\(record.epoch) step=\(step) train:loss=\(short(record.trainLoss)) "
        + "train:accuracy=\(short(record.trainAccuracy)) validation:loss=\(short(record.validationLoss)) "
        + "validation:accuracy=\(short(record.validationAccuracy)) learning_rate=\(record.rate) "
        + "images_per_second=\(Int(Double(meter.images) / seconds))")
  }

  /// Keeps an epoch's weights for the model. A re-run from a checkpoint writes the same file again.
  private func keepWeights(_ record: EpochRecord) throws {
    guard let checkpoints else { return }
    let bytes = SafeTensors.bytes(
      learners[0].network.layout, learners[0].weights, metadata: ModelFolder.metadata(self, epoch: record.epoch))
    try bytes.withUnsafeBytes { try Files.replace(checkpoints + "/" + ModelFolder.epochName(record.epoch), with: $0) }
  }

  /// Ends a training whose numbers ran away. If no epoch has been judged, the weights at hand are, so that there is a
  /// number to compare it by.
  private func diverge(_ learner: Learner, loss: Double, number: Int) throws -> String {
    if progress.history.isEmpty {
      let judgement = learner.validate()
      try sink.log("validation:accuracy", judgement.accuracy, learner.updates)
      try sink.log("best_validation:accuracy", judgement.accuracy, learner.updates)
    }
    let found = loss.isNaN ? "no number" : "infinite"
    return "the loss is \(found) at update \(learner.updates + 1) (epoch \(progress.epoch), batch \(number)); "
      + "a lower learning_rate than \(schedule.rate(epoch: progress.epoch)) may hold"
  }

  private func short(_ value: Double) -> String { ((value * 1e6).rounded() / 1e6).description }
}

/// What an epoch costs, since it began in this process.
private struct Meter {
  var images = 0
  private let start = Files.seconds()
  private let cpu = Files.cpuSeconds()

  /// Seconds of the clock and of the processor.
  func read() -> (seconds: Double, cpu: Double) {
    (max(Files.seconds() - start, 1e-9), Files.cpuSeconds() - cpu)
  }
}
