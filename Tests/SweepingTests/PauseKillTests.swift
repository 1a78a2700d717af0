import Foundation
import Glibc
import LadderPlugins
import SQLTracking
import SQLite
import Testing
import Tracking
import TrackingContracts

/// Drivers of a sweep that pauses, killed at every place and continued: what comes of it is what comes of a sweep that nobody
/// disturbed.
@Suite(.serialized, .timeLimit(.minutes(30))) struct PauseKillTests {
  private static let program = URL(filePath: DrivenSweep.program).deletingLastPathComponent().path + "/SweepProcess"

  /// Drives the sweep in a folder.
  ///
  /// - Returns: the exit code; nil when it was killed.
  private func drive(_ folder: ScratchFolder, fault: Int? = nil) throws -> Int32? {
    var environment = ["PATH": "/usr/bin:/bin"]
    if let fault { environment["RUNS_FAULT"] = String(fault) }
    return try ChildProcess(
      [Self.program, folder.path], in: folder.path, environment: environment, errors: folder("errors")
    ).wait()
  }

  // What came of the sweep, a line each: decisions, trials, and what trials noted at their ends.
  private func result(_ folder: ScratchFolder) throws -> [String] {
    let store = try SQLTrackingStore(SQLiteDatabase(path: folder("runs.db")), journalFolder: folder("journals"))
    let sweep = try #require(RunID("ladder"))
    #expect(try store.problems() == [])
    let done = String(decoding: ScratchFolder.read(folder("done")) ?? [], as: UTF8.self)
    return try LadderSweep.decisions(of: sweep, in: store) + LadderSweep.ends(of: sweep, in: store)
      + done.split(separator: "\n").map { "trial \($0) came to its end" }.sorted()
  }

  private func calm() throws -> [String] {
    let folder = ScratchFolder()
    #expect(try drive(folder) == 0)
    let result = try result(folder)
    #expect(result.count == 14 + 6 + 2)
    return result
  }

  @Test func `a driver that is killed at any write decides and counts the same in the end`() throws {
    let expected = try calm()
    var place = 1
    while true {
      let folder = ScratchFolder()
      if let code = try drive(folder, fault: place) {
        #expect(code == 0)
        break
      }
      #expect(try drive(folder) == 0, "killed at place \(place)")
      let difference = try result(folder).difference(from: expected)
      #expect(difference.isEmpty, "killed at place \(place)")
      place += 1
    }
    #expect(place > 50)
  }

  @Test(arguments: [1, 2, 3, 5])
  func `a driver that is killed again and again comes to the same end`(stride: Int) throws {
    let expected = try calm()
    let folder = ScratchFolder()
    var kills = 0
    // Each driver comes a little further than the one before.
    while try drive(folder, fault: 2 + kills * stride) == nil { kills += 1 }
    #expect(kills > 3)
    let difference = try result(folder).difference(from: expected)
    #expect(difference.isEmpty, "killed \(kills) times")
  }
}
