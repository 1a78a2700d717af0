internal import Glibc
public import Tracking

/// Keeps artifacts as deterministic tarballs: `<directory>/ab/abcdef….tar.zst`, named by their SHA-256.
///
/// The format is told byte by byte in docs/design/artifacts.md. Several processes may store at once; a tarball appears
/// under its name only when it is whole and on the disk.
public struct TarArtifactStore: ArtifactStore {
  /// The directory that holds the tarballs; made when the first is stored.
  public let directory: String

  private let reached: @Sendable (WriteStep) -> Void

  /// Opens the store in a directory.
  public init(directory: String) { self.init(directory: directory, reached: { _ in }) }

  /// Opens the store with a probe that is told each point of a write that is reached.
  package init(directory: String, reached: @escaping @Sendable (WriteStep) -> Void) {
    self.directory = directory
    self.reached = reached
  }

  private var incoming: String { directory + "/incoming" }

  private func folder(of digest: Digest) -> String { directory + "/" + digest.hex.prefix(2) }

  /// Returns the path of a tarball's file, whether it is there or not.
  public func path(of digest: Digest) -> String { folder(of: digest) + "/" + digest.hex + ".tar.zst" }

  private func open(_ digest: Digest) throws -> Descriptor {
    do {
      return try Descriptor(opening: path(of: digest), O_RDONLY)
    } catch let error as TrackingError where error.code == .notFound {
      throw TrackingError(
        .notFound, "artifact \(digest) is not in '\(directory)'; bring its tarball back from a copy")
    }
  }

  /// Stores a file or a directory, once however often it is stored: equal content has an equal digest.
  ///
  /// What writers that died have left is removed on the way. A tarball that is already there is replaced by the same
  /// bytes, which heals one that was damaged.
  ///
  /// - Throws: `.notFound`; `.invalid` for what a tarball must not hold; `.conflict` for a file that changes meanwhile.
  public func store(contentsOf path: String) throws -> StoredArtifact {
    let tree = try SourceTree(path)
    try prepareIncoming()
    return try store(tree)
  }

  /// Stores a file that comes piece by piece. A tar tells a file's length before its bytes: where it is not known, the
  /// pieces wait in a file beside the tarballs until the last is here.
  ///
  /// - Throws: `.invalid` for a name that no member may have, or pieces of another length; what `next` throws.
  public func store(file name: String, bytes: Int64?, pieces next: () throws -> [UInt8]?) throws -> StoredArtifact {
    try prepareIncoming()
    if let bytes {
      let name = try SourceTree.fileName(name)
      return try store { try $0.add(file: name, bytes: bytes, pieces: next) }
    }
    let draft = try Draft(.file, in: incoming, prefix: "")
    let tree = try SourceTree(file: draft.path, named: name)
    while let piece = try next() { try piece.withUnsafeBytes { try draft.descriptor.write($0) } }
    return try store(tree)
  }

  private func prepareIncoming() throws {
    try makeDirectories(incoming)
    Draft.sweep(incoming, prefix: "")
  }

  private func store(_ tree: SourceTree) throws -> StoredArtifact {
    try store { writer in
      for entry in tree.entries { try writer.add(entry) }
    }
  }

  private func store(filling fill: (TarWriter) throws -> Void) throws -> StoredArtifact {
    let draft = try Draft(.file, in: incoming, prefix: "")
    reached(.opened)
    let output = FrameOutput(to: draft, reached: reached)
    let writer = try TarWriter(to: output)
    try fill(writer)
    try writer.finish()
    let entries = writer.entries
    let digest = try output.finish(entries: entries)
    let folder = folder(of: digest)
    try makeDirectories(folder)
    try draft.publish(as: self.path(of: digest))
    reached(.renamed)
    try Descriptor(opening: folder, O_RDONLY | O_DIRECTORY).synchronize()
    reached(.named)
    return StoredArtifact(
      digest: digest, bytes: output.fileBytes, contentBytes: entries.reduce(0) { $0 + $1.member.bytes },
      files: entries.count { $0.member.kind == .file })
  }

  /// Reads a tarball's own bytes piece by piece.
  ///
  /// - Throws: `.notFound`; `.corrupt` at the end when they are not those of the digest; what `body` throws.
  public func readTarball(_ digest: Digest, _ body: ([UInt8]) throws -> Void) throws {
    let source = TarballSource(try open(digest), digest: digest, limit: .max)
    while let bytes = try source.nextOfFile() { try body(Array(bytes)) }
    try source.checkDigest()
  }

  /// Stores a tarball that another store has, byte for byte; nothing where it is here.
  ///
  /// It waits beside the tarballs until it has been read through: what `restore` would refuse with its usual limits, and an
  /// index that does not tell the truth, never gets the tarball's name.
  ///
  /// - Throws: `.corrupt`, `.invalid`; what `next` throws.
  public func adopt(_ digest: Digest, pieces next: () throws -> [UInt8]?) throws {
    guard !contains(digest) else { return }
    try prepareIncoming()
    let draft = try Draft(.file, in: incoming, prefix: "")
    while let piece = try next() { try piece.withUnsafeBytes { try draft.descriptor.write($0) } }
    try verify(digest, limits: RestoreLimits()) { try Descriptor(opening: draft.path, O_RDONLY) }
    try draft.descriptor.setMode(0o444)
    try draft.descriptor.synchronize()
    let folder = folder(of: digest)
    try makeDirectories(folder)
    try draft.publish(as: path(of: digest))
    try Descriptor(opening: folder, O_RDONLY | O_DIRECTORY).synchronize()
  }

  /// Returns whether a tarball is here.
  public func contains(_ digest: Digest) -> Bool { access(path(of: digest), F_OK) == 0 }

  /// Reads a tarball from its beginning to its end, each member in turn, and checks its digest.
  ///
  /// - Returns: the SHA-256 of the tar.
  private func read(
    _ digest: Digest, limits: RestoreLimits, _ body: (ArtifactMember, TarReader) throws -> Void
  ) throws -> Digest {
    try read(open(digest), digest, limits: limits, body)
  }

  private func read(
    _ file: consuming Descriptor, _ digest: Digest, limits: RestoreLimits,
    _ body: (ArtifactMember, TarReader) throws -> Void
  ) throws -> Digest {
    let source = TarballSource(file, digest: digest, limit: limits.tarBytes)
    do {
      return try withUTF8Locale {
        let reader = try TarReader(source, digest: digest, limits: limits)
        while let member = try reader.next() { try body(member, reader) }
        return try reader.finish()
      }
    } catch let error as TrackingError where error.code == .invalid || error.code == .corrupt {
      // Damage can look like anything; when the digest tells of it, that is the reason to give.
      try source.checkDigest()
      throw error
    }
  }

  /// Returns the members of a tarball in its order (sorted by path), from its index where it has one.
  public func members(of digest: Digest) throws -> [ArtifactMember] {
    if let index = try IndexedTarball(open(digest), digest: digest)?.index { return index.entries.map(\.member) }
    var members: [ArtifactMember] = []
    _ = try read(digest, limits: RestoreLimits()) { member, _ in members.append(member) }
    return members.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// Returns the bytes of one file of a tarball. With an index it costs the frames that hold the file, and their
  /// checksums are verified; without one it costs the whole tarball.
  ///
  /// - Throws: `.notFound`, `.corrupt`, `.invalid` above `limit` bytes, or for what is no file.
  public func contents(of member: String, in digest: Digest, limit: Int64) throws -> [UInt8] {
    if let tarball = try IndexedTarball(open(digest), digest: digest) {
      guard let entry = tarball.index.entry(member) else { throw missing(member, digest) }
      try check(entry.member, digest, limit: limit)
      return try tarball.tarBytes(from: entry.offset, count: Int(entry.member.bytes))
    }
    var contents: [UInt8]?
    _ = try read(digest, limits: RestoreLimits()) { found, reader in
      guard found.path.utf8.elementsEqual(member.utf8) else { return }
      try check(found, digest, limit: limit)
      var bytes = [UInt8](repeating: 0, count: Int(found.bytes))
      try reader.readFile { offset, piece in
        bytes.withUnsafeMutableBytes {
          UnsafeMutableRawBufferPointer(rebasing: $0[Int(offset)...]).copyMemory(from: piece)
        }
      }
      contents = bytes
    }
    guard let contents else { throw missing(member, digest) }
    return contents
  }

  /// Reads one file of a tarball piece by piece. With an index it costs the frames that hold the file, and their checksums
  /// are verified before the pieces are given; without one it costs the whole tarball.
  ///
  /// - Throws: `.notFound`, `.corrupt`, `.invalid` for what is no file; what `body` throws.
  public func read(_ member: String, in digest: Digest, _ body: ([UInt8]) throws -> Void) throws {
    if let tarball = try IndexedTarball(open(digest), digest: digest) {
      guard let entry = tarball.index.entry(member) else { throw missing(member, digest) }
      try check(entry.member, digest, limit: .max)
      return try tarball.readTar(from: entry.offset, count: entry.member.bytes) { try body(Array($0)) }
    }
    var isFound = false
    _ = try read(digest, limits: RestoreLimits()) { found, reader in
      guard found.path.utf8.elementsEqual(member.utf8) else { return }
      try check(found, digest, limit: .max)
      isFound = true
      var read: Int64 = 0
      try reader.readFile { offset, piece in
        // A sparse file has holes between its pieces.
        while read < offset {
          let zeros = min(offset - read, 1 << 18)
          try body([UInt8](repeating: 0, count: Int(zeros)))
          read += zeros
        }
        if !piece.isEmpty { try body(Array(piece)) }
        read += Int64(piece.count)
      }
      while read < found.bytes {
        let zeros = min(found.bytes - read, 1 << 18)
        try body([UInt8](repeating: 0, count: Int(zeros)))
        read += zeros
      }
    }
    guard isFound else { throw missing(member, digest) }
  }

  private func missing(_ member: String, _ digest: Digest) -> TrackingError {
    TrackingError(.notFound, "artifact \(digest) has no member '\(member)'; list its members to see what it has")
  }

  private func check(_ member: ArtifactMember, _ digest: Digest, limit: Int64) throws {
    guard member.kind == .file else {
      throw TrackingError(.invalid, "'\(member.path)' in artifact \(digest) is a \(member.kind.rawValue), not a file")
    }
    guard member.bytes <= limit else {
      throw TrackingError(
        .invalid,
        "'\(member.path)' in artifact \(digest) has \(member.bytes) bytes, above the limit of \(limit); restore it instead"
      )
    }
  }

  /// Unpacks a tarball into a directory, which is made if it is not there and must be empty.
  ///
  /// It is unpacked beside the directory, every byte is checked against the digest, and only then it gets the
  /// directory's name. What restores that died have left beside it is removed on the way.
  ///
  /// - Throws: `.corrupt`; `.conflict` when the directory is not empty; `.invalid` for a member that leaves the
  ///   directory or is neither file, directory nor link, or for more than the limits allow.
  public func restore(_ digest: Digest, to directory: String, limits: RestoreLimits) throws {
    let place = try FinalPlace(directory)
    try place.checkEmptyDirectory()
    try makeDirectories(place.parent)
    Draft.sweep(place.parent, prefix: place.prefix)
    let draft = try Draft(.directory, in: place.parent, prefix: place.prefix)
    _ = try read(digest, limits: limits) { member, reader in
      try MemberWriter(draft.descriptor).write(member, from: reader)
    }
    try draft.descriptor.setMode(0o755)
    try draft.publish(as: place.path)
  }

  /// Writes a tarball to a file in a format; the same tarball gives the same bytes. A file of that name is replaced.
  ///
  /// - Throws: `.notFound`, `.corrupt`.
  public func export(_ digest: Digest, to file: String, format: ArchiveFormat) throws {
    let place = try FinalPlace(file)
    let tarball = try open(digest)
    try makeDirectories(place.parent)
    Draft.sweep(place.parent, prefix: place.prefix)
    let draft = try Draft(.file, in: place.parent, prefix: place.prefix)
    let source = TarballSource(tarball, digest: digest, limit: .max)
    switch format {
    case .tarZst: try source.copyFile(to: draft.descriptor)
    case .tarGz: try Gzip.compress(source, to: draft.descriptor)
    }
    try draft.descriptor.setMode(0o644)
    try draft.descriptor.synchronize()
    try draft.publish(as: place.path)
  }

  /// Reads a tarball through: its digest, its frames, its tar, and whether its index tells the truth.
  ///
  /// - Throws: `.notFound`, `.corrupt`; `.invalid` for a member that no artifact may have.
  public func verify(_ digest: Digest) throws {
    try verify(digest, limits: RestoreLimits(bytes: .max, members: .max)) { try open(digest) }
  }

  private func verify(_ digest: Digest, limits: RestoreLimits, _ open: () throws -> Descriptor) throws {
    var members: [ArtifactMember] = []
    let tarDigest = try read(open(), digest, limits: limits) { member, _ in members.append(member) }
    guard let index = try IndexedTarball(open(), digest: digest)?.index else { return }
    guard index.entries.map(\.member) == members, index.tarDigest == tarDigest else {
      throw TrackingError(.corrupt, "artifact \(digest) has an index that does not tell what it holds")
    }
  }

  /// Returns the SHA-256 of the tar inside a tarball: equal content has an equal one, whatever version of the
  /// compressor packed it.
  ///
  /// - Throws: `.notFound`, `.corrupt`.
  public func contentDigest(of digest: Digest) throws -> Digest {
    if let index = try IndexedTarball(open(digest), digest: digest)?.index { return index.tarDigest }
    return try read(digest, limits: RestoreLimits(bytes: .max, members: .max)) { _, _ in }
  }
}

extension RestoreLimits {
  // Each member costs a header, padding and perhaps a pax header with a long name, beside its bytes.
  fileprivate var tarBytes: Int64 {
    let (headers, overflow) = Int64(members).multipliedReportingOverflow(by: 16_384)
    let (sum, overflows) = bytes.addingReportingOverflow(headers)
    return overflow || overflows || sum > .max - 65_536 ? .max : sum + 65_536
  }
}
