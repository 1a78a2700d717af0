internal import CArchive
internal import Glibc
internal import Tracking

extension TarballSource {
  /// Copies the file as it is, and checks its digest.
  func copyFile(to copy: borrowing Descriptor) throws {
    while let bytes = try nextOfFile() { try copy.write(bytes) }
    try checkDigest()
  }
}

/// Hands a tar out as `.tar.gz`: without a time and a name in its header, so the same tar gives the same bytes.
enum Gzip {
  /// Compresses the tar of a tarball, and checks the tarball's digest.
  static func compress(_ source: TarballSource, to file: borrowing Descriptor) throws {
    guard let archive = archive_write_new() else { throw TrackingError(.system, "libarchive gave no writer") }
    defer { archive_write_free(archive) }
    let path = file.path
    func check(_ result: CInt) throws {
      guard result == ARCHIVE_OK else {
        archive_write_fail(archive)
        throw TrackingError(
          .system,
          "libarchive cannot write '\(path)': \(archive_error_string(archive).map { String(cString: $0) } ?? "")")
      }
    }
    // A raw archive is the bytes of its one member, so this is the gzip filter alone.
    try check(archive_write_set_format_raw(archive))
    try check(archive_write_add_filter_gzip(archive))
    try check(archive_write_set_filter_option(archive, "gzip", "timestamp", nil))
    try check(archive_write_set_filter_option(archive, "gzip", "compression-level", "6"))
    try check(archive_write_set_bytes_in_last_block(archive, 1))
    try check(archive_write_open_fd(archive, file.number))
    guard let entry = archive_entry_new() else { throw TrackingError(.system, "libarchive gave no entry") }
    defer { archive_entry_free(entry) }
    archive_entry_set_pathname(entry, "tar")
    archive_entry_set_filetype(entry, UInt32(Glibc.S_IFREG))
    try check(archive_write_header(archive, entry))
    while let bytes = try source.next() {
      guard archive_write_data(archive, bytes.baseAddress, bytes.count) == bytes.count else {
        try check(ARCHIVE_FATAL)
        return
      }
    }
    try source.checkDigest()
    try check(archive_write_close(archive))
  }
}
