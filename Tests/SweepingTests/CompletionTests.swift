import Testing
import Tracking
import TrackingContracts

@testable import Sweeping

/// What ends a sweep before its limits do: told by the records, recorded with its numbers.
@Suite(.timeLimit(.minutes(20))) struct CompletionTests {
  let place: Workplace

  init() throws { place = try Workplace() }

  /// A sweep whose trial K logs the Kth of these losses, one after the other.
  private func drive(
    _ losses: [Double], _ completion: SweepSpec.Completion, goal: Goal = .minimize, atOnce: Int = 1,
    change: (inout SweepSpec) -> Void = { _ in }
  ) throws -> (sweep: RunID, outcome: SweepOutcome, end: Decision) {
    let cases = losses.enumerated().map { "\($0)) echo loss=\($1);;" }.joined(separator: " ")
    var spec = place.spec("case $RUNS_TRIAL in \(cases) esac", trials: losses.count, atOnce: atOnce)
    spec.objective.goal = goal
    spec.completion = completion
    change(&spec)
    let (sweep, outcome) = try place.drive(spec)
    let end = try #require(try place.store.decisions(of: sweep).last)
    #expect(end.kind == .end)
    #expect(end.reason == outcome.reason)
    return (sweep, outcome, end)
  }

  @Test func `a trial that reaches the target ends the sweep`() throws {
    let (_, outcome, end) = try drive([5, 3, 2, 1, 0.5], .init(target: 2))
    #expect(outcome.state == .finished)
    #expect(outcome.reason == "trial 2 reached the target: loss 2.0, and 2.0 was asked for")
    #expect(outcome.progress.counts == [.finished: 3])
    #expect(end.details == ["rule": "target", "target": 2.0, "score": 2.0, "trial": 2, "trials": 3])
  }

  @Test func `a target of what is maximized is reached from below`() throws {
    let (_, outcome, _) = try drive([5, 3, 7, 9], .init(target: 6), goal: .maximize)
    #expect(outcome.reason.hasPrefix("trial 2 reached the target: loss 7.0"))
  }

  @Test func `what still runs when the target is reached is canceled with the reason`() throws {
    var spec = place.spec(
      "[ $RUNS_TRIAL = 0 ] || { echo loss=5; exec sleep 300; }; while ! [ -e \(place.folder("go")) ]; do sleep 0.01; done; "
        + "echo loss=1", trials: 4)
    spec.completion.target = 1
    let folder = place.folder
    let driver = place.driver { progress in
      if progress.running.contains(where: { $0.trial == 1 && $0.points > 0 }) { folder.write("go", "") }
    }
    let sweep = try driver.start(spec, source: "")
    let outcome = try driver.drive(sweep)
    #expect(outcome.state == .finished)
    #expect(outcome.progress.counts == [.finished: 1, .canceled: 1])
    #expect(try place.store.run(sweep.trial(1)).reason == outcome.reason)
  }

  @Test func `a target that only a failed trial or one outside of the constraints reached does not count`() throws {
    var spec = place.spec(
      "echo loss=1; echo latency=$RUNS_TRIAL; [ $RUNS_TRIAL != 0 ]", trials: 4, atOnce: 1)
    spec.metrics.append(.init(name: "latency", regex: "latency=([0-9]+)"))
    spec.constraints = [.init(metric: "latency", isUpper: false, bound: 2)]
    spec.completion.target = 1
    let (_, outcome) = try place.drive(spec)
    #expect(outcome.reason.hasPrefix("trial 2 reached the target"))
  }

  @Test func `trials that do not improve end the sweep`() throws {
    let (_, outcome, end) = try drive([5, 4, 4.5, 4, 6, 1, 1], .init(patience: 3))
    #expect(outcome.reason == "3 trials in a row did not improve on loss 4.0 of trial 1")
    #expect(outcome.progress.counts == [.finished: 5])
    #expect(
      end.details == [
        "rule": "max_trials_not_improving", "limit": 3, "not_improving": 3, "tolerance": 0.0, "best": 4.0, "trial": 1,
        "trials": 5,
      ])
  }

  @Test func `an improvement within the tolerance is none, and small ones do not add up`() throws {
    let losses = [100, 99.5, 98.9, 98.5, 98.2, 50]
    let (_, outcome, _) = try drive(losses, .init(patience: 2, tolerance: 0.01))
    #expect(outcome.reason == "2 trials in a row did not improve on loss 98.9 of trial 2 by more than 1.0 %")
    let (_, exact, _) = try drive(losses, .init(patience: 2))
    #expect(exact.reason == "max_total_trials (6) reached")
  }

  @Test func `the total of points ends the sweep, those of running trials included`() throws {
    let (_, outcome, end) = try drive([5, 4, 3, 2], .init(totalResource: 3))
    #expect(outcome.reason == "max_total_resource (3) reached: the trials logged 3 points of loss")
    #expect(outcome.progress.counts == [.finished: 3])
    #expect(end.details == ["rule": "max_total_resource", "limit": 3, "used": 3, "trials": 3])
    var spec = place.spec("for i in 1 2 3 4 5; do echo loss=$i; done; exec sleep 300", trials: 2)
    spec.completion.totalResource = 10
    let (sweep, running) = try place.drive(spec)
    #expect(running.progress.counts == [.canceled: 2])
    #expect(running.state == .finished || running.state == .failed)
    #expect(try place.store.trials(of: sweep, asOf: nil).map(\.observed) == [5, 5])
  }

  @Test func `limits are ends with a rule, too`() throws {
    let (_, _, end) = try drive([1, 2], .init())
    #expect(end.details == ["rule": "max_total_trials", "limit": 2, "trials": 2])
    let (_, _, timeout) = try drive([1, 2], .init()) {
      $0.limits.timeout = 0.5
      $0.work = .command("echo loss=1; [ $RUNS_TRIAL = 0 ] || exec sleep 300", code: "", environment: [:])
    }
    #expect(timeout.details["rule"] == "timeout")
    #expect((timeout.details["driven"]?.number ?? 0) >= 0.5)
  }

  @Test func `a search converges when its proposals promise nothing any more`() throws {
    var plugins = testPlugins()
    plugins.register(FadingStrategy.self)
    let place = try Workplace(plugins: plugins)
    var spec = place.spec("echo loss=1", trials: 50, atOnce: 1)
    spec.strategy = .init("fading")
    spec.completion.convergence = 0.1
    let (sweep, outcome) = try place.drive(spec)
    // 1, 1/2, 1/4, 1/8 and 1/16, 1/32, 1/64, 1/128, 1/256.
    #expect(
      outcome.reason
        == "converged: the last 5 proposals promised an improvement of at most 0.0625 standard deviations, and less than "
        + "0.1 is not worth it")
    #expect(outcome.progress.counts.values.reduce(0, +) == 9)
    #expect(try place.store.decisions(of: sweep).last?.details["rule"] == "convergence")
  }

  @Test func `the same records give the same answer, and those before the end gave none`() throws {
    let (sweep, outcome, _) = try drive([5, 4, 4.5, 4, 6, 1, 1], .init(patience: 3))
    let record = try place.store.sweep(sweep)
    func finding(asOf event: EventNumber) throws -> CompletionRule.Finding? {
      let session = try SweepSession(sweep: record, decider: "sweep", reader: place.store, asOf: event)
      return try CompletionRule(session: session, decisions: { try place.store.decisions(of: sweep) }).finding()
    }
    let trials = try place.store.trials(of: sweep, asOf: nil)
    let last = try #require(trials[4].ended)
    #expect(try finding(asOf: last)?.reason == outcome.reason)
    #expect(try finding(asOf: last - 1) == nil)
  }
}

/// Proposes random configurations that promise half as much each time.
private struct FadingStrategy: SearchStrategy {
  static let description = PluginDescription(kind: .strategy, name: "fading", summary: "Promises less and less")

  static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] { [] }
  init(options: [String: Value], sweep: SweepSpec) throws {}

  func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    let number = session.configurations.count
    let promised = (0..<number).reduce(1.0) { value, _ in value / 2 }
    session.propose(
      [Parameter("x", .real(promised))], reason: "half as good", details: ["expected_improvement": .real(promised)])
    return .open
  }
}
