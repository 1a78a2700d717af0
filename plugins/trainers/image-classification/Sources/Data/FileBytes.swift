internal import CArchive
internal import Tracking

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A file read whole: its bytes, unpacked when its name ends in `.gz`, and the digest of the file as it lies there.
struct FileBytes {
  var path: String
  var bytes: [UInt8]
  var digest: Digest

  /// The last part of the path.
  var name: String { String(path.split(separator: "/").last ?? "") }
  /// The name without `.gz`.
  var plainName: String { name.hasSuffix(".gz") ? String(name.dropLast(3)) : name }

  /// - Throws: `TrainerError` naming the path.
  init(reading path: String) throws {
    self.path = path
    let raw = try FileBytes.raw(path)
    digest = Digest(hashing: raw)
    bytes = path.hasSuffix(".gz") ? try FileBytes.unpacked(raw, path: path) : raw
  }

  /// Reads a file as it is.
  static func raw(_ path: String) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw TrainerError(.unreadable, "'\(path)' cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { close(file) }
    var information = stat()
    guard fstat(file, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
      throw TrainerError(.unreadable, "'\(path)' is no file; name the file that holds the images")
    }
    let size = Int(information.st_size)
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = 0
      while count < size {
        let got = read(file, buffer.baseAddress.map { $0 + count }, size - count)
        if got < 0 && errno == EINTR { continue }
        if got < 0 { failure = errno }
        if got <= 0 { break }
        count += got
      }
    }
    guard failure == 0 else {
      throw TrainerError(.unreadable, "'\(path)' cannot be read: \(String(cString: strerror(failure)))")
    }
    return bytes
  }

  private static func unpacked(_ raw: [UInt8], path: String) throws -> [UInt8] {
    guard let archive = archive_read_new() else {
      throw TrainerError(.unreadable, "'\(path)' cannot be unpacked: libarchive has no memory")
    }
    defer { archive_read_free(archive) }
    func broken() -> TrainerError {
      let reason = archive_error_string(archive).map { String(cString: $0) } ?? "it is no gzip file"
      return TrainerError(.malformed, "'\(path)' cannot be unpacked: \(reason)")
    }
    archive_read_support_filter_gzip(archive)
    archive_read_support_format_raw(archive)
    return try raw.withUnsafeBytes { source in
      guard archive_read_open_memory(archive, source.baseAddress, source.count) == ARCHIVE_OK else { throw broken() }
      var entry: OpaquePointer?
      guard archive_read_next_header(archive, &entry) == ARCHIVE_OK else { throw broken() }
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 1 << 20)
      while true {
        let got = buffer.withUnsafeMutableBytes { archive_read_data(archive, $0.baseAddress, $0.count) }
        if got < 0 { throw broken() }
        if got == 0 { return bytes }
        bytes.append(contentsOf: buffer[0..<Int(got)])
      }
    }
  }
}
