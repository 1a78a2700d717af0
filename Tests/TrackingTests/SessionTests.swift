import SQLTracking
import SQLite
import Synchronization
import TarArtifacts
import Testing
import Tracking
import TrackingContracts

/// What a doer may do through its window.
struct RunSessionTests {
  let folder = ScratchFolder()
  let store: SQLTrackingStore
  let run = RunID("r")!

  init() throws {
    store = try SQLTrackingStore(SQLiteDatabase(), journalFolder: nil)
    try store.commit([
      .createRun(NewRun(id: run, experiment: "e", kind: .run, parameters: [Parameter("lr", 0.1), Parameter("n", 3)])),
      .transition(run, to: .running, reason: ""), .beginAttempt(run, number: 1, launcher: "test", continues: false),
    ])
  }

  private func session(shouldYield: @escaping @Sendable () -> Bool = { false }) throws -> RunSession {
    try RunSession(
      run: run, parameters: ["lr": 0.1], store: store, artifacts: TarArtifactStore(directory: folder("artifacts")),
      checkpointDirectory: folder("c"), scratchDirectory: folder("s"), clock: { Timestamp(milliseconds: 7) },
      shouldYield: shouldYield)
  }

  private func nextAttempt(continues: Bool) throws {
    try store.commit([
      .endAttempt(run, number: 1, .lost, detail: ""),
      .beginAttempt(run, number: 2, launcher: "test", continues: continues),
    ])
  }

  @Test func `points carry the session's time`() throws {
    let session = try session()
    try session.log("loss", 0.5, step: 3)
    try session.close()
    let points = try store.points(of: run, metric: "loss")
    #expect(points.count == 1)
    #expect(points[0] == MetricPoint(step: 3, time: Timestamp(milliseconds: 7), value: 0.5))
  }

  @Test func `an attempt that continues counts each step once`() throws {
    let first = try session()
    for step in 0..<10 { try first.log("loss", Double(step), step: Int64(step)) }
    try first.close()
    try nextAttempt(continues: true)
    let second = try session()
    // From a checkpoint at step 5 on, with another metric that is new.
    for step in 5..<12 {
      try second.log("loss", Double(step), step: Int64(step))
      try second.log("accuracy", 1, step: Int64(step))
    }
    try second.close()
    #expect(try store.points(of: run, metric: "loss").steps == Array(0..<12))
    #expect(try store.points(of: run, metric: "accuracy").steps == Array(5..<12))
  }

  @Test func `an attempt that starts over counts its own steps`() throws {
    let first = try session()
    try first.log("loss", 1, step: 0)
    try first.log("loss", 1, step: 1)
    try first.close()
    try nextAttempt(continues: false)
    let second = try session()
    try second.log("loss", 2, step: 0)
    try second.close()
    #expect(try store.points(of: run, metric: "loss").values == [2])
    #expect(try store.points(of: run, metric: "loss", in: 0..<9, attempt: 1).values == [1, 1])
  }

  @Test func `effective values are recorded beside those that were given`() throws {
    let session = try session()
    let used = [Parameter("lr", 0.1), Parameter("n", 3.0), Parameter("eps", 1e-8)]
    try session.recordEffective(used)
    try session.recordEffective(used)
    #expect(try store.parameters(of: run).byName == ["lr": 0.1, "n": 3, "eps": 1e-8], "3 and 3.0 are the same value")
    try session.recordEffective([Parameter("lr", 0.2)])
    try session.recordEffective([Parameter("lr", 0.2)])
    #expect(try store.parameters(of: run).byName["lr"] == 0.1)
    #expect(try store.parameters(of: run).byName["effective.lr"] == 0.2)
    #expect(throws: TrackingError.self) { try session.recordEffective([Parameter("lr", 0.3)]) }
  }

  @Test func `an artifact is stored and attached under its name`() throws {
    folder.write("model/weights", "w")
    let session = try session()
    let artifact = try session.attach(contentsOf: folder("model"), as: "model")
    #expect(artifact.files == 1 && artifact.contentBytes == 1)
    let recorded = try store.artifacts(of: run)
    #expect(recorded.map(\.name) == ["model"])
    #expect(recorded.map(\.digest) == [artifact.digest])
    folder.write("model/weights", "other")
    let later = try session.attach(contentsOf: folder("model"), as: "model")
    #expect(try store.artifacts(of: run).map(\.digest) == [later.digest], "the later one counts")
  }

  @Test func `a session that was closed takes no more points`() throws {
    let session = try session()
    try session.close()
    try session.close()
    #expect(throws: TrackingError.self) { try session.log("loss", 1, step: 0) }
  }

  @Test func `a session asks each time whether it should yield`() throws {
    let asked = Atomic<Bool>(false)
    let session = try session(shouldYield: { asked.load(ordering: .relaxed) })
    #expect(!session.shouldYield)
    asked.store(true, ordering: .relaxed)
    #expect(session.shouldYield)
  }
}

/// What a decider sees and does through its window.
struct SweepSessionTests {
  let store: SQLTrackingStore
  let sweep: Sweep

  init() throws {
    store = try SQLTrackingStore(SQLiteDatabase(), journalFolder: nil)
    sweep = Sweep(
      run: RunID("s")!,
      spec: SweepSpec(
        experiment: "e", work: .trainer("t", fixed: [:]),
        space: SearchSpace([ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear))]),
        strategy: .init("random"),
        objective: .init(metric: "loss", goal: .minimize), limits: .init(maxTotalTrials: 9), seed: 1),
      source: "")
    try store.commit([
      .createRun(NewRun(id: sweep.run, experiment: "e", kind: .hyperdrive)), .declareSweep(sweep),
    ])
  }

  private func session(asOf event: EventNumber? = nil) throws -> SweepSession {
    try SweepSession(sweep: sweep, decider: "random", reader: store, asOf: event)
  }

  @Test func `proposals are numbered on, and recorded with their decisions`() throws {
    let first = try session()
    #expect(first.trials.isEmpty)
    #expect(first.propose([Parameter("x", 0.25)], reason: "why not", details: ["draw": 0]) == 0)
    #expect(first.propose([Parameter("x", 0.5)], reason: "and this") == 1)
    #expect(first.configurations == [[Parameter("x", 0.25)], [Parameter("x", 0.5)]])
    #expect(try store.trials(of: sweep.run, asOf: nil).isEmpty, "a session that is not committed is a replay")
    try store.commit(first.changes)

    let second = try session()
    #expect(second.trials.map(\.number) == [0, 1])
    #expect(second.trials.map(\.run.text) == ["s-0", "s-1"])
    #expect(second.trials.map(\.parameters) == first.configurations)
    #expect(second.trials.allSatisfy { $0.state == .scheduled && $0.observed == 0 })
    #expect(second.propose([Parameter("x", 0.75)], reason: "on") == 2)
    let decisions = try store.decisions(of: sweep.run)
    #expect(decisions.map(\.reason) == ["why not", "and this"])
    #expect(decisions.map(\.trial) == [0, 1])
    #expect(decisions.allSatisfy { $0.decider == "random" && $0.kind == .propose && $0.asOf == first.asOf })
    #expect(try store.run(RunID("s-1")!).reason == "and this")
  }

  @Test func `a session shows what was recorded up to its event`() throws {
    let first = try session()
    first.propose([Parameter("x", 0.25)], reason: "a")
    try store.commit(first.changes)
    let trial = sweep.run.trial(0)
    try store.commit([
      .transition(trial, to: .running, reason: ""), .beginAttempt(trial, number: 1, launcher: "l", continues: false),
    ])
    try store.append([MetricColumns(name: "loss", steps: [0, 1], times: [0, 0], values: [3, 2])], to: trial)
    let before = try store.lastEvent(of: sweep.run)
    let unseen = try session()
    #expect(try unseen.objective(of: unseen.trials[0]).values == [], "logged and not yet observed")
    let at1 = try store.commit(.observe(trial, count: 1))
    let at2 = try store.commit(.observe(trial, count: 2))
    try store.commit(.transition(trial, to: .finished, reason: ""))

    for (event, values, state) in [
      (before, [Double](), RunState.running), (at1, [3], .running), (at2, [3, 2], .running),
    ] {
      let then = try session(asOf: event)
      #expect(then.asOf == event)
      #expect(then.trials[0].state == state)
      #expect(try then.objective(of: then.trials[0]).values == values)
    }
    let now = try session()
    #expect(now.trials[0].state == .finished)
    #expect(try session(asOf: first.asOf).trials.isEmpty)
  }

  @Test func `a stop is a decision on a trial`() throws {
    let first = try session()
    first.propose([Parameter("x", 0.25)], reason: "a")
    try store.commit(first.changes)
    let second = try session()
    second.stop(second.trials[0], reason: "far behind", details: ["median": 0.5])
    try store.commit(second.changes)
    let decision = try #require(try store.decisions(of: sweep.run).last)
    #expect(decision.kind == .stop)
    #expect(decision.trial == 0)
    #expect(decision.reason == "far behind")
    #expect(decision.details == ["median": 0.5])
  }
}
