import Glibc
import LadderPlugins
import Sweeping
import Synchronization
import Testing
import Tracking
import TrackingContracts

@Suite(.timeLimit(.minutes(20))) struct PauseTests {
  private func place() throws -> Workplace {
    var plugins = testPlugins()
    plugins.register(LadderStrategy.self)
    plugins.register(DoormanPolicy.self)
    return try Workplace(plugins: plugins)
  }

  @Test func `trials are paused, resumed, stopped while they wait, and continued by others`() throws {
    let place = try place()
    let (sweep, outcome) = try place.drive(LadderSweep.spec(home: place.root))
    #expect(outcome.state == .finished)
    let trials = try place.store.trials(of: sweep, asOf: nil)
    #expect(trials.count == 6)
    #expect(trials.allSatisfy { $0.state.isFinal })
    let x = trials.map { $0.parameters.byName["x"]?.number ?? .nan }
    func values(_ number: Int, _ steps: ClosedRange<Int>) -> [Double] { steps.map { 100 + x[number] - Double($0) } }
    // Trial 2 was stopped, so four are left at the first rung, two at the second, and one goes on to the end.
    let ladder = trials.prefix(5).filter { $0.number != 2 }.sorted { x[$0.number] < x[$1.number] }
    let (best, second) = (ladder[0], ladder[1])
    for (trial, count) in zip(ladder, [6, 4, 2, 2]) {
      #expect(trial.state == (trial.number == best.number ? .finished : .pruned))
      #expect(trial.observed == count)
      let points = try place.store.points(of: trial.run, metric: "loss", in: 0..<count, attempt: nil)
      #expect(points.values == values(trial.number, 1...count))
      #expect(points.steps == Array(1...Int64(count)))
    }
    #expect(trials[2].state == .pruned && trials[2].observed == 1)
    #expect(try place.store.run(trials[2].run).reason == "has a loss of \(values(2, 1...1)[0])")
    #expect(trials[5].continues == second.run)
    #expect(try place.store.points(of: trials[5].run, metric: "loss").values == values(5, 5...6))
    #expect(try place.store.points(of: trials[5].run, metric: "loss").steps == [5, 6])
    #expect(place.lines("done").sorted() == [best.number, 5].map { "\($0)" }.sorted())
    // Points of paused attempts go on counting.
    #expect(try place.store.attempts(of: best.run).dropFirst().allSatisfy(\.continues))
    #expect(try place.store.attempts(of: best.run).map(\.outcome).last == .exited(0))
    #expect(try place.store.run(second.run).reason == "not the best at 4 points")
    #expect(try place.store.run(ladder[3].run).reason.hasPrefix("paused when the sweep ended: "))
    // What was stopped keeps its checkpoint, what has finished does not.
    #expect(place.lines("checkpoints/\(second.run)/n").count == 1)
    #expect(place.lines("checkpoints/\(best.run)/n") == [])
  }

  @Test func `every decision is made again by a fresh instance as of its event`() throws {
    let place = try place()
    let (sweep, _) = try place.drive(LadderSweep.spec(home: place.root))
    let record = try place.store.sweep(sweep)
    let decisions = try place.store.decisions(of: sweep).filter { $0.kind != .end }
    #expect(Set(decisions.map(\.kind)) == [.propose, .stop, .pause, .resume])
    func said(_ session: SweepSession) -> [Decision] {
      session.changes.compactMap { change in
        guard case .decide(let decision) = change else { return nil }
        return decision
      }
    }
    for decision in decisions {
      let together = decisions.filter { $0.asOf == decision.asOf && [.propose, .resume].contains($0.kind) }
      func session() throws -> SweepSession {
        try SweepSession(sweep: record, decider: decision.decider, reader: place.store, asOf: decision.asOf)
      }
      let (first, second) = (try session(), try session())
      if decision.decider == "doorman" {
        try DoormanPolicy(options: ["trial": 2], sweep: record.spec).judge(in: first)
      } else {
        let ladder = try LadderStrategy(options: ["pause": 1], sweep: record.spec)
        _ = try ladder.propose(upTo: together.count, in: first)
        try ladder.review(in: second)
      }
      var again = decision
      (again.time, again.event) = (Timestamp(milliseconds: 0), 0)
      #expect((said(first) + said(second)).contains(again), "\(decision)")
    }
  }

  /// Proposes one trial an ask, and cannot do so at some asks.
  final class MoodyStrategy: SearchStrategy {
    static let description = PluginDescription(kind: .strategy, name: "moody", summary: "Fails now and then")
    static let learnsFromResults = true
    static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] { [] }
    let asks = Atomic<Int>(0)
    let moods: @Sendable (Int) -> Bool

    init(options: [String: Value], sweep: SweepSpec) throws { moods = { _ in true } }
    init(_ moods: @escaping @Sendable (Int) -> Bool) { self.moods = moods }

    func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
      let number = session.trials.count
      guard moods(asks.add(1, ordering: .relaxed).oldValue) else { throw TrackingError(.system, "no mood") }
      session.propose([Parameter("x", .real(Double(number)))], reason: "why not")
      return .open
    }
  }

  private func place(moods: @escaping @Sendable (Int) -> Bool) throws -> Workplace {
    var plugins = testPlugins()
    let strategy = MoodyStrategy(moods)
    plugins.register(
      StrategyPlugin(MoodyStrategy.description, problems: { _, _ in [] }, make: { _, _ in strategy }))
    return try Workplace(plugins: plugins)
  }

  @Test func `a strategy that fails twice in a row is asked a third time`() throws {
    let place = try place { ![1, 2, 5, 6].contains($0) }
    var spec = place.spec("echo loss=1", trials: 4, atOnce: 1)
    spec.strategy = .init("moody")
    let (sweep, outcome) = try place.drive(spec)
    #expect(outcome.progress.counts == [.finished: 4])
    #expect(try place.store.tags(of: sweep)[SweepTag.failedAsk] == "2 moody: no mood")
  }

  @Test func `a strategy that keeps failing parks the sweep with the reason, and resume asks it again`() throws {
    let place = try place { !(2..<5).contains($0) }
    var spec = place.spec("echo loss=1", trials: 4, atOnce: 1)
    spec.strategy = .init("moody")
    let (sweep, outcome) = try place.drive(spec)
    #expect(outcome.state == .queued)
    #expect(
      outcome.reason
        == "'moody' could not decide, 3 times in a row: no mood; `runs sweep resume \(sweep)` asks it again")
    #expect(try place.store.run(sweep).reason == outcome.reason)
    #expect(outcome.progress.counts == [.finished: 2])
    #expect(try place.driver().drive(sweep).progress.counts == [.finished: 4])
  }

  @Test func `a strategy that fails while trials run lets them come to their end`() throws {
    let place = try place { $0 == 0 }
    var spec = place.spec("echo loss=1; sleep 0.3; echo loss=0.5", trials: 4, atOnce: 2)
    spec.strategy = .init("moody")
    let (sweep, outcome) = try place.drive(spec)
    #expect(outcome.state == .queued)
    #expect(outcome.progress.counts == [.finished: 1])
    #expect(try place.store.points(of: sweep.trial(0), metric: "loss").values == [1, 0.5])
  }
}
