/// A stored tarball: its name and what it holds.
public struct StoredArtifact: Sendable, Equatable {
  /// The SHA-256 of the tarball.
  public var digest: Digest
  /// The tarball's size in bytes.
  public var bytes: Int64
  /// The size of its files in bytes.
  public var contentBytes: Int64
  /// How many files it holds.
  public var files: Int

  /// Makes a stored artifact of all its fields.
  public init(digest: Digest, bytes: Int64, contentBytes: Int64, files: Int) {
    self.digest = digest
    self.bytes = bytes
    self.contentBytes = contentBytes
    self.files = files
  }
}

/// A member of a stored tarball.
public struct ArtifactMember: Sendable, Equatable {
  /// What a member is.
  public enum Kind: String, Sendable {
    /// A regular file.
    case file
    /// A directory.
    case directory
    /// A symbolic link.
    case link
  }

  /// The path inside the tarball, `/` between names, never absolute.
  public var path: String
  /// What it is.
  public var kind: Kind
  /// The size of a file in bytes; 0 otherwise.
  public var bytes: Int64
  /// True for a file that may be executed.
  public var isExecutable: Bool
  /// What a link points to.
  public var target: String?

  /// Makes a member of all its fields.
  public init(path: String, kind: Kind, bytes: Int64, isExecutable: Bool = false, target: String? = nil) {
    self.path = path
    self.kind = kind
    self.bytes = bytes
    self.isExecutable = isExecutable
    self.target = target
  }
}

/// The form in which a tarball is handed out.
public enum ArchiveFormat: String, Sendable, CaseIterable {
  /// The stored form.
  case tarZst = "tar.zst"
  /// For SageMaker and everything else that reads `model.tar.gz`.
  case tarGz = "tar.gz"
}

/// What a restore may cost; a tarball that wants more is refused before it costs it.
public struct RestoreLimits: Sendable, Equatable {
  /// All files together, in bytes.
  public var bytes: Int64
  /// How many members.
  public var members: Int

  /// Sets limits; by default 64 GiB and a million members.
  public init(bytes: Int64 = 64 << 30, members: Int = 1_000_000) {
    self.bytes = bytes
    self.members = members
  }
}

/// Keeps files and directories as tarballs named by their SHA-256. Calls block; any thread may call.
public protocol ArtifactStore: Sendable {
  /// Stores a file or a directory, once however often it is stored: equal content has an equal digest.
  ///
  /// - Throws: `.notFound`, `.invalid` for what a tarball must not hold (sockets, devices, names that are not UTF-8).
  func store(contentsOf path: String) throws -> StoredArtifact

  /// Stores a file that comes piece by piece: the same tarball as storing a file of that name with those bytes.
  ///
  /// Memory holds a piece or two, however long the file is; nothing is left behind when the pieces end in an error.
  ///
  /// - Parameters:
  ///   - name: a name without `/`, not `.` or `..`.
  ///   - bytes: the length of all pieces together, if it is known before; then they are written once and not twice.
  ///   - next: returns the next bytes; nil at the end.
  /// - Throws: `.invalid` for such a name, and for pieces of another length; what `next` throws.
  func store(file name: String, bytes: Int64?, pieces next: () throws -> [UInt8]?) throws -> StoredArtifact

  /// Reads a tarball's own bytes piece by piece, in order, in bounded memory.
  ///
  /// - Throws: `.notFound`; `.corrupt` at the end when they are not those of the digest; what `body` throws.
  func readTarball(_ digest: Digest, _ body: ([UInt8]) throws -> Void) throws

  /// Stores a tarball that another store has, byte for byte; nothing where it is here.
  ///
  /// It is read through before it is here: its digest, and that `restore` would take each of its members.
  ///
  /// - Parameter next: returns the next bytes; nil at the end.
  /// - Throws: `.corrupt` when the bytes are not those of the digest; `.invalid` for what no artifact may hold; what `next`
  ///   throws.
  func adopt(_ digest: Digest, pieces next: () throws -> [UInt8]?) throws

  /// Returns whether a tarball is here.
  func contains(_ digest: Digest) -> Bool

  /// Returns the members of a tarball in its order (sorted by path).
  func members(of digest: Digest) throws -> [ArtifactMember]

  /// Returns the bytes of one file of a tarball.
  ///
  /// - Throws: `.notFound`, `.corrupt`, `.invalid` above `limit` bytes.
  func contents(of member: String, in digest: Digest, limit: Int64) throws -> [UInt8]

  /// Reads one file of a tarball piece by piece, in order, in bounded memory. An empty file has no pieces.
  ///
  /// - Throws: `.notFound`, `.corrupt`, `.invalid` for what is no file; what `body` throws. Pieces that came before are sound
  ///   unless another program made the tarball.
  func read(_ member: String, in digest: Digest, _ body: ([UInt8]) throws -> Void) throws

  /// Unpacks a tarball into a directory, which is made if it is not there and must be empty.
  ///
  /// Every byte is checked against the digest before the call returns; when it throws, nothing is left behind.
  ///
  /// - Throws: `.corrupt`; `.conflict` when the directory is not empty; `.invalid` for a member that leaves the
  ///   directory or is neither file, directory nor link, or for more than the limits allow.
  func restore(_ digest: Digest, to directory: String, limits: RestoreLimits) throws

  /// Writes a tarball to a file in a format; the same tarball gives the same bytes.
  func export(_ digest: Digest, to file: String, format: ArchiveFormat) throws

  /// Reads a tarball through and checks its digest.
  ///
  /// - Throws: `.notFound`, `.corrupt`.
  func verify(_ digest: Digest) throws

  /// Returns the digest of a tarball's content alone: equal content has an equal one, also where the tarballs' own
  /// digests differ because another version of the compressor packed them.
  ///
  /// - Throws: `.notFound`, `.corrupt`.
  func contentDigest(of digest: Digest) throws -> Digest
}
