import Foundation
import SQLTracking
import SQLite
import Synchronization
import TarArtifacts
import Tracking
import TrackingServer

/// A store on file in a folder of its own, and a server of it.
final class ServedStore: Sendable {
  /// One for all tests that do not mind each other's experiments.
  static let shared: ServedStore = {
    do { return try ServedStore() } catch { fatalError("no store could be served: \(error)") }
  }()

  let folder: String
  let store: SQLTrackingStore
  let server: TrackingServer
  let bound: BoundAddress

  /// - Parameter adjust: changes the settings: any free port, a clock that stands at 1,700,000,000,000, counted randomness.
  init(_ adjust: (inout TrackingServer.Settings) -> Void = { _ in }) throws {
    folder = NSTemporaryDirectory() + "/runs-server-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let clock: Clock = { Timestamp(milliseconds: 1_700_000_000_000) }
    store = try SQLTrackingStore(
      SQLiteDatabase(path: folder + "/runs.db"), journalFolder: folder + "/journals", clock: clock)
    let drawn = Counter()
    var settings = TrackingServer.Settings(
      clock: clock, random: { UInt64(drawn.next()) &* 0x9E37_79B9_7F4A_7C15 })
    adjust(&settings)
    server = TrackingServer(
      store: store, artifacts: TarArtifactStore(directory: folder + "/artifacts"), settings: settings)
    bound = try server.start()
  }

  deinit {
    server.stop()
    try? store.close()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Connects.
  func client() throws -> RawClient {
    if let path = bound.path { try RawClient(path: path) } else { try RawClient(port: bound.port) }
  }

  private final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
  }
}
