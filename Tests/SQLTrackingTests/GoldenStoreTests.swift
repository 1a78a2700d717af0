import CSQLite
import Foundation
import Schema
import Testing
import TrackingContracts

/// Stores as each version of the schema left them, and what must still be read from them.
///
/// A new migration brings a new pair, recorded with `RECORD=1 swift test --filter GoldenStore` by the program before it.
/// A store, once here, stays; its text is recorded anew when records are described in other words.
struct GoldenStoreTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
    "Golden")

  @Test(arguments: 1...Schema.migrations.count) func `a store of every version is read whole`(version: Int) throws {
    let database = Self.folder.appendingPathComponent("v\(version).db")
    let text = Self.folder.appendingPathComponent("v\(version).txt")
    if ProcessInfo.processInfo.environment["RECORD"] != nil, version == Schema.migrations.count {
      try record(database, text)
      Issue.record("recorded \(database.lastPathComponent); look at the difference, and test again without RECORD")
    }
    let scratch = ScratchFolder()
    try FileManager.default.copyItem(at: database, to: URL(fileURLWithPath: scratch("runs.db")))
    let (said, _, code) = try ChildProcess("dump", scratch("")).end()
    #expect(code == 0)
    #expect(said == (try String(contentsOf: text, encoding: .utf8)))
  }

  /// Records the text, and the store too if there is none.
  private func record(_ database: URL, _ text: URL) throws {
    let scratch = ScratchFolder()
    if !FileManager.default.fileExists(atPath: database.path) {
      _ = try ChildProcess("steps", scratch(""), "1000", "\(Int.max)").end()
      _ = try ChildProcess("dump", scratch("")).end()
      // One file without a log beside it.
      var connection: OpaquePointer?
      #expect(sqlite3_open(scratch("runs.db"), &connection) == SQLITE_OK)
      #expect(sqlite3_exec(connection, "VACUUM INTO '\(database.path)'", nil, nil, nil) == SQLITE_OK)
      sqlite3_close(connection)
    }
    let copy = ScratchFolder()
    try FileManager.default.copyItem(at: database, to: URL(fileURLWithPath: copy("runs.db")))
    try ChildProcess("dump", copy("")).end().said.write(to: text, atomically: true, encoding: .utf8)
  }
}
