import SQLTracking
import SQLite
import Testing
import Tracking

@testable import runs

private let sweepID = RunID(randomBits: 7)

/// A store in memory with a sweep whose trials have the given states and values of `loss`.
private func store(
  _ trials: [(RunState, [Double])], goal: Goal = .minimize, more: [String: [Double]] = [:],
  change: (inout SweepSpec) -> Void = { _ in }
) throws -> SQLTrackingStore {
  let store = try SQLTrackingStore(SQLiteDatabase(), journalFolder: nil)
  var spec = SweepSpec(
    experiment: "digits", work: .trainer("image-classification", fixed: ["train": "digits.csv", "epochs": 3]),
    space: SearchSpace([ParameterSpace("lr", .continuous(min: 0, max: 1, scale: .linear))]),
    strategy: .init("random"), objective: .init(metric: "loss", goal: goal), limits: .init(maxTotalTrials: 8), seed: 1)
  change(&spec)
  try store.commit([
    .createRun(NewRun(id: sweepID, experiment: "digits", kind: .hyperdrive, state: .running)),
    .declareSweep(Sweep(run: sweepID, spec: spec, source: "")),
  ])
  for (number, (state, values)) in trials.enumerated() {
    let id = sweepID.trial(number)
    try store.commit(
      .createRun(
        NewRun(
          id: id, experiment: "digits", kind: .trial, parent: sweepID, number: number, state: .running,
          parameters: [
            Parameter("lr", .real(Double(spec.repeats > 1 ? number / spec.repeats : number) / 10)),
            Parameter("same", 1),
          ])))
    for (name, values) in more where !values[number].isNaN {
      try store.append([MetricColumns(name: name, steps: [0], times: [0], values: [values[number]])], to: id)
    }
    for (step, value) in values.enumerated() {
      var columns = MetricColumns(name: "loss")
      columns.append(MetricPoint(step: Int64(step), time: Timestamp(milliseconds: 0), value: value))
      try store.append([columns], to: id)
    }
    if state != .running { try store.commit(.transition(id, to: state, reason: "")) }
  }
  return store
}

private func leaderboard(_ store: SQLTrackingStore) throws -> Leaderboard {
  try Leaderboard(of: store.sweep(sweepID), in: store)
}

private func leaderboard(_ trials: [(RunState, [Double])]) throws -> Leaderboard { try leaderboard(store(trials)) }

@Suite struct LeaderboardTests {
  @Test func `a trial counts with the best value that it ever logged`() throws {
    let board = try leaderboard([(.finished, [0.5, 0.1, 0.9]), (.finished, [0.3, 0.2])])
    #expect(board.entries.map(\.run.number) == [0, 1])
    #expect(board.best?.best?.value == 0.1)
    #expect(board.best?.best?.step == 1)
    #expect(board.best?.last == 0.9)
  }

  @Test func `larger is better when the goal says so`() throws {
    let store = try store([(.finished, [0.5]), (.finished, [0.7])], goal: .maximize)
    #expect(try leaderboard(store).best?.run.number == 1)
  }

  @Test func `of equal trials the earlier leads`() throws {
    #expect(try leaderboard([(.finished, [0.5]), (.finished, [0.5])]).best?.run.number == 0)
  }

  @Test func `only finished and pruned trials win`() throws {
    let store = try store(
      [(.failed, [0.1]), (.running, [0.05]), (.pruned, [0.4]), (.finished, [0.5]), (.finished, [])])
    let board = try leaderboard(store)
    #expect(board.best?.run.number == 2)
    #expect(try Leaderboard.bestPoint(of: store.sweep(sweepID), in: store) == board.best?.best)
    #expect(board.entries.map(\.run.number) == [2, 3, 0, 1, 4])
    #expect(board.states == [.failed: 1, .running: 1, .pruned: 1, .finished: 2])
  }

  @Test func `what is not finite never wins`() throws {
    let board = try leaderboard([(.finished, [.nan, -.infinity]), (.finished, [3])])
    #expect(board.best?.run.number == 1)
    #expect(try leaderboard([(.finished, [.nan])]).best == nil)
  }

  static let selections: [(SweepSpec.Objective.Selection, Int, Double)] = [
    (.best, 0, 0.1), (.last, 1, 0.5), (.meanOfLast(2), 1, 0.4),
  ]

  @Test(arguments: selections)
  func `a trial counts with what the objective selects`(
    selection: SweepSpec.Objective.Selection, winner: Int, value: Double
  ) throws {
    let store = try store([(.finished, [0.5, 0.1, 0.9]), (.finished, [0.3, 0.5])]) {
      $0.objective.selection = selection
    }
    let board = try leaderboard(store)
    #expect(board.best?.run.number == winner)
    #expect(abs((board.best?.best?.value ?? 0) - value) < 1e-15)
    #expect(try Leaderboard.bestPoint(of: store.sweep(sweepID), in: store) == board.best?.best)
  }

  @Test func `a trial that breaks a constraint is shown and never chosen`() throws {
    let store = try store(
      [(.finished, [0.1]), (.finished, [0.2]), (.finished, [0.3]), (.running, [0.05])],
      more: ["size": [60, .nan, 40, 70]]
    ) { $0.constraints = [.init(metric: "size", isUpper: true, bound: 50)] }
    let board = try leaderboard(store)
    #expect(board.best?.run.number == 2)
    #expect(board.entries.map { $0.violations.map(\.text) } == [[], ["size <= 50.0"], ["size <= 50.0"], []])
    #expect(try Leaderboard.bestPoint(of: store.sweep(sweepID), in: store)?.value == 0.3)
    let text = try board.table(store.sweep(sweepID).spec, limit: 9, now: Timestamp(milliseconds: 0)).text(on: .pipe)
    #expect(text.contains("BREAKS") && text.contains("size <= 50.0"))
  }

  @Test func `of several objectives the front has what nothing dominates`() throws {
    let store = try store(
      [(.finished, [0.1]), (.finished, [0.2]), (.finished, [0.3]), (.finished, [0.4]), (.finished, [0.05])],
      more: ["gain": [1, 3, 2, 4, .nan]]
    ) { $0.otherObjectives = [.init(metric: "gain", goal: .maximize)] }
    let board = try leaderboard(store)
    #expect(board.front.map(\.run.number) == [0, 1, 3])
    #expect(board.best?.run.number == 4, "the primary objective places")
    #expect(board.json(limit: 9, chosen: board.front).list?[1]["other_objectives"] == ["gain": 3.0])
  }

  @Test func `configurations that are repeated are placed by their means`() throws {
    let store = try store(
      [(.finished, [0.1]), (.finished, [0.7]), (.finished, [0.3]), (.finished, [0.2]), (.finished, [0.2])]
    ) { $0.repeats = 2 }
    let board = try leaderboard(store)
    #expect(board.entries.map(\.run.number) == [4, 3, 2, 0, 1])
    #expect(board.entries[1].repeated?.mean == 0.25)
    #expect(abs((board.entries[1].repeated?.standardError ?? 0) - 0.05) < 1e-12)
    #expect(board.json(limit: 1).list?[0]["evaluations"] == 1)
  }

  @Test func `only parameters that vary have a column`() throws {
    let store = try store([(.finished, [0.5]), (.finished, [0.25])])
    let board = try leaderboard(store)
    #expect(board.varying == ["lr"])
    let text = try board.table(store.sweep(sweepID).spec, limit: 1, now: Timestamp(milliseconds: 0)).text(on: .pipe)
    #expect(
      text.split(separator: "\n").first?.split(separator: " ") == ["PLACE", "TRIAL", "loss", "TOOK", "lr", "STEP"])
    #expect(text.contains("\(sweepID)-1"))
    #expect(!text.contains("\(sweepID)-0"))
  }

  @Test func `what a trainer's trial was told is in its record`() throws {
    let store = try store([(.finished, [0.5])])
    let id = sweepID.trial(0)
    try store.commit(.setParameter(id, Parameter("momentum", 0.9)))
    let work = try TrainerWork(of: store.run(id), in: store)
    #expect(work.trainer == "image-classification")
    #expect(work.parameters == ["train": "digits.csv", "epochs": 3, "lr": 0.0, "same": 1])
  }
}
