import Foundation
import GridStrategy
import LocalLauncher
import RandomStrategy
import SQLTracking
import SQLite
import Sweeping
import Testing
import Tracking

/// A store on the disk with a driver, gone at the end of the test.
final class Workplace {
  let root: String
  let store: SQLTrackingStore
  var plugins = PluginCatalogue()

  init() throws {
    root = NSTemporaryDirectory() + "sweep-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    store = try SQLTrackingStore(SQLiteDatabase(path: root + "/runs.db"), journalFolder: root + "/journals")
    plugins.register(RandomStrategy.self)
    plugins.register(GridStrategy.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func driver(stop: StopRequest = StopRequest()) -> SweepDriver {
    SweepDriver(
      store: store, plugins: plugins, launcher: LocalLauncher(), paths: SweepPaths(root: root),
      runsExecutable: "/nonexistent/runs", environment: ["PATH": "/usr/bin:/bin"], clock: SQLTrackingStore.systemClock,
      stop: stop)
  }

  func spec(_ command: String, trials: Int = 6, atOnce: Int = 2) -> SweepSpec {
    SweepSpec(
      experiment: "loop", work: .command(command, code: "", environment: [:]),
      space: SearchSpace([ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear))]),
      strategy: .init("random"), objective: .init(metric: "loss", goal: .minimize),
      limits: .init(maxTotalTrials: trials, maxConcurrentTrials: atOnce, grace: 1),
      metrics: [.init(name: "loss", regex: "loss=([0-9.]+)")], seed: 7)
  }
}

@Test func `a sweep of a command runs every trial once and finds the best`() throws {
  let place = try Workplace()
  let driver = place.driver()
  let sweep = try driver.start(place.spec("echo loss=${{search_space.x}}"), source: "")
  let outcome = try driver.drive(sweep)
  #expect(outcome.state == .finished)
  #expect(outcome.progress.counts == [.finished: 6])
  let trials = try place.store.trials(of: sweep, asOf: nil)
  let smallest = trials.compactMap { $0.parameters.byName["x"]?.number }.min()
  #expect(outcome.progress.best?.value == smallest)
  for trial in trials {
    #expect(try place.store.points(of: trial.run, metric: "loss").values == [trial.parameters.byName["x"]?.number])
    #expect(try place.store.attempts(of: trial.run).map(\.outcome) == [.exited(0)])
  }
}

@Test func `three first failures of one kind stop the sweep with their reason`() throws {
  let place = try Workplace()
  let driver = place.driver()
  let sweep = try driver.start(
    place.spec("echo 'no module named torch' >&2; exit 3", trials: 20, atOnce: 1), source: "")
  let outcome = try driver.drive(sweep)
  #expect(outcome.state == .failed)
  #expect(outcome.reason.contains("no module named torch"))
  #expect(try place.store.trials(of: sweep, asOf: nil).count == 3)
}

@Test func `a trial that never logs the primary metric fails with the nearest name that it logged`() throws {
  let place = try Workplace()
  let driver = place.driver()
  var spec = place.spec("echo loss=1", trials: 1)
  spec.objective.metric = "losss"
  let sweep = try driver.start(spec, source: "")
  #expect(try driver.drive(sweep).state == .failed)
  let trial = try place.store.run(sweep.trial(0))
  #expect(trial.state == .failed)
  #expect(trial.reason.contains("'losss'") && trial.reason.contains("'loss'"))
}

@Test func `a trial that outlives its trial_timeout is ended with its children and fails`() throws {
  let place = try Workplace()
  let driver = place.driver()
  var spec = place.spec("trap '' TERM; sleep 60 & wait; sleep 60", trials: 1)
  spec.limits.trialTimeout = 0.3
  spec.limits.grace = 0.3
  let sweep = try driver.start(spec, source: "")
  #expect(try driver.drive(sweep).state == .failed)
  #expect(try place.store.run(sweep.trial(0)).reason.contains("trial_timeout"))
}

@Test func `a sweep that is stopped by a request ends its trials and goes on when it is driven again`() throws {
  let place = try Workplace()
  let stop = StopRequest()
  stop.request()
  let first = place.driver(stop: stop)
  let sweep = try first.start(place.spec("echo loss=${{search_space.x}}", trials: 4), source: "")
  #expect(try first.drive(sweep).state == .queued)
  let outcome = try place.driver().drive(sweep)
  #expect(outcome.state == .finished)
  #expect(outcome.progress.counts == [.finished: 4])
}
