import Foundation
import LocalLauncher
import SQLTracking
import SQLite
import Sweeping
import Synchronization
import TarArtifacts
import Testing
import Tracking
import TrackingContracts

/// A store on the disk with drivers for it, gone at the end of the test.
final class Workplace: Sendable {
  let folder = ScratchFolder()
  let store: any TrackingStore
  let artifacts: any ArtifactStore
  let plugins: PluginCatalogue

  var root: String { folder.path }

  init(plugins: PluginCatalogue = testPlugins()) throws {
    store = try SQLTrackingStore(
      SQLiteDatabase(path: folder("runs.db")), journalFolder: folder("journals"))
    artifacts = TarArtifactStore(directory: folder("artifacts"))
    self.plugins = plugins
  }

  func driver(
    stop: StopRequest = StopRequest(), environment: [String: String] = [:],
    observer: @escaping @Sendable (SweepProgress) -> Void = { _ in },
    clock: @escaping Clock = SQLTrackingStore.systemClock
  ) -> SweepDriver {
    SweepDriver(
      store: store, artifacts: artifacts, plugins: plugins, launcher: LocalLauncher(), paths: SweepPaths(root: root),
      runsExecutable: "/nonexistent/runs",
      environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }, clock: clock,
      stop: stop, observer: observer)
  }

  /// A spec of a command that is to print `loss=NUMBER`.
  func spec(_ command: String, trials: Int = 6, atOnce: Int = 2) -> SweepSpec {
    SweepSpec(
      experiment: "loop", work: .command(command, code: "", environment: [:]),
      space: SearchSpace([ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear))]),
      strategy: .init("random"), objective: .init(metric: "loss", goal: .minimize),
      limits: .init(maxTotalTrials: trials, maxConcurrentTrials: atOnce, grace: 1),
      metrics: [.init(name: "loss", regex: "loss=([0-9.]+)")], seed: 7)
  }

  /// Starts a sweep and drives it to its end.
  func drive(_ spec: SweepSpec, stop: StopRequest = StopRequest()) throws -> (sweep: RunID, outcome: SweepOutcome) {
    let driver = driver(stop: stop)
    let sweep = try driver.start(spec, source: "")
    return (sweep, try driver.drive(sweep))
  }

  /// The outcomes of a trial's attempts, as records keep them.
  func outcomes(_ sweep: RunID, _ trial: Int) throws -> [String] {
    try store.attempts(of: sweep.trial(trial)).map { $0.outcome?.text ?? "open" }
  }

  /// The lines of a file below; none when it is not there.
  func lines(_ name: String) -> [String] {
    String(decoding: ScratchFolder.read(folder(name)) ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

/// What an observer saw, kept under a lock.
final class Seen<Item: Sendable>: Sendable {
  private let items = Mutex<[Item]>([])
  func add(_ new: [Item]) { items.withLock { $0 += new } }
  var all: [Item] { items.withLock { $0 } }
}
