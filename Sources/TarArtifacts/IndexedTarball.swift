internal import Glibc
internal import Tracking

/// A tarball with an index: any part of its tar can be read at the cost of the frames that hold it.
///
/// Not shared between threads.
final class IndexedTarball {
  let index: TarballIndex
  private let file: Descriptor
  private let digest: Digest

  /// Opens a tarball; nil when it has no index, because another program made it.
  ///
  /// - Throws: `.corrupt` for an index that is damaged.
  init?(_ file: consuming Descriptor, digest: Digest) throws {
    func damage() -> TrackingError {
      TrackingError(.corrupt, "artifact \(digest) has a damaged index; \(TarballSource.advice)")
    }
    let length = Int64(try file.status().st_size)
    let footerBytes = TarballIndex.footerBytes
    guard length >= Int64(footerBytes) else { return nil }
    var footer = [UInt8](repeating: 0, count: footerBytes)
    try footer.withUnsafeMutableBytes { try file.read(into: $0, at: length - Int64(footerBytes)) }
    let (packedBytes, indexBytes, mark) = footer.withUnsafeBytes {
      (
        Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 0, as: UInt32.self))),
        Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self))),
        UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
    guard mark == TarballIndex.mark else { return nil }
    let tail = Int64(TarballIndex.skippableHeaderBytes + packedBytes + footerBytes)
    guard tail <= length, indexBytes <= TarballIndex.largest else { throw damage() }
    var packed = [UInt8](repeating: 0, count: packedBytes)
    try packed.withUnsafeMutableBytes { try file.read(into: $0, at: length - Int64(packedBytes + footerBytes)) }
    guard let bytes = Zstd.content(of: packed, length: indexBytes), let index = TarballIndex(bytes: bytes),
      index.frames.reduce(0, { $0 + Int64($1) }) + tail == length
    else { throw damage() }
    self.index = index
    self.file = file
    self.digest = digest
  }

  /// Returns bytes of the tar.
  ///
  /// - Throws: `.corrupt` for a frame whose checksum fails.
  func tarBytes(from offset: Int64, count: Int) throws -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(min(count, Int(clamping: index.tarBytes)))
    try readTar(from: offset, count: Int64(count)) { out.append(contentsOf: $0) }
    return out
  }

  /// Calls with bytes of the tar, a frame's worth at a time, in order.
  ///
  /// - Throws: `.corrupt` for a frame whose checksum fails; what `body` throws.
  func readTar(from offset: Int64, count: Int64, _ body: (ArraySlice<UInt8>) throws -> Void) throws {
    func damage() -> TrackingError {
      TrackingError(.corrupt, "artifact \(digest) is damaged; \(TarballSource.advice)")
    }
    guard offset >= 0, offset <= index.tarBytes, count >= 0, count <= index.tarBytes - offset else { throw damage() }
    guard count > 0 else { return }
    let first = Int(offset / Int64(index.frameBytes))
    let last = Int((offset + count - 1) / Int64(index.frameBytes))
    guard last < index.frames.count else { throw damage() }
    var fileOffset = index.frames[..<first].reduce(0) { $0 + Int64($1) }
    for frame in first...last {
      let frameStart = Int64(frame) * Int64(index.frameBytes)
      let length = Int(min(Int64(index.frameBytes), index.tarBytes - frameStart))
      var packed = [UInt8](repeating: 0, count: index.frames[frame])
      try packed.withUnsafeMutableBytes { try file.read(into: $0, at: fileOffset) }
      guard let content = Zstd.content(of: packed, length: length) else { throw damage() }
      let from = Int(max(0, offset - frameStart))
      let to = Int(min(Int64(length), offset + count - frameStart))
      try body(content[from..<to])
      fileOffset += Int64(index.frames[frame])
    }
  }
}
