internal import CArchive
internal import Glibc
internal import Tracking

/// Reads the members of a tarball in order, whoever made it, and refuses those that no artifact may have.
///
/// Not shared between threads.
final class TarReader {
  private let archive: OpaquePointer
  private let source: TarballSource
  private let digest: Digest
  private let limits: RestoreLimits
  private var failure: (any Error)?
  private var kinds: [[UInt8]: Seen] = [:]
  private var members = 0
  private var bytes: Int64 = 0

  private enum Seen {
    case file
    case link
    case directory
    // A directory that only the paths below it have named so far.
    case impliedDirectory
  }

  init(_ source: TarballSource, digest: Digest, limits: RestoreLimits) throws {
    guard let archive = archive_read_new() else { throw TrackingError(.system, "libarchive gave no reader") }
    self.archive = archive
    self.source = source
    self.digest = digest
    self.limits = limits
    archive_read_support_format_tar(archive)
    archive_read_support_filter_none(archive)
    let result = archive_read_open(
      archive, Unmanaged.passUnretained(self).toOpaque(), nil,
      { _, client, bytes in
        Unmanaged<TarReader>.fromOpaque(client!).takeUnretainedValue().give(&bytes!.pointee)
      }, nil)
    guard result == ARCHIVE_OK else { throw error() }
  }

  deinit { archive_read_free(archive) }

  private func give(_ place: inout UnsafeRawPointer?) -> Int {
    do {
      guard let bytes = try source.next() else { return 0 }
      place = bytes.baseAddress
      return bytes.count
    } catch {
      failure = error
      return -1
    }
  }

  private func error() -> any Error {
    failure
      ?? TrackingError(
        .corrupt,
        "artifact \(digest) holds no sound tar: \(archive_error_string(archive).map { String(cString: $0) } ?? "")")
  }

  /// Returns the next member; nil at the end.
  ///
  /// - Throws: `.invalid` for a member that no artifact may have, or more than the limits allow.
  func next() throws -> ArtifactMember? {
    while true {
      var entry: OpaquePointer?
      let result = archive_read_next_header(archive, &entry)
      if result == ARCHIVE_EOF { return nil }
      guard result == ARCHIVE_OK || result == ARCHIVE_WARN, failure == nil, let entry else { throw error() }
      members += 1
      guard members <= limits.members else {
        throw refusal("it has more than \(limits.members) members, which is the limit")
      }
      if let member = try member(of: entry) { return member }
    }
  }

  private func refusal(_ what: String) -> TrackingError {
    TrackingError(.invalid, "artifact \(digest) is not restored: \(what)")
  }

  // Nil for an entry of the top directory itself.
  private func member(of entry: OpaquePointer) throws -> ArtifactMember? {
    guard let path = archive_entry_pathname(entry) else { throw refusal("a member has a name that is not UTF-8") }
    let names = try MemberPath.names(of: UnsafeRawBufferPointer(start: path, count: strlen(path)))
    let joined = names.joined(separator: "/")
    if let target = archive_entry_hardlink(entry) {
      throw refusal("'\(joined)' is a hard link to '\(String(cString: target))', and artifacts hold none")
    }
    var member = ArtifactMember(path: joined, kind: .file, bytes: 0)
    switch mode_t(archive_entry_filetype(entry)) {
    case Glibc.S_IFREG:
      member.bytes = archive_entry_size(entry)
      member.isExecutable = archive_entry_perm(entry) & 0o111 != 0
    case Glibc.S_IFDIR: member.kind = .directory
    case Glibc.S_IFLNK:
      guard let target = archive_entry_symlink(entry),
        let text = String(validatingCString: target)
      else { throw refusal("the link '\(joined)' has a target that is not UTF-8") }
      try MemberPath.checkLink(joined, target: text, depth: names.count - 1)
      member.kind = .link
      member.target = text
    default: throw refusal("'\(joined)' is a device, a pipe or a socket")
    }
    if names.isEmpty {
      guard member.kind == .directory else { throw refusal("a member that is no directory has no name") }
      return nil
    }
    try place(member, names: names)
    let (sum, overflow) = bytes.addingReportingOverflow(member.bytes)
    guard member.bytes >= 0, !overflow, sum <= limits.bytes else {
      throw refusal("its files have more than \(limits.bytes) bytes, which is the limit")
    }
    bytes = sum
    return member
  }

  // Every name above must be a real directory, so that nothing is written through a link; no path comes twice. Keyed by
  // bytes, because texts with different bytes can be equal in Swift.
  private func place(_ member: ArtifactMember, names: [String]) throws {
    for count in 1..<max(names.count, 1) {
      let above = Array(names.prefix(count).joined(separator: "/").utf8)
      switch kinds[above] {
      case nil: kinds[above] = .impliedDirectory
      case .directory, .impliedDirectory: break
      case .link:
        throw refusal("'\(member.path)' would be written through the link '\(String(decoding: above, as: UTF8.self))'")
      case .file: throw refusal("'\(member.path)' lies below a file")
      }
    }
    let key = Array(member.path.utf8)
    switch (kinds[key], member.kind) {
    case (nil, .file): kinds[key] = .file
    case (nil, .link): kinds[key] = .link
    case (nil, .directory), (.impliedDirectory, .directory): kinds[key] = .directory
    default: throw refusal("it has the member '\(member.path)' twice")
    }
  }

  /// Calls with the pieces of the file that `next` returned last: where each begins, and its bytes.
  func readFile(_ body: (Int64, UnsafeRawBufferPointer) throws -> Void) throws {
    while true {
      var bytes: UnsafeRawPointer?
      var count = 0
      var offset: Int64 = 0
      let result = archive_read_data_block(archive, &bytes, &count, &offset)
      if result == ARCHIVE_EOF { return }
      guard result == ARCHIVE_OK, failure == nil else { throw error() }
      try body(offset, UnsafeRawBufferPointer(start: bytes, count: count))
    }
  }

  /// Reads what is left and checks the digest of everything.
  ///
  /// - Returns: the SHA-256 of the tar.
  func finish() throws -> Digest { try source.finish(end: archive_filter_bytes(archive, 0)) }
}
