import Testing
import Tracking

struct PhiloxTests {
  // Random123, kat_vectors: philox4x32, 10 rounds; counter, key, output.
  static let published: [(Philox.Block, UInt64, Philox.Block)] = [
    (
      Philox.Block(0, 0, 0, 0), UInt64(0),
      Philox.Block(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
    ),
    (
      Philox.Block(repeating: 0xffff_ffff), UInt64.max,
      Philox.Block(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
    ),
    (
      Philox.Block(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), 0x299f_31d0_a409_3822,
      Philox.Block(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    ),
  ]

  @Test(arguments: published)
  func `the published vectors come out`(_ counter: Philox.Block, _ key: UInt64, _ output: Philox.Block) {
    #expect(Philox.block(counter, key: key) == output)
  }

  @Test func `a unit number has 53 bits and stays below 1`() {
    #expect(Philox.unit(Philox.Block(repeating: 0xffff_ffff)) == 1 - 0x1p-53)
    #expect(Philox.unit(Philox.Block(repeating: 0)) == 0)
    #expect(Philox.unit(Philox.Block(0, 0x8000_0000, 0, 0)) == 0.5)
  }

  @Test func `a proposal's randomness depends on seed, number, try and name, and on nothing else`() {
    let base = ProposalRandomness(seed: 1, proposal: 2, attempt: 3).unit("lr")
    #expect(base == ProposalRandomness(seed: 1, proposal: 2, attempt: 3).unit("lr"))
    let others = [
      ProposalRandomness(seed: 2, proposal: 2, attempt: 3).unit("lr"),
      ProposalRandomness(seed: 1, proposal: 3, attempt: 3).unit("lr"),
      ProposalRandomness(seed: 1, proposal: 2, attempt: 4).unit("lr"),
      ProposalRandomness(seed: 1, proposal: 2, attempt: 3).unit("rl"),
    ]
    #expect(Set(others + [base]).count == 5)
    // Golden: a sweep recorded before must be proposed again the same.
    #expect(ProposalRandomness(seed: 7, proposal: 0).unit("learning_rate") == golden)
  }

  private let golden = 0.24414882043919695

  @Test func `draws are spread evenly`() {
    var counts = [Int](repeating: 0, count: 10)
    for proposal in 0..<20_000 { counts[Int(ProposalRandomness(seed: 9, proposal: proposal).unit("x") * 10)] += 1 }
    // A fair count of 2,000 strays by 42 (one sigma).
    #expect(counts.allSatisfy { abs($0 - 2000) < 5 * 42 }, "\(counts)")
  }
}
