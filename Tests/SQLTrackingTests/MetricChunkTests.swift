import Testing
import Tracking

@testable import SQLTracking

struct MetricChunkTests {
  private let chunk = MetricChunk()

  private func roundTrip(_ columns: MetricColumns, identity: UInt64 = 7) throws -> (MetricColumns, bytes: Int) {
    let bytes = chunk.pack(columns, 0..<columns.count, identity: identity)
    var unpacked = MetricColumns(name: columns.name)
    try bytes.withUnsafeBytes { try chunk.unpack($0, identity: identity, appendingTo: &unpacked) }
    return (unpacked, bytes.count)
  }

  private func series(
    _ values: [Double], step: (Int) -> Int64 = { Int64($0) }, time: (Int) -> Int64 = { Int64($0) * 5 }
  )
    -> MetricColumns
  {
    MetricColumns(
      name: "loss", steps: values.indices.map(step), times: values.indices.map(time), values: values)
  }

  private func expectSame(_ columns: MetricColumns, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let (unpacked, _) = try roundTrip(columns)
    #expect(unpacked.steps == columns.steps, sourceLocation: sourceLocation)
    #expect(unpacked.times == columns.times, sourceLocation: sourceLocation)
    #expect(
      unpacked.values.map(\.bitPattern) == columns.values.map(\.bitPattern), sourceLocation: sourceLocation)
  }

  /// Numbers that are the same in every run of the tests.
  private struct Noise: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      return Checksum.mix(state)
    }
  }

  static let oddValues: [Double] = [
    0, -0.0, 1, -1, 0.1, .nan, .signalingNaN, -.nan, Double(nan: 0x1234, signaling: false), .infinity, -.infinity,
    .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude,
    -.greatestFiniteMagnitude, 9_007_199_254_740_991, 9_007_199_254_740_992, 1e300, .pi,
  ]

  @Test(arguments: [1, 2, 3, 23, 24, 25, 511, 512, 4_096])
  func `every kind of curve comes back bit for bit`(count: Int) throws {
    var noise = Noise(state: UInt64(count))
    try expectSame(series((0..<count).map { _ in Double(bitPattern: noise.next()) }))
    try expectSame(series((0..<count).map { 2 / Double($0 + 1) + Double.random(in: 0..<0.01, using: &noise) }))
    try expectSame(series((0..<count).map { 1 + Double($0) * 1e-6 }))
    try expectSame(series((0..<count).map { _ in Double(Int.random(in: 400...450, using: &noise)) / 450 }))
    try expectSame(series((0..<count).map { Double($0) * 128 - 1_000 }))
    try expectSame(series([Double](repeating: .nan, count: count)))
    try expectSame(series((0..<count).map { Self.oddValues[$0 % Self.oddValues.count] }))
    try expectSame(series((0..<count).map { $0.isMultiple(of: 2) ? 0.0 : -0.0 }))
  }

  @Test func `every odd value comes back alone and in pairs`() throws {
    for first in Self.oddValues {
      try expectSame(series([first]))
      for second in Self.oddValues { try expectSame(series([first, second])) }
    }
  }

  @Test func `steps and times may be any numbers in any order`() throws {
    let odd: [Int64] = [0, .max, .min, -1, .min, .max, 1, 1_700_000_000_000, 0, 0]
    try expectSame(series([Double](repeating: 0.5, count: 10), step: { odd[$0] }, time: { odd[9 - $0] }))
    var noise = Noise(state: 1)
    let steps = (0..<4_096).map { _ in Int64(bitPattern: noise.next()) }
    try expectSame(series([Double](repeating: 0.5, count: 4_096), step: { steps[$0] }, time: { -steps[$0] / 3 }))
  }

  @Test func `constant strides, constants and few different values cost next to nothing`() throws {
    let constant = try roundTrip(series([Double](repeating: 0.1, count: 4_096), step: { Int64($0) * 10 }))
    #expect(constant.bytes < 40)
    let accuracy = try roundTrip(series((0..<4_096).map { Double($0 % 7) / 450 }))
    #expect(accuracy.bytes < 400)
    let one = try roundTrip(series([0.25], time: { _ in 1_700_000_000_000 }))
    #expect(one.bytes < 30)
  }

  @Test func `a noisy curve of full precision costs less than eight bytes a point`() throws {
    var noise = Noise(state: 3)
    var time: Int64 = 1_700_000_000_000
    let columns = series(
      (0..<4_096).map { 2.3 / (1 + Double($0) / 500) + Double.random(in: -0.05..<0.05, using: &noise) },
      time: { _ in
        time += Int64.random(in: 5...12, using: &noise)
        return time
      })
    #expect(try roundTrip(columns).bytes < 8 * 4_096)
  }

  @Test func `part of a column packs as that part alone does`() throws {
    let all = series((0..<100).map { 1 / Double($0 + 1) })
    let part = series(
      Array(all.values[40..<60]), step: { all.steps[40 + $0] }, time: { all.times[40 + $0] })
    #expect(chunk.pack(all, 40..<60, identity: 1) == chunk.pack(part, 0..<20, identity: 1))
  }

  @Test func `the bytes are those that the format page describes`() throws {
    // Version, n = 3; steps 0 1 2; times 1000 1005 1015; values 0.5 0.25 -0.25 as plain planes; checksum.
    let columns = MetricColumns(
      name: "x", steps: [0, 1, 2], times: [1_000, 1_005, 1_015], values: [0.5, 0.25, -0.25])
    let bytes = chunk.pack(columns, 0..<3, identity: 7)
    let body: [UInt8] = [
      1, 3,
      0, 2, 0,
      0xD0, 0x0F, 10, 1, 0, 0, 5,
      0, 0xC0, 0, 0xE0, 0xD0, 0xD0, 0, 0x3F, 0x3F, 0xBF,
    ]
    #expect(Array(bytes.dropLast(4)) == body)
    #expect(bytes.suffix(4).elementsEqual([72, 237, 94, 170]))
  }

  @Test func `a flipped bit anywhere, or another identity, is found`() throws {
    let columns = series((0..<64).map { 1 / Double($0 + 1) })
    let bytes = chunk.pack(columns, 0..<64, identity: 7)
    var unpacked = columns
    for place in bytes.indices {
      var damaged = bytes
      damaged[place] ^= 1 << UInt8(place % 8)
      #expect(throws: ChunkDamage.self) {
        try damaged.withUnsafeBytes { try chunk.unpack($0, identity: 7, appendingTo: &unpacked) }
      }
    }
    #expect(throws: ChunkDamage.self) {
      try bytes.withUnsafeBytes { try chunk.unpack($0, identity: 8, appendingTo: &unpacked) }
    }
    #expect(unpacked.count == 64)
  }

  @Test func `nonsense with a right checksum is refused and never crashes`() throws {
    var noise = Noise(state: 9)
    let columns = series((0..<200).map { 1 / Double($0 + 1) })
    let sound = Array(chunk.pack(columns, 0..<200, identity: 7).dropLast(4))
    for round in 0..<3_000 {
      var bytes = sound
      for _ in 0...(round % 4) {
        bytes[Int.random(in: 0..<40, using: &noise)] = UInt8.random(in: 0...255, using: &noise)
      }
      if round.isMultiple(of: 3) { bytes.removeLast(Int.random(in: 1..<bytes.count, using: &noise)) }
      let checksum = bytes.withUnsafeBytes { Checksum.of($0, seed: 7) }
      bytes += (0..<4).map { UInt8(truncatingIfNeeded: checksum >> UInt64(8 * $0)) }
      var unpacked = MetricColumns(name: "x")
      do {
        try bytes.withUnsafeBytes { try chunk.unpack($0, identity: 7, appendingTo: &unpacked) }
        #expect(unpacked.count <= MetricChunk.limit)
      } catch {
        #expect(error is ChunkDamage)
        #expect(unpacked.count == 0)
      }
    }
  }

  @Test func `the checksum is XXH64`() {
    // From the reference implementation (xxhsum and its test vectors).
    #expect([].withUnsafeBytes { Checksum.of($0, seed: 0) } == 0xEF46_DB37_51D8_E999)
    #expect(Array("a".utf8).withUnsafeBytes { Checksum.of($0, seed: 0) } == 0xD24E_C4F1_A98C_6E5B)
    #expect(Array("abc".utf8).withUnsafeBytes { Checksum.of($0, seed: 0) } == 0x44BC_2CF5_AD77_0999)
    let long = Array("Nobody inspects the spammish repetition".utf8)
    #expect(long.withUnsafeBytes { Checksum.of($0, seed: 0) } == 0xFBCE_A83C_8A37_8BF1)
  }
}
