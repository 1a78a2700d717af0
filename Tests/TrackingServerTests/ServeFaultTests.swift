import CSQLite
import Foundation
import Glibc
import SQL
import SQLTracking
import SQLite
import Synchronization
import TarArtifacts
import Testing
import Tracking
import TrackingServer

/// What `runs serve` does when the system or the disk fails it.
@Suite(.serialized)
struct ServeFaultTests {
  private let logMetric = "/api/2.0/mlflow/runs/log-metric"

  private func post(_ client: RawClient, _ path: String, _ body: Value) throws -> (status: Int, json: Value) {
    let answer = try client.request("POST", "/api/2.0/mlflow/" + path, body.json)
    return (answer.status, try Value(json: answer.text))
  }

  private func newRun(_ client: RawClient, tags: [Value] = []) throws -> String {
    let (status, json) = try post(client, "runs/create", ["experiment_id": "0", "tags": .list(tags)])
    #expect(status == 200, "\(json.json)")
    return try #require(json["run"]?["info"]?["run_id"]?.text)
  }

  private func point(_ run: String, _ step: Int) -> Value {
    [
      "run_id": .text(run), "key": "m", "value": .real(Double(step)), "timestamp": 1, "step": .integer(Int64(step)),
    ]
  }

  private func steps(_ client: RawClient, _ run: String) throws -> [Int64] {
    let answer = try client.request("GET", "/api/2.0/mlflow/metrics/get-history?run_id=\(run)&metric_key=m")
    #expect(answer.status == 200)
    return try (Value(json: answer.text)["metrics"]?.list ?? []).compactMap { $0["step"]?.integer }
  }

  @Test func `a server without room answers 503 in words, reads, and goes on when there is room`() throws {
    let server = try ServeProgram()
    let client = try server.client()
    let run = try newRun(client)
    let noise = Value.text((0..<400).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined())
    var acknowledged = 0
    try server.limitFiles(to: 3_000_000)
    var refusal: Value?
    while refusal == nil, acknowledged < 20_000 {
      let (status, json) = try post(client, "runs/log-metric", point(run, acknowledged))
      if status == 200 { acknowledged += 1 } else { refusal = json }
      if acknowledged % 4 == 0 {
        _ = try post(client, "runs/set-tag", ["run_id": .text(run), "key": .text("n\(acknowledged)"), "value": noise])
      }
    }
    #expect(refusal?["error_code"] == "TEMPORARILY_UNAVAILABLE")
    #expect(refusal?["message"]?.text?.contains("no room left") == true)
    #expect(refusal?["message"]?.text?.contains("/") == false)
    for _ in 0..<3 { #expect(try post(client, "runs/log-metric", point(run, -1)).status == 503) }
    #expect(try post(client, "runs/create", ["experiment_id": "0"]).status == 503)
    let upload = try client.request(
      "PUT", "/api/2.0/mlflow-artifacts/artifacts/0/\(run)/artifacts/f",
      (0..<300_000).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined())
    #expect(upload.status == 503, "\(upload.text)")
    #expect(try steps(client, run) == (0..<Int64(acknowledged)).map { $0 })
    #expect(server.said.contains("there is no room for the database"))
    try server.limitFiles(to: nil)
    #expect(try post(client, "runs/log-metric", point(run, acknowledged)).status == 200)
    #expect(try steps(client, run).count == acknowledged + 1)
    server.signal(SIGTERM)
    #expect(server.wait() == 0)
    let sound = try server.runs("fsck")
    #expect(sound.code == 0, "\(sound.said)")
    let again = try ServeProgram(in: server.folder)
    #expect(try steps(again.client(), run) == (0...Int64(acknowledged)).map { $0 })
    again.signal(SIGTERM)
    _ = again.wait()
    try? FileManager.default.removeItem(atPath: server.folder)
  }

  /// Overwrites the first page of a table, behind the back of who has the file open.
  private func damage(_ table: String, in folder: String) throws {
    var database: OpaquePointer?
    sqlite3_open(folder + "/.runs/runs.db", &database)
    sqlite3_exec(database, "PRAGMA wal_checkpoint(TRUNCATE)", nil, nil, nil)
    var statement: OpaquePointer?
    sqlite3_prepare_v2(database, "SELECT rootpage FROM sqlite_schema WHERE name = '\(table)'", -1, &statement, nil)
    #expect(sqlite3_step(statement) == SQLITE_ROW)
    let page = Int(sqlite3_column_int64(statement, 0))
    sqlite3_finalize(statement)
    sqlite3_close_v2(database)
    let file = open(folder + "/.runs/runs.db", O_RDWR)
    let noise = (0..<4_096).map { UInt8(truncatingIfNeeded: $0 &* 31 | 128) }
    #expect(pwrite(file, noise, noise.count, (page - 1) * 4_096) == noise.count)
    close(file)
  }

  @Test(arguments: [true, false])
  func `a damaged page is told, by the server that has it open and by commands, and nothing else is hurt`(
    isOpen: Bool
  ) throws {
    var server = try ServeProgram()
    let run = try newRun(try server.client())
    for step in 0..<20 {
      #expect(try post(try server.client(), "runs/log-metric", point(run, step)).status == 200)
    }
    // A server that has not looked yet at what is damaged has it in no cache.
    server.signal(SIGTERM)
    #expect(server.wait() == 0)
    if !isOpen { try damage("metric_chunks", in: server.folder) }
    server = try ServeProgram(in: server.folder)
    if isOpen { try damage("metric_chunks", in: server.folder) }
    let client = try server.client()
    let history = try client.request("GET", "/api/2.0/mlflow/metrics/get-history?run_id=\(run)&metric_key=m")
    #expect(history.status == 507, "\(history.text)")
    #expect(history.text.contains("damaged") && history.text.contains("runs fsck") && !history.text.contains("/"))
    // The connection and the rest of the store go on.
    #expect(try client.request("GET", "/api/2.0/mlflow/runs/get?run_id=\(run)").status == 200)
    #expect(try post(client, "runs/set-tag", ["run_id": .text(run), "key": "t", "value": "v"]).status == 200)
    #expect(server.said.contains("is damaged"))
    server.signal(SIGTERM)
    #expect(server.wait() == 0)
    let found = try server.runs("fsck")
    #expect(found.code == 1 && found.said.contains("damaged: "), "\(found.said)")
    #expect(try server.runs("metrics", run, "m").code == 5)
    #expect(try server.runs("show", run, "--json").said.contains("\"t\""))
    try? FileManager.default.removeItem(atPath: server.folder)
  }

  @Test func `a database whose first page is damaged is refused with exit code 5`() throws {
    let server = try ServeProgram()
    server.signal(SIGINT)
    #expect(server.wait() == 0)
    // What is in the log would count before what is in the file.
    for end in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: server.folder + "/.runs/runs.db" + end) }
    try Data(repeating: 65, count: 8_192).write(to: URL(fileURLWithPath: server.folder + "/.runs/runs.db"))
    for command in ["list", "fsck"] {
      let (code, said) = try server.runs(command)
      #expect(code == 5 && said.contains("is not a SQLite database"), "\(said)")
    }
    #expect(throws: RawClient.Failure.self) { try ServeProgram(in: server.folder) }
    try? FileManager.default.removeItem(atPath: server.folder)
  }

  @Test func `a server that may only read its store reads, and answers 507 to what would write`() throws {
    let folder = NSTemporaryDirectory() + "/runs-readonly-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let database = try SQLiteDatabase(path: folder + "/runs.db")
    let store = try SQLTrackingStore(database, journalFolder: folder + "/journals")
    let said = Mutex<[String]>([])
    var settings = TrackingServer.Settings()
    settings.report = { text in said.withLock { $0.append(text) } }
    let server = TrackingServer(
      store: store, artifacts: TarArtifactStore(directory: folder + "/artifacts"), settings: settings)
    defer { server.stop() }
    let client = try RawClient(port: try server.start().port)
    let run = try newRun(client)
    #expect(try post(client, "runs/log-metric", point(run, 0)).status == 200)
    // What a database says that another user owns; root, who runs tests in some places, may write every file.
    try database.write(.full) { try $0.runScript("PRAGMA query_only=ON") }
    for (path, body) in [
      ("runs/log-metric", point(run, 1)), ("runs/create", ["experiment_id": "0"]),
      ("runs/set-tag", ["run_id": .text(run), "key": "k", "value": "v"]),
    ] {
      let (status, json) = try post(client, path, body)
      #expect(status == 507, "\(path)")
      #expect(json["message"]?.text?.contains("can only read its store") == true)
    }
    #expect(try steps(client, run) == [0])
    #expect(said.withLock { $0.count } == 1)
  }

  // MARK: Ends

  @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
  func `a signal ends the server after it has answered what it took`(number: Int32) throws {
    let server = try ServeProgram()
    let run = try newRun(try server.client())
    // A request that is half here when the signal comes.
    let body = point(run, 0).json
    let half = try server.client()
    try half.send(
      ("POST \(logMetric) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
        + "\(body.utf8.count)\r\nExpect: 100-continue\r\n\r\n").utf8)
    #expect(try half.raw().hasPrefix("HTTP/1.1 100"))
    try half.send(body.utf8.prefix(10))
    server.signal(number)
    // It takes no more connections, and waits for the rest of that one.
    let began = ContinuousClock.now
    while (try? server.client()) != nil, ContinuousClock.now - began < .seconds(10) { sched_yield() }
    try half.send(body.utf8.dropFirst(10))
    #expect(try half.answer().status == 200)
    #expect(server.wait() == 0)
    let again = try ServeProgram(in: server.folder)
    #expect(try steps(again.client(), run) == [0])
    again.signal(SIGTERM)
    #expect(again.wait() == 0)
    try? FileManager.default.removeItem(atPath: server.folder)
  }

  @Test func `a second signal ends the server at once`() throws {
    let server = try ServeProgram()
    let half = try server.client()
    try half.send(
      ("POST \(logMetric) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n"
        + "Expect: 100-continue\r\n\r\n").utf8)
    #expect(try half.raw().hasPrefix("HTTP/1.1 100"))
    let began = ContinuousClock.now
    server.signal(SIGTERM)
    while (try? server.client()) != nil, ContinuousClock.now - began < .seconds(5) { sched_yield() }
    server.signal(SIGTERM)
    #expect(server.wait() == 143)
    #expect(ContinuousClock.now - began < .seconds(8))
    #expect(server.said.contains("stopped at once"))
    try? FileManager.default.removeItem(atPath: server.folder)
  }
}
