/// Sobol's sequence in the unit cube: its points fill the cube evenly, most of all in powers of two.
///
/// Points come in Gray-code order from the origin on; none is skipped, because skipping breaks the balance of the first
/// powers of two. Sources: Joe and Kuo 2008 for the numbers; Burley 2020, "Practical hash-based Owen scrambling", for
/// the scrambling and for dimensions beyond the table.
public struct Sobol: Sendable {
  /// How many dimensions have direction numbers of their own. More are allowed: each further block of this many
  /// dimensions is the same sequence in an order of its own.
  public static let tabulatedDimensions = 256

  /// The points' dimension.
  public let dimensions: Int
  /// What the points are scrambled by; nil for the plain sequence.
  public let seed: UInt64?

  // 32 numbers a dimension, the one of the index's lowest bit first.
  private let directions: [UInt32]
  // The hash seeds of the dimensions; empty for the plain sequence.
  private let scrambles: [UInt32]

  /// Makes a sequence.
  ///
  /// - Parameters:
  ///   - dimensions: the points' dimension, at least 0.
  ///   - seed: gives an Owen scrambling, independent in each dimension; nil for the plain sequence.
  public init(dimensions: Int, seed: UInt64?) {
    precondition(dimensions >= 0, "a point has at least no dimensions")
    self.dimensions = dimensions
    self.seed = seed
    directions = Self.directions(of: min(dimensions, Self.tabulatedDimensions))
    scrambles = seed.map { seed in (0..<dimensions).map { Self.mix(seed, UInt64($0)) } } ?? []
  }

  /// Returns a point of the sequence: of [0, 1) in each dimension, and of (0, 1) if scrambled.
  ///
  /// - Parameter index: the point's number, from 0 to 2^32 - 1.
  public func point(_ index: Int) -> [Double] {
    precondition(index >= 0 && index < 1 << 32, "Sobol's sequence has 2^32 points, and \(index) is none of them")
    var point = [Double](repeating: 0, count: dimensions)
    for dimension in 0..<dimensions {
      let block = dimension / Self.tabulatedDimensions
      let index =
        block == 0 ? UInt32(index) : Self.scrambled(UInt32(index), by: Self.mix(seed ?? 0, ~UInt64(block)))
      let first = dimension % Self.tabulatedDimensions * 32
      var bits: UInt32 = 0
      var left = index ^ index >> 1
      while left != 0 {
        bits ^= directions[first + left.trailingZeroBitCount]
        left &= left - 1
      }
      point[dimension] =
        seed == nil ? Double(bits) * 0x1p-32 : (Double(Self.scrambled(bits, by: scrambles[dimension])) + 0.5) * 0x1p-32
    }
    return point
  }

  private static func directions(of dimensions: Int) -> [UInt32] {
    var all: [UInt32] = []
    all.reserveCapacity(dimensions * 32)
    if dimensions > 0 { for bit in 0..<32 { all.append(1 << UInt32(31 - bit)) } }
    var row = 0
    for _ in 1..<max(dimensions, 1) {
      let polynomial = UInt32(SobolNumbers.rows[row])
      let degree = 31 - polynomial.leadingZeroBitCount
      var numbers = [UInt32](repeating: 0, count: 32)
      for bit in 0..<32 {
        if bit < degree {
          numbers[bit] = UInt32(SobolNumbers.rows[row + 1 + bit]) << UInt32(31 - bit)
        } else {
          var number = numbers[bit - degree] ^ numbers[bit - degree] >> UInt32(degree)
          for k in 1..<degree where polynomial >> UInt32(degree - k) & 1 == 1 { number ^= numbers[bit - k] }
          numbers[bit] = number
        }
      }
      all += numbers
      row += 1 + degree
    }
    return all
  }

  // Owen's nested scrambling: each bit is flipped by a hash of the bits above it (Burley 2020, section 3, with the
  // hash of Laine and Karras 2011).
  private static func scrambled(_ bits: UInt32, by seed: UInt32) -> UInt32 {
    var x = bits.bitReversed
    x &+= seed
    x ^= x &* 0x6c50_b47c
    x ^= x &* 0xb82f_1e52
    x ^= x &* 0xc7af_e638
    x ^= x &* 0x8d22_f6e6
    return x.bitReversed
  }

  // SplitMix64's finish of a seed and a number, upper half.
  private static func mix(_ seed: UInt64, _ number: UInt64) -> UInt32 {
    var x = seed &+ (number &+ 1) &* 0x9e37_79b9_7f4a_7c15
    x = (x ^ x >> 30) &* 0xbf58_476d_1ce4_e5b9
    x = (x ^ x >> 27) &* 0x94d0_49bb_1331_11eb
    return UInt32(truncatingIfNeeded: (x ^ x >> 31) >> 32)
  }
}

extension UInt32 {
  fileprivate var bitReversed: UInt32 {
    var x = byteSwapped
    x = (x >> 4 & 0x0f0f_0f0f) | (x & 0x0f0f_0f0f) << 4
    x = (x >> 2 & 0x3333_3333) | (x & 0x3333_3333) << 2
    return (x >> 1 & 0x5555_5555) | (x & 0x5555_5555) << 1
  }
}
