import CSQLite
import Foundation
import SQLTracking
import SQLite
import Synchronization
import Testing
import Tracking
import TrackingContracts

/// What a store does when the system, the disk or the clock fails it.
struct StoreFaultTests {
  private let run = RunID("r1")!

  private func open(_ folder: ScratchFolder) throws -> SQLTrackingStore {
    try SQLTrackingStore(SQLiteDatabase(path: folder("runs.db")), journalFolder: folder("journal"))
  }

  private func said(_ mode: String, _ arguments: String, in folder: ScratchFolder) throws -> [String] {
    let child = arguments.isEmpty ? try ChildProcess(mode, folder("")) : try ChildProcess(mode, folder(""), arguments)
    let (said, signal, code) = try child.end()
    #expect(signal == 0 && code == 0, "\(said)")
    return said.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  // MARK: A full disk

  /// No file may grow beyond this many bytes: the log while it is young, the log while it is copied, and the database.
  @Test(arguments: [300_000, 1_200_000, 3_000_000, 6_000_000])
  func `a store without room refuses in words, keeps what it took and goes on when there is room`(limit: Int) throws {
    let folder = ScratchFolder()
    let said = try said("full", "\(limit)", in: folder)
    let refused = said[0].split(separator: " ", maxSplits: 1).map(String.init)
    #expect(refused[1].hasPrefix("full: ") && refused[1].contains("Make room and try again"), "\(refused[1])")
    let taken = try #require(Int(refused[0]))
    for line in said[1...2] { #expect(line == "taken" || line.hasPrefix("full: "), "\(line)") }
    // With the one that is logged to; and all could be read while nothing could be written.
    #expect(said[3] == "\(taken + 1)")
    #expect(said[4] == "\(taken + 1)")
    let store = try open(folder)
    #expect(try store.runs(matching: RunQuery(limit: 100_000)).rows.count == taken + 2)
    #expect(try store.points(of: RunID("logged")!, metric: "loss").steps == (0..<100).map { Int64($0) })
    for number in 0...taken { #expect(try store.points(of: RunID("r\(number)")!, metric: "m").count == 1) }
    #expect(try store.problems() == [])
  }

  // MARK: A store that may only be read

  @Test func `a store that may only be read is read, and says why it takes nothing`() throws {
    let folder = ScratchFolder()
    do {
      let store = try open(folder)
      try store.commit(.createRun(NewRun(id: run, experiment: "e", state: .running)))
      try store.append([MetricColumns(name: "loss", steps: [0, 1], times: [0, 1], values: [1, 2])], to: run)
      try store.close()
    }
    // Other users may look; where this is not root, neither may this one write.
    _ = chmod(folder(""), getuid() == 0 ? 0o755 : 0o555)
    for name in ["runs.db", "runs.db-wal", "runs.db-shm"] { _ = chmod(folder(name), getuid() == 0 ? 0o644 : 0o444) }
    defer { _ = chmod(folder(""), 0o755) }
    let said = try said("readonly", "", in: folder)
    #expect(said[0] == "2")
    for line in said[1...2] { #expect(line.hasPrefix("readOnly: ") && line.contains("cannot be written"), "\(line)") }
    #expect(said[3].contains("cannot be made"), "\(said[3])")
    #expect(said[4] == "2")
    #expect(try open(folder).run(run).note.isEmpty)
  }

  // MARK: Damaged pages

  /// A store on file without a log, with everything of the scenario.
  private func filled() throws -> (folder: ScratchFolder, pages: Int, holds: String) {
    let folder = ScratchFolder()
    _ = try ChildProcess("steps", folder(""), "1000", "\(Int.max)").end()
    var database: OpaquePointer?
    sqlite3_open(folder("runs.db"), &database)
    sqlite3_exec(database, "PRAGMA wal_checkpoint(TRUNCATE)", nil, nil, nil)
    sqlite3_close_v2(database)
    let size = try Data(contentsOf: URL(fileURLWithPath: folder("runs.db"))).count
    #expect(size % 4_096 == 0 && size > 40 * 4_096)
    let holds = try examined(folder)
    #expect(holds.problems == "problems 0")
    return (folder, size / 4_096, holds.found)
  }

  private func examined(_ folder: ScratchFolder) throws -> (problems: String, found: String) {
    let lines = try said("damaged", "", in: folder)
    return (lines[0], lines.dropFirst().joined(separator: "\n"))
  }

  private func damage(_ folder: ScratchFolder, at place: Int, _ change: (inout Data) -> Void) throws {
    let file = URL(fileURLWithPath: folder("runs.db"))
    var bytes = try Data(contentsOf: file)
    var page = Data(bytes[place..<place + 4_096])
    change(&page)
    bytes.replaceSubrange(place..<place + 4_096, with: page)
    try bytes.write(to: file)
    for name in ["runs.db-wal", "runs.db-shm"] { try? FileManager.default.removeItem(atPath: folder(name)) }
  }

  @Test func `any page that is overwritten is told as damage, and never read as something else`() throws {
    let (folder, pages, holds) = try filled()
    let sound = try Data(contentsOf: URL(fileURLWithPath: folder("runs.db")))
    var told = 0
    for page in 0..<pages {
      try sound.write(to: URL(fileURLWithPath: folder("runs.db")))
      try damage(folder, at: page * 4_096) { bytes in
        for place in bytes.indices { bytes[place] ^= UInt8(truncatingIfNeeded: place &* 7 | 1) }
      }
      let (problems, found) = try examined(folder)
      #expect(problems != "problems 0", "page \(page + 1)")
      let isTold = ["corrupt: ", "notADatabase: "].contains { found.hasPrefix($0) }
      if isTold { told += 1 }
      // What is not needed for reading (an index, a free page) may be damaged without harm.
      #expect(isTold || found == holds, "page \(page + 1): \(found.prefix(300))")
    }
    #expect(told > pages / 2)
  }

  @Test func `a few bytes that changed are told, or make no difference but to a text, and crash nothing`() throws {
    let (folder, pages, holds) = try filled()
    let sound = try Data(contentsOf: URL(fileURLWithPath: folder("runs.db")))
    var state: UInt64 = 4
    func draw(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    var told = 0
    for _ in 0..<120 {
      try sound.write(to: URL(fileURLWithPath: folder("runs.db")))
      try damage(folder, at: draw(pages) * 4_096) { bytes in
        for _ in 0..<(1 + draw(6)) { bytes[draw(bytes.count)] ^= UInt8(1 + draw(255)) }
      }
      let (problems, found) = try examined(folder)
      if problems != "problems 0" || found != holds { told += 1 }
    }
    #expect(told > 10)
  }
}

/// Clocks that jump.
struct StoreClockTests {
  @Test func `a clock that jumps back changes no order, no state and no point`() throws {
    let folder = ScratchFolder()
    let now = Mutex<Int64>(1_700_000_000_000)
    let store = try SQLTrackingStore(
      SQLiteDatabase(path: folder("runs.db")), journalFolder: folder("journal"),
      clock: { Timestamp(milliseconds: now.withLock { $0 }) })
    let run = RunID("r1")!
    var events: [EventNumber] = []
    func record(_ changes: Change...) throws { events.append(try store.commit(changes)) }
    try record(.createRun(NewRun(id: run, experiment: "e", state: .scheduled)))
    try record(.transition(run, to: .queued, reason: "first"))
    now.withLock { $0 -= 3_600_000 }
    try record(.transition(run, to: .running, reason: "second"))
    try record(.beginAttempt(run, number: 1, launcher: "local", continues: false))
    let logger = try store.logger(for: run)
    for step in 0..<10 {
      let time = now.withLock { time in
        time -= 60_000
        return time
      }
      try logger.log("loss", step: Int64(step), value: Double(step), time: Timestamp(milliseconds: time))
    }
    try logger.close()
    now.withLock { $0 -= 3_600_000 }
    try record(.endAttempt(run, number: 1, .exited(0), detail: ""))
    try record(.transition(run, to: .finished, reason: "third"))
    try record(.createRun(NewRun(id: RunID("r2")!, experiment: "e", state: .running)))
    #expect(events == events.sorted() && Set(events).count == events.count)
    #expect(try store.transitions(of: run).map(\.reason).suffix(3) == ["first", "second", "third"])
    #expect(try store.run(run).state == .finished)
    #expect(try store.attempts(of: run).map(\.outcome) == [.exited(0)])
    let points = try store.points(of: run, metric: "loss")
    #expect(points.steps == (0..<10).map { Int64($0) })
    #expect(points.times == points.times.sorted(by: >))
    #expect(try store.series(of: run).first?.last.step == 9)
    // Pages by any order hold every run once.
    var seen: [RunID] = []
    var token: String?
    repeat {
      let page = try store.runs(matching: RunQuery(limit: 1, pageToken: token))
      seen += page.rows.map(\.run.id)
      token = page.next
    } while token != nil
    #expect(seen.sorted { $0.text < $1.text } == [run, RunID("r2")!])
    #expect(try store.problems() == [])
  }
}
