internal import CArchive
internal import Glibc
internal import Tracking

/// Takes the bytes of a tar as they are made.
protocol TarOutput: AnyObject {
  /// Takes the next bytes.
  func append(_ bytes: UnsafeRawBufferPointer) throws
}

/// Writes members of a tar to an output through libarchive. Nothing is buffered: what a call writes is in the output
/// when it returns.
///
/// Not shared between threads.
final class TarPen {
  private let archive: OpaquePointer
  private let output: any TarOutput
  private var failure: (any Error)?

  init(to output: any TarOutput, binaryNames: Bool) throws {
    guard let archive = archive_write_new() else { throw TrackingError(.system, "libarchive gave no writer") }
    self.archive = archive
    self.output = output
    // Restricted: a plain ustar header wherever one can say it all, a pax header before it where it cannot.
    archive_write_set_format_pax_restricted(archive)
    if binaryNames { archive_write_set_format_option(archive, "pax", "hdrcharset", "BINARY") }
    archive_write_set_bytes_per_block(archive, 0)
    archive_write_add_filter_none(archive)
    let result = archive_write_open(
      archive, Unmanaged.passUnretained(self).toOpaque(), nil,
      { _, client, bytes, count in
        Unmanaged<TarPen>.fromOpaque(client!).takeUnretainedValue()
          .take(UnsafeRawBufferPointer(start: bytes, count: count))
      }, nil)
    guard result == ARCHIVE_OK else { throw error("begin") }
  }

  deinit {
    // Freeing would close, and closing writes the tar's end.
    archive_write_fail(archive)
    archive_write_free(archive)
  }

  private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
    do {
      try output.append(bytes)
      return bytes.count
    } catch {
      failure = error
      return -1
    }
  }

  private func error(_ deed: String) -> any Error {
    let words = archive_error_string(archive).map { String(cString: $0) } ?? "no reason given"
    return failure ?? TrackingError(.system, "libarchive cannot \(deed) a tar: \(words)")
  }

  /// Writes a member's header.
  func begin(_ member: ArtifactMember) throws {
    guard let entry = archive_entry_new2(archive) else { throw error("write") }
    defer { archive_entry_free(entry) }
    archive_entry_set_pathname(entry, member.path)
    switch member.kind {
    case .file:
      archive_entry_set_filetype(entry, UInt32(Glibc.S_IFREG))
      archive_entry_set_perm(entry, member.isExecutable ? 0o755 : 0o644)
    case .directory:
      archive_entry_set_filetype(entry, UInt32(Glibc.S_IFDIR))
      archive_entry_set_perm(entry, 0o755)
    case .link:
      archive_entry_set_filetype(entry, UInt32(Glibc.S_IFLNK))
      archive_entry_set_perm(entry, 0o777)
      archive_entry_set_symlink(entry, member.target)
    }
    archive_entry_set_size(entry, member.bytes)
    archive_entry_set_mtime(entry, 0, 0)
    guard archive_write_header(archive, entry) == ARCHIVE_OK else { throw error("write '\(member.path)' to") }
  }

  /// Writes the next bytes of the member's content.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard archive_write_data(archive, bytes.baseAddress, bytes.count) == bytes.count else { throw error("write") }
  }

  /// Ends the member: pads it to whole blocks.
  func end() throws {
    guard archive_write_finish_entry(archive) == ARCHIVE_OK else { throw error("write") }
  }

  /// Writes the tar's end.
  func endTar() throws {
    guard archive_write_close(archive) == ARCHIVE_OK else { throw error("end") }
  }
}
