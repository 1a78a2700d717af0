internal import CArchive
internal import Glibc
internal import Tracking

/// Makes the tar: the one place that decides what a header says.
///
/// Not shared between threads.
final class TarWriter {
  private let archive: OpaquePointer
  private let output: FrameOutput
  private var failure: (any Error)?
  private(set) var entries: [TarballIndex.Entry] = []
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)

  init(to output: FrameOutput) throws {
    guard let archive = archive_write_new() else { throw TrackingError(.system, "libarchive gave no writer") }
    self.archive = archive
    self.output = output
    // Restricted: a plain ustar header wherever one can say it all, a pax header before it where it cannot.
    archive_write_set_format_pax_restricted(archive)
    // Names outside ASCII are bytes, told in a pax header. Without this, libarchive asks the locale what they mean when
    // it writes them, and joins letters and their accents when it reads them back, so that two files get one name.
    archive_write_set_format_option(archive, "pax", "hdrcharset", "BINARY")
    archive_write_set_bytes_per_block(archive, 0)
    archive_write_add_filter_none(archive)
    let result = archive_write_open(
      archive, Unmanaged.passUnretained(self).toOpaque(), nil,
      { _, client, bytes, count in
        let writer = Unmanaged<TarWriter>.fromOpaque(client!).takeUnretainedValue()
        return writer.take(UnsafeRawBufferPointer(start: bytes, count: count))
      }, nil)
    guard result == ARCHIVE_OK else { throw error("begin") }
  }

  deinit {
    // Freeing closes, and a close after a failure must not reach the output again.
    archive_write_fail(archive)
    archive_write_free(archive)
    buffer.deallocate()
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
    failure
      ?? TrackingError(
        .system,
        "libarchive cannot \(deed) a tarball: \(archive_error_string(archive).map { String(cString: $0) } ?? "")")
  }

  /// Adds a member.
  ///
  /// - Throws: `.conflict` for a file whose length changes while it is read.
  func add(_ entry: SourceTree.Entry) throws {
    var member = ArtifactMember(path: entry.path, kind: entry.kind, bytes: 0, target: entry.target)
    guard entry.kind == .file else {
      try writeHeader(member)
      entries.append(TarballIndex.Entry(member: member, offset: 0))
      return
    }
    let file = try Descriptor(opening: entry.source, O_RDONLY)
    let status = try file.status()
    member.bytes = Int64(status.st_size)
    member.isExecutable = status.st_mode & 0o111 != 0
    try writeHeader(member)
    entries.append(TarballIndex.Entry(member: member, offset: output.tarBytes))
    var rest = member.bytes
    while true {
      let count = try file.read(into: buffer)
      if count == 0 { break }
      rest -= Int64(count)
      guard rest >= 0 else { break }
      guard archive_write_data(archive, buffer.baseAddress, count) == count else { throw error("write") }
    }
    guard rest == 0 else {
      throw TrackingError(
        .conflict, "'\(entry.source)' changed while it was being stored; store it again when nothing writes to it")
    }
  }

  private func writeHeader(_ member: ArtifactMember) throws {
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
    guard archive_write_header(archive, entry) == ARCHIVE_OK else {
      throw error("write the header of \(member.path) in")
    }
    // The padding of the member before is written with the next header, so the offset is taken after it.
    guard failure == nil else { throw error("write") }
  }

  /// Ends the tar.
  func finish() throws {
    guard archive_write_close(archive) == ARCHIVE_OK else { throw error("end") }
  }
}
