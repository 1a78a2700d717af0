/// The learning rate over a training: MXNet's MultiFactorScheduler, counted in updates.
///
/// The rate is multiplied by the factor at the first update after epoch e for each e of `epochs`.
struct RateSchedule: Equatable {
  var rate: Double
  var factor: Double
  /// Epochs, rising, from 1.
  var epochs: [Int]

  /// Returns the rate of the updates of an epoch (from 1): one product, in the order of epochs.
  func rate(epoch: Int) -> Double {
    var rate = rate
    for limit in epochs where epoch > limit { rate *= factor }
    return rate
  }
}
