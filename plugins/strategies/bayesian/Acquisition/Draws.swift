internal import Tracking

/// A row of random numbers that a seed and a purpose name.
struct Draws {
  private let key: UInt64
  private let purpose: UInt32
  private let number: UInt32
  private var next: UInt32 = 0

  /// Starts the row of a proposal's purpose.
  init(seed: UInt64, number: Int, purpose: UInt32) {
    key = seed
    self.number = UInt32(truncatingIfNeeded: number)
    self.purpose = purpose
  }

  /// Returns a number of [0, 1).
  mutating func unit() -> Double {
    next &+= 1
    return Philox.unit(Philox.block(Philox.Block(number, next, purpose, 0x6261_7965), key: key))
  }

  /// Returns a standard normal number.
  mutating func normal() -> Double { PortableMath.normalQuantile(max(unit(), 0x1p-54)) }

  /// Returns one of 0 ..< count.
  mutating func index(below count: Int) -> Int { min(Int(unit() * Double(count)), count - 1) }
}
