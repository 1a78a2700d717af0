/// Where a training stands, apart from its nets.
struct Progress: Equatable {
  /// The epoch at work, from 1.
  var epoch = 1
  /// The net at work, from 0: with folds each goes through the epoch in turn.
  var fold = 0
  /// Batches of this epoch that this net has learned from.
  var batch = 0
  var best: Best?
  var patience = EarlyStopping.Memory()
  var history: [EpochRecord] = []
  /// Why no epoch follows; nil while one does.
  var ended: String?

  /// The epoch with the highest validation accuracy so far, the earliest of equals.
  struct Best: Equatable {
    var epoch: Int
    var accuracy: Double
  }
}

/// What an epoch came to. With folds: means over the folds.
struct EpochRecord: Equatable {
  var epoch: Int
  /// Updates at its end, of the first net.
  var step: Int
  var rate: Double
  var trainLoss: Double
  var trainAccuracy: Double
  var trainTopAccuracy: Double
  var validationLoss: Double
  var validationAccuracy: Double
  var validationTopAccuracy: Double
  /// Of the first net's weights, as they lie in `model.safetensors`.
  var weightsDigest: String
  /// Validation accuracy of each fold; empty without folds.
  var folds: [Double]

  /// The standard error of the folds' mean: sd / sqrt(k), with Bessel's correction.
  var standardError: Double {
    let count = Double(folds.count)
    if count < 2 { return 0 }
    var squares = 0.0
    for fold in folds { squares += (fold - validationAccuracy) * (fold - validationAccuracy) }
    return (squares / (count - 1)).squareRoot() / count.squareRoot()
  }
}

extension Progress {
  /// Returns the epoch whose weights are kept, of those so far: the best by a metric, the earliest of equals, or the last.
  func keptEpoch(by metric: String) -> Int? {
    func value(_ record: EpochRecord) -> Double {
      switch metric {
      case "validation:loss": -record.validationLoss
      case "train:accuracy": record.trainAccuracy
      case "train:loss": -record.trainLoss
      case "last": Double(record.epoch)
      default: record.validationAccuracy
      }
    }
    var kept: (epoch: Int, value: Double)?
    for record in history {
      let value = value(record)
      if kept.map({ value > $0.value || $0.value.isNaN }) ?? true { kept = (record.epoch, value) }
    }
    return kept?.epoch
  }

  func write(to out: inout ByteWriter) {
    for value in [epoch, fold, batch] { out.put(value) }
    out.put(best?.epoch ?? 0)
    out.put(best?.accuracy ?? 0)
    out.put(patience.best)
    out.put(patience.waited)
    out.put(ended == nil ? 0 : 1)
    out.put(ended ?? "")
    out.put(history.count)
    for record in history { record.write(to: &out) }
  }

  init(from source: inout ByteSource) throws {
    epoch = try source.integer()
    fold = try source.integer()
    batch = try source.integer()
    let bestEpoch = try source.integer()
    let accuracy = try source.real()
    best = bestEpoch > 0 ? Best(epoch: bestEpoch, accuracy: accuracy) : nil
    patience = EarlyStopping.Memory(best: try source.real(), waited: try source.integer())
    let hasEnded = try source.integer() == 1
    let reason = try source.text()
    ended = hasEnded ? reason : nil
    for _ in 0..<(try source.integer()) { history.append(try EpochRecord(from: &source)) }
  }
}

extension EpochRecord {
  func write(to out: inout ByteWriter) {
    out.put(epoch)
    out.put(step)
    for value in [rate, trainLoss, trainAccuracy, trainTopAccuracy] { out.put(value) }
    for value in [validationLoss, validationAccuracy, validationTopAccuracy] { out.put(value) }
    out.put(weightsDigest)
    out.put(folds.count)
    for fold in folds { out.put(fold) }
  }

  init(from source: inout ByteSource) throws {
    epoch = try source.integer()
    step = try source.integer()
    rate = try source.real()
    trainLoss = try source.real()
    trainAccuracy = try source.real()
    trainTopAccuracy = try source.real()
    validationLoss = try source.real()
    validationAccuracy = try source.real()
    validationTopAccuracy = try source.real()
    weightsDigest = try source.text()
    folds = []
    for _ in 0..<(try source.integer()) { folds.append(try source.real()) }
  }
}
