/// The brackets of Hyperband: each spends about the same on many trials with little of the resource, or on few with much.
///
/// Source: Li et al. 2018, arXiv:1603.06560, Algorithm 1, with R counted in units of the least resource:
/// s_max = floor(log_eta R), n = ceil((s_max + 1) / (s + 1) eta^s), r = R eta^-s; round i compares floor(n eta^-i) trials at
/// r eta^i.
public struct Brackets: Sendable, Equatable {
  /// One bracket: rounds of successive halving, the last one with the whole resource.
  public struct Bracket: Sendable, Equatable {
    /// How many trials each round compares, at least 1, `[rounds]`.
    public var counts: [Int]
    /// How much of the resource each round gives a trial in all, in points of the primary metric, `[rounds]`.
    public var resources: [Int]
  }

  /// The number of the bracket that begins with the most trials and the least resource.
  public let deepest: Int
  /// A whole training, in points of the primary metric.
  public let maximum: Int
  /// The part that goes on from a round is 1/reduction; greater than 1.
  public let reduction: Double

  /// Makes brackets.
  ///
  /// - Parameters:
  ///   - minimum: the least resource, at least 1.
  ///   - maximum: the whole resource, at least `minimum`.
  ///   - reduction: greater than 1; the paper's eta.
  public init(minimum: Int, maximum: Int, reduction: Double) {
    precondition(minimum >= 1 && maximum >= minimum && reduction > 1, "brackets need 1 <= minimum <= maximum")
    let ratio = Double(maximum) / Double(minimum)
    // 243 at 3 has the logarithm 4.999999999999999: counting multiplications does not round it away.
    var depth = 0
    var power = reduction
    while power <= ratio * (1 + 1e-12) {
      depth += 1
      power *= reduction
    }
    deepest = depth
    self.maximum = maximum
    self.reduction = reduction
  }

  /// Returns a bracket.
  ///
  /// - Parameter s: 0 for whole trainings only, up to `deepest`.
  public func bracket(_ s: Int) -> Bracket {
    precondition((0...deepest).contains(s), "the brackets are 0 to \(deepest)")
    let exact = Double(deepest + 1) / Double(s + 1) * power(s)
    return bracket(s, trials: Int((exact - 1e-9).rounded(.up)))
  }

  /// Returns a bracket that begins with another number of trials, as the last one does when trials run out.
  ///
  /// - Parameter trials: at least 1.
  public func bracket(_ s: Int, trials: Int) -> Bracket {
    Bracket(
      counts: (0...s).map { max(1, Int((Double(trials) / power($0) + 1e-9).rounded(.down))) },
      resources: (0...s).map { max(1, Int((Double(maximum) / power(s - $0)).rounded())) })
  }

  private func power(_ exponent: Int) -> Double { (0..<exponent).reduce(1) { product, _ in product * reduction } }
}
