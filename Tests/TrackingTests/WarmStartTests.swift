import SQLTracking
import SQLite
import Testing
import Tracking
import TrackingContracts

/// What deciders are told of earlier sweeps, of repeated configurations and of constraints.
@Suite struct SweepResultTests {
  private func spec(_ goal: Goal = .minimize, priors: [SweepSpec.PriorTrial] = []) -> SweepSpec {
    SweepSpec(
      experiment: "e", work: .trainer("t", fixed: [:]),
      space: SearchSpace([ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear))]),
      strategy: .init("random"), objective: .init(metric: "loss", goal: goal),
      constraints: [.init(metric: "latency", isUpper: true, bound: 20)], repeats: 2, priorTrials: priors,
      parents: [
        .init(
          sweep: "old", trust: .transfer, used: 3, dropped: [.init(reason: "x is outside", count: 2)],
          filled: [Parameter("x", 0.5)])
      ], limits: .init(maxTotalTrials: 9), seed: 1)
  }

  private func prior(_ score: Double?, _ sweep: String, _ trust: SweepSpec.PriorTrial.Trust) -> SweepSpec.PriorTrial {
    SweepSpec.PriorTrial(
      run: "r", sweep: sweep, parameters: [Parameter("x", 0.5)], score: score, trust: trust)
  }

  private func observations(_ goal: Goal, _ priors: [SweepSpec.PriorTrial]) throws -> [PriorObservation] {
    let sweep = Sweep(run: RunID("s")!, spec: spec(goal, priors: priors), source: "")
    return try SweepSession(sweep: sweep, decider: "d", reader: RecordedTrials()).priors
  }

  @Test func `a spec with a warm start comes back from its recorded form`() throws {
    let whole = spec(priors: [prior(0.5, "old", .transfer), prior(nil, "other", .same)])
    #expect(try SweepSpec(value: Value(json: whole.value.json)) == whole)
  }

  @Test func `a prior trial stands by its rank in its own sweep, for better whatever the goal`() throws {
    let priors = [
      prior(1, "a", .transfer), prior(1e9, "a", .transfer), prior(2, "a", .transfer), prior(7, "b", .transfer),
      prior(nil, "a", .transfer),
    ]
    for (goal, sign) in [(Goal.minimize, 1.0), (.maximize, -1)] {
      let seen = try observations(goal, priors)
      let outer = PortableMath.normalQuantile(5.0 / 6)
      #expect(abs((seen[0].standing ?? 0) - sign * outer) < 1e-12)
      #expect(abs((seen[1].standing ?? 0) + sign * outer) < 1e-12)
      #expect(seen[2].standing == 0)
      #expect(seen[3].standing == 0, "alone it is the middle of its sweep")
      #expect(seen[4].standing == nil)
      // A better standing is a smaller score where small is good.
      let score = try #require(seen[0].score(mean: 10, deviation: 2, goal: goal))
      #expect(abs(score - (10 - 2 * outer)) < 1e-12)
    }
  }

  @Test func `equal scores stand alike, and a score of the same task is kept`() throws {
    let seen = try observations(.minimize, [prior(3, "a", .same), prior(3, "a", .same), prior(4, "a", .same)])
    #expect(seen[0].standing == seen[1].standing)
    #expect((seen[0].standing ?? 0) > (seen[2].standing ?? 0))
    #expect(seen[0].score(mean: 10, deviation: 2, goal: .minimize) == 3)
  }

  @Test func `the trials of one configuration are one result with mean and standard error`() throws {
    let store = try SQLTrackingStore(SQLiteDatabase(), journalFolder: nil)
    let sweep = Sweep(run: RunID("s")!, spec: spec(), source: "")
    try store.commit([
      .createRun(NewRun(id: sweep.run, experiment: "e", kind: .hyperdrive)), .declareSweep(sweep),
    ])
    let session = try SweepSession(sweep: sweep, decider: "d", reader: store)
    for x in [0.25, 0.5] { session.propose([Parameter("x", .real(x))], reason: "a") }
    try store.commit(session.changes)
    for (number, (loss, latency)) in [(1.0, 20.0), (3, 19), (5, 21)].enumerated() {
      let run = sweep.run.trial(number)
      try store.commit([
        .transition(run, to: .running, reason: ""), .beginAttempt(run, number: 1, launcher: "l", continues: false),
      ])
      try store.append(
        [
          MetricColumns(name: "loss", steps: [0], times: [0], values: [loss]),
          MetricColumns(name: "latency", steps: [0], times: [0], values: [latency]),
        ], to: run)
      try store.commit([.observe(run, count: 1), .transition(run, to: .finished, reason: "")])
    }
    let results = try SweepSession(sweep: sweep, decider: "d", reader: store).results()
    #expect(results.map { $0.trials.map(\.number) } == [[0, 1], [2, 3]])
    #expect(results[0].mean == 2)
    #expect(results[0].standardError == 1)
    #expect(results[1].standardError == nil)
    #expect(results.map(\.isFeasible) == [true, false])
  }

  static let selections: [(SweepSpec.Objective.Selection, Double?, Int64)] = [
    (.best, 1, 1), (.last, 4, 3), (.meanOfLast(2), 3, 3), (.meanOfLast(99), 2.5, 3),
  ]

  @Test(arguments: selections)
  func `what counts of a series is told by its summary as by its points`(
    selection: SweepSpec.Objective.Selection, value: Double?, step: Int64
  ) throws {
    let store = try SQLTrackingStore(SQLiteDatabase(), journalFolder: nil)
    let run = RunID("r")!
    try store.commit([
      .createRun(NewRun(id: run, experiment: "e")), .transition(run, to: .running, reason: ""),
      .beginAttempt(run, number: 1, launcher: "l", continues: false),
    ])
    let values = [3, 1, 2, 4, .nan]
    try store.append(
      [MetricColumns(name: "loss", steps: [0, 1, 2, 3, 4], times: [0, 0, 0, 0, 0], values: values)], to: run)
    let summary = try #require(try store.series(of: run).first)
    let objective = SweepSpec.Objective(metric: "loss", goal: .minimize, selection: selection)
    let point = try store.counted(objective, of: run, summary)
    #expect(point?.value == value)
    #expect(point?.step == step)
    #expect(objective.score(of: values) == value)
  }
}
