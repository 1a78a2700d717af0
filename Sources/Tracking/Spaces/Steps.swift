/// The numbers min, min + step, ... up to max, by their index from 0, and how a scale spreads them.
///
/// An index is a whole number kept as a `Double`, so that ranges of any length have one.
struct Steps {
  let min: Double
  let step: Double
  let scale: Scale
  /// How many there are.
  let count: Double
  // min and step are these over one power of ten where that is exact, so that 0.1 + 2 * 0.1 is 0.3, as a person writes it.
  private let numerators: (min: Double, step: Double)
  private let denominator: Double

  init(from min: Double, to max: Double, by step: Double, scale: Scale) {
    (self.min, self.step, self.scale) = (min, step, scale)
    let last = (max - min) / step
    // 0.7 / 0.1 is a little less than 7: a few units in the last place do not cost a number.
    count = last >= 0 ? (last + last * 0x1p-50).rounded(.down) + 1 : 0
    let (first, by) = (Multiples.fraction(min), Multiples.fraction(step))
    denominator = Swift.max(first.denominator, by.denominator)
    numerators = (min * denominator, step * denominator)
    isExact =
      numerators.min.rounded() / denominator == min && numerators.step.rounded() / denominator == step
      && denominator > 1
  }

  private let isExact: Bool

  /// Returns a number by its index.
  func value(_ index: Double) -> Double {
    guard isExact else { return min + index * step + 0 }
    return (numerators.min.rounded() + index * numerators.step.rounded()) / denominator + 0
  }

  /// The last of them.
  var last: Double { value(count - 1) }

  /// Returns the index of the nearest one.
  func index(of x: Double) -> Double {
    Swift.min(count - 1, Swift.max(0, ((x - min) / step).rounded(.toNearestOrEven))) + 0
  }

  /// Returns the index at a quantile: `linear`, each is as likely; otherwise each has the share of the interval half a step
  /// to either side of it.
  func index(at u: Double) -> Double {
    if scale == .linear { return Swift.min(count - 1, (u * count).rounded(.down)) }
    return index(of: scale.spread(u, low, high))
  }

  /// Returns the ends of the quantiles of an index.
  func quantiles(_ index: Double) -> (lower: Double, upper: Double) {
    if scale == .linear { return (index / count, (index + 1) / count) }
    let x = min + index * step
    return (
      index <= 0 ? 0 : scale.place(of: x - step / 2, low, high),
      index >= count - 1 ? 1 : scale.place(of: x + step / 2, low, high)
    )
  }

  // Half a step below the first and above the last, as far as the scale goes.
  private var low: Double {
    switch scale {
    case .linear: min - step / 2
    case .log: Swift.max(min - step / 2, min / 2)
    case .reverseLog: Swift.max(min - step / 2, -step / 2)
    }
  }

  private var high: Double {
    let end = min + (count - 1) * step
    return scale == .reverseLog ? Swift.min(end + step / 2, (1 + end) / 2) : end + step / 2
  }
}
