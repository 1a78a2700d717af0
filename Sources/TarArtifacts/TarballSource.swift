internal import CZstd
internal import Glibc
internal import Tracking

/// Reads a tarball's file from its beginning to its end: every byte is digested, then decompressed.
///
/// Not shared between threads.
final class TarballSource {
  private let file: Descriptor
  private let digest: Digest
  private let context: OpaquePointer
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
  private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
  private var inputBytes = 0
  private var inputAt = 0
  private var isInFrame = false
  private var isOutputFull = false
  private var fileHasher = Digest.Hasher()
  private var tarHasher = Digest.Hasher()
  private var rest: Int64
  private var tarBytes: Int64 = 0
  // Where the last byte of the tar that is not 0 ends.
  private var contentEnd: Int64 = 0

  /// Begins to read.
  ///
  /// - Parameter limit: how many bytes of tar may come out of it.
  init(_ file: consuming Descriptor, digest: Digest, limit: Int64) {
    guard let context = ZSTD_createDCtx() else { preconditionFailure("libzstd gave no context") }
    self.file = file
    self.digest = digest
    self.context = context
    rest = limit
  }

  deinit {
    ZSTD_freeDCtx(context)
    input.deallocate()
    output.deallocate()
  }

  /// Returns the next bytes of the tar, which stay until the next call; nil at the end.
  ///
  /// - Throws: `.corrupt` for what does not decompress; `.invalid` beyond the limit.
  func next() throws -> UnsafeRawBufferPointer? {
    while true {
      if inputAt == inputBytes, !isOutputFull {
        inputBytes = try readFile()
        inputAt = 0
        guard inputBytes > 0 else {
          guard !isInFrame else { throw damage("it ends in the middle of a frame") }
          return nil
        }
      }
      var from = ZSTD_inBuffer(src: input.baseAddress, size: inputBytes, pos: inputAt)
      var to = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
      let result = ZSTD_decompressStream(context, &to, &from)
      guard ZSTD_isError(result) == 0 else { throw damage(String(cString: ZSTD_getErrorName(result))) }
      inputAt = from.pos
      isInFrame = result != 0
      isOutputFull = to.pos == output.count
      guard to.pos > 0 else { continue }
      rest -= Int64(to.pos)
      guard rest >= 0 else {
        throw TrackingError(
          .invalid,
          "artifact \(digest) unpacks to more than the limit allows; raise the limit if you trust where it came from")
      }
      let bytes = UnsafeRawBufferPointer(rebasing: output[..<to.pos])
      tarHasher.update(bytes)
      if let last = bytes.lastIndex(where: { $0 != 0 }) { contentEnd = tarBytes + Int64(last) + 1 }
      tarBytes += Int64(bytes.count)
      return bytes
    }
  }

  /// Returns the next bytes of the file as they are, which stay until the next call; nil at the end.
  func nextOfFile() throws -> UnsafeRawBufferPointer? {
    let count = try readFile()
    return count > 0 ? UnsafeRawBufferPointer(rebasing: input[..<count]) : nil
  }

  private func readFile() throws -> Int {
    let count = try file.read(into: input)
    fileHasher.update(UnsafeRawBufferPointer(rebasing: input[..<count]))
    return count
  }

  private func damage(_ what: String) -> TrackingError {
    TrackingError(.corrupt, "artifact \(digest) is damaged: \(what); \(TarballSource.advice)")
  }

  static let advice = "bring its tarball back from a copy, or store its content again"

  /// Reads the file to its end and compares its SHA-256 with its name.
  ///
  /// - Throws: `.corrupt`.
  func checkDigest() throws {
    while try readFile() > 0 {}
    let found = fileHasher.finalize()
    guard found == digest else { throw damage("its bytes have the SHA-256 \(found)") }
  }

  /// Reads what comes behind the tar's end, which must be zeros, then checks the digest.
  ///
  /// - Parameter end: where the tar ends, in bytes.
  /// - Returns: the SHA-256 of the tar, with the zeros behind it.
  func finish(end: Int64) throws -> Digest {
    while try next() != nil {}
    guard contentEnd <= end else {
      throw TrackingError(.invalid, "artifact \(digest) has content behind its end; nothing of it is restored")
    }
    try checkDigest()
    return tarHasher.finalize()
  }
}
