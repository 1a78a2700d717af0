internal import CZstd
internal import Tracking

/// Whole frames of zstd, one call each.
enum Zstd {
  /// The level of every frame: part of the format, since another level gives other digests.
  static let level: CInt = 3

  /// Compresses frames with one context. Each frame tells its content's length and carries a checksum.
  final class Compressor {
    private let context: OpaquePointer

    init() {
      guard let context = ZSTD_createCCtx() else { preconditionFailure("libzstd gave no context") }
      self.context = context
      ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Zstd.level)
      ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
      ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Returns one frame.
    func frame(of bytes: UnsafeRawBufferPointer) throws -> [UInt8] {
      try [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { buffer, count in
        let result = ZSTD_compress2(context, buffer.baseAddress, buffer.count, bytes.baseAddress, bytes.count)
        guard ZSTD_isError(result) == 0 else {
          throw TrackingError(.system, "libzstd cannot compress: \(String(cString: ZSTD_getErrorName(result)))")
        }
        count = result
      }
    }
  }

  /// Returns the content of one frame that is known to hold `length` bytes; nil when it does not, or is damaged.
  static func content(of frame: [UInt8], length: Int) -> [UInt8]? {
    var isSound = false
    let content = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      let result = frame.withUnsafeBytes { ZSTD_decompress(buffer.baseAddress, length, $0.baseAddress, $0.count) }
      isSound = ZSTD_isError(result) == 0 && result == length
      count = isSound ? length : 0
    }
    return isSound ? content : nil
  }
}
