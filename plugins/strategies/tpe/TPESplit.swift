internal import Tracking

/// The trials split into the good ones and the others, with their weights.
struct TPESplit {
  /// Where a member's places are found.
  enum Source: Equatable {
    case observed(Int)
    case transferred(Int)
    case pending(Int)
  }

  struct Member: Equatable {
    var source: Source
    var weight: Double
  }

  /// The best trials: the gamma-quantile.
  private(set) var good: [Member] = []
  /// All others, failed ones and those that have not ended among them.
  private(set) var other: [Member] = []

  /// How many of n trials are good ones. Optuna's rule for `gamma` 0.1.
  static func goodCount(of n: Int, gamma: Double) -> Int { min(Int((gamma * Double(n)).rounded(.up)), 25) }

  /// Splits trials that stand in the order of their ends.
  init(_ observed: [ScoredTrial], transferred: [ScoredTrial], pending: Int, gamma: Double) {
    let order = TPESplit.ranked(observed)
    let successes = observed.count { $0.loss != nil }
    let best = Set(order.prefix(min(TPESplit.goodCount(of: observed.count, gamma: gamma), successes)))
    let ages = TPESplit.ages(observed.count + pending)
    for place in observed.indices {
      let member = Member(source: .observed(place), weight: best.contains(place) ? 1 : ages[place])
      if best.contains(place) { good.append(member) } else { other.append(member) }
    }
    for place in 0..<pending { other.append(Member(source: .pending(place), weight: ages[observed.count + place])) }
    // What was good elsewhere is worth a look here, until this sweep knows better.
    let trust = 10 / (10 + Double(observed.count))
    let count = min(
      TPESplit.goodCount(of: transferred.count, gamma: gamma), transferred.count { $0.loss != nil })
    for place in TPESplit.ranked(transferred).prefix(count) {
      good.append(Member(source: .transferred(place), weight: trust))
    }
  }

  private static func ranked(_ trials: [ScoredTrial]) -> [Int] {
    trials.indices.sorted { left, right in
      if trials[left].isBetter(than: trials[right]) { return true }
      if trials[right].isBetter(than: trials[left]) { return false }
      return left < right
    }
  }

  // Bergstra's ramp: the 25 last ones count fully, those before them less and less.
  private static func ages(_ count: Int) -> [Double] {
    let ramp = max(0, count - 25)
    return (0..<count).map { place in
      guard place < ramp else { return 1 }
      let first = 1 / Double(count)
      return ramp == 1 ? first : first + (1 - first) * Double(place) / Double(ramp - 1)
    }
  }
}
