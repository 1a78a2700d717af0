/// Bytes being written, with the integers of variable length that the chunk format uses.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  var count: Int { bytes.count }

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  mutating func append(_ run: UnsafeRawBufferPointer) { bytes.append(contentsOf: run) }

  /// Seven bits a byte, lowest first; the highest bit says that more follow (LEB128).
  mutating func appendVariable(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Signs folded into the lowest bit, so that small negative numbers stay short.
  mutating func appendZigzag(_ value: Int64) {
    appendVariable(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  /// The lowest `width` bytes of a number, lowest first.
  mutating func appendFixed(_ value: UInt64, width: Int) {
    for place in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * place))) }
  }
}

/// Reads what `ByteWriter` wrote. Every read checks that the bytes are there.
struct ByteReader {
  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { place == bytes.count }

  mutating func byte() throws -> UInt8 {
    guard place < bytes.count else { throw ChunkDamage("it ends too early") }
    defer { place += 1 }
    return bytes[place]
  }

  mutating func run(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count >= 0, count <= bytes.count - place else { throw ChunkDamage("it ends too early") }
    defer { place += count }
    return UnsafeRawBufferPointer(rebasing: bytes[place..<(place + count)])
  }

  mutating func variable() throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      let next = try byte()
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 { return value }
    }
    throw ChunkDamage("a number is too long")
  }

  mutating func count(atMost limit: Int) throws -> Int {
    let value = try variable()
    guard value <= UInt64(limit) else { throw ChunkDamage("a count of \(value) where at most \(limit) fit") }
    return Int(value)
  }

  mutating func zigzag() throws -> Int64 {
    let value = try variable()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  mutating func fixed(width: Int) throws -> UInt64 {
    var value: UInt64 = 0
    for (place, byte) in try run(width).enumerated() { value |= UInt64(byte) << UInt64(8 * place) }
    return value
  }
}

/// Why a chunk cannot be read.
struct ChunkDamage: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
