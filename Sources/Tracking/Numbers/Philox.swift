/// Philox4x32-10, a counter-based generator: the same key and counter give the same four words, with no state kept.
///
/// Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3; constants of Random123.
public enum Philox {
  /// Four 32-bit words: a counter or a block of output.
  public typealias Block = SIMD4<UInt32>

  /// Returns the block of random words of a counter under a key.
  ///
  /// - Parameters:
  ///   - counter: any four words; distinct counters give independent blocks.
  ///   - key: the seed; its low word first.
  @inlinable
  public static func block(_ counter: Block, key: UInt64) -> Block {
    var x = counter
    var k0 = UInt32(truncatingIfNeeded: key)
    var k1 = UInt32(truncatingIfNeeded: key >> 32)
    for _ in 0..<10 {
      let p0 = UInt64(0xD251_1F53) &* UInt64(x[0])
      let p1 = UInt64(0xCD9E_8D57) &* UInt64(x[2])
      x = Block(
        UInt32(truncatingIfNeeded: p1 >> 32) ^ x[1] ^ k0, UInt32(truncatingIfNeeded: p1),
        UInt32(truncatingIfNeeded: p0 >> 32) ^ x[3] ^ k1, UInt32(truncatingIfNeeded: p0))
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return x
  }

  /// Returns a number of [0, 1) with 53 random bits, made of a block's first two words.
  @inlinable
  public static func unit(_ block: Block) -> Double {
    let bits = (UInt64(block[1]) << 32 | UInt64(block[0])) >> 11
    return Double(bits) * 0x1p-53
  }
}

/// The randomness of proposal `k` of a sweep: a pure function of (seed, k, name), so that adding a parameter does not
/// move the others.
public struct ProposalRandomness: Sendable {
  /// The sweep's seed.
  public let seed: UInt64
  /// The proposal's number, from 0.
  public let proposal: Int
  /// Which try at this proposal this is, from 0; a strategy draws again when a configuration was taken.
  public let attempt: UInt32

  /// Names a proposal's randomness.
  public init(seed: UInt64, proposal: Int, attempt: UInt32 = 0) {
    self.seed = seed
    self.proposal = proposal
    self.attempt = attempt
  }

  /// Returns a number of [0, 1) for a name.
  ///
  /// Counter: (proposal, attempt, FNV-1a 64 of the name's UTF-8, low word then high word); key: the seed.
  public func unit(_ name: String) -> Double {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let counter = Philox.Block(
      UInt32(truncatingIfNeeded: proposal), attempt,
      UInt32(truncatingIfNeeded: hash), UInt32(truncatingIfNeeded: hash >> 32))
    return Philox.unit(Philox.block(counter, key: seed))
  }
}
