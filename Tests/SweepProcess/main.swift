// A process of the tests: starts the sweep of `LadderSweep` in FOLDER, or goes on with it. RUNS_FAULT kills it.
import LadderPlugins
import LocalLauncher
import SQLTracking
import SQLite
import Sweeping
import Tracking

guard CommandLine.arguments.count == 2 else { fatalError("SweepProcess FOLDER") }
let folder = CommandLine.arguments[1]
let store = try SQLTrackingStore(
  SQLiteDatabase(path: folder + "/runs.db"), journalFolder: folder + "/journals")
var plugins = PluginCatalogue()
plugins.register(LadderStrategy.self)
plugins.register(DoormanPolicy.self)
let driver = SweepDriver(
  store: store, plugins: plugins, launcher: LocalLauncher(), paths: SweepPaths(root: folder),
  runsExecutable: "/nonexistent/runs", environment: ["PATH": "/usr/bin:/bin"], clock: SQLTrackingStore.systemClock)
guard let sweep = RunID("ladder") else { fatalError("no id") }
if (try? store.sweep(sweep)) == nil { try driver.start(LadderSweep.spec(home: folder), source: "", id: sweep) }
let outcome = try driver.drive(sweep)
try store.close()
if outcome.state != .finished { fatalError(outcome.reason) }
