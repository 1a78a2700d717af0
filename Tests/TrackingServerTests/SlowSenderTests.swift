import Glibc
import SQLTracking
import Testing
import Tracking
import TrackingServer

/// Senders that take their time, by design or not: bounded, told 408, and no harm to others.
struct SlowSenderTests {
  private let head =
    "POST /api/2.0/mlflow/runs/log-batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

  private func served() throws -> ServedStore {
    try ServedStore {
      $0.limits.stallSeconds = 1
      $0.limits.idleSeconds = 3
    }
  }

  /// Sends the bytes one by one, with pauses, until an answer is there.
  private func drip(_ text: String, to client: RawClient) throws -> RawClient.Answer {
    for byte in text.utf8 {
      do { try client.send([byte]) } catch { break }
      if client.hasAnswer(within: 100) { break }
    }
    return try client.answer()
  }

  @Test func `a head that comes byte by byte is ended with 408`() throws {
    let served = try served()
    let slow = try served.client()
    let began = ContinuousClock.now
    let answer = try drip("GET /health HTTP/1.1\r\nX: " + String(repeating: "x", count: 200), to: slow)
    #expect(answer.status == 408)
    #expect(answer.text.contains("did not arrive in time"))
    #expect(ContinuousClock.now - began < .seconds(10))
    #expect(try slow.isClosed())
  }

  @Test func `a second head on a connection is bounded as the first`() throws {
    let served = try served()
    let slow = try served.client()
    #expect(try slow.request("GET", "/health").status == 200)
    #expect(try drip("GET /health HTTP/1.1\r\nX: " + String(repeating: "x", count: 200), to: slow).status == 408)
  }

  @Test func `a body that stalls, or comes byte by byte, is ended with 408`() throws {
    let served = try served()
    let stalled = try served.client()
    try stalled.send((head + "Content-Length: 100\r\n\r\n{").utf8)
    let slow = try served.client()
    try slow.send((head + "Content-Length: 300\r\n\r\n").utf8)
    #expect(try drip(String(repeating: " ", count: 300), to: slow).status == 408)
    #expect(try slow.isClosed())
    #expect(try stalled.answer().status == 408)
    #expect(try stalled.isClosed())
  }

  @Test func `an upload that stalls is ended with 408, and leaves nothing`() throws {
    let served = try served()
    let api = try MLflowAPI(served)
    let run = try api.run()
    let client = try served.client()
    try client.send(
      ("PUT /api/2.0/mlflow-artifacts/artifacts/0/\(run)/artifacts/f HTTP/1.1\r\nHost: localhost\r\n"
        + "Content-Length: 5000000\r\n\r\n" + String(repeating: "x", count: 100_000)).utf8)
    #expect(try client.answer().status == 408)
    #expect(try client.isClosed())
    #expect(try served.store.artifacts(of: try #require(RunID(run))).isEmpty)
  }

  @Test func `a body that comes in pieces of some size is slow, and taken`() throws {
    let served = try served()
    let api = try MLflowAPI(served)
    let run = try api.run()
    let client = try served.client()
    let body = "{\"run_id\":\"\(run)\",\"tags\":[]" + String(repeating: " ", count: 5_000 * 8) + "}"
    try client.send((head + "Content-Length: \(body.utf8.count)\r\n\r\n").utf8)
    var rest = body.utf8[...]
    while !rest.isEmpty {
      try client.send(rest.prefix(5_000))
      rest = rest.dropFirst(5_000)
      // 40 KB in two seconds, which is twice the bound of one stall.
      if !rest.isEmpty { #expect(!client.hasAnswer(within: 250)) }
    }
    #expect(try client.answer().status == 200)
  }

  @Test func `a connection without a request is closed in silence`() throws {
    let served = try served()
    let client = try served.client()
    #expect(try client.isClosed())
  }

  @Test func `hundreds of slow senders do not keep others waiting`() throws {
    let served = try served()
    let slow = try (0..<300).map { number in
      let client = try served.client()
      let text = number % 2 == 0 ? "GET /health HT" : head + "Content-Length: 100\r\n\r\n{"
      try client.send(text.utf8)
      return client
    }
    let api = try MLflowAPI(served)
    let run = try api.run()
    let began = ContinuousClock.now
    for step in 0..<20 {
      let body: Value = [
        "run_id": .text(run), "key": "m", "value": 1, "timestamp": 1, "step": .integer(Int64(step)),
      ]
      #expect(try api.post("runs/log-metric", body).status == 200)
    }
    #expect(ContinuousClock.now - began < .seconds(10))
    for client in slow { #expect(try client.answer().status == 408) }
  }
}
