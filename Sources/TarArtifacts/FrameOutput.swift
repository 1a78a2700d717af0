internal import Tracking

/// Takes a tar as it is made, cuts it into frames, compresses them into a file, and digests both.
///
/// Not shared between threads.
final class FrameOutput: TarOutput {
  /// How many bytes of the tar a frame holds: part of the format. One member costs at most one such frame more than
  /// its own bytes; smaller frames compress worse.
  static let frameBytes = 1 << 20

  private let file: FrameFile
  private let reached: @Sendable (WriteStep) -> Void
  private let compressor = Zstd.Compressor()
  private var tarHasher = Digest.Hasher()
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: FrameOutput.frameBytes, alignment: 16)
  private var buffered = 0
  private var frames: [Int] = []
  private(set) var tarBytes: Int64 = 0
  private(set) var fileBytes: Int64 = 0

  init(to draft: Draft, reached: @escaping @Sendable (WriteStep) -> Void) {
    file = FrameFile(draft)
    self.reached = reached
  }

  deinit {
    // A draft that comes to nothing is removed when it is let go, and then nobody may write to it any more.
    file.wait()
    buffer.deallocate()
  }

  /// Takes the next bytes of the tar.
  func append(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = min(rest.count, buffer.count - buffered)
      UnsafeMutableRawBufferPointer(rebasing: buffer[buffered..<buffered + count]).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
      buffered += count
      rest = rest.dropFirst(count)
      if buffered == buffer.count {
        try file.writeSoon(frame())
        reached(.frame)
      }
    }
    tarBytes += Int64(bytes.count)
  }

  // What is buffered, packed.
  private func frame() throws -> [UInt8] {
    let content = UnsafeRawBufferPointer(rebasing: buffer[..<buffered])
    tarHasher.update(content)
    let frame = try compressor.frame(of: content)
    frames.append(frame.count)
    fileBytes += Int64(frame.count)
    buffered = 0
    return frame
  }

  /// Writes the last frame and the index, and brings the file onto the disk.
  ///
  /// - Returns: the SHA-256 of the file.
  func finish(entries: [TarballIndex.Entry]) throws -> Digest {
    if buffered > 0 {
      try file.write(frame())
      reached(.frame)
    }
    let index = TarballIndex(
      tarBytes: tarBytes, tarDigest: tarHasher.finalize(), frameBytes: FrameOutput.frameBytes, frames: frames,
      entries: entries
    ).bytes
    let packed = try index.withUnsafeBytes { try compressor.frame(of: $0) }
    var tail: [UInt8] = []
    func append<Number: FixedWidthInteger>(_ number: Number) {
      withUnsafeBytes(of: number.littleEndian) { tail.append(contentsOf: $0) }
    }
    append(TarballIndex.skippableMagic)
    append(UInt32(packed.count + TarballIndex.footerBytes))
    tail += packed
    append(UInt32(packed.count))
    append(UInt32(index.count))
    append(TarballIndex.mark)
    try file.write(tail)
    fileBytes += Int64(tail.count)
    return try file.finish(reached: reached)
  }
}

/// The points of a write at which a test kills the process.
package enum WriteStep: String, CaseIterable, Sendable {
  /// The temporary file is there and empty.
  case opened
  /// A frame has been packed, and is written.
  case frame
  /// Everything has been written, and is not yet on the disk.
  case written
  /// The temporary file is on the disk.
  case synchronized
  /// The tarball has its name, which is not yet on the disk.
  case renamed
  /// The tarball's name is on the disk.
  case named
}
