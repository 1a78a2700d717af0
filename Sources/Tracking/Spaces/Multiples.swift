/// The multiples of a step that a range holds, by their index: value = index * q.
///
/// An index is a whole number kept as a `Double`, so that ranges of any width have one.
struct Multiples {
  let q: Double
  /// The index of the lowest and of the highest multiple that is drawn; `low <= high`.
  let low: Double
  let high: Double
  private let min: Double
  private let max: Double
  // q is numerator / denominator where that is exact, so that 3 * 0.1 is 0.3, as a person writes it.
  private let numerator: Double
  private let denominator: Double

  /// - Parameter keepsOutside: true leaves a multiple outside of [min, max], to which an end rounds, as hyperopt does.
  ///   It is left as well where no multiple lies inside.
  init(of q: Double, from min: Double, to max: Double, keepsOutside: Bool) {
    self.q = q
    let (first, last) = (min / q, max / q)
    // 0.7 / 0.1 is a little less than 7: a few units in the last place do not cost a multiple.
    let inside = (
      low: (first - abs(first) * 0x1p-50).rounded(.up) + 0, high: (last + abs(last) * 0x1p-50).rounded(.down) + 0
    )
    let isClipped = !keepsOutside && inside.low <= inside.high
    low = isClipped ? inside.low : first.rounded(.toNearestOrEven) + 0
    high = isClipped ? inside.high : last.rounded(.toNearestOrEven) + 0
    self.min = isClipped ? min : -.infinity
    self.max = isClipped ? max : .infinity
    (numerator, denominator) = keepsOutside ? (q, 1) : Multiples.fraction(q)
  }

  /// The multiples of a distribution without bounds.
  init(of q: Double, keepsOutside: Bool = false) {
    self.q = q
    (low, high, min, max) = (-.infinity, .infinity, -.infinity, .infinity)
    (numerator, denominator) = keepsOutside ? (q, 1) : Multiples.fraction(q)
  }

  /// How many there are.
  var count: Double { high - low + 1 }

  /// Returns the index of the multiple that a number rounds to, half to even.
  func index(of x: Double) -> Double {
    Swift.min(high, Swift.max(low, (x / q).rounded(.toNearestOrEven) + 0))
  }

  /// Returns a multiple by its index, within the range.
  func value(_ index: Double) -> Double {
    let product = index * numerator
    let value = denominator == 1 || abs(product) > 0x1p53 ? index * q : product / denominator
    // 0 * -1 is -0, which has another text than 0.
    return Swift.min(max, Swift.max(min, value)) + 0
  }

  /// Returns a number as a fraction with a power of ten below, of up to 12 decimals; (x, 1) where it is none.
  static func fraction(_ x: Double) -> (numerator: Double, denominator: Double) {
    var power = 1.0
    for _ in 0...12 {
      let whole = (x * power).rounded()
      if abs(whole) > 0x1p53 { break }
      if whole / power == x { return (whole, power) }
      power *= 10
    }
    return (x, 1)
  }
}
