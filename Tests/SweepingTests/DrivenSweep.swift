import Foundation
import Glibc
import SQLTracking
import SQLite
import Sweeping
import Testing
import Tracking
import TrackingContracts

/// A sweep that is driven by `runs` in processes of its own, which can be killed.
final class DrivenSweep: Sendable {
  let folder = ScratchFolder()

  /// The `runs` that was built with the tests.
  static let program: String = {
    guard let own = realpath("/proc/self/exe", nil) else { preconditionFailure("no own executable") }
    defer { free(own) }
    let path = String(cString: own)
    // The tests run in a helper of the toolchain or in the test bundle itself; the bundle knows where it was built.
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? path
    return URL(filePath: bundle).deletingLastPathComponent().path + "/runs"
  }()

  /// A spec of a command that runs three trials, two at a time, and prints `loss`.
  init(command: String, trials: Int = 3, more: String = "") {
    folder.write(
      "spec.yaml",
      """
      type: sweep
      experiment_name: kill
      trial:
        command: |
          \(command.split(separator: "\n").joined(separator: "\n    "))
        environment_variables: {HERE: \(folder.path), PROGRAM: \(DrivenSweep.program)}
      metrics:
        - {name: loss, regex: 'loss=([0-9.e-]+)'}
      search_space:
        x: {type: uniform, min_value: 0, max_value: 1}
      objective: {primary_metric: loss, goal: minimize}
      limits: {max_total_trials: \(trials), max_concurrent_trials: 2, grace: 2\(more)}
      seed: 11
      """)
  }

  init(spec: String) { folder.write("spec.yaml", spec) }

  /// Starts `runs` with its records in this folder.
  ///
  /// - Parameter fault: the place at which it is to be killed.
  func launch(_ arguments: [String], fault: Int? = nil) throws -> ChildProcess {
    var environment = ["PATH": "/usr/bin:/bin"]
    if let fault { environment["RUNS_FAULT"] = String(fault) }
    return try ChildProcess(
      [DrivenSweep.program] + arguments + ["--store", folder("store")], in: folder.path, environment: environment,
      errors: folder("errors"))
  }

  /// Runs `runs` to its end.
  ///
  /// - Returns: its exit code; nil when it was killed.
  @discardableResult
  func run(_ arguments: String..., fault: Int? = nil) throws -> Int32? { try launch(arguments, fault: fault).wait() }

  /// Waits until something is so, looking often.
  func wait(until isSo: () -> Bool) throws {
    for _ in 0..<6000 {
      if isSo() { return }
      // Between two looks.
      usleep(5000)
    }
    Issue.record("it did not come to pass in 30 s")
  }

  func has(_ name: String) -> Bool { access(folder(name), F_OK) == 0 }

  /// The lines of a file below, sorted.
  func lines(_ name: String) -> [String] {
    String(decoding: ScratchFolder.read(folder(name)) ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
      .sorted()
  }

  /// Opens the records; no process is to drive the sweep meanwhile.
  func store() throws -> any TrackingStore {
    try SQLTrackingStore(SQLiteDatabase(path: folder("store/runs.db")), journalFolder: folder("store/journals"))
  }

  /// The one sweep of the records.
  func sweep(in store: any TrackingStore) throws -> RunID {
    try #require(try store.runs(matching: RunQuery(kinds: [.hyperdrive])).rows.first).run.id
  }

  /// Checks what must hold of a sweep that came to its end however its processes were killed: every trial finished, none
  /// ran twice to completion, no number counted twice.
  ///
  /// - Parameter values: the values that a trial logs as `loss`, of its `x`.
  func checkEnd(trials: Int = 3, losses values: (Double) -> [Double]) throws {
    let store = try store()
    let sweep = try sweep(in: store)
    #expect(try store.run(sweep).state == .finished)
    let all = try store.trials(of: sweep, asOf: nil)
    #expect(all.map(\.state) == Array(repeating: .finished, count: trials))
    #expect(all.map(\.number) == Array(0..<trials))
    for trial in all {
      let outcomes = try store.attempts(of: trial.run).map(\.outcome)
      #expect(outcomes.last == .exited(0))
      #expect(outcomes.filter { $0 == .exited(0) }.count == 1)
      let x = try #require(trial.parameters.byName["x"]?.number)
      #expect(try store.points(of: trial.run, metric: "loss").values == values(x))
      #expect(trial.observed == values(x).count)
    }
    let decisions = try store.decisions(of: sweep)
    #expect(decisions.filter { $0.kind == .propose }.map(\.trial) == Array(0..<trials))
    #expect(decisions.filter { $0.kind == .end }.count == 1)
  }
}
