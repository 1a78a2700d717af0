import Glibc
import Testing
import Tracking
import TrackingContracts

@testable import TarArtifacts

/// The format of docs/design/artifacts.md, byte by byte.
struct FormatTests {
  let place = Workplace()

  private func makeGoldenTree() -> String {
    place.folder.write("t/model.json", "{}\n")
    place.folder.write("t/run.sh", "#!/bin/sh\n", executable: true)
    place.folder.write("t/weights/caf\u{E9}", [0, 1, 2, 3])
    place.folder.write("t/weights/" + String(repeating: "n", count: 200), "long")
    place.folder.link("t/link", to: "weights")
    return place.folder("t")
  }

  @Test func `the tar of a known tree has a known digest`() throws {
    let stored = try place.store.store(contentsOf: makeGoldenTree())
    // It was made by a second implementation, from docs/design/artifacts.md. Another digest here means that content
    // stored before is not recognised when it is stored again.
    #expect(
      try place.store.contentDigest(of: stored.digest).hex
        == "ff07ef955dcc20d2378f49c6ba377c4ac4bbab36603474ae544a363293a841b3")
  }

  @Test func `the umask changes nothing`() throws {
    let (tree, target) = (makeGoldenTree(), place.folder("r"))
    let digest = try place.store.store(contentsOf: tree).digest
    #expect(ArtifactProcess("mask", place.folder("artifacts"), tree, target).end().said == digest.hex + "\n")
    #expect(ScratchFolder.listing(target) == ScratchFolder.listing(tree))
  }

  @Test func `headers carry no time, no owner and normal modes`() throws {
    place.folder.write("t/a", "x")
    chmod(place.folder("t/a"), 0o6660)
    place.folder.write("t/d/b", "y")
    chmod(place.folder("t/d"), 0o1700)
    chmod(place.folder("t/d/b"), 0o4711)
    let digest = try place.store.store(contentsOf: place.folder("t")).digest
    let tarball = try #require(
      try IndexedTarball(Descriptor(opening: place.store.path(of: digest), O_RDONLY), digest: digest))
    let tar = try tarball.tarBytes(from: 0, count: Int(tarball.index.tarBytes))
    #expect(tar.count == 5 * 512 + 2 * 512, "three headers, two blocks of content, two of the end")
    for (header, name, mode) in [(0, "a", "000644 "), (2, "d/", "000755 "), (3, "d/b", "000755 ")] {
      let block = Array(tar[header * 512..<(header + 1) * 512])
      func text(_ range: Range<Int>) -> String {
        String(decoding: block[range].prefix { $0 != 0 }, as: UTF8.self)
      }
      #expect(text(0..<100) == name)
      #expect(text(100..<108) == mode)
      #expect(text(108..<116) == "000000 ")
      #expect(text(116..<124) == "000000 ")
      #expect(text(136..<148) == "00000000000 ")
      #expect(Array(block[257..<265]) == Array("ustar\u{0}00".utf8))
      #expect(text(265..<329) == "")
    }
    #expect(tarball.index.tarDigest == Digest(hashing: tar))
  }

  @Test func `frames hold a mebibyte of the tar each, and the index lies behind them`() throws {
    place.folder.write("t/a", [UInt8](repeating: 5, count: 2_500_000))
    let stored = try place.store.store(contentsOf: place.folder("t"))
    let file = try #require(ScratchFolder.read(place.store.path(of: stored.digest)))
    #expect(Int64(file.count) == stored.bytes)
    #expect(Digest(hashing: file) == stored.digest)
    let tarball = try #require(
      try IndexedTarball(Descriptor(opening: place.store.path(of: stored.digest), O_RDONLY), digest: stored.digest))
    #expect(tarball.index.frames.count == 3)
    #expect(tarball.index.frameBytes == 1 << 20)
    var at = 0
    for frame in tarball.index.frames {
      #expect(Array(file[at..<at + 4]) == [0x28, 0xB5, 0x2F, 0xFD])
      at += frame
    }
    #expect(Array(file[at..<at + 4]) == [0x5A, 0x2A, 0x4D, 0x18])
    #expect(Array(file.suffix(8)) == Array("RUNSIDX1".utf8))
  }

  @Test func `an index reads back as it was written, and spoilt bytes do not`() throws {
    let digest = Digest(hashing: "tar")
    let index = TarballIndex(
      tarBytes: 5_000_000_000, tarDigest: digest, frameBytes: 1 << 20, frames: [1, 4_000_000_000],
      entries: [
        .init(member: ArtifactMember(path: "a", kind: .directory, bytes: 0), offset: 0),
        .init(
          member: ArtifactMember(path: "a/caf\u{E9}", kind: .file, bytes: 1 << 40, isExecutable: true), offset: 512),
        .init(member: ArtifactMember(path: "l", kind: .link, bytes: 0, target: "a"), offset: 0),
      ])
    #expect(TarballIndex(bytes: index.bytes) == index)
    for count in index.bytes.indices { #expect(TarballIndex(bytes: Array(index.bytes.prefix(count))) == nil) }
    #expect(TarballIndex(bytes: index.bytes + [0]) == nil)
    for at in index.bytes.indices {
      var spoilt = index.bytes
      spoilt[at] = 0xFF
      _ = TarballIndex(bytes: spoilt)  // It may be another index; it must not trap.
    }
  }
}
