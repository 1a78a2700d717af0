import Glibc
import Testing
import Tracking
import TrackingContracts

@testable import TarArtifacts

struct DamageTests {
  let place = Workplace()

  private func storeSmallTree() throws -> Digest {
    place.folder.write("t/a/weights.bin", (0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    place.folder.write("t/b.txt", "text")
    return try place.store.store(contentsOf: place.folder("t")).digest
  }

  @Test func `a flipped bit anywhere is found before anything is restored`() throws {
    let digest = try storeSmallTree()
    let sound = try #require(ScratchFolder.read(place.store.path(of: digest)))
    for at in sound.indices {
      var damaged = sound
      damaged[at] ^= 1 << (at % 8)
      place.replace(digest, with: damaged)
      place.refusesRestore(of: digest, .corrupt, saying: "damaged")
      #expect(throws: TrackingError.self) { try place.store.verify(digest) }
      for format in ArchiveFormat.allCases {
        #expect(throws: TrackingError.self) {
          try place.store.export(digest, to: place.folder("out/x"), format: format)
        }
      }
      // Reading one member may miss damage elsewhere; what it returns is right or nothing.
      if let bytes = try? place.store.contents(of: "b.txt", in: digest, limit: 100) {
        #expect(bytes == Array("text".utf8))
      }
    }
    #expect(ScratchFolder.names(place.folder("out")) == [])
  }

  @Test func `a shortened or lengthened tarball is found`() throws {
    let digest = try storeSmallTree()
    let sound = try #require(ScratchFolder.read(place.store.path(of: digest)))
    for count in [0, 1, 3, 4, 20, sound.count / 2, sound.count - 1] {
      place.replace(digest, with: Array(sound.prefix(count)))
      place.refusesRestore(of: digest, .corrupt, saying: "damaged")
    }
    place.replace(digest, with: sound + [0])
    place.refusesRestore(of: digest, .corrupt, saying: "damaged")
  }

  @Test func `storing the same content again heals a damaged tarball`() throws {
    let digest = try storeSmallTree()
    place.replace(digest, with: [1, 2, 3])
    #expect(try place.store.store(contentsOf: place.folder("t")).digest == digest)
    try place.store.verify(digest)
  }

  @Test func `a file in the place of a directory is refused in words`() throws {
    place.folder.write("t/a", "x")
    place.folder.write("artifacts", "a file")
    do {
      _ = try place.store.store(contentsOf: place.folder("t"))
      Issue.record("it was stored")
    } catch let error as TrackingError {
      #expect(error.code == .system)
      #expect(error.message.contains(place.folder("artifacts")))
      #expect(error.message.contains("Not a directory"))
    }
  }

  @Test func `a file in the place of a tarball's folder leaves no draft behind`() throws {
    place.folder.write("t/a", "x")
    let digest = try place.store.store(contentsOf: place.folder("t")).digest
    unlink(place.store.path(of: digest))
    rmdir(place.folder("artifacts/\(digest.hex.prefix(2))"))
    place.folder.write("artifacts/\(digest.hex.prefix(2))", "a file")
    #expect(throws: TrackingError.self) { try place.store.store(contentsOf: place.folder("t")) }
    #expect(ScratchFolder.names(place.folder("artifacts/incoming")) == [])
  }

  @Test func `a disk that takes no more leaves nothing behind`() throws {
    place.folder.write("t/a", (0..<300_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) })
    let (artifacts, tree) = (place.folder("artifacts"), place.folder("t"))
    // A limit on the length of files stands for a full disk.
    let end = ArtifactProcess("full", artifacts, tree, "10000").end()
    #expect(end.code == 1)
    #expect(end.said.hasPrefix("full: cannot write"))
    #expect(end.said.contains("File too large"))
    #expect(ScratchFolder.names(place.folder("artifacts/incoming")) == [])
    _ = try place.store.store(contentsOf: tree)
  }

  @Test func `a file that grows or shrinks while it is stored is refused`() throws {
    place.folder.write("t/a", [UInt8](repeating: 1, count: 3 << 20))
    for length in [(1 << 20) + 5, 4 << 20] {
      place.folder.write("t/a", [UInt8](repeating: 1, count: 3 << 20))
      let path = place.folder("t/a")
      let store = TarArtifactStore(directory: place.folder("artifacts")) { step in
        if step == .frame { truncate(path, length) }
      }
      let error = #expect(throws: TrackingError.self) { try store.store(contentsOf: place.folder("t")) }
      #expect(error?.code == .conflict)
    }
    #expect(ScratchFolder.names(place.folder("artifacts")) == ["incoming"])
  }
}
