/// The rungs of successive halving: amounts of the resource at which trials are compared, each `reduction` times the one
/// before, from the least on and below the whole.
///
/// Source: Li et al. 2020, arXiv:1810.05934, section 3: rung k is at r_min eta^k.
public struct Rungs: Sendable, Equatable {
  /// The rungs in rising order, in points of the primary metric; empty when the least is the whole.
  public let levels: [Int]
  /// A whole training, in points of the primary metric.
  public let maximum: Int
  /// The part that goes on from a rung is 1/reduction; greater than 1.
  public let reduction: Double

  /// Makes rungs.
  ///
  /// - Parameters:
  ///   - minimum: the first rung, at least 1.
  ///   - maximum: a whole training, at least `minimum`.
  ///   - reduction: greater than 1.
  public init(minimum: Int, maximum: Int, reduction: Double) {
    precondition(minimum >= 1 && maximum >= minimum && reduction > 1, "rungs rise from 1 or more to the maximum")
    var found: [Int] = []
    var exact = Double(minimum)
    while exact.rounded() < Double(maximum) {
      let level = Int(exact.rounded())
      if level != found.last { found.append(level) }
      exact *= reduction
    }
    levels = found
    self.maximum = maximum
    self.reduction = reduction
  }

  /// Returns the number of the highest rung that a trial with so many points has reached; nil below the first.
  public func reached(by observed: Int) -> Int? { levels.lastIndex { $0 <= observed } }

  /// Returns what a trial that goes on from a rung may reach: the next rung, or nil for a whole training.
  public func next(after rung: Int) -> Int? { rung + 1 < levels.count ? levels[rung + 1] : nil }

  /// Returns how many of a rung's trials go on: floor(count / reduction), guarded against rounding.
  public func promoted(of count: Int) -> Int { Int((Double(count) / reduction + 1e-9).rounded(.down)) }
}
