public import Tracking

/// A file as a manifest names it.
public struct ManifestFile: Sendable, Equatable {
  /// The path below the folder, or the file's name.
  public var path: String
  /// In bytes.
  public var bytes: Int64
  /// Of its bytes; of a link its target's text.
  public var digest: Digest

  /// Names a file.
  public init(path: String, bytes: Int64, digest: Digest) {
    self.path = path
    self.bytes = bytes
    self.digest = digest
  }
}

/// What files a folder, or an input, held: path, size and digest of each, sorted by the bytes of their paths.
public struct FileManifest: Sendable, Equatable {
  /// The files.
  public var files: [ManifestFile]

  /// Makes a manifest.
  public init(_ files: [ManifestFile]) {
    self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// The size of all files in bytes.
  public var bytes: Int64 { files.reduce(0) { $0 + $1.bytes } }

  /// The digest of a line `SHA256  PATH` for each file, as `sha256sum` writes them.
  public var digest: Digest {
    var hasher = Digest.Hasher()
    for file in files { hasher.update("\(file.digest.hex)  \(file.path)\n".utf8) }
    return hasher.finalize()
  }

  /// What became of a file between two manifests.
  public struct Change: Sendable, Equatable {
    /// What became of it.
    public enum Kind: String, Sendable { case changed, added, removed }

    /// The path.
    public var path: String
    /// What became of it.
    public var kind: Kind
  }

  /// Returns what is not the same in a later manifest, by path.
  public func changes(to later: FileManifest) -> [Change] {
    let (old, new) = (byPath, later.byPath)
    return Set(old.keys).union(new.keys).sorted().compactMap { path in
      switch (old[path], new[path]) {
      case (let left?, let right?): left.digest == right.digest ? nil : Change(path: path, kind: .changed)
      case (nil, _): Change(path: path, kind: .added)
      case (_, nil): Change(path: path, kind: .removed)
      }
    }
  }

  private var byPath: [String: ManifestFile] { Dictionary(files.map { ($0.path, $0) }, uniquingKeysWith: { $1 }) }

  /// The recorded form: `[[path, bytes, sha256], ...]`.
  public var value: Value {
    .list(files.map { [.text($0.path), .integer($0.bytes), .text($0.digest.hex)] })
  }

  /// Reads the recorded form.
  ///
  /// - Throws: `.corrupt`.
  public init(value: Value) throws {
    self.init(
      try (value.list ?? []).map { row in
        guard let row = row.list, row.count == 3, let path = row[0].text, let bytes = row[1].integer,
          let digest = row[2].text.flatMap({ Digest(hex: $0) })
        else { throw TrackingError(.corrupt, "a manifest's line is not [path, bytes, sha256]: \(row.json)") }
        return ManifestFile(path: path, bytes: bytes, digest: digest)
      })
  }
}
