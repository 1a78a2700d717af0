import Foundation
import SQLTracking
import Testing
import Tracking

/// Paths that have led out of other servers' folders, each refused, on every route that takes one.
struct PathAttackTests {
  /// As a segment, or several, of an address.
  static let segments = [
    "../x", "..", ".", "a/../../x", "a/..", "%2e%2e/x", "%2E%2E%2Fx", "..%2Fx", "a%2fb", "%252e%252e%252fx",
    "%252e%252e/x",
    "%25252e%25252e%25252fx", "..%255cx", "..%5cx", "%5c..%5c..%5cx", "a%5cb", "a\\b", "\\..\\..\\x", "/etc/passwd",
    "%2Fetc%2Fpasswd", "%252Fetc%252Fpasswd", "/proc/self/root/etc/passwd", "a//b", "a/", "/", "C:/x", "c:", "C:%5Cx",
    "C%3A/x", "%43%3a%5cx", "%5C%5Chost%5Cshare", "file:/etc/passwd", "file:///etc/passwd", "file:%2F%2F%2Fetc/passwd",
    "file%3A%2F%2Fa%23%2F..%2F%2Ftmp", "http:%2F%2Fevil.example%2Fx", "s3:/bucket/x", "a%23/../x", "a%23b", "a%2523b",
    "a%3F/../../x", "a%3fb", "a%253fb", "a;/../../x", "a;x%2F..%2F..%2Fx", "x%00.jpg", "%00", "x%2500.jpg", "a%0a",
    "a%09b", "%25%09252e/x", "..%09/x", "a%0d%0aX-Y:%201", "a%7f", "a%C2%85b",
    "%EF%BC%8E%EF%BC%8E/x",  // ．．
    "%E2%80%A5/x",  // ‥
    "%E2%80%A4%E2%80%A4/x",  // ․․
    "%EF%BC%8E%EF%BC%8E%EF%BC%8Fx",  // ．．／
    "..%E2%88%95x",  // ∕
    "..%E2%81%84x",  // ⁄
    "..%EF%BC%BCx",  // ＼
    "%EF%BC%8Fetc",  // ／ at the beginning
    "C%EF%BC%9A/x",  // ：
    String(repeating: "a", count: 1100), String(repeating: "a/", count: 2100) + "a",
  ]

  // What is no encoding at all is refused before anyone looks at it.
  static let damaged = [
    "%", "%2", "%2%0952e%2%0952e/x", "%2%092e%2%092e%2fx", "%zz/x", "%u002e%u002e/x", "%c0%ae%c0%ae/x", "%C0%AFx",
    "a%FFb",
  ]

  @Test(arguments: segments + damaged) func `an address that leads elsewhere is refused`(path: String) throws {
    let place = try ArtifactTests.Place()
    let client = place.client
    for address in [
      place.base + "/" + path, "/api/2.0/mlflow-artifacts/artifacts/" + path,
      "/ajax-api/2.0/mlflow-artifacts/artifacts/1/r/artifacts/" + path,
    ] {
      // The library that a client uses may bring some of these into another form; this one sends them as they are.
      for method in ["PUT", "GET", "DELETE"] {
        let answer = try client.request(method, address, method == "PUT" ? "evil" : nil)
        #expect(answer.status == 400, "\(method) \(address)")
        if Self.segments.contains(path) { #expect(answer.text.contains("Invalid path")) }
      }
      let address = address.replacingOccurrences(of: "artifacts/1/r", with: "mpu/create/1/r")
      if address.contains("mpu") { #expect(try client.request("POST", address, "{}").status != 200) }
    }
    #expect(try place.served.store.artifacts(of: RunID("r")!).isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.served.folder).allSatisfy { $0 != "x" })
  }

  @Test(arguments: segments + damaged) func `an argument that leads elsewhere is refused`(path: String) throws {
    let place = try ArtifactTests.Place()
    // An argument may hold slashes in their encoded form; those two are paths like any other.
    guard !["a%2fb", "a;x%2F..%2F..%2Fx"].contains(path) else { return }
    let path = path.replacingOccurrences(of: ";", with: "%3B")
    for address in [
      "/api/2.0/mlflow-artifacts/artifacts?path=", "/api/2.0/mlflow/artifacts/list?run_id=r&path=",
      "/get-artifact?run_id=r&path=", "/get-artifact?run_uuid=&path=",
      "/ajax-api/2.0/mlflow/artifacts/list?run_id=r&path=",
      "/api/2.0/mlflow/logged-models/m-1/artifacts/files?artifact_file_path=",
    ] {
      let answer = try place.client.request("GET", address + path)
      #expect(answer.status == 400 || (address.contains("m-1") && answer.status == 404), "\(address)\(path)")
    }
  }

  @Test func `an argument that names a scheme opens nothing`() throws {
    let place = try ArtifactTests.Place()
    for path in [
      "http://169.254.169.254/latest", "file:///etc/passwd", "ftp://x/y", "mlflow-artifacts:/1/r/artifacts/f",
    ] {
      #expect(try place.client.request("GET", "/get-artifact?run_id=r&path=\(path)").status == 400, "\(path)")
    }
  }
}
