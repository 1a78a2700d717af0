import Foundation
import Glibc
import SQLTracking
import SQLite
import Testing
import Tracking
import TrackingContracts

/// Processes that die by SIGKILL while they write, and what is then in the store.
@Suite(.serialized)
struct StoreKillTests {
  private func dump(_ folder: ScratchFolder) throws -> String {
    let child = try ChildProcess("dump", folder(""))
    let (said, signal, code) = try child.end()
    #expect(signal == 0 && code == 0)
    return said
  }

  private func open(_ folder: ScratchFolder) throws -> SQLTrackingStore {
    try SQLTrackingStore(SQLiteDatabase(path: folder("runs.db")), journalFolder: folder("journal"))
  }

  /// What a store must hold after each number of steps.
  private func expectations() throws -> [String] {
    let folder = ScratchFolder()
    let (said, _, _) = try ChildProcess("steps", folder(""), "1000", "\(Int.max)").end()
    let count = said.split(separator: "\n").count - 1
    #expect(count > 30)
    return try (0...count).map { try ChildProcess("expect", "", "\($0)").end().said }
  }

  @Test func `a process that dies before any statement leaves what it was told is there, and nothing half done`() throws
  {
    let expected = try expectations()
    var operation = 1
    var reached = Set<Int>()
    while true {
      let folder = ScratchFolder()
      let (said, signal, _) = try ChildProcess("steps", folder(""), "1000", "\(operation)").end()
      #expect(signal == SIGKILL)
      if said.hasSuffix("done\n") { break }
      let acknowledged = said.split(separator: "\n").count
      reached.insert(acknowledged)
      let found = try dump(folder)
      let mayBe = expected[acknowledged...min(acknowledged + 1, expected.count - 1)]
      #expect(mayBe.contains(found), "operation \(operation), after step \(acknowledged)")
      #expect(try open(folder).problems() == [])
      operation += 1
    }
    #expect(operation > 150)
    #expect(reached.count > 20)
  }

  @Test func `a process that dies after any step leaves all of it`() throws {
    let expected = try expectations()
    for steps in expected.indices {
      let folder = ScratchFolder()
      let (said, signal, _) = try ChildProcess("steps", folder(""), "\(steps)", "\(Int.max)").end()
      #expect(signal == SIGKILL && said.hasSuffix("done\n"))
      #expect(try dump(folder) == expected[steps], "after step \(steps)")
    }
  }

  @Test func `a logger that is killed at any moment loses no acknowledged point and counts none twice`() throws {
    let moments: [Int64] = [0, 1, 10, 100, 2_000, 4_096, 4_200, 9_000, 30_000, 40_000, 100_000, 250_000]
    for round in moments.indices {
      let folder = ScratchFolder()
      let run = RunID("r1")!
      do {
        let store = try open(folder)
        try store.commit(.createRun(NewRun(id: run, experiment: "e", state: .running)))
        try store.close()
      }
      let counter = folder("acknowledged")
      try Data(count: 4_096).write(to: URL(fileURLWithPath: counter))
      let child = try ChildProcess("log", folder(""), run.text)
      let file = Glibc.open(counter, O_RDONLY)
      let count = try #require(mmap(nil, 4_096, PROT_READ, MAP_SHARED, file, 0))
      defer {
        munmap(count, 4_096)
        close(file)
      }
      child.waitForWord()
      // Killed after so many points: at once, while the thread takes over, after rounds of the ring.
      while count.load(as: Int64.self) < moments[round] { sched_yield() }
      child.kill()
      _ = try child.end()
      let acknowledged = count.load(as: Int64.self)
      let store = try open(folder)
      let loss = try store.points(of: run, metric: "loss")
      #expect(loss.count == Int(acknowledged) || loss.count == Int(acknowledged) + 1)
      #expect(loss.steps == (0..<Int64(loss.count)).map { $0 })
      #expect(loss.values == loss.steps.map { Double($0) / 3 })
      let seventh = try store.points(of: run, metric: "seventh")
      #expect(seventh.steps == (0..<Int64(seventh.count)).map { $0 * 7 })
      #expect(seventh.count >= (Int(acknowledged) - 1) / 7)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder("journal")) == [])
      #expect(try store.problems() == [])
    }
  }

  @Test func `a server that is killed at any moment loses no acknowledged batch and keeps none by half`() throws {
    for moment: Int64 in [0, 1, 7, 8, 50, 300] {
      let folder = ScratchFolder()
      let counter = folder("acknowledged")
      try Data(count: 4_096).write(to: URL(fileURLWithPath: counter))
      let child = try ChildProcess("batches", folder(""))
      let file = Glibc.open(counter, O_RDONLY)
      let count = try #require(mmap(nil, 4_096, PROT_READ, MAP_SHARED, file, 0))
      defer {
        munmap(count, 4_096)
        close(file)
      }
      child.waitForWord()
      while count.load(as: Int64.self) < moment { sched_yield() }
      child.kill()
      _ = try child.end()
      let acknowledged = Int(count.load(as: Int64.self))
      let store = try open(folder)
      let counts = try (0..<4).map { try store.points(of: RunID("r\($0)")!, metric: "loss").count }
      #expect(Set(counts).count == 1 && acknowledged...(acknowledged + 1) ~= counts[0])
      for run in (0..<4).map({ RunID("r\($0)")! }) {
        let points = try store.points(of: run, metric: "loss")
        #expect(points.steps == (0..<Int64(counts[0])).map { $0 })
        #expect(try store.tags(of: run) == (counts[0] == 0 ? [:] : ["step": "\(counts[0] - 1)"]))
        #expect(try store.run(run).note.isEmpty)
      }
      #expect(try store.problems() == [])
    }
  }

  @Test func `eight processes that write at once lose nothing and do not starve`() throws {
    let folder = ScratchFolder()
    let children = try (0..<8).map { try ChildProcess("write", folder(""), "w\($0)", "20") }
    for child in children {
      let (said, signal, code) = try child.end()
      #expect(signal == 0 && code == 0)
      let worst = try #require(Double(said.trimmingCharacters(in: .whitespacesAndNewlines)))
      // Far above what it is (tens of milliseconds), for a machine that does other things.
      #expect(worst < 5)
    }
    let store = try open(folder)
    #expect(try store.experiments().map(\.runs) == [160])
    for writer in 0..<8 {
      for index in 0..<20 {
        let run = RunID("w\(writer)-\(index)")!
        #expect(try store.run(run).state == .finished)
        #expect(try store.series(of: run).map(\.count) == [1, 10])
      }
    }
    let events = try (0..<160).flatMap { index in
      try store.transitions(of: RunID("w\(index / 20)-\(index % 20)")!).map(\.event)
    }
    #expect(Set(events).count == 320)
    #expect(try store.problems() == [])
  }
}
