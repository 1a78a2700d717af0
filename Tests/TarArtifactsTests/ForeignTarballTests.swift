import Testing
import Tracking
import TrackingContracts

@testable import TarArtifacts

/// Tarballs that another program made: no index, other habits.
struct ForeignTarballTests {
  let place = Workplace()

  @Test func `a tarball without an index is listed, read and restored`() throws {
    var tar = HandmadeTar()
    tar.add("./", type: "5")
    tar.add("./z.txt", "last first")
    tar.add("./d/e/f.txt", "parents left out")
    tar.add("d/", type: "5")
    tar.add("link", type: "2", target: "d/e")
    let digest = place.plant(try tar.compressed(trailing: [UInt8](repeating: 0, count: 8192)))
    #expect(try place.store.members(of: digest).map(\.path) == ["d", "d/e/f.txt", "link", "z.txt"])
    #expect(try place.store.contents(of: "d/e/f.txt", in: digest, limit: 100) == Array("parents left out".utf8))
    #expect(throws: TrackingError.self) { try place.store.contents(of: "d/e", in: digest, limit: 100) }
    try place.store.verify(digest)
    try place.store.restore(digest, to: place.folder("r"), limits: RestoreLimits())
    #expect(
      ScratchFolder.listing(place.folder("r")) == [
        "d 755 d", "d 755 d/e", "f 644 d/e/f.txt = parents left out", "l 0 link -> d/e", "f 644 z.txt = last first",
      ])
    #expect(
      try place.store.contentDigest(of: digest)
        == Digest(hashing: tar.bytes + [UInt8](repeating: 0, count: 1024 + 8192)))
  }

  @Test func `the same tar packed otherwise has another digest and the same content digest`() throws {
    place.folder.write("t/a", "12345")
    let stored = try place.store.store(contentsOf: place.folder("t")).digest
    let tarball = try #require(try IndexedTarball(Descriptor(opening: place.store.path(of: stored), 0), digest: stored))
    let tar = try tarball.tarBytes(from: 0, count: Int(tarball.index.tarBytes))
    let compressor = Zstd.Compressor()
    let half = tar.count / 2
    let packed = try [tar[..<half], tar[half...]].flatMap { piece in
      try Array(piece).withUnsafeBytes { try compressor.frame(of: $0) }
    }
    let planted = place.plant(packed)
    #expect(planted != stored)
    #expect(try place.store.contentDigest(of: planted) == place.store.contentDigest(of: stored))
  }

  @Test func `an empty file is no tarball`() {
    let digest = place.plant([])
    #expect(throws: TrackingError.self) { try place.store.members(of: digest) }
    place.refusesRestore(of: digest, .corrupt, saying: "no sound tar")
  }

  @Test func `text is no tarball`() {
    let digest = place.plant(Array("hello".utf8))
    place.refusesRestore(of: digest, .corrupt, saying: "is damaged")
  }
}
