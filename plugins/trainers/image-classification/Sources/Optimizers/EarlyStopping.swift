/// SageMaker's early stopping on validation accuracy.
///
/// An epoch is no improvement when (accuracy - best) / best is below the tolerance, or is not above 0. Training stops
/// after `patience` such epochs in a row, but never before epoch `minimumEpochs`.
struct EarlyStopping: Equatable {
  var minimumEpochs: Int
  var patience: Int
  var tolerance: Double

  /// What it remembers from epoch to epoch.
  struct Memory: Equatable {
    var best = 0.0
    var waited = 0
  }

  /// Takes note of an epoch (from 1) and returns whether to stop.
  func stops(epoch: Int, accuracy: Double, memory: inout Memory) -> Bool {
    let gain = accuracy - memory.best
    if gain > 0 && (memory.best == 0 || gain / memory.best >= tolerance) {
      memory = Memory(best: accuracy, waited: 0)
    } else {
      memory.waited += 1
    }
    return epoch >= minimumEpochs && memory.waited >= patience
  }
}
