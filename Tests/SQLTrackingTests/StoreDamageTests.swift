import Foundation
import SQL
import SQLTracking
import SQLite
import Schema
import Testing
import Tracking
import TrackingContracts

struct StoreDamageTests {
  private let folder = ScratchFolder()
  private let run = RunID("r1")!

  private func open() throws -> SQLTrackingStore {
    try SQLTrackingStore(SQLiteDatabase(path: folder("runs.db")), journalFolder: folder("journal"))
  }

  /// A store with a run of this many points, and the database below it.
  private func filled(_ count: Int) throws -> (SQLTrackingStore, SQLiteDatabase) {
    let database = try SQLiteDatabase(path: folder("runs.db"))
    let store = try SQLTrackingStore(database, journalFolder: folder("journal"))
    try store.commit(.createRun(NewRun(id: run, experiment: "e", state: .running)))
    let steps = (0..<Int64(count)).map { $0 }
    try store.append(
      [MetricColumns(name: "loss", steps: steps, times: steps, values: steps.map { 1 / Double($0 + 1) })], to: run)
    return (store, database)
  }

  private func refusal(_ body: () throws -> Void) -> TrackingError? {
    do {
      try body()
      return nil
    } catch { return error as? TrackingError }
  }

  @Test func `a damaged chunk is named with its run, metric and points, and the others can be read`() throws {
    let (store, database) = try filled(10_000)
    try database.write(.full) { connection in
      let chunks = try connection.rows("SELECT id, data FROM metric_chunks ORDER BY id") {
        (try $0.integer(0), $0.bytes(1))
      }
      #expect(chunks.count == 3)
      var bytes = chunks[1].1
      bytes[bytes.count / 2] ^= 1
      try connection.run("UPDATE metric_chunks SET data = $1 WHERE id = $2", [.blob(bytes), .integer(chunks[1].0)])
    }
    let error = refusal { _ = try store.points(of: run, metric: "loss") }
    #expect(error?.code == .corrupt)
    #expect(
      error?.message
        == "metric 'loss' of run 'r1' (attempt 1) is damaged: the chunk of points 4096..<8192 cannot be read: "
        + "its checksum does not fit. Its other points can be read by range.")
    #expect(try store.points(of: run, metric: "loss", in: 0..<4_096, attempt: nil).count == 4_096)
    #expect(try store.points(of: run, metric: "loss", in: 8_192..<10_000, attempt: nil).count == 1_808)
    #expect(
      try store.problems() == [
        "metric 'loss' of run 'r1' (attempt 1): the chunk of points 4096..<8192 cannot be read: its checksum does not fit."
      ])
  }

  @Test func `a chunk that is gone, or stands in another's place, is found`() throws {
    let (store, database) = try filled(10_000)
    try database.write(.full) { connection in
      let chunks = try connection.rows("SELECT id, data FROM metric_chunks ORDER BY id") {
        (try $0.integer(0), $0.bytes(1))
      }
      try connection.run(
        "UPDATE metric_chunks SET data = $1 WHERE id = $2", [.blob(chunks[1].1), .integer(chunks[0].0)])
      try connection.run("DELETE FROM metric_chunks WHERE id = $1", [.integer(chunks[2].0)])
    }
    #expect(
      try store.problems().map { $0.dropFirst("metric 'loss' of run 'r1' (attempt 1): ".count) } == [
        "the chunk of points 0..<4096 cannot be read: its checksum does not fit.",
        "the chunk of points 8192..<10000 cannot be read: it is missing.",
      ])
    #expect(try store.points(of: run, metric: "loss", in: 5_000..<6_000, attempt: nil).count == 1_000)
    #expect(
      refusal { _ = try store.points(of: run, metric: "loss", in: 8_000..<9_000, attempt: nil) }?.code == .corrupt)
  }

  @Test func `new points are taken although the chunks that they would be merged with are damaged`() throws {
    let (store, database) = try filled(1)
    try database.write(.full) { _ = try $0.run("UPDATE metric_chunks SET data = $1", [.blob([1, 2, 3, 4, 5])]) }
    for step in 0..<20 {
      try store.append([MetricColumns(name: "loss", steps: [Int64(step)], times: [0], values: [0])], to: run)
    }
    #expect(try store.points(of: run, metric: "loss", in: 1..<21, attempt: nil).steps == (0..<20).map { Int64($0) })
  }

  @Test func `points that may be there already are taken where damage hides whether they are`() throws {
    let (store, database) = try filled(20)
    try database.write(.full) { try $0.run("UPDATE metric_chunks SET data = $1", [.blob([1, 2, 3])]) }
    let again = MetricColumns(name: "loss", steps: [3], times: [3], values: [0.25])
    let batch = WriteBatch(points: [WriteBatch.Points(run, [again], skipsKnown: true)])
    #expect(try store.write([batch]).map { try $0.get() }.count == 1)
    #expect(try store.series(of: run).map(\.count) == [21])
  }

  @Test func `a store of a newer program is refused and left alone`() throws {
    do {
      let (store, database) = try filled(1)
      try database.write(.full) { connection in
        try connection.run("INSERT INTO schema_migrations VALUES (99, 'later', 'abc', 0)")
      }
      try store.close()
    }
    let error = refusal { _ = try open() }
    #expect(error?.code == .incompatible)
    #expect(error?.message.contains("shape of version 99 ('later')") == true)
    #expect(error?.message.contains("nothing was changed") == true)
  }

  @Test func `a store whose migration was another text is refused`() throws {
    do {
      let (store, database) = try filled(1)
      try database.write(.full) { _ = try $0.run("UPDATE schema_migrations SET checksum = 'abc' WHERE version = 1") }
      try store.close()
    }
    let error = refusal { _ = try open() }
    #expect(error?.code == .incompatible)
    #expect(error?.message.contains("checksum abc") == true)
  }

  @Test func `every migration is recorded with its checksum`() throws {
    let (_, database) = try filled(1)
    let found = try database.read { connection in
      try connection.rows("SELECT version, name, checksum FROM schema_migrations ORDER BY version") {
        "\(try $0.int(0)) \(try $0.text(1)) \(try $0.text(2))"
      }
    }
    #expect(found == Schema.migrations.map { "\($0.version) \($0.name) \(Digest(hashing: $0.sql))" })
    #expect(Schema.migrations.map(\.version) == Array(1...Schema.migrations.count))
  }

  @Test func `a file that is no database is refused`() throws {
    try Data(repeating: 65, count: 5_000).write(to: URL(fileURLWithPath: folder("runs.db")))
    #expect(throws: SQLError.self) { try open() }
  }

  @Test func `a disk that is full is told as such, and the store is sound`() throws {
    let (store, database) = try filled(1)
    try database.write(.full) { try $0.runScript("PRAGMA max_page_count=1") }
    let noise = (0..<100_000).map { _ in Double.random(in: 0..<1) }
    let steps = noise.indices.map { Int64($0) }
    let error = refusal {
      try store.append([MetricColumns(name: "loss", steps: steps, times: steps, values: noise)], to: run)
    }
    #expect(error?.code == .full)
    #expect(error?.message.contains("disk is full") == true)
    #expect(try store.points(of: run, metric: "loss").count == 1)
    #expect(try store.problems() == [])
  }
}
