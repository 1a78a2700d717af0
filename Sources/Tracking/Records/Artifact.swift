/// An artifact of a run: a name that points to a stored tarball.
public struct Artifact: Sendable, Equatable {
  /// The run that it belongs to.
  public var run: RunID
  /// Its name; unique in its run. Attached again under the same name, the later one counts.
  public var name: String
  /// The SHA-256 of the tarball, which is its name in the artifact store.
  public var digest: Digest
  /// The tarball's size in bytes.
  public var bytes: Int64
  /// The size of its files in bytes.
  public var contentBytes: Int64
  /// How many files it holds.
  public var files: Int
  /// When it was attached.
  public var time: Timestamp

  /// Makes an artifact of all its fields.
  public init(
    run: RunID, name: String, digest: Digest, bytes: Int64, contentBytes: Int64, files: Int, time: Timestamp
  ) {
    self.run = run
    self.name = name
    self.digest = digest
    self.bytes = bytes
    self.contentBytes = contentBytes
    self.files = files
    self.time = time
  }

  /// Points a run's artifact name to what was stored.
  public init(run: RunID, name: String, _ stored: StoredArtifact, time: Timestamp) {
    self.init(
      run: run, name: name, digest: stored.digest, bytes: stored.bytes, contentBytes: stored.contentBytes,
      files: stored.files, time: time)
  }
}
