private import Glibc
internal import Tracking

/// The code of a sweep as it was when the sweep started, and the copies of it in which trials work.
///
/// The artifact `code` of the sweep's run holds it. It is unpacked once below the store, in a folder that its digest names.
struct CodeSnapshot {
  /// The name of the artifact.
  static let artifactName = "code"

  let paths: SweepPaths

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
