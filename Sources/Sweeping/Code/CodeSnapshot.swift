private import Glibc
internal import Tracking

/// The code of a sweep as it was when the sweep started, and the copies of it in which trials work.
///
/// It is copied once below the store, without what the folder's `.amlignore`, else its `.gitignore`, leaves out, and stored as
/// the artifact `code` of the sweep's run, whose digest names the copy.
struct CodeSnapshot {
  /// The name of the artifact.
  static let artifactName = "code"
  /// More than this is data that slipped in, most likely.
  private static let byteLimit: Int64 = 300 << 20

  let paths: SweepPaths

  /// Takes a folder down.
  ///
  /// - Throws: `.invalid` when there is too much of it.
  func take(_ code: String, artifacts: any ArtifactStore) throws -> StoredArtifact {
    let draft = "\(paths.code)/new.\(getpid()).\(UInt64.random(in: .min ... .max))"
    try makeDirectories(draft)
    defer { removeTree(draft) }
    let rules = IgnoreRules(readFile(code + "/.amlignore") ?? readFile(code + "/.gitignore") ?? "")
    var bytes: Int64 = 0
    try copyContents(of: code, to: draft) { path, status in
      // What is being copied to lies in the store, and the store may lie in the folder.
      if isStore(status) { return false }
      let name = path.split(separator: "/").last ?? ""
      if name == ".git" || name == ".runs" { return false }
      guard !rules.leavesOut(path, isDirectory: status.st_mode & S_IFMT == S_IFDIR) else { return false }
      if status.st_mode & S_IFMT == S_IFREG { bytes += Int64(status.st_size) }
      guard bytes <= CodeSnapshot.byteLimit else {
        throw TrackingError(
          .invalid,
          "the code in \(code) has more than \(CodeSnapshot.byteLimit >> 20) MiB, and every trial gets a copy of it; list "
            + "what trials do not need in \(code)/.amlignore, or let all trials work in the one folder: "
            + "`trial: {snapshot: false}`")
      }
      return true
    }
    let stored = try artifacts.store(contentsOf: draft)
    let place = directory(of: stored.digest)
    if rename(draft, place) != 0, errno != EEXIST, errno != ENOTEMPTY {
      throw systemError("rename \(draft) to \(place)")
    }
    return stored
  }

  private func isStore(_ status: stat) -> Bool {
    [paths.root, paths.code].contains { path in
      var own = stat()
      return stat(path, &own) == 0 && own.st_ino == status.st_ino && own.st_dev == status.st_dev
    }
  }

  /// The folder of a snapshot.
  func directory(of digest: Digest) -> String { paths.code + "/" + digest.hex }

  /// Makes sure that a snapshot's folder is there.
  func provide(_ digest: Digest, artifacts: (any ArtifactStore)?) throws {
    let place = directory(of: digest)
    guard !exists(place), let artifacts else { return }
    let draft = "\(paths.code)/new.\(getpid()).\(UInt64.random(in: .min ... .max))"
    defer { removeTree(draft) }
    try artifacts.restore(digest, to: draft, limits: RestoreLimits())
    if rename(draft, place) != 0, errno != EEXIST, errno != ENOTEMPTY {
      throw systemError("rename \(draft) to \(place)")
    }
  }

  /// Removes the folders that no sweep needs and that can be unpacked again, and what drivers left that were killed.
  ///
  /// - Parameter needed: the snapshots of all sweeps that have not ended.
  func clean(keeping needed: Set<Digest>, artifacts: any ArtifactStore) {
    for name in names(in: paths.code) {
      if let digest = Digest(hex: name) {
        guard !needed.contains(digest), artifacts.contains(digest) else { continue }
        // Whoever looks meanwhile finds a whole folder, or none.
        let grave = "\(paths.code)/old.\(getpid()).\(UInt64.random(in: .min ... .max))"
        if rename(paths.code + "/" + name, grave) == 0 { removeTree(grave) }
      } else if isLeft(name) {
        removeTree(paths.code + "/" + name)
      }
    }
  }

  // A draft or a grave of a process that is gone: `new.<process>.<random>`.
  private func isLeft(_ name: String) -> Bool {
    let parts = name.split(separator: ".")
    guard parts.count == 3, parts[0] == "new" || parts[0] == "old", let process = pid_t(parts[1]) else { return false }
    return kill(process, 0) != 0 && errno == ESRCH
  }

  /// Makes the working copy of an attempt, with Azure's folders `outputs` and `logs`; one that is there stays.
  func copy(_ digest: Digest, to workingDirectory: String, artifacts: (any ArtifactStore)?) throws {
    guard !exists(workingDirectory) else { return }
    let place = directory(of: digest)
    // A sweep that ends just now may have taken the folder for one that nobody needs.
    for isLastTry in [false, true] {
      try provide(digest, artifacts: artifacts)
      do {
        if try copyTree(place, to: workingDirectory) { break }
      } catch {
        if isLastTry || exists(place) { throw error }
      }
      guard !isLastTry else {
        throw TrackingError(
          .notFound, "the code of the sweep is gone: there is no \(place), and no artifact to unpack")
      }
    }
    for name in ["outputs", "logs"] { try makeDirectories(workingDirectory + "/" + name) }
  }
}
