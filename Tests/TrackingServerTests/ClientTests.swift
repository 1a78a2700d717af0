import Dispatch
import Foundation
import SQLTracking
import TarArtifacts
import Testing
import Tracking
import TrackingClient
import TrackingServer

/// What a client does beside the store contract: refusals by the server, broken connections, restarts.
@Suite struct ClientTests {
  private func refusal(_ body: () throws -> Void) -> TrackingError? {
    do {
      try body()
      return nil
    } catch {
      return error as? TrackingError
    }
  }

  private let time = Timestamp(milliseconds: 1)

  @Test func `a server that is not there is named, over TCP and a socket file`() throws {
    let served = try ServedStore()
    served.server.stop()
    for address in [served.bound.url, "unix:///nowhere/runs.sock"] {
      let client = try TrackingClient(address)
      let read = refusal { _ = try client.experiments() }
      #expect(read?.code == .system)
      #expect(read?.message.contains(address) == true && read?.message.contains("reached") == true, "\(read!)")
      // What was never sent is not said to be recorded, perhaps.
      let write = refusal { try client.commit(.experiment(.create(name: "a", id: nil, tags: [:]))) }
      #expect(write?.message.contains("may be recorded") == false, "\(write!)")
    }
  }

  // A client's end meets the end of its last request, which a process must survive.
  @Test func `clients may be let go as soon as they have their answer`() throws {
    let served = try ServedStore()
    let url = served.bound.url
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<50 { #expect((try? TrackingClient(url).experiments()) != nil) }
    }
  }

  @Test func `what is no address is refused`() throws {
    for address in [
      "", "127.0.0.1:5000", "http://", "http:///x", "http://:5000", "unix://x", "unix:///", "http://a b",
      "http://user:secret@host:1", "http://h/?q", "http+unix://x", "ftp://x",
    ] {
      #expect(refusal { _ = try TrackingClient(address) }?.code == .invalid, "\(address)")
    }
    #expect(!ServerAddress.isMeant(by: "runs/http") && ServerAddress.isMeant(by: "http://h:1/"))
  }

  @Test func `a token is sent, and its lack or a wrong one told`() throws {
    let served = try ServedStore { $0.access = .token("secret") }
    #expect(try TrackingClient(served.bound.url, token: "secret").experiments().count == 1)
    for token in [nil, "wrong"] {
      let refused = refusal { _ = try TrackingClient(served.bound.url, token: token).experiments() }
      #expect(refused?.code == .invalid && refused?.message.contains("RUNS_TOKEN") == true)
    }
  }

  @Test func `a token that reads or logs does not do more`() throws {
    let run = RunID("r1")!
    for scope in [AccessToken.Scope.read, .log] {
      let served = try ServedStore { $0.access = .token("secret", AccessGrant(scope)) }
      try served.store.commit(.createRun(NewRun(id: run, experiment: "e", state: .running)))
      let client = try TrackingClient(served.bound.url, token: "secret")
      #expect(try client.run(run).id == run)
      let tag = refusal { try client.commit(.setTag(run, name: "a", value: "b")) }
      #expect((tag == nil) == (scope == .log))
      #expect(refusal { try client.commit(.delete(run)) } != nil)
      #expect(refusal { try client.commit(.token(.revoke(id: "x"))) } != nil)
      #expect(refusal { _ = try client.accessTokens() } != nil)
      #expect(try served.store.run(run).deleted == nil)
    }
  }

  @Test func `a token for a run reaches that run and those below it`() throws {
    let (mine, other) = (RunID("mine")!, RunID("other")!)
    let served = try ServedStore { $0.access = .token("secret", AccessGrant(.log, run: mine)) }
    for id in [mine, other] {
      try served.store.commit(.createRun(NewRun(id: id, experiment: "e", state: .running)))
    }
    let client = try TrackingClient(served.bound.url, token: "secret")
    let child = RunID("child")!
    try client.commit([
      .createRun(NewRun(id: child, experiment: "e", parent: mine, state: .running)),
      .setTag(child, name: "a", value: "b"),
    ])
    try client.append([MetricColumns(name: "m", steps: [0], times: [0], values: [1])], to: child)
    #expect(try client.tags(of: child) == ["a": "b"])
    #expect(try client.runs(matching: RunQuery(parent: mine)).rows.map(\.run.id) == [child])
    let series = [MetricColumns(name: "m", steps: [0], times: [0], values: [1])]
    let refusals = [
      refusal { _ = try client.run(other) }, refusal { _ = try client.runs(matching: RunQuery()) },
      refusal { try client.commit(.setTag(other, name: "a", value: "b")) },
      refusal { try client.append(series, to: other) },
      refusal { _ = try client.logger(for: other) },
      refusal { _ = try client.write([WriteBatch(points: [.init(other, series)])]) },
      refusal { try client.commit(.createRun(NewRun(id: RunID("x")!, experiment: "e", parent: other))) },
      refusal { try client.commit(.createRun(NewRun(id: RunID("x")!, experiment: "e"))) },
      refusal { try client.commit(.experiment(.create(name: "x", id: nil, tags: [:]))) },
    ]
    for refused in refusals { #expect(refused?.message.contains("'mine'") == true, "\(String(describing: refused))") }
    #expect(try served.store.series(of: other).isEmpty && served.store.tags(of: other).isEmpty)
  }

  @Test func `a logger goes on after the server was restarted, and its points are safe`() throws {
    let path = NSTemporaryDirectory() + "/runs-\(UUID().uuidString.prefix(8)).sock"
    let served = try ServedStore { $0.address = .unix(path: path) }
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600, "only its owner may use it")
    let run = RunID("r1")!
    try served.store.commit(.createRun(NewRun(id: run, experiment: "e", state: .running)))
    let client = try TrackingClient(served.bound.url)
    let logger = try client.logger(for: run)
    try logger.log("m", step: 0, value: 1, time: time)
    served.server.stop()
    #expect(try served.store.points(of: run, metric: "m").values == [1])
    let again = TrackingServer(
      store: served.store, artifacts: TarArtifactStore(directory: served.folder + "/artifacts"),
      settings: TrackingServer.Settings(address: .unix(path: path)))
    _ = try again.start()
    defer { again.stop() }
    // Reading finds the new connection; the logger, which must not send twice, has it then.
    _ = try client.run(run)
    try logger.log("m", step: 1, value: 2, time: time)
    try logger.close()
    #expect(try client.points(of: run, metric: "m").values == [1, 2])
  }

  @Test func `threads that log at once lose nothing, and each hears of its own refusal`() throws {
    let served = try ServedStore()
    let run = RunID("r1")!
    try served.store.commit(.createRun(NewRun(id: run, experiment: "e", state: .running)))
    let client = try TrackingClient(served.bound.url)
    let logger = try client.logger(for: run)
    let time = time
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for step in 0..<50 {
        #expect(throws: Never.self) {
          try logger.log("m\(thread)", step: Int64(step), value: Double(thread), time: time)
        }
        #expect(throws: TrackingError.self) { try logger.log("", step: Int64(step), value: 0, time: time) }
      }
    }
    try logger.flush()
    for thread in 0..<8 {
      #expect(try client.points(of: run, metric: "m\(thread)").steps == (0..<50).map { Int64($0) })
    }
    try logger.close()
  }

  @Test func `what makes no sense is refused, and the server goes on`() throws {
    let served = try ServedStore()
    let raw = try served.client()
    for body in ["", "[]", "{", "{\"run\":3}", "{\"run\":\"\"}", "{\"changes\":[{}]}", "{\"run\":\"none\"}", "\u{1}"] {
      for call in ["run", "commit", "points", "write", "log", "open-logger", "runs", "append"] {
        let answer = try raw.request("POST", "/api/runs/v1/" + call, body)
        #expect((400..<500).contains(answer.status), "\(call) \(body): \(answer.status) \(answer.text)")
      }
    }
    #expect(try raw.request("POST", "/api/runs/v1/fly", "{}").status == 404)
    #expect(try raw.request("GET", "/api/runs/v1/run").status == 405)
  }
}
