internal import CZstd

/// Columns of 64-bit words as planes of equal-ranked bytes, each stored in the shortest of three ways.
///
/// The highest bytes of neighbouring values are alike and shrink to little; the lowest are noise and cost a byte each
/// whatever one does. Apart from each other, zstd's one table of frequencies fits each of them.
final class BytePlanes {
  private let compressor: OpaquePointer
  private let decompressor: OpaquePointer
  private var plane: [UInt8] = []
  private var packed: [UInt8] = []

  /// Below it zstd's frame costs more than it saves.
  private static let leastCompressed = 24

  init() {
    guard let compressor = ZSTD_createCCtx(), let decompressor = ZSTD_createDCtx() else {
      preconditionFailure("zstd has no memory for a context")
    }
    self.compressor = compressor
    self.decompressor = decompressor
  }

  deinit {
    ZSTD_freeCCtx(compressor)
    ZSTD_freeDCtx(decompressor)
  }

  /// Writes a byte that tells which planes are not all zero, lowest bit for the lowest bytes; then these planes.
  func write(_ words: UnsafeBufferPointer<UInt64>, to out: inout ByteWriter) {
    var union: UInt64 = 0
    for word in words { union |= word }
    var mask: UInt8 = 0
    for rank in 0..<8 where (union >> UInt64(8 * rank)) & 0xff != 0 { mask |= 1 << UInt8(rank) }
    out.append(mask)
    for rank in 0..<8 where mask & (1 << UInt8(rank)) != 0 {
      reserve(words.count)
      let shift = UInt64(8 * rank)
      plane.withUnsafeMutableBufferPointer { plane in
        for index in words.indices { plane[index] = UInt8(truncatingIfNeeded: words[index] >> shift) }
      }
      writePlane(words.count, to: &out)
    }
  }

  /// Writes one plane of bytes.
  func write(bytes: UnsafeBufferPointer<UInt8>, to out: inout ByteWriter) {
    reserve(bytes.count)
    plane.withUnsafeMutableBufferPointer { _ = $0.update(from: bytes) }
    writePlane(bytes.count, to: &out)
  }

  /// Reads as many words as the buffer has room for.
  func read(into words: UnsafeMutableBufferPointer<UInt64>, from reader: inout ByteReader) throws {
    words.update(repeating: 0)
    let mask = try reader.byte()
    for rank in 0..<8 where mask & (1 << UInt8(rank)) != 0 {
      let shift = UInt64(8 * rank)
      try withPlane(words.count, from: &reader) { plane in
        for index in words.indices { words[index] |= UInt64(plane[index]) << shift }
      }
    }
  }

  /// Reads one plane of bytes and hands it on.
  func withPlane<Result>(
    _ count: Int, from reader: inout ByteReader, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    switch try reader.variable() {
    case 0: return try body(reader.run(count))
    case 1:
      reserve(count)
      let byte = try reader.byte()
      plane.withUnsafeMutableBufferPointer { $0[..<count].update(repeating: byte) }
    case let length:
      guard length <= UInt64(count) else { throw ChunkDamage("a packed plane of \(length) bytes for \(count)") }
      let run = try reader.run(Int(length))
      reserve(count)
      let unpacked = plane.withUnsafeMutableBytes {
        ZSTD_decompressDCtx(decompressor, $0.baseAddress, count, run.baseAddress, run.count)
      }
      guard unpacked == count else { throw ChunkDamage("a packed plane cannot be unpacked") }
    }
    return try plane.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }

  private func writePlane(_ count: Int, to out: inout ByteWriter) {
    plane.withUnsafeBytes { plane in
      let first = plane[0]
      if plane[..<count].allSatisfy({ $0 == first }) {
        out.appendVariable(1)
        out.append(first)
        return
      }
      if count >= Self.leastCompressed {
        // Room for less than the plane itself: zstd gives up as soon as it does not fit.
        let length = packed.withUnsafeMutableBytes {
          ZSTD_compressCCtx(compressor, $0.baseAddress, count - count / 32 - 2, plane.baseAddress, count, 1)
        }
        if ZSTD_isError(length) == 0 {
          out.appendVariable(UInt64(length))
          packed.withUnsafeBytes { out.append(UnsafeRawBufferPointer(rebasing: $0[..<length])) }
          return
        }
      }
      out.appendVariable(0)
      out.append(UnsafeRawBufferPointer(rebasing: plane[..<count]))
    }
  }

  private func reserve(_ count: Int) {
    guard plane.count < count else { return }
    plane = [UInt8](repeating: 0, count: count)
    packed = [UInt8](repeating: 0, count: count)
  }
}
