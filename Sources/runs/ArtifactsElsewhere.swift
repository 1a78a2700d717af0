internal import Tracking

/// The artifacts of a store behind a server, whose files are not here.
struct ArtifactsElsewhere: ArtifactStore {
  private let refusal: TrackingError

  init(_ address: String) {
    refusal = TrackingError(
      .invalid, "the artifacts are files of the store behind \(address); run the command where the store is")
  }

  func store(contentsOf path: String) throws -> StoredArtifact { throw refusal }
  func store(file name: String, bytes: Int64?, pieces next: () throws -> [UInt8]?) throws -> StoredArtifact {
    throw refusal
  }
  func readTarball(_ digest: Digest, _ body: ([UInt8]) throws -> Void) throws { throw refusal }
  func adopt(_ digest: Digest, pieces next: () throws -> [UInt8]?) throws { throw refusal }
  func contains(_ digest: Digest) -> Bool { false }
  func members(of digest: Digest) throws -> [ArtifactMember] { throw refusal }
  func contents(of member: String, in digest: Digest, limit: Int64) throws -> [UInt8] { throw refusal }
  func read(_ member: String, in digest: Digest, _ body: ([UInt8]) throws -> Void) throws { throw refusal }
  func restore(_ digest: Digest, to directory: String, limits: RestoreLimits) throws { throw refusal }
  func export(_ digest: Digest, to file: String, format: ArchiveFormat) throws { throw refusal }
  func verify(_ digest: Digest) throws { throw refusal }
  func contentDigest(of digest: Digest) throws -> Digest { throw refusal }
}
