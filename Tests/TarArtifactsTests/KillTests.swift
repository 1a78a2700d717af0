import Glibc
import Testing
import Tracking
import TrackingContracts

@testable import TarArtifacts

struct KillTests {
  let place = Workplace()

  @Test(arguments: WriteStep.allCases)
  func `a writer killed at any point leaves a whole tarball or none`(at step: WriteStep) async throws {
    place.folder.write("t/a", (0..<1_200_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) })
    place.folder.write("t/b", "x")
    let (artifacts, tree) = (place.folder("artifacts"), place.folder("t"))
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [artifacts = artifacts as String, tree = tree as String, step = step as WriteStep] in
      let store = TarArtifactStore(directory: artifacts) { if $0 == step { kill(getpid(), SIGKILL) } }
      _ = try store.store(contentsOf: tree)
    }
    let isNamed = step == .renamed || step == .named
    #expect(ScratchFolder.names(place.folder("artifacts/incoming")).count == (isNamed ? 0 : 1))
    let before = ScratchFolder.names(artifacts).filter { $0 != "incoming" }
    #expect(before.count == (isNamed ? 1 : 0))

    let stored = try place.store.store(contentsOf: tree)
    #expect(ScratchFolder.names(place.folder("artifacts/incoming")) == [], "the dead writer's draft is swept")
    if isNamed { #expect(before == [String(stored.digest.hex.prefix(2))]) }
    try place.store.verify(stored.digest)
  }

  @Test func `a restore killed on the way shows nothing, and the next one sweeps what it left`() async throws {
    place.folder.write("t/a", [UInt8](repeating: 1, count: 3 << 20))
    place.folder.write("t/b", "x")
    let digest = try place.store.store(contentsOf: place.folder("t")).digest
    let (artifacts, target, hex) = (place.folder("artifacts"), place.folder("out/here"), digest.hex)
    await #expect(processExitsWith: .signal(SIGXFSZ)) {
      [artifacts = artifacts as String, target = target as String, hex = hex as String] in
      // The kernel kills the writer in the middle of the first file.
      signal(SIGXFSZ, SIG_DFL)
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGXFSZ)
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      var limit = rlimit(rlim_cur: 1 << 20, rlim_max: 1 << 20)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      try TarArtifactStore(directory: artifacts).restore(Digest(hex: hex)!, to: target, limits: RestoreLimits())
    }
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

  @Test func `processes that store the same content at once store it once`() async throws {
    place.folder.write("t/a", (0..<1_500_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) })
    let (artifacts, tree) = (place.folder("artifacts"), place.folder("t"))
    async let first: Void = Self.storeTwentyTimes(artifacts, tree)
    async let second: Void = Self.storeTwentyTimes(artifacts, tree)
    async let third: Void = Self.storeTwentyTimes(artifacts, tree)
    _ = await (first, second, third)
    let digest = try place.store.store(contentsOf: tree).digest
    #expect(Set(ScratchFolder.names(artifacts)) == ["incoming", String(digest.hex.prefix(2))])
    #expect(ScratchFolder.names(place.folder("artifacts/incoming")) == [])
    try place.store.verify(digest)
  }

  private static func storeTwentyTimes(_ artifacts: String, _ tree: String) async {
    await #expect(processExitsWith: .success) { [artifacts = artifacts as String, tree = tree as String] in
      let store = TarArtifactStore(directory: artifacts)
      for _ in 0..<20 {
        let digest = try store.store(contentsOf: tree).digest
        try store.verify(digest)
      }
    }
  }
}
