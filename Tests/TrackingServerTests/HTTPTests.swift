import Foundation
import SQLTracking
import Testing
import Tracking
import TrackingServer

/// What holds for every request, whatever it asks for.
struct HTTPTests {
  @Test func `a server says that it is well, and of which version its API is`() throws {
    let served = try ServedStore()
    let client = try served.client()
    for _ in 0..<3 {
      let health = try client.request("GET", "/health")
      #expect(health.status == 200)
      #expect(health.text == "OK")
      #expect(health.headers["x-content-type-options"] == "nosniff")
    }
    #expect(try client.request("GET", "/version").text == "3.17.2")
    #expect(try client.request("HEAD", "/health").status == 200)
    #expect(try client.request("GET", "/api/3.0/mlflow/server-info").text.contains("\"store_type\":\"SqlStore\""))
  }

  @Test func `requests that are sent at once are answered in their order`() throws {
    let served = try ServedStore()
    let client = try served.client()
    let one = "GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n"
    let other = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    try client.send(String(repeating: one + other, count: 50).utf8)
    for _ in 0..<50 {
      #expect(try client.answer().text == "3.17.2")
      #expect(try client.answer().text == "OK")
    }
  }

  @Test func `an unknown address is 404, an unknown method 405, as JSON`() throws {
    let served = try ServedStore()
    let client = try served.client()
    let nothing = try client.request("POST", "/api/2.0/mlflow/runs/nothing", "{}")
    #expect(nothing.status == 404)
    #expect(nothing.text.contains("\"error_code\":\"ENDPOINT_NOT_FOUND\""))
    #expect(try client.request("POST", "/version", "{}").status == 405)
    #expect(try client.request("OPTIONS", "/version", "{}").status == 405)
  }

  @Test func `a request by another name of the server is refused`() throws {
    let served = try ServedStore { $0.allowedHosts = ["tracking.example"] }
    let client = try served.client()
    let info = "/api/3.0/mlflow/server-info"
    for host in ["localhost", "LOCALHOST:5000", "127.0.0.1:\(served.bound.port)", "[::1]:1", "tracking.example"] {
      #expect(try client.request("GET", info, headers: ["Host": host]).status == 200, "\(host)")
    }
    for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:5000", "[::2]", "x"] {
      #expect(try client.request("GET", info, headers: ["Host": host]).status == 403, "\(host)")
    }
    #expect(try client.request("GET", info, headers: ["Host": ""]).status == 403)
    #expect(try client.request("GET", "/health", headers: ["Host": "probe"]).status == 200)
  }

  @Test func `a request that cannot be read is 400, and ends the connection`() throws {
    let served = try ServedStore()
    for text in ["NONSENSE\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /a b c HTTP/1.1\r\n\r\n"] {
      let client = try served.client()
      try client.send(text.utf8)
      #expect(try client.answer().status == 400, "\(text)")
      #expect(try client.isClosed())
    }
    let client = try served.client()
    try client.send("GET /health HTTP/1.1\r\nX: \(String(repeating: "x", count: 100_000))\r\n\r\n".utf8)
    #expect(try client.answer().status == 431)
  }

  @Test func `a token is wanted where one is set, as bearer or as a password`() throws {
    let served = try ServedStore { $0.access = .token("secret") }
    let client = try served.client()
    let info = "/api/3.0/mlflow/server-info"
    #expect(try client.request("GET", "/health").status == 200)
    for path in [info, "/ajax-api" + info.dropFirst(4)] {
      let refused = try client.request("GET", path)
      #expect(refused.status == 401)
      #expect(refused.text.contains("UNAUTHENTICATED"))
      for wrong in ["Bearer wrong", "Bearer", "Basic c2VjcmV0", "Basic !!", "Digest secret"] {
        #expect(try client.request("GET", path, headers: ["Authorization": wrong]).status == 401, "\(wrong)")
      }
      #expect(try client.request("GET", path, headers: ["Authorization": "Bearer secret"]).status == 200)
      // user:secret
      #expect(try client.request("GET", path, headers: ["Authorization": "Basic dXNlcjpzZWNyZXQ="]).status == 200)
    }
  }

  @Test func `a web page cannot record anything`() throws {
    let served = try ServedStore()
    let client = try served.client()
    let path = "/api/2.0/mlflow/experiments/create"
    func status(_ name: String, _ headers: [String: String]) throws -> Int {
      try client.request("POST", path, "{\"name\":\"\(name)\"}", headers: headers).status
    }
    #expect(try status("a", ["Origin": "http://evil.example"]) == 403)
    #expect(try status("a", ["Origin": "null"]) == 403)
    #expect(try status("a", ["Origin": "http://localhost:81"]) == 403)
    #expect(try status("a", ["Sec-Fetch-Site": "cross-site"]) == 403)
    for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
      #expect(try status("a", ["Content-Type": type]) == 400, "\(type)")
    }
    #expect(try status("a", ["Origin": "http://localhost"]) == 200)
    #expect(try status("b", ["Content-Type": "application/json; charset=utf-8"]) == 200)
    #expect(try served.store.experiments().map(\.name) == ["Default", "a", "b"])
  }

  @Test func `bodies and addresses are bounded`() throws {
    let served = try ServedStore {
      $0.limits.bodyBytes = 1000
    }
    let path = "/api/2.0/mlflow/experiments/create"
    let client = try served.client()
    #expect(try client.request("POST", path, String(repeating: " ", count: 1001) + "{}").status == 413)
    #expect(try client.request("POST", path, "{\"name\":\"a\"}").status == 200)
    let chunked = try served.client()
    try chunked.send(
      "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        .utf8)
    for _ in 0..<11 { try chunked.send(("64\r\n" + String(repeating: " ", count: 100) + "\r\n").utf8) }
    #expect(try chunked.answer().status == 413)
    #expect(try chunked.isClosed())
    #expect(try client.request("GET", "/health?" + String(repeating: "x", count: 17_000)).status == 414)
    #expect(try client.request("GET", "/api/2.0/mlflow/runs/get?run_id=%zz").status == 400)
  }

  @Test func `a stop answers what was sent before it`() throws {
    let served = try ServedStore()
    let api = try MLflowAPI(served)
    let run = try api.run()
    let idle = try served.client()
    #expect(try idle.request("GET", "/health").status == 200)
    for step in 0..<20 {
      let body = "{\"run_id\":\"\(run)\",\"key\":\"m\",\"value\":1,\"timestamp\":1,\"step\":\(step)}"
      #expect(try api.client.request("POST", "/api/2.0/mlflow/runs/log-metric", body).status == 200)
    }
    served.server.stop()
    #expect(try idle.isClosed())
    #expect(throws: (any Error).self) { try served.client() }
    #expect(try served.store.points(of: try #require(RunID(run)), metric: "m").count == 20)
  }

  @Test func `a unix socket serves its owner`() throws {
    let path = NSTemporaryDirectory() + "/runs-\(UUID().uuidString.prefix(8)).sock"
    let served = try ServedStore { $0.address = .unix(path: path) }
    let client = try served.client()
    #expect(try client.request("GET", "/health").text == "OK")
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode.map { $0 & 0o077 } == 0)
    #expect(throws: (any Error).self) { try ServedStore { $0.address = .unix(path: path) } }
    served.server.stop()
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}
