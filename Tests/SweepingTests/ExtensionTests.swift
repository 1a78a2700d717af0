import Testing
import Tracking
import TrackingContracts

@testable import Sweeping

/// More budget for a sweep that has ended.
@Suite(.timeLimit(.minutes(20))) struct ExtensionTests {
  let place: Workplace

  init() throws { place = try Workplace() }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch {
      return (error as? TrackingError)?.message ?? "\(error)"
    }
  }

  @Test func `a finished sweep goes on with more trials, and its record stays as it was`() throws {
    let (sweep, outcome) = try place.drive(place.spec("echo loss=$RUNS_TRIAL", trials: 2, atOnce: 1))
    #expect(outcome.state == .finished)
    let before = try place.store.lastEvent(of: sweep)
    let driver = place.driver()
    try driver.extend(sweep, by: .init(maxTotalTrials: 4, timeout: 600))
    #expect(try place.store.sweep(sweep).spec.limits.maxTotalTrials == 2)
    #expect(try place.store.extendedSweep(sweep).spec.limits.maxTotalTrials == 4)
    #expect(try place.store.extendedSweep(sweep).spec.limits.timeout == 600)
    #expect(try place.store.extendedSweep(sweep, asOf: before).spec.limits.maxTotalTrials == 2)
    let again = try driver.drive(sweep)
    #expect(again.state == .finished)
    #expect(again.reason == "max_total_trials (4) reached")
    #expect(again.progress.counts == [.finished: 4])
    // The configurations are those of a sweep that had been allowed four from the start.
    var long = try place.store.sweep(sweep).spec
    long.limits.maxTotalTrials = 4
    let (whole, _) = try place.drive(long)
    #expect(
      try place.store.trials(of: sweep, asOf: nil).map(\.parameters)
        == place.store.trials(of: whole, asOf: nil).map(\.parameters))
    let decision = try #require(try place.store.decisions(of: sweep).first { $0.kind == .extend })
    #expect(decision.reason == "extended: max_total_trials 4, timeout 600.0")
    #expect(decision.details == ["max_total_trials": 4, "timeout": 600.0])
    // Nothing is left to do now, however much later.
    let ended = try #require(try place.store.run(sweep).ended)
    let late = try place.driver(clock: { Timestamp(milliseconds: ended.milliseconds + 3_600_000) }).drive(sweep)
    #expect(late.progress.counts == [.finished: 4])
    #expect(late.progress.now == ended)
  }

  @Test func `what ended a sweep has to be changed`() throws {
    var spec = place.spec("echo loss=$RUNS_TRIAL", trials: 9, atOnce: 1)
    spec.objective.goal = .maximize
    spec.completion.target = 1
    let (sweep, outcome) = try place.drive(spec)
    #expect(outcome.progress.counts == [.finished: 2])
    let driver = place.driver()
    #expect(
      message { try driver.extend(sweep, by: .init(maxTotalTrials: 20)) }
        == "sweep '\(sweep)' ended because of target (\(outcome.reason)), which would end it again; give it another "
        + "target too, or take it away with `--without target`")
    try driver.extend(sweep, by: .init(target: 3))
    #expect(try driver.drive(sweep).progress.counts == [.finished: 4])
    try driver.extend(sweep, by: .init(maxTotalTrials: 6, without: [.target]))
    let last = try driver.drive(sweep)
    #expect(last.reason == "max_total_trials (6) reached")
    #expect(try place.store.tags(of: sweep)[Sweep.extensionTag] == "2")
  }

  @Test func `extensions that change nothing are refused`() throws {
    let (sweep, _) = try place.drive(place.spec("echo loss=1", trials: 2))
    let driver = place.driver()
    #expect(message { try driver.extend(sweep, by: .init()) }.hasPrefix("the extension of sweep '\(sweep)' changes"))
    #expect(
      message { try driver.extend(sweep, by: .init(maxTotalTrials: 2)) }
        == "sweep '\(sweep)' has 2 trials already, and 2 in all would be no more; give more")
    #expect(message { try driver.extend(sweep, by: .init(timeout: 9)) }.contains("because of max_total_trials"))
    var grid = place.spec("echo loss=1", trials: 9)
    grid.strategy = .init("grid")
    grid.space = SearchSpace([ParameterSpace("x", .categorical([1, 2]))])
    let (exhausted, _) = try place.drive(grid)
    #expect(
      message { try driver.extend(exhausted, by: .init(maxTotalTrials: 20)) }
        .contains("there is nothing left for a larger budget"))
  }

  @Test func `an extension comes back from its recorded form`() {
    let whole = SweepSpec.Extension(
      maxTotalTrials: 7, timeout: 1.5, totalResource: 90, target: -2, patience: 3, without: [.convergence])
    #expect(SweepSpec.Extension(value: whole.value) == whole)
    #expect(
      whole.names == [
        "convergence", "max_total_resource", "max_total_trials", "max_trials_not_improving", "target", "timeout",
      ])
  }
}
