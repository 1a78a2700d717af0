import Glibc
import Testing
import Tracking
import TrackingContracts

@testable import TarArtifacts

struct KillTests {
  let place = Workplace()

  @Test(arguments: WriteStep.allCases)
  func `a writer killed at any point leaves a whole tarball or none`(at step: WriteStep) throws {
    place.folder.write("t/a", (0..<1_200_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) })
    place.folder.write("t/b", "x")
    let (artifacts, tree) = (place.folder("artifacts"), place.folder("t"))
    #expect(ArtifactProcess("die", artifacts, tree, step.rawValue).end().signal == SIGKILL)
    let isNamed = step == .renamed || step == .named
    #expect(ScratchFolder.names(place.folder("artifacts/incoming")).count == (isNamed ? 0 : 1))
    let before = ScratchFolder.names(artifacts).filter { $0 != "incoming" }
    #expect(before.count == (isNamed ? 1 : 0))

    let stored = try place.store.store(contentsOf: tree)
    #expect(ScratchFolder.names(place.folder("artifacts/incoming")) == [], "the dead writer's draft is swept")
    if isNamed { #expect(before == [String(stored.digest.hex.prefix(2))]) }
    try place.store.verify(stored.digest)
  }

  @Test func `a restore killed on the way shows nothing, and the next one sweeps what it left`() throws {
    place.folder.write("t/a", [UInt8](repeating: 1, count: 3 << 20))
    place.folder.write("t/b", "x")
    let digest = try place.store.store(contentsOf: place.folder("t")).digest
    let target = place.folder("out/here")
    // The kernel kills it in the middle of the first file.
    #expect(ArtifactProcess("cut", place.folder("artifacts"), digest.hex, target, "1048576").end().signal == SIGXFSZ)
    let left = ScratchFolder.names(place.folder("out"))
    #expect(left.count == 1 && left[0].hasPrefix(".here.") && left[0].hasSuffix(".partial"))
    try place.store.restore(digest, to: target, limits: RestoreLimits())
    #expect(ScratchFolder.names(place.folder("out")) == ["here"])
  }

  @Test func `a sweep leaves the drafts of living writers and the files of others alone`() throws {
    let path = place.folder.makeDirectory("in")
    let living = try Draft(.file, in: path, prefix: "p.")
    let directory = try Draft(.directory, in: path, prefix: "p.")
    place.folder.write("in/p.0123456789abcdef.partial", "dead")
    place.folder.write("in/p.0123456789abcdef.partial.txt", "not ours")
    place.folder.write("in/q.0123456789abcdef.partial", "another prefix")
    Draft.sweep(path, prefix: "p.")
    #expect(
      Set(ScratchFolder.names(path))
        == [living.name, directory.name, "p.0123456789abcdef.partial.txt", "q.0123456789abcdef.partial"])
  }

  @Test func `processes that store the same content at once store it once`() throws {
    place.folder.write("t/a", (0..<1_500_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) })
    let (artifacts, tree) = (place.folder("artifacts"), place.folder("t"))
    let writers = (0..<3).map { _ in ArtifactProcess("often", artifacts, tree, "20") }
    for writer in writers { #expect(writer.end() == .init(signal: 0, code: 0, said: "")) }
    let digest = try place.store.store(contentsOf: tree).digest
    #expect(Set(ScratchFolder.names(artifacts)) == ["incoming", String(digest.hex.prefix(2))])
    #expect(ScratchFolder.names(place.folder("artifacts/incoming")) == [])
    try place.store.verify(digest)
  }
}
