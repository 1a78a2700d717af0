internal import CArchive
internal import CZstd
internal import Glibc
internal import Tracking

/// Reads one part: its frames, the tar in them, and the content of the one member.
///
/// Not shared between threads.
final class PartReader {
  private let file: Descriptor
  private let entry: PartIndex.Entry
  private let archive: OpaquePointer
  private let context: OpaquePointer
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
  private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
  private var inputBytes = 0
  private var inputAt = 0
  private var read: Int64 = 0
  private var isOutputFull = false
  private var failure: (any Error)?
  /// The bytes of the member that are still to come.
  private var rest: Int64 = 0

  /// Opens a part and reads its header.
  init(path: String, entry: PartIndex.Entry) throws {
    guard let archive = archive_read_new(), let context = ZSTD_createDCtx() else {
      throw TrackingError(.system, "libarchive or libzstd gave no reader")
    }
    self.archive = archive
    self.context = context
    self.entry = entry
    file = try Descriptor(opening: path, O_RDONLY)
    archive_read_support_format_tar(archive)
    archive_read_support_filter_none(archive)
    let result = archive_read_open(
      archive, Unmanaged.passUnretained(self).toOpaque(), nil,
      { _, client, bytes in
        Unmanaged<PartReader>.fromOpaque(client!).takeUnretainedValue().give(&bytes!.pointee)
      }, nil)
    var header: OpaquePointer?
    guard result == ARCHIVE_OK, archive_read_next_header(archive, &header) == ARCHIVE_OK, failure == nil, let header,
      mode_t(archive_entry_filetype(header)) == Glibc.S_IFREG, archive_entry_hardlink(header) == nil,
      let name = archive_entry_pathname(header), String(validatingCString: name) == entry.name
    else { throw damage("its header") }
    rest = archive_entry_size(header)
    guard rest >= 0 else { throw damage("its length") }
  }

  deinit {
    archive_read_free(archive)
    ZSTD_freeDCtx(context)
    input.deallocate()
    output.deallocate()
  }

  private func damage(_ what: String) -> any Error {
    failure
      ?? TrackingError(.corrupt, "'\(file.path)' is damaged: \(what) of its part '\(entry.name)' cannot be read")
  }

  private func give(_ place: inout UnsafeRawPointer?) -> Int {
    do {
      let count = try decompress()
      place = UnsafeRawPointer(output.baseAddress)
      return count
    } catch {
      failure = error
      return -1
    }
  }

  private func decompress() throws -> Int {
    while true {
      if inputAt == inputBytes, !isOutputFull {
        let count = Int(min(Int64(input.count), entry.bytes - read))
        guard count > 0 else { return 0 }
        try file.read(into: UnsafeMutableRawBufferPointer(rebasing: input[..<count]), at: entry.offset + read)
        read += Int64(count)
        (inputBytes, inputAt) = (count, 0)
      }
      var from = ZSTD_inBuffer(src: input.baseAddress, size: inputBytes, pos: inputAt)
      var to = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
      let result = ZSTD_decompressStream(context, &to, &from)
      guard ZSTD_isError(result) == 0 else { throw damage("the compression") }
      inputAt = from.pos
      isOutputFull = to.pos == output.count
      if to.pos > 0 { return to.pos }
    }
  }

  /// Returns the next bytes of the content; nil at the end.
  func next() throws -> [UInt8]? {
    guard rest > 0 else {
      var another: OpaquePointer?
      let result = archive_read_next_header(archive, &another)
      guard result == ARCHIVE_EOF, failure == nil else { throw damage("what stands behind the content") }
      return nil
    }
    let wanted = Int(min(rest, 1 << 18))
    let piece = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
      count = max(0, archive_read_data(archive, buffer.baseAddress, wanted))
    }
    guard !piece.isEmpty, failure == nil else { throw damage("the content") }
    rest -= Int64(piece.count)
    return piece
  }
}
