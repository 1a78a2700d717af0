import SQLTracking
import SQLite
import Testing
import Tracking

@testable import runs

private let sweepID = RunID(randomBits: 7)

/// A store in memory with a sweep whose trials have the given states and values of `loss`.
private func store(_ trials: [(RunState, [Double])], goal: Goal = .minimize) throws -> SQLTrackingStore {
  let store = try SQLTrackingStore(SQLiteDatabase(), journalFolder: nil)
  let spec = SweepSpec(
    experiment: "digits", work: .trainer("image-classification", fixed: ["train": "digits.csv", "epochs": 3]),
    space: SearchSpace([ParameterSpace("lr", .continuous(min: 0, max: 1, scale: .linear))]),
    strategy: .init("random"), objective: .init(metric: "loss", goal: goal), limits: .init(maxTotalTrials: 8), seed: 1)
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
          parameters: [Parameter("lr", .real(Double(number) / 10)), Parameter("same", 1)])))
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
