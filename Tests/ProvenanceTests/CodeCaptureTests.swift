import Glibc
import TarArtifacts
import Testing
import Tracking

@testable import Provenance

@Suite struct CodeCaptureTests {
  @Test func `without git everything is taken but what is never code`() throws {
    let folder = try Folder()
    for name in [
      "a.py", "sub/b.py", "sub/__pycache__/b.pyc", "venv/pyvenv.cfg", "venv/lib/x.py", ".runs/runs.db", "store/runs.db",
      ".env",
    ] {
      try folder.put(name, name)
    }
    symlink("a.py", folder.code + "/link")
    symlink("/etc/passwd", folder.code + "/out")
    let (code, tarball) = try folder.capture.take(folder.code)
    #expect(code.manifest.files.map(\.path) == ["a.py", "link", "sub/b.py"])
    #expect(code.leftOut.map(\.path) == [".env", "out"])
    #expect(
      try folder.artifacts.members(of: tarball.digest).filter { $0.kind != .directory }.map(\.path) == [
        "a.py", "link", "sub/b.py",
      ])
    #expect(code.git == nil)
  }

  @Test func `ignore files leave out, in every folder`() throws {
    let folder = try Folder()
    for name in ["a.py", "data/x.csv", "sub/b.py", "sub/c.log", "c.log"] { try folder.put(name, name) }
    try folder.put(".gitignore", "data/\n")
    try folder.put("sub/.gitignore", "*.log\n")
    #expect(try folder.files() == [".gitignore", "a.py", "c.log", "sub/.gitignore", "sub/b.py"])
    try folder.put(".runsignore", "c.log\n")
    #expect(try folder.files() == [".gitignore", ".runsignore", "a.py", "sub/.gitignore", "sub/b.py"])
    try folder.put(".amlignore", "sub/\n")
    #expect(try folder.files() == [".amlignore", ".gitignore", ".runsignore", "a.py", "data/x.csv"])
  }

  @Test func `with git it is what git tracks and what it does not ignore`() throws {
    let folder = try Folder()
    for name in ["a.py", "ignored.csv", "new.py", "gone.py"] { try folder.put(name, name) }
    try folder.put(".gitignore", "*.csv\n")
    try folder.git("init", "-q", "-b", "main")
    try folder.git("add", "a.py", ".gitignore", "gone.py")
    try folder.git("commit", "-qm", "one")
    try folder.git("remote", "add", "origin", "https://me:secret@example.org/x.git")
    unlink(folder.code + "/gone.py")
    try folder.put("a.py", "changed")
    let code = try folder.capture.take(folder.code).code
    #expect(code.manifest.files.map(\.path) == [".gitignore", "a.py", "new.py"])
    let git = try #require(code.git)
    #expect(git.branch == "main")
    #expect(git.commit == (try folder.git("rev-parse", "HEAD")).trimmed)
    #expect(git.isDirty)
    #expect(git.remote == "https://example.org/x.git")
    #expect(String(decoding: git.difference, as: UTF8.self).contains("+changed"))
  }

  @Test func `a large file is left out by name, and too much is refused`() throws {
    let folder = try Folder()
    try folder.put("a.py", "1")
    try folder.put("big.bin", String(repeating: "x", count: 2000))
    let capture = CodeCapture(artifacts: folder.artifacts, caches: folder.path + "/cache", fileLimit: 1000, stores: [])
    let code = try capture.take(folder.code).code
    #expect(code.manifest.files.map(\.path) == ["a.py"])
    #expect(code.leftOut.map(\.path) == ["big.bin"])
    #expect(code.leftOut.first?.reason == "2000 bytes, more than 1000")
  }

  @Test func `a tree that is as it was is not read again, and is the same tarball`() throws {
    let folder = try Folder()
    for number in 0..<50 { try folder.put("f\(number).py", "\(number)") }
    // As if it had been written a while ago: what was written just now is not trusted.
    let before = [timespec(tv_sec: 1_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000, tv_nsec: 0)]
    for number in 0..<50 { utimensat(AT_FDCWD, folder.code + "/f\(number).py", before, 0) }
    let first = try folder.capture.take(folder.code)
    while true {
      let cache = DigestCache(of: folder.code, in: folder.path + "/cache")
      for number in 0..<50 {
        let place = folder.code + "/f\(number).py"
        _ = try cache.digest(of: "f\(number).py", at: place, #require(status(of: place)))
      }
      cache.save()
      // The change of the times itself was just now; the cache settles after 50 ms.
      if cache.filesRead == 0 { break }
    }
    let again = try folder.capture.take(folder.code)
    #expect(again.tarball == first.tarball)
    #expect(again.code.manifest == first.code.manifest)
    try folder.put("f7.py", "8")
    let changed = try folder.capture.take(folder.code)
    #expect(changed.tarball.digest != first.tarball.digest)
    #expect(first.code.manifest.changes(to: changed.code.manifest) == [.init(path: "f7.py", kind: .changed)])
  }

  @Test func `a file that is written with its old size and time is still read again`() throws {
    let folder = try Folder()
    try folder.put("a.py", "1")
    let old = try folder.capture.take(folder.code).code
    let before = try #require(status(of: folder.code + "/a.py"))
    try folder.put("a.py", "2")
    utimensat(AT_FDCWD, folder.code + "/a.py", [before.st_atim, before.st_mtim], 0)
    #expect(old.manifest.changes(to: try folder.capture.take(folder.code).code.manifest).map(\.path) == ["a.py"])
  }

  @Test func `a damaged cache is no cache`() throws {
    let folder = try Folder()
    try folder.put("a.py", "1")
    let first = try folder.capture.take(folder.code)
    for name in names(in: folder.path + "/cache") {
      try write(Array("runs digests 1\n1 2 x\n\u{0}nonsense".utf8), to: folder.path + "/cache/" + name)
    }
    #expect(try folder.capture.take(folder.code).tarball == first.tarball)
  }

  @Test func `the record reads back as it was written`() throws {
    let folder = try Folder()
    try folder.put("a.py", "1")
    try folder.git("init", "-q")
    try folder.git("add", ".")
    try folder.git("commit", "-qm", "one")
    try folder.put("a.py", "2\n")
    let input = try CapturedInput(name: "data", path: folder.code, caches: folder.path + "/cache")
    var environment = EnvironmentRecord()
    environment[.packages] = ["numpy": "1.0"]
    let record = Provenance(
      code: try folder.capture.take(folder.code).code, inputs: [input], environment: environment, program: "runs 1")
    let stored = try record.store(in: folder.artifacts, scratch: folder.path)
    let read = try Provenance(stored.digest, in: folder.artifacts)
    #expect(read == record)
    #expect(read.code?.git?.difference == record.code?.git?.difference)
    #expect(read.code?.git?.difference.isEmpty == false)
    #expect(throws: TrackingError.self) { try Provenance(value: ["format": 99]) }
  }
}
