internal import Tracking

/// Random numbers without a state: each is a pure function of (seed, purpose, epoch, index).
struct Draws {
  /// What numbers are for; each purpose has numbers of its own.
  enum Purpose: UInt32 {
    case start = 0
    case shuffle = 1
    case split = 4
  }

  private let seed: UInt64
  private let purpose: Purpose
  private let epoch: UInt32
  private var index: UInt64 = 0
  private var block = Philox.Block()

  init(seed: UInt64, purpose: Purpose, epoch: Int = 0) {
    self.seed = seed
    self.purpose = purpose
    self.epoch = UInt32(epoch)
  }

  /// The next 32 random bits: word i mod 4 of the block with counter (i / 4 low, i / 4 high, epoch, purpose).
  mutating func word() -> UInt32 {
    let place = Int(index & 3)
    if place == 0 {
      let number = index >> 2
      block = Philox.block(
        Philox.Block(
          UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32), epoch, purpose.rawValue),
        key: seed)
    }
    index += 1
    return block[place]
  }

  /// A number of [-1, 1) in steps of 2^-23.
  mutating func signedUnit() -> Float { Float(word() >> 8) * 0x1p-23 - 1 }

  /// A whole number of 0..<bound, each as likely (Lemire 2019, arXiv:1805.10941, Algorithm 5).
  mutating func below(_ bound: UInt32) -> UInt32 {
    var product = UInt64(word()) * UInt64(bound)
    if UInt32(truncatingIfNeeded: product) < bound {
      let threshold = (0 &- bound) % bound
      while UInt32(truncatingIfNeeded: product) < threshold { product = UInt64(word()) * UInt64(bound) }
    }
    return UInt32(product >> 32)
  }

  /// Puts values into a random order (Fisher and Yates).
  mutating func shuffle(_ values: inout [Int32]) {
    values.withUnsafeMutableBufferPointer { values in
      var left = values.count
      while left > 1 {
        let other = Int(below(UInt32(left)))
        left -= 1
        values.swapAt(left, other)
      }
    }
  }
}
