import Foundation
import SQL
import SQLite
import Testing
import Tracking
import TrackingContracts

@testable import SQLTracking

struct MetricJournalTests {
  private let folder = ScratchFolder()
  private let run = RunID("r1")!
  private let store: SQLTrackingStore
  private let database: SQLiteDatabase
  private var journals: String { folder("journal") }

  init() throws {
    database = try SQLiteDatabase(path: folder("runs.db"))
    store = try SQLTrackingStore(database, journalFolder: folder("journal"))
    try store.commit(.createRun(NewRun(id: run, experiment: "e", state: .running)))
  }

  private func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: journals).sorted() }

  private func log(_ journal: MetricJournal, _ range: Range<UInt64>, name: UInt32) {
    for number in range {
      journal.write(number, name: name, step: Int64(number), time: 0, value: Double(number) / 3)
    }
  }

  @Test func `a journal that its process left is taken over once, for the attempt that it was made for`() throws {
    do {
      let journal = try MetricJournal.make(in: journals, run: run, attempt: 1)
      let name = try #require(journal.define("lößt"))
      log(journal, 0..<500, name: name)
    }
    try store.commit([
      .beginAttempt(run, number: 1, launcher: "local", continues: false),
      .endAttempt(run, number: 1, .lost, detail: ""),
      .beginAttempt(run, number: 2, launcher: "local", continues: false), .transition(run, to: .finished, reason: ""),
    ])
    try store.recoverMetrics()
    try store.recoverMetrics()
    #expect(try store.series(of: run).isEmpty)
    #expect(try store.points(of: run, metric: "lößt", in: 0..<999, attempt: 1).steps == (0..<500).map { Int64($0) })
    #expect(try files() == [])
  }

  @Test func `a journal that a process holds is left alone`() throws {
    let journal = try MetricJournal.make(in: journals, run: run, attempt: 1)
    log(journal, 0..<5, name: try #require(journal.define("loss")))
    try store.recoverMetrics()
    #expect(try store.series(of: run).isEmpty)
    #expect(try files().count == 1)
  }

  @Test func `what a dead process had taken over is not taken over again, round the ring and back`() throws {
    let ring = UInt64(MetricJournal.slots)
    do {
      let journal = try MetricJournal.make(in: journals, run: run, attempt: 1)
      let name = try #require(journal.define("loss"))
      for start in stride(from: 0, to: ring * 3, by: 8_192) {
        let range = start..<(start + 8_192)
        log(journal, range, name: name)
        try store.takeOver(
          journal.points(range, names: journal.names), of: journal, row: 1, upTo: range.upperBound, .relaxed)
      }
      log(journal, (ring * 3)..<(ring * 4), name: name)
    }
    try store.recoverMetrics()
    #expect(try store.points(of: run, metric: "loss").steps == (0..<Int64(ring * 4)).map { $0 })
  }

  @Test func `a point that was half written, and what lies behind it, is no point`() throws {
    let path: String
    do {
      let journal = try MetricJournal.make(in: journals, run: run, attempt: 1)
      path = journal.path
      log(journal, 0..<100, name: try #require(journal.define("loss")))
    }
    // As after a power cut that lost one page of the file but not the next.
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try handle.seek(toOffset: UInt64(MetricJournal.headerBytes + MetricJournal.nameBytes + 50 * 32 + 9))
    try handle.write(contentsOf: [0xff])
    try handle.close()
    try store.recoverMetrics()
    #expect(try store.points(of: run, metric: "loss").count == 50)
  }

  @Test func `a file that never became a journal is removed`() throws {
    try FileManager.default.createDirectory(atPath: journals, withIntermediateDirectories: true)
    try Data().write(to: URL(fileURLWithPath: journals + "/r1.a.journal"))
    try Data(count: 300_000).write(to: URL(fileURLWithPath: journals + "/r1.b.journal"))
    let size = MetricJournal.headerBytes + MetricJournal.nameBytes + MetricJournal.slots * 32
    try Data(count: size).write(to: URL(fileURLWithPath: journals + "/r1.c.journal"))
    try Data().write(to: URL(fileURLWithPath: journals + "/something else"))
    try store.recoverMetrics()
    #expect(try files() == ["something else"])
  }

  @Test func `a journal of a run that is not in the store is set aside`() throws {
    do {
      let journal = try MetricJournal.make(in: journals, run: RunID("stranger")!, attempt: 1)
      log(journal, 0..<5, name: try #require(journal.define("loss")))
    }
    try store.recoverMetrics()
    #expect(try files().map { $0.hasPrefix("stranger.") && $0.hasSuffix(".journal.orphan") } == [true])
    try store.recoverMetrics()
    #expect(try files().count == 1)
  }

  @Test func `more names than the journal has room for are taken all the same`() throws {
    let logger = try store.logger(for: run)
    let names = (0..<30).map { "\($0) " + String(repeating: "x", count: 30_000) }
    for round in 0..<2 {
      for name in names { try logger.log(name, step: Int64(round), value: 1, time: Timestamp(milliseconds: 0)) }
    }
    try logger.close()
    #expect(try store.series(of: run).map(\.count) == Array(repeating: 2, count: 30))
    let other = try store.logger(for: run)
    #expect(throws: TrackingError.self) {
      try other.log(String(repeating: "x", count: 70_000), step: 0, value: 1, time: Timestamp(milliseconds: 0))
    }
    try other.close()
  }

  @Test func `readers see points without being told, within a quarter of a second and some`() throws {
    let logger = try store.logger(for: run)
    try logger.log("loss", step: 0, value: 1, time: Timestamp(milliseconds: 0))
    let began = ContinuousClock.now
    while try store.series(of: run).isEmpty, ContinuousClock.now - began < .seconds(20) { sched_yield() }
    #expect(try store.series(of: run).map(\.count) == [1])
    try logger.close()
  }

  @Test func `a store that takes nothing fills the journal, says why, and loses nothing`() throws {
    let logger = try store.logger(for: run)
    try database.write(.full) { try $0.runScript("ALTER TABLE metric_chunks RENAME TO away") }
    var logged: Int64 = 0
    #expect(throws: TrackingError.self) {
      while logged < 200_000 {
        try logger.log("loss", step: logged, value: 1, time: Timestamp(milliseconds: 0))
        logged += 1
      }
    }
    #expect(logged >= MetricJournal.slots)
    #expect(throws: TrackingError.self) { try logger.flush() }
    try database.write(.full) { try $0.runScript("ALTER TABLE away RENAME TO metric_chunks") }
    try logger.flush()
    try logger.log("loss", step: logged, value: 1, time: Timestamp(milliseconds: 0))
    try logger.close()
    #expect(try store.points(of: run, metric: "loss").steps == (0...logged).map { $0 })
  }

  @Test func `a logger that was dropped without being closed loses nothing`() throws {
    do {
      let logger = try store.logger(for: run)
      for step in 0..<100 { try logger.log("loss", step: Int64(step), value: 1, time: Timestamp(milliseconds: 0)) }
    }
    #expect(try store.points(of: run, metric: "loss").count == 100)
    #expect(try files() == [])
  }

  @Test func `a folder that cannot be made or written is told by its path`() throws {
    try Data().write(to: URL(fileURLWithPath: folder("file")))
    for path in [folder("file"), folder("none/none")] {
      let other = try SQLTrackingStore(database, journalFolder: path)
      let error = #expect(throws: TrackingError.self) { try other.logger(for: run) }
      #expect(error?.code == .system)
      #expect(error?.message.contains(path) == true)
    }
  }

  @Test func `the database forgets journals that are gone, once there are many`() throws {
    for _ in 0..<130 {
      let logger = try store.logger(for: run)
      try logger.log("loss", step: 0, value: 1, time: Timestamp(milliseconds: 0))
      try logger.close()
    }
    let alive = try store.logger(for: run)
    try alive.log("loss", step: 0, value: 1, time: Timestamp(milliseconds: 0))
    try alive.flush()
    try store.recoverMetrics()
    let known = try database.read { try $0.firstInteger("SELECT count(*) FROM journals") }
    // All of the hundred that it looked at, but for the living one.
    #expect([31, 32].contains(known))
    try alive.close()
    #expect(try store.points(of: run, metric: "loss").count == 131)
  }
}
