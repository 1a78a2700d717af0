import Foundation
import SQLTracking
import SQLite
import TarArtifacts
import Testing
import Tracking
import TrackingServer

/// A little of what `scripts/bench fuzz` does a million times.
struct FuzzTests {
  @Test(arguments: [1, 2] as [UInt64])
  func `requests that no client would make are refused in words, and write nothing`(seed: UInt64) throws {
    let folder = NSTemporaryDirectory() + "/runs-fuzz-\(UUID().uuidString.prefix(8))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let fuzzer = ServerFuzzer(seed: seed) { _ in
      let database = CountedDatabase(try SQLiteDatabase())
      return ServerFuzzer.Place(
        store: try SQLTrackingStore(database, journalFolder: nil), artifacts: TarArtifactStore(directory: folder),
        changes: { database.changes })
    }
    let outcome = try fuzzer.run(inputs: 1_500)
    // Builds for tests are slow, and machines that test are busy.
    let findings = outcome.findings.filter { !$0.hasPrefix("slow") }
    #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    #expect(outcome.inputs == 1_500 || !outcome.findings.isEmpty)
    #expect(outcome.accepted > 100)
  }

  @Test func `the same seed asks the same`() throws {
    func asked() throws -> [String] {
      var asked: [String] = []
      let fuzzer = ServerFuzzer(seed: 7, willAsk: { asked.append("\($0) \($1)") }) { _ in
        let folder = NSTemporaryDirectory() + "/runs-fuzz-\(UUID().uuidString.prefix(8))"
        return ServerFuzzer.Place(
          store: try SQLTrackingStore(SQLiteDatabase(), journalFolder: nil),
          artifacts: TarArtifactStore(directory: folder), changes: { 0 })
      }
      _ = try fuzzer.run(inputs: 200)
      return asked
    }
    #expect(try asked() == asked())
  }
}
