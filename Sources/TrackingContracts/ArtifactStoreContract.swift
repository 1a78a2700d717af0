internal import Glibc
internal import Testing
public import Tracking

/// What every artifact store does.
public enum ArtifactStoreContract {
  /// An empty store, and a folder for what goes in and comes out.
  public struct Subject {
    /// The store, empty.
    public let store: any ArtifactStore
    /// A folder of the case's own.
    public let folder: ScratchFolder

    /// Names what is tested.
    public init(store: any ArtifactStore, folder: ScratchFolder) {
      self.store = store
      self.folder = folder
    }
  }

  /// Every demand.
  public static let cases: [ContractCase<Subject>] = storing + reading + restoring + exporting

  /// Makes a directory with one of everything that an artifact may hold.
  static func makeTree(_ folder: ScratchFolder, _ name: String, backwards: Bool = false) -> String {
    folder.makeDirectory(name)
    let deeds: [() -> Void] = [
      { folder.write("\(name)/model.bin", Array(repeating: UInt8(7), count: 1_500_000) + Array(0...255)) },
      { folder.write("\(name)/empty", "") },
      { folder.makeDirectory("\(name)/an empty directory") },
      { folder.write("\(name)/run.sh", "#!/bin/sh\n", executable: true) },
      { folder.write("\(name)/a/b/c/deep.txt", "deep") },
      { folder.write("\(name)/a.txt", "sorts between a and a/b") },
      { folder.write("\(name)/caf\u{E9}.txt", "composed") },
      { folder.write("\(name)/cafe\u{301}.txt", "decomposed, another file") },
      { folder.write("\(name)/" + String(repeating: "x", count: 250), "a long name") },
      {
        let names = Array(repeating: String(repeating: "y", count: 90), count: 5)
        folder.write("\(name)/" + names.joined(separator: "/"), "a long path")
      },
      { folder.link("\(name)/latest", to: "a/b/c/deep.txt") },
      { folder.link("\(name)/dangling", to: "nothing here") },
    ]
    for deed in backwards ? deeds.reversed() : deeds { deed() }
    folder.makeDirectory("\(name)/a/b")
    folder.link("\(name)/a/up", to: "../a.txt")
    return folder(name)
  }

  /// Expects a refusal of a code.
  static func refuses(
    _ code: TrackingError.Code, _ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do {
      try body()
      Issue.record("nothing was refused; expected \(code)", sourceLocation: sourceLocation)
    } catch let error as TrackingError {
      #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    } catch {
      Issue.record("refused with \(error), which is no TrackingError", sourceLocation: sourceLocation)
    }
  }
}

extension ArtifactStoreContract {
  private static let storing: [ContractCase<Subject>] = [
    ContractCase("equal content has an equal digest, whatever its path, its times and the order of its making") { it in
      let first = try it.store.store(contentsOf: makeTree(it.folder, "one"))
      let tree = makeTree(it.folder, "else/where/two", backwards: true)
      for name in ScratchFolder.names(tree) {
        var times = (timeval(tv_sec: 1_000_000, tv_usec: 5), timeval(tv_sec: 2_000_000, tv_usec: 5))
        withUnsafePointer(to: &times.0) { _ = utimes(tree + "/" + name, $0) }
      }
      let second = try it.store.store(contentsOf: tree)
      #expect(first == second)
      #expect(try it.store.contentDigest(of: first.digest) == it.store.contentDigest(of: second.digest))
    },
    ContractCase("what is stored is counted") { it in
      it.folder.write("d/a", "12345")
      it.folder.write("d/b/c", "678")
      it.folder.link("d/l", to: "a")
      let stored = try it.store.store(contentsOf: it.folder("d"))
      #expect(stored.files == 2)
      #expect(stored.contentBytes == 8)
      #expect(stored.bytes > 0)
      #expect(it.store.contains(stored.digest))
    },
    ContractCase("other content, another name, mode or link has another digest") { it in
      var digests: Set<Digest> = []
      func store(_ name: String, _ make: () -> Void) throws {
        it.folder.makeDirectory(name)
        make()
        digests.insert(try it.store.store(contentsOf: it.folder(name)).digest)
      }
      try store("1") { it.folder.write("1/a", "x") }
      try store("2") { it.folder.write("2/a", "y") }
      try store("3") { it.folder.write("3/b", "x") }
      try store("4") { it.folder.write("4/a", "x", executable: true) }
      try store("5") { it.folder.link("5/a", to: "x") }
      try store("6") { it.folder.link("6/a", to: "y") }
      try store("7") { it.folder.makeDirectory("7/a") }
      try store("8") {}
      #expect(digests.count == 8)
    },
    ContractCase("a single file becomes a tarball with that one file") { it in
      let path = it.folder.write("some/where/weights.bin", "w")
      let stored = try it.store.store(contentsOf: path)
      #expect(try it.store.members(of: stored.digest) == [ArtifactMember(path: "weights.bin", kind: .file, bytes: 1)])
      it.folder.write("other/weights.bin", "w")
      #expect(try it.store.store(contentsOf: it.folder("other/weights.bin")) == stored)
      #expect(try it.store.store(contentsOf: it.folder("other/")) == stored)
    },
    ContractCase("a file that comes in pieces is stored as if it had been there") { it in
      let large = (0..<5).map { [UInt8](repeating: $0, count: 700_001) }
      let files: [[[UInt8]]] = [[], [[]], [[1, 2], [], [3]], large]
      for pieces in files {
        it.folder.write("f/caf\u{E9}.bin", Array(pieces.joined()))
        let whole = try it.store.store(contentsOf: it.folder("f/caf\u{E9}.bin"))
        var stored = whole
        for bytes in [nil, whole.contentBytes] {
          var rest = pieces[...]
          stored = try it.store.store(file: "caf\u{E9}.bin", bytes: bytes) { rest.popFirst() }
          #expect(stored == whole)
        }
        var read: [UInt8] = []
        try it.store.read("caf\u{E9}.bin", in: stored.digest) { piece in
          #expect(!piece.isEmpty && piece.count <= 1 << 20)
          read += piece
        }
        #expect(read == Array(pieces.joined()))
      }
    },
    ContractCase("a file in pieces that do not end well leaves nothing behind") { it in
      struct Gone: Error {}
      func files() -> [String] { ScratchFolder.listing(it.folder.path).filter { $0.hasPrefix("f") } }
      let before = files()
      for bytes: Int64? in [nil, 4, 5] {
        var rest: [[UInt8]] = [[1, 2, 3], [4]]
        func next() throws -> [UInt8]? {
          guard let piece = rest.popLast() else { throw Gone() }
          return piece
        }
        do {
          _ = try it.store.store(file: "f", bytes: bytes, pieces: next)
          Issue.record("the error got lost")
        } catch is Gone {}
        for name in ["", ".", "..", "a/b", "/a", "a/", "a\0"] {
          refuses(.invalid) { _ = try it.store.store(file: name, bytes: bytes) { nil } }
        }
      }
      for bytes: Int64 in [0, 3, 5, 600, 4 << 20] {
        var rest: [[UInt8]] = [[1, 2, 3], [4]]
        refuses(.invalid) { _ = try it.store.store(file: "f", bytes: bytes) { rest.popLast() } }
      }
      #expect(files() == before)
    },
    ContractCase("what is not there is not found") { it in
      refuses(.notFound) { _ = try it.store.store(contentsOf: it.folder("nothing")) }
    },
    ContractCase("links that leave the directory are refused when they are stored") { it in
      for (number, target) in ["/etc/passwd", "../out", "a/../../out", "a/..", "../../x", ""].enumerated()
      where !target.isEmpty {
        it.folder.write("\(number)/a/file", "x")
        it.folder.link("\(number)/link", to: target)
        refuses(.invalid) { _ = try it.store.store(contentsOf: it.folder("\(number)")) }
      }
    },
    ContractCase("pipes and names that are not UTF-8 are refused") { it in
      it.folder.makeDirectory("pipe")
      mkfifo(it.folder("pipe/p"), 0o600)
      refuses(.invalid) { _ = try it.store.store(contentsOf: it.folder("pipe")) }
      it.folder.makeDirectory("bytes")
      let name = (it.folder("bytes/")).utf8.map { CChar(bitPattern: $0) } + [CChar(bitPattern: 0xE9), 0]
      close(open(name, O_CREAT | O_WRONLY, 0o600))
      refuses(.invalid) { _ = try it.store.store(contentsOf: it.folder("bytes")) }
      unlink(name)
    },
  ]

  private static let reading: [ContractCase<Subject>] = [
    ContractCase("members are listed by the bytes of their paths") { it in
      let stored = try it.store.store(contentsOf: makeTree(it.folder, "t"))
      let members = try it.store.members(of: stored.digest)
      let paths = members.map(\.path)
      #expect(paths == paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
      #expect(Array(paths.prefix(4)) == ["a", "a.txt", "a/b", "a/b/c"])
      #expect(members.count { $0.kind == .file } == stored.files)
      #expect(
        members.first { $0.path == "run.sh" }
          == ArtifactMember(path: "run.sh", kind: .file, bytes: 10, isExecutable: true))
      #expect(members.first { $0.path == "latest" }?.target == "a/b/c/deep.txt")
    },
    ContractCase("one member is read without the rest") { it in
      let tree = makeTree(it.folder, "t")
      let digest = try it.store.store(contentsOf: tree).digest
      for member in try it.store.members(of: digest) where member.kind == .file {
        let bytes = try it.store.contents(of: member.path, in: digest, limit: 1 << 30)
        var pieces: [UInt8] = []
        try it.store.read(member.path, in: digest) { pieces += $0 }
        #expect(pieces == bytes, "\(member.path)")
        #expect(bytes == ScratchFolder.read(tree + "/" + member.path), "\(member.path)")
      }
    },
    ContractCase("a member that is not there, is no file or is too large is refused") { it in
      it.folder.write("t/d/f", "12345")
      let digest = try it.store.store(contentsOf: it.folder("t")).digest
      refuses(.notFound) { _ = try it.store.contents(of: "g", in: digest, limit: 100) }
      refuses(.invalid) { _ = try it.store.contents(of: "d", in: digest, limit: 100) }
      refuses(.invalid) { _ = try it.store.contents(of: "d/f", in: digest, limit: 4) }
      refuses(.notFound) { try it.store.read("g", in: digest) { _ in } }
      refuses(.invalid) { try it.store.read("d", in: digest) { _ in } }
      #expect(try it.store.contents(of: "d/f", in: digest, limit: 5) == Array("12345".utf8))
    },
    ContractCase("an artifact that is not there is not found") { it in
      let digest = Digest(hashing: "no such artifact")
      #expect(!it.store.contains(digest))
      refuses(.notFound) { _ = try it.store.members(of: digest) }
      refuses(.notFound) { _ = try it.store.contents(of: "a", in: digest, limit: 1) }
      refuses(.notFound) { try it.store.read("a", in: digest) { _ in } }
      refuses(.notFound) { try it.store.restore(digest, to: it.folder("r"), limits: RestoreLimits()) }
      refuses(.notFound) { try it.store.export(digest, to: it.folder("e"), format: .tarGz) }
      refuses(.notFound) { try it.store.verify(digest) }
      refuses(.notFound) { _ = try it.store.contentDigest(of: digest) }
      #expect(ScratchFolder.names(it.folder.path).filter { !$0.hasPrefix("store") } == [])
    },
  ]

  private static let restoring: [ContractCase<Subject>] = [
    ContractCase("what was stored comes back as it was") { it in
      let tree = makeTree(it.folder, "t")
      let digest = try it.store.store(contentsOf: tree).digest
      try it.store.verify(digest)
      try it.store.restore(digest, to: it.folder("new/place"), limits: RestoreLimits())
      #expect(ScratchFolder.listing(it.folder("new/place")) == ScratchFolder.listing(tree))
      #expect(ScratchFolder.names(it.folder("new")) == ["place"])
      #expect(try it.store.store(contentsOf: it.folder("new/place")).digest == digest)
    },
    ContractCase("an empty directory is stored and restored") { it in
      let digest = try it.store.store(contentsOf: it.folder.makeDirectory("empty")).digest
      #expect(try it.store.members(of: digest) == [])
      try it.store.restore(digest, to: it.folder("back"), limits: RestoreLimits())
      #expect(ScratchFolder.names(it.folder.path).contains("back"))
      #expect(ScratchFolder.names(it.folder("back")) == [])
    },
    ContractCase("a directory that is empty is restored into, any other is left alone") { it in
      it.folder.write("t/f", "x")
      let digest = try it.store.store(contentsOf: it.folder("t")).digest
      it.folder.makeDirectory("empty")
      try it.store.restore(digest, to: it.folder("empty"), limits: RestoreLimits())
      #expect(ScratchFolder.names(it.folder("empty")) == ["f"])
      it.folder.write("full/mine", "keep me")
      refuses(.conflict) { try it.store.restore(digest, to: it.folder("full"), limits: RestoreLimits()) }
      #expect(ScratchFolder.listing(it.folder("full")) == ["f 644 mine = keep me"])
      refuses(.conflict) { try it.store.restore(digest, to: it.folder("full/mine"), limits: RestoreLimits()) }
    },
    ContractCase("a restore beyond its limits leaves nothing behind") { it in
      it.folder.write("t/a", [UInt8](repeating: 0, count: 1_000_000))
      it.folder.write("t/b", "x")
      let digest = try it.store.store(contentsOf: it.folder("t")).digest
      refuses(.invalid) { try it.store.restore(digest, to: it.folder("out/r"), limits: RestoreLimits(bytes: 999_999)) }
      refuses(.invalid) { try it.store.restore(digest, to: it.folder("out/r"), limits: RestoreLimits(members: 1)) }
      #expect(ScratchFolder.names(it.folder("out")) == [])
      try it.store.restore(digest, to: it.folder("out/r"), limits: RestoreLimits(bytes: 1_000_001, members: 2))
    },
  ]

  private static let exporting: [ContractCase<Subject>] = [
    ContractCase("an export has the same bytes every time") { it in
      let stored = try it.store.store(contentsOf: makeTree(it.folder, "t"))
      for format in ArchiveFormat.allCases {
        try it.store.export(stored.digest, to: it.folder("1.\(format.rawValue)"), format: format)
        try it.store.export(stored.digest, to: it.folder("sub/2.\(format.rawValue)"), format: format)
        let bytes = try #require(ScratchFolder.read(it.folder("1.\(format.rawValue)")))
        #expect(bytes == ScratchFolder.read(it.folder("sub/2.\(format.rawValue)")))
        switch format {
        case .tarZst: #expect(Digest(hashing: bytes) == stored.digest)
        // Magic number, deflate, no flags (so no name), no time.
        case .tarGz: #expect(bytes.prefix(8) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0])
        }
      }
      #expect(ScratchFolder.names(it.folder("sub")) == ["2.tar.gz", "2.tar.zst"])
    },
    ContractCase("a tarball goes from store to store byte by byte, and a wrong one is not taken") { it in
      let stored = try it.store.store(contentsOf: makeTree(it.folder, "t"))
      var bytes: [UInt8] = []
      try it.store.readTarball(stored.digest) { bytes += $0 }
      #expect(Int64(bytes.count) == stored.bytes && Digest(hashing: bytes) == stored.digest)
      func pieces(_ bytes: [UInt8]) -> () throws -> [UInt8]? {
        var rest = bytes[...]
        return {
          defer { rest = rest.dropFirst(100_000) }
          return rest.isEmpty ? nil : Array(rest.prefix(100_000))
        }
      }
      // It is here: nothing is read.
      try it.store.adopt(stored.digest) { throw TrackingError(.system, "asked for what is here") }
      let other = Digest(hashing: "other")
      refuses(.corrupt) { try it.store.adopt(other, pieces: pieces(bytes)) }
      let noise = Array("no tarball".utf8)
      refuses(.corrupt) { try it.store.adopt(Digest(hashing: noise), pieces: pieces(noise)) }
      refuses(.system) { try it.store.adopt(other) { throw TrackingError(.system, "the source ended") } }
      #expect(!it.store.contains(other) && !it.store.contains(Digest(hashing: noise)))
      refuses(.notFound) { try it.store.readTarball(other) { _ in } }
    },
  ]
}
