import Glibc
import Testing
import Tracking

@testable import Provenance

@Suite struct EnvironmentTests {
  private func capture(_ folder: Folder, _ arguments: [String], _ variables: [String: String]) -> EnvironmentRecord {
    EnvironmentCapture(
      arguments: arguments, directory: folder.code, variables: variables, alsoWanted: ["MINE", "MY_TOKEN"],
      caches: folder.path + "/cache"
    ).record()
  }

  @Test func `secrets are recorded as set, never by value`() throws {
    let folder = try Folder()
    let secrets = [
      "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "DB_PASSWORD", "OMP_API_KEY", "MY_TOKEN", "CUDA_CREDENTIALS", "HF_TOKEN",
      "BASIC_AUTH", "PGPASS",
    ]
    var variables = Dictionary(uniqueKeysWithValues: secrets.map { ($0, "hunter2") })
    variables.merge(["OMP_NUM_THREADS": "2", "MINE": "yes", "HOME": "/root", "PATH": "/usr/bin"]) { $1 }
    let record = capture(folder, ["true"], variables)
    #expect(!record.value.json.contains("hunter2"))
    #expect(record[.present].keys.sorted() == secrets.sorted())
    #expect(record[.threads]["OMP_NUM_THREADS"] == "2")
    #expect(record[.variables] == ["MINE": "yes"])
    #expect(record[.machine]["cpu"] != nil)
    #expect(record[.system]["kernel"] != nil)
  }

  @Test func `a password in an address is not recorded`() throws {
    let folder = try Folder()
    let record = capture(folder, ["true"], ["MINE": "https://me:hunter2@example.org/x", "PATH": "/usr/bin"])
    #expect(record[.variables]["MINE"] == "https://example.org/x")
  }

  @Test func `packages come from the interpreter's own metadata`() throws {
    let folder = try Folder()
    let site = folder.path + "/site"
    for (name, text) in [
      ("numpy-1.26.4.dist-info/METADATA", "Metadata-Version: 2.1\nName: numpy\nVersion: 1.26.4\n\nVersion: 9\n"),
      ("My_Package-2.0.dist-info/METADATA", "Name: My_Package\nVersion: 2.0\n"),
      ("My_Package-2.0.dist-info/direct_url.json", #"{"url": "file:///src/mine", "dir_info": {"editable": true}}"#),
      ("old.egg-info/PKG-INFO", "Name: old\nVersion: 0.1\n"),
    ] {
      let place = site + "/" + name
      try makeDirectories(String(place[..<(place.lastIndex(of: "/") ?? place.startIndex)]))
      try write(Array(text.utf8), to: place)
    }
    let path = "/usr/local/bin:/usr/bin:/bin"
    let record = capture(folder, ["/bin/sh", "-c", "exec python3 train.py"], ["PATH": path, "PYTHONPATH": site])
    #expect(record[.packages]["numpy"] == "1.26.4")
    #expect(record[.packages]["my-package"] == "2.0 from file:///src/mine")
    #expect(record[.packages]["old"] == "0.1")
    #expect(record[.interpreter]["family"] == "python")
    #expect(record[.interpreter]["version"]?.hasPrefix("3.") == true)
    #expect(record[.interpreter]["sha256"]?.count == 64)
    rename(site + "/numpy-1.26.4.dist-info", site + "/numpy-1.26.5.dist-info")
    try write(Array("Name: numpy\nVersion: 1.26.5\n".utf8), to: site + "/numpy-1.26.5.dist-info/METADATA")
    let later = capture(folder, ["python3", "train.py"], ["PATH": path, "PYTHONPATH": site])
    #expect(
      record.differences(to: later) == [
        .init(section: .packages, name: "numpy", recorded: "1.26.4", present: "1.26.5")
      ])
  }

  @Test func `a script's interpreter is found through its first line and in what it calls`() throws {
    let folder = try Folder()
    let path = "/usr/local/bin:/usr/bin:/bin"
    try folder.put("train.sh", "#!/bin/sh\nset -e\npython3 x.py\n")
    try folder.put("run.py", "#!/usr/bin/env python3\nprint(1)\n")
    chmod(folder.code + "/run.py", 0o755)
    for arguments in [["sh", "train.sh"], ["./run.py"], ["/bin/sh", "-c", "cd .; python3 -u a.py --lr=1"]] {
      #expect(Interpreter(of: arguments, in: folder.code, searchPath: path)?.family == "python", "\(arguments)")
    }
    #expect(Interpreter(of: ["true"], in: folder.code, searchPath: path) == nil)
  }

  @Test func `what computes stands first among what differs`() {
    var old = EnvironmentRecord()
    var new = EnvironmentRecord()
    old[.packages] = ["attrs": "1", "numpy": "1"]
    new[.packages] = ["attrs": "2", "numpy": "2"]
    old[.system] = ["kernel": "5"]
    new[.system] = ["kernel": "6"]
    new[.threads] = ["OMP_NUM_THREADS": "4"]
    #expect(old.differences(to: new).map(\.name) == ["numpy", "attrs", "OMP_NUM_THREADS", "kernel"])
    #expect(EnvironmentRecord(value: old.value) == old)
  }

  @Test func `an input is told apart by one byte, a folder's by the file`() throws {
    let folder = try Folder()
    try folder.put("a.csv", "1,2")
    try folder.put("sub/b.csv", "3,4")
    let caches = folder.path + "/cache"
    let old = try CapturedInput(name: "data", path: folder.code, caches: caches)
    let file = try CapturedInput(name: "file", path: folder.code + "/a.csv", caches: caches)
    #expect(file.digest == Digest(hashing: "1,2"))
    try folder.put("sub/b.csv", "3,5")
    let new = try CapturedInput(name: "data", path: folder.code, caches: caches)
    #expect(old.digest != new.digest)
    #expect(old.manifest.changes(to: new.manifest) == [.init(path: "sub/b.csv", kind: .changed)])
    #expect(throws: TrackingError.self) { try CapturedInput(name: "x", path: folder.path + "/none", caches: caches) }
  }
}

@Suite struct VariableRulesTests {
  @Test(arguments: [
    "API_KEY", "apikey", "GITHUB_TOKEN", "GHTOKEN", "PGPASSWORD", "PGPASS", "DB_PWD", "MY_PAT", "BASIC_AUTH",
    "SENTRY_DSN",
  ])
  func `a secret is known by its name`(_ name: String) { #expect(VariableRules.isSecret(name)) }

  @Test(arguments: [
    "LD_LIBRARY_PATH", "TOKENIZERS_PARALLELISM", "MAX_TOKENS", "MODEL_PATH", "PWD", "KEYBOARD", "AUTHOR", "COMPATIBLE",
  ])
  func `an ordinary variable is none`(_ name: String) { #expect(!VariableRules.isSecret(name)) }

  @Test func `every address loses its password`() {
    #expect(
      VariableRules.withoutCredentials("https://a/b:https://u:hunter3@h/x,ssh://me:p/w@h2/y @z")
        == "https://a/b:https://h/x,ssh://h2/y @z")
  }
}
