import Foundation
import SQLTracking
import TarArtifacts
import Testing
import Tracking
import TrackingServer

/// Files of runs over HTTP, up, down and listed.
struct ArtifactTests {
  private static let root = "/api/2.0/mlflow-artifacts/artifacts"

  /// A server with a run `r` of experiment 1.
  struct Place {
    let served: ServedStore
    let client: RawClient
    let base = "/api/2.0/mlflow-artifacts/artifacts/1/r/artifacts"

    init() throws {
      served = try ServedStore()
      try served.store.commit([
        .experiment(.create(name: "e", id: 1, tags: [:])),
        .createRun(NewRun(id: RunID("r")!, experiment: "e", state: .running)),
      ])
      client = try served.client()
    }

    func put(_ path: String, _ body: String = "x") throws -> RawClient.Answer {
      try client.request("PUT", path, body, headers: ["Content-Type": "text/plain"])
    }

    func list(_ path: String) throws -> String {
      try client.request("GET", "\(ArtifactTests.root)?path=\(path)").text
    }
  }

  @Test func `a file goes up, is listed, and comes down as it was`() throws {
    let place = try Place()
    #expect(try place.put(place.base + "/model/MLmodel", "flavors: {}\n").text == "{}")
    #expect(try place.put(place.base + "/notes.txt", "hello").status == 200)
    #expect(try place.put(place.base + "/empty", "").status == 200)
    #expect(
      try place.list("1/r/artifacts")
        == #"{"files":[{"path":"empty","is_dir":false,"file_size":0},{"path":"model","is_dir":true},"#
        + #"{"path":"notes.txt","is_dir":false,"file_size":5}]}"#)
    #expect(
      try place.list("1%2Fr%2Fartifacts%2Fmodel")
        == #"{"files":[{"path":"MLmodel","is_dir":false,"file_size":12}]}"#)
    let answer = try place.client.request("GET", place.base + "/notes.txt")
    #expect(answer.text == "hello")
    #expect(answer.headers["content-type"] == "text/plain; charset=utf-8")
    #expect(answer.headers["content-length"] == "5")
    #expect(answer.headers["content-disposition"] == "attachment; filename=\"notes.txt\"")
    #expect(answer.headers["x-content-type-options"] == "nosniff")
    #expect(try place.client.request("GET", place.base + "/empty").headers["content-length"] == "0")
    #expect(try place.client.request("GET", "/get-artifact?run_id=r&path=model/MLmodel").text == "flavors: {}\n")
    #expect(try place.client.request("GET", "/get-artifact?run_uuid=r&path=model/MLmodel").status == 200)
  }

  @Test func `the listing by run tells whole paths and the root`() throws {
    let place = try Place()
    let list = "/api/2.0/mlflow/artifacts/list"
    #expect(
      try place.client.request("GET", list + "?run_id=r").text == #"{"root_uri":"mlflow-artifacts:/1/r/artifacts"}"#)
    _ = try place.put(place.base + "/a/b/c.txt", "123")
    #expect(
      try place.client.request("GET", list + "?run_id=r&path=a%2Fb").text
        == #"{"root_uri":"mlflow-artifacts:/1/r/artifacts","files":[{"path":"a/b/c.txt","is_dir":false,"file_size":3}]}"#
    )
    #expect(try place.client.request("GET", list).status == 400)
    #expect(try place.client.request("GET", list + "?run_id=no").status == 404)
    #expect(try place.client.request("GET", list + "?run_id=r&path=../x").status == 400)
  }

  @Test func `a file uploaded again replaces the one before`() throws {
    let place = try Place()
    for text in ["one", "two", "two"] { _ = try place.put(place.base + "/f", text) }
    #expect(try place.client.request("GET", place.base + "/f").text == "two")
    #expect(try place.served.store.artifacts(of: RunID("r")!).count == 1)
  }

  @Test func `names of all kinds come back as they went`() throws {
    let place = try Place()
    for name in ["caf%C3%A9.txt", "cafe%CC%81.txt", "%E6%96%87%20%E5%AD%97.bin", "100%25.txt", "a+b=c&d;e.txt", "...x"]
    {
      #expect(try place.put(place.base + "/d/" + name, name).status == 200, "\(name)")
    }
    for name in ["caf%C3%A9.txt", "cafe%CC%81.txt", "%E6%96%87%20%E5%AD%97.bin", "100%25.txt", "a+b=c&d;e.txt", "...x"]
    {
      #expect(try place.client.request("GET", place.base + "/d/" + name).text == name, "\(name)")
    }
    #expect(try place.list("1/r/artifacts/d").contains("caf\u{E9}.txt"))
    let answer = try place.client.request("GET", place.base + "/d/caf%C3%A9.txt")
    #expect(
      answer.headers["content-disposition"]
        == "attachment; filename=\"caf_.txt\"; filename*=UTF-8''caf%C3%A9.txt")
  }

  @Test func `pages and drawings are for saving, whatever is in them`() throws {
    let place = try Place()
    for name in ["x.html", "x.svg", "x.xml", "x.js", "x.HTM", "x"] {
      _ = try place.put(place.base + "/" + name, "<script>alert(1)</script>")
      let answer = try place.client.request("GET", place.base + "/" + name)
      #expect(answer.headers["content-disposition"]?.hasPrefix("attachment; ") == true)
      #expect(answer.headers["x-content-type-options"] == "nosniff")
      #expect(answer.headers["content-security-policy"]?.contains("sandbox") == true)
    }
  }

  @Test func `a large file goes up and down in pieces`() throws {
    let place = try Place()
    let bytes = (0..<6_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }
    let head = "PUT \(place.base)/big.bin HTTP/1.1\r\nHost: localhost\r\n"
    try place.client.send((head + "Content-Length: \(bytes.count)\r\n\r\n").utf8)
    try place.client.send(bytes)
    #expect(try place.client.answer().status == 200)
    let answer = try place.client.request("GET", place.base + "/big.bin")
    #expect(answer.headers["content-length"] == "6000000")
    #expect(answer.body == bytes)
    try place.client.send((head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").utf8)
    #expect(try place.client.answer().status == 200)
    #expect(try place.client.request("GET", place.base + "/big.bin").text == "abcde")
  }

  @Test func `an upload that ends early is not there`() throws {
    let place = try Place()
    do {
      let other = try place.served.client()
      try other.send("PUT \(place.base)/half HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc".utf8)
    }
    #expect(try place.client.request("GET", place.base + "/half").status == 404)
    // The server waits for what it has accepted.
    place.served.server.stop()
    #expect(try place.served.store.artifacts(of: RunID("r")!).isEmpty)
  }

  @Test func `a file and a directory do not share a path`() throws {
    let place = try Place()
    _ = try place.put(place.base + "/a/b", "x")
    #expect(try place.put(place.base + "/a", "x").status == 400)
    #expect(try place.put(place.base + "/a/b/c", "x").status == 400)
    #expect(try place.client.request("GET", place.base + "/a").status == 404)
    #expect(try place.list("1/r/artifacts/a/b") == "{}")
  }

  @Test func `deleting takes a file, or all below a directory`() throws {
    let place = try Place()
    for name in ["a/x", "a/y/z", "ab", "c"] { _ = try place.put(place.base + "/" + name) }
    #expect(try place.client.request("DELETE", place.base + "/c").text == "{}")
    #expect(try place.client.request("DELETE", place.base + "/a").text == "{}")
    #expect(try place.client.request("DELETE", place.base + "/nothing").text == "{}")
    #expect(try place.client.request("DELETE", Self.root + "/0/none.txt").text == "{}")
    #expect(
      try place.list("1/r/artifacts") == #"{"files":[{"path":"ab","is_dir":false,"file_size":1}]}"#)
  }

  @Test func `a tarball of many members is a directory`() throws {
    let place = try Place()
    let folder = place.served.folder + "/t"
    try FileManager.default.createDirectory(atPath: folder + "/sub", withIntermediateDirectories: true)
    try Data("weights".utf8).write(to: URL(fileURLWithPath: folder + "/model.bin"))
    try Data("deep".utf8).write(to: URL(fileURLWithPath: folder + "/sub/a"))
    try FileManager.default.createSymbolicLink(atPath: folder + "/latest", withDestinationPath: "sub/a")
    try FileManager.default.createSymbolicLink(atPath: folder + "/dangling", withDestinationPath: "sub/b")
    let artifacts = TarArtifactStore(directory: place.served.folder + "/artifacts")
    for (name, path) in [("outputs", folder), ("weights", folder + "/model.bin")] {
      let stored = try artifacts.store(contentsOf: path)
      try place.served.store.commit(
        .attach(
          Artifact(
            run: RunID("r")!, name: name, digest: stored.digest, bytes: stored.bytes,
            contentBytes: stored.contentBytes, files: stored.files, time: Timestamp(milliseconds: 0))))
    }
    #expect(
      try place.list("1/r/artifacts")
        == #"{"files":[{"path":"outputs","is_dir":true},{"path":"weights","is_dir":true}]}"#)
    #expect(
      try place.list("1/r/artifacts/outputs")
        == #"{"files":[{"path":"latest","is_dir":false,"file_size":4},{"path":"model.bin","is_dir":false,"file_size":7},"#
        + #"{"path":"sub","is_dir":true}]}"#)
    #expect(try place.client.request("GET", place.base + "/outputs/sub/a").text == "deep")
    #expect(try place.client.request("GET", place.base + "/outputs/latest").text == "deep")
    #expect(try place.client.request("GET", place.base + "/outputs/dangling").status == 404)
    #expect(try place.client.request("GET", place.base + "/weights/model.bin").text == "weights")
    #expect(try place.client.request("DELETE", place.base + "/outputs/sub").status == 400)
    // A file of a client's own lies over the tarball's.
    _ = try place.put(place.base + "/outputs/model.bin", "newer")
    #expect(try place.client.request("GET", place.base + "/outputs/model.bin").text == "newer")
    #expect(try place.client.request("GET", place.base + "/outputs/sub/a").text == "deep")
  }

  @Test func `what belongs to no run is not found`() throws {
    let place = try Place()
    _ = try place.put(place.base + "/f")
    for path in [
      "/1/r/artifacts/g", "/2/r/artifacts/f", "/01/r/artifacts/f", "/1/s/artifacts/f", "/1/r/f", "/0/none.txt",
    ] {
      #expect(try place.client.request("GET", Self.root + path).status == 404, "\(path)")
      if path != "/1/r/artifacts/g" { #expect(try place.put(Self.root + path).status == 404, "\(path)") }
    }
    #expect(
      try place.client.request("GET", Self.root + "/0/none.txt").text
        == #"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"No such artifact: '0/none.txt'"}"#)
    for path in ["", "1", "1/r", "2/r/artifacts", "1/s/artifacts", "1/r/artifacts/nothing"] {
      #expect(try place.list(path) == "{}", "\(path)")
    }
    #expect(try place.client.request("GET", Self.root).text == "{}")
    #expect(try place.client.request("GET", "/get-artifact?path=f").status == 400)
    #expect(try place.client.request("GET", "/get-artifact?run_id=r").status == 404)
  }

  @Test func `a deleted run keeps its files and takes no more`() throws {
    let place = try Place()
    _ = try place.put(place.base + "/f")
    try place.served.store.commit(.delete(RunID("r")!))
    #expect(try place.client.request("GET", place.base + "/f").status == 200)
    let refused = try place.put(place.base + "/g")
    #expect(refused.status == 400)
    #expect(refused.text.contains("must be in the 'active' state"))
    #expect(try place.client.request("DELETE", place.base + "/f").status == 400)
  }

  @Test func `uploads in parts are told to come whole`() throws {
    let place = try Place()
    for deed in ["create", "complete", "abort"] {
      let answer = try place.client.request("POST", "/api/2.0/mlflow-artifacts/mpu/\(deed)/1/r/artifacts/x", "{}")
      #expect(answer.status == 501)
      #expect(answer.text.contains("\"NOT_IMPLEMENTED\""))
    }
  }

  @Test func `an artifact whose tarball is lost is not found, and the answer names no folder`() throws {
    let place = try Place()
    _ = try place.put(place.base + "/f")
    try FileManager.default.removeItem(atPath: place.served.folder + "/artifacts")
    for path in [place.base + "/f", "/get-artifact?run_id=r&path=f", Self.root + "?path=1/r/artifacts"] {
      let answer = try place.client.request("GET", path)
      #expect(answer.status == 404)
      #expect(!answer.text.contains(place.served.folder) && !answer.text.contains(".tar"))
    }
  }
}
