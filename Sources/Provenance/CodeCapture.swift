internal import Glibc
public import Tracking

/// The code of a run as it was when it started.
public struct CapturedCode: Sendable, Equatable {
  /// The folder, absolute.
  public var root: String
  /// What it held.
  public var manifest: FileManifest
  /// What it held and is not recorded: the paths with the reasons.
  public var leftOut: [(path: String, reason: String)]
  /// Where it stood in git; nil outside a repository.
  public var git: GitState?

  /// Compares by what was captured.
  public static func == (left: CapturedCode, right: CapturedCode) -> Bool { left.value == right.value }

  /// The recorded form, without git's difference.
  public var value: Value {
    [
      "root": .text(root), "files": manifest.value, "git": git?.value ?? .null,
      "left_out": .list(leftOut.map { [.text($0.path), .text($0.reason)] }),
    ]
  }

  /// Reads the recorded form.
  ///
  /// - Throws: `.corrupt`.
  public init(value: Value, gitDifference: [UInt8]) throws {
    guard let root = value["root"]?.text, let files = value["files"] else {
      throw TrackingError(.corrupt, "the record of a run's code has no root or no files")
    }
    self.root = root
    manifest = try FileManifest(value: files)
    leftOut = (value["left_out"]?.list ?? []).compactMap { pair in
      guard let pair = pair.list, pair.count == 2, let path = pair[0].text, let reason = pair[1].text else {
        return nil
      }
      return (path, reason)
    }
    git = value["git"].flatMap { $0.object == nil ? nil : GitState(value: $0, difference: gitDifference) }
  }

  init(root: String, manifest: FileManifest, leftOut: [(path: String, reason: String)], git: GitState?) {
    self.root = root
    self.manifest = manifest
    self.leftOut = leftOut
    self.git = git
  }
}

/// Takes a folder's code down: as one tarball, named by what it holds.
///
/// A folder that is as it was the last time costs a look at each file, and no reading.
public struct CodeCapture: Sendable {
  /// A larger file is left out, by default, in bytes: code is small, and data are declared as inputs.
  public static let fileLimit: Int64 = 64 << 20
  /// More than this together is not taken at all, in bytes.
  public static let totalLimit: Int64 = 512 << 20
  /// More files than this are not taken at all.
  public static let countLimit = 50_000

  let artifacts: any ArtifactStore
  /// The directory of digest caches.
  let caches: String
  let fileLimit: Int64
  let stores: [String]

  /// Makes a capture.
  ///
  /// - Parameters:
  ///   - caches: a directory for what is remembered of files; made when it is not there.
  ///   - fileLimit: larger files are left out.
  ///   - stores: folders that are no code.
  public init(
    artifacts: any ArtifactStore, caches: String, fileLimit: Int64 = CodeCapture.fileLimit, stores: [String]
  ) {
    self.artifacts = artifacts
    self.caches = caches
    self.fileLimit = fileLimit
    self.stores = stores
  }

  /// Takes a folder down.
  ///
  /// - Returns: what it held, and the tarball.
  /// - Throws: `.invalid` when there is more of it than code can be; `.system`.
  public func take(_ folder: String) throws -> (code: CapturedCode, tarball: StoredArtifact) {
    guard let root = resolved(folder) else { throw TrackingError(.notFound, "there is no folder \(folder)") }
    let found = SourceFiles(of: root, fileLimit: fileLimit, stores: stores)
    let bytes = found.files.reduce(0) { $0 + Int64($1.status.st_size) }
    guard bytes <= CodeCapture.totalLimit, found.files.count <= CodeCapture.countLimit else {
      throw TrackingError(
        .invalid,
        "\(root) holds \(found.files.count) files of \(bytes >> 20) MiB together, more than the code of a run can be "
          + "(\(CodeCapture.countLimit) files, \(CodeCapture.totalLimit >> 20) MiB); list what is no code in "
          + "\(root)/.runsignore, written as .gitignore is")
    }
    let cache = DigestCache(of: root, in: caches)
    var manifest = try CodeCapture.manifest(of: found, in: root, cache)
    let tarball: StoredArtifact
    if let known = remembered(manifest, found) {
      tarball = known
    } else {
      (manifest, tarball) = try pack(found, root)
      remember(tarball, manifest, found)
    }
    cache.save()
    return (
      CapturedCode(
        root: root, manifest: manifest, leftOut: found.leftOut,
        git: GitState(of: root, excluding: found.leftOut.map(\.path))), tarball
    )
  }

  /// Looks at what a folder holds now, storing nothing.
  public func look(at folder: String) throws -> FileManifest {
    guard let root = resolved(folder) else { throw TrackingError(.notFound, "there is no folder \(folder)") }
    let cache = DigestCache(of: root, in: caches)
    defer { cache.save() }
    return try CodeCapture.manifest(of: SourceFiles(of: root, fileLimit: fileLimit, stores: stores), in: root, cache)
  }

  private static func manifest(of found: SourceFiles, in root: String, _ cache: DigestCache) throws -> FileManifest {
    FileManifest(
      try found.files.map { file in
        let place = root + "/" + file.path
        if file.status.isLink {
          let target = target(ofLink: place) ?? ""
          return ManifestFile(path: file.path, bytes: 0, digest: Digest(hashing: "link \(target)"))
        }
        return ManifestFile(
          path: file.path, bytes: Int64(file.status.st_size),
          digest: try cache.digest(of: file.path, at: place, file.status))
      })
  }

  // A tarball has the manifest's files, and tells which of them may be executed and which are links.
  private func key(_ manifest: FileManifest, _ found: SourceFiles) -> String {
    let modes = found.files.map { $0.status.isLink ? "l" : $0.status.isExecutable ? "x" : "-" }.joined()
    return caches + "/" + Digest(hashing: manifest.digest.hex + modes).hex.prefix(32) + ".tarball"
  }

  private func remembered(_ manifest: FileManifest, _ found: SourceFiles) -> StoredArtifact? {
    let words = (text(of: key(manifest, found)) ?? "").split(separator: " ").map(String.init)
    guard words.count == 4, let digest = Digest(hex: words[0]), let bytes = Int64(words[1]),
      let content = Int64(words[2]),
      let files = Int(words[3].filter(\.isNumber)), artifacts.contains(digest)
    else { return nil }
    return StoredArtifact(digest: digest, bytes: bytes, contentBytes: content, files: files)
  }

  private func remember(_ tarball: StoredArtifact, _ manifest: FileManifest, _ found: SourceFiles) {
    guard (try? makeDirectories(caches)) != nil else { return }
    let text = "\(tarball.digest.hex) \(tarball.bytes) \(tarball.contentBytes) \(tarball.files)\n"
    try? write(Array(text.utf8), to: key(manifest, found))
  }

  // Copies what is taken, so that the tarball and the manifest are of the same bytes whatever is written meanwhile.
  private func pack(_ found: SourceFiles, _ root: String) throws -> (FileManifest, StoredArtifact) {
    try makeDirectories(caches)
    let draft = "\(caches)/code.\(getpid()).\(UInt64.random(in: 0 ... .max))"
    try makeDirectories(draft)
    defer { removeTree(draft) }
    var files: [ManifestFile] = []
    for file in found.files {
      let (from, to) = (root + "/" + file.path, draft + "/" + file.path)
      let folder = String(to[..<(to.lastIndex(of: "/") ?? to.startIndex)])
      try makeDirectories(folder)
      if file.status.isLink {
        let target = target(ofLink: from) ?? ""
        guard symlink(target, to) == 0 else { throw systemError("link \(to)") }
        files.append(ManifestFile(path: file.path, bytes: 0, digest: Digest(hashing: "link \(target)")))
      } else {
        guard let content = bytes(of: from, atMost: Int(fileLimit) + (1 << 20)) else {
          throw systemError("read \(from)")
        }
        let target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file.status.isExecutable ? 0o755 : 0o644)
        guard target >= 0 else { throw systemError("write \(to)") }
        defer { close(target) }
        var written = 0
        while written < content.count {
          let step = content.withUnsafeBytes { Glibc.write(target, $0.baseAddress! + written, content.count - written) }
          guard step > 0 else { throw systemError("write \(to)") }
          written += step
        }
        var hasher = Digest.Hasher()
        hasher.update(content)
        files.append(ManifestFile(path: file.path, bytes: Int64(content.count), digest: hasher.finalize()))
      }
    }
    return (FileManifest(files), try artifacts.store(contentsOf: draft))
  }
}
