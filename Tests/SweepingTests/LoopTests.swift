import GridStrategy
import LocalLauncher
import RandomStrategy
import Sweeping
import Testing
import Tracking
import TrackingContracts

@Test func `a sweep of a command runs every trial once and finds the best`() throws {
  let place = try Workplace()
  let (sweep, outcome) = try place.drive(place.spec("echo loss=${{search_space.x}}"))
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

@Test func `trials end with their output, their environment and a directory of their own`() throws {
  let place = try Workplace()
  var spec = place.spec(
    """
    pwd; ls | wc -l; echo "$RUNS_TRIAL $RUNS_ATTEMPT $RUNS_SEED $RUNS_PARAM_X $AZUREML_SWEEP_x $RUNS_INPUT_WORD"
    echo "$RUNS_RUN_ID $RUNS_SWEEP_ID $RUNS_STORE $OWN ${RUNS_ALIEN-none}"; ls "$RUNS_OUTPUT_DIR" | wc -l; echo loss=1
    """, trials: 2, atOnce: 1)
  spec.inputs = ["word": "two words"]
  guard case .command(let command, _, _) = spec.work else { return }
  spec.work = .command(command, code: "", environment: ["OWN": "x is ${{search_space.x}}"])
  let driver = place.driver(environment: ["RUNS_ALIEN": "leaked"])
  let sweep = try driver.start(spec, source: "")
  #expect(try driver.drive(sweep).state == .finished)
  for number in 0..<2 {
    let x = try #require(place.store.parameters(of: sweep.trial(number)).byName["x"]?.plain)
    let home = "jobs/\(sweep)-\(number).1"
    #expect(
      place.lines(home + "/stdout") == [
        place.folder(home + "/work"), "0", "\(number) 1 7 \(x) \(x) two words",
        "\(sweep)-\(number) \(sweep) \(place.root) x is \(x) none", "0", "loss=1",
      ])
  }
}

@Test func `a command runs in its code directory`() throws {
  let place = try Workplace()
  place.folder.write("src/value.txt", "loss=0.25\n")
  var spec = place.spec("cat value.txt", trials: 1)
  spec.work = .command("cat value.txt", code: place.folder("src"), environment: [:])
  let (_, outcome) = try place.drive(spec)
  #expect(outcome.progress.best?.value == 0.25)
}

@Test func `what a command leaves in its output directory is kept as an artifact`() throws {
  let place = try Workplace()
  let command = "echo loss=1; echo weights > \"$RUNS_OUTPUT_DIR/model\"; echo more > ${{outputs.extra}}/note"
  let (sweep, _) = try place.drive(place.spec(command, trials: 1))
  let artifact = try #require(place.store.artifacts(of: sweep.trial(0)).first)
  #expect(artifact.name == "outputs")
  #expect(try place.artifacts.members(of: artifact.digest).map(\.path).filter { !$0.hasSuffix("/") }.count >= 2)
  #expect(try place.artifacts.contents(of: "model", in: artifact.digest, limit: 100) == Array("weights\n".utf8))
}

@Test func `every match of a pattern is kept in order, with its step where it names one`() throws {
  let place = try Workplace()
  var spec = place.spec(
    "printf 'loss=3 loss=2\\nloss=1\\rloss=0.5\\nacc 0.9 at 40\\nacc 0.8 at 50'; echo loss=9 >&2", trials: 1)
  spec.metrics.append(.init(name: "acc", regex: "acc (?<value>[0-9.]+) at (?<step>[0-9]+)"))
  let (sweep, _) = try place.drive(spec)
  #expect(try place.store.points(of: sweep.trial(0), metric: "loss").values == [3, 2, 1, 0.5])
  #expect(try place.store.points(of: sweep.trial(0), metric: "loss").steps == [0, 1, 2, 3])
  #expect(try place.store.points(of: sweep.trial(0), metric: "acc").values == [0.9, 0.8])
  #expect(try place.store.points(of: sweep.trial(0), metric: "acc").steps == [40, 50])
}

@Test func `a grid is tried in its order, after what is enqueued, and its end is told`() throws {
  let place = try Workplace()
  var spec = place.spec("echo loss=${{search_space.a}}", trials: 100, atOnce: 1)
  spec.space = SearchSpace([
    ParameterSpace("b", .categorical(["u", "v"])), ParameterSpace("a", .integer(min: 1, max: 2, scale: .linear)),
  ])
  spec.strategy = .init("grid")
  spec.enqueued = [[Parameter("b", "v"), Parameter("a", 1)]]
  let (sweep, outcome) = try place.drive(spec)
  #expect(outcome.state == .finished)
  #expect(outcome.reason == "all 4 configurations of the grid have been tried")
  let tried = try place.store.trials(of: sweep, asOf: nil).map { $0.parameters.byName }
  #expect(tried == [["a": 1, "b": "v"], ["a": 1, "b": "u"], ["a": 2, "b": "u"], ["a": 2, "b": "v"]])
  let decisions = try place.store.decisions(of: sweep)
  #expect(decisions.map(\.decider) == ["enqueue", "grid", "grid", "grid", "sweep"])
  #expect(decisions.last?.kind == .end)
  #expect(decisions.last?.reason == outcome.reason)
  #expect(decisions.allSatisfy { !$0.reason.isEmpty })
}

@Test func `asked again as of its event, the strategy decides what it decided`() throws {
  let place = try Workplace()
  let (sweep, _) = try place.drive(place.spec("echo loss=1", trials: 40, atOnce: 3))
  let record = try place.store.sweep(sweep)
  let decisions = try place.store.decisions(of: sweep).filter { $0.decider == "random" }
  #expect(decisions.count == 40)
  for (event, together) in Dictionary(grouping: decisions, by: \.asOf) {
    let session = try SweepSession(sweep: record, decider: "random", reader: place.store, asOf: event)
    _ = try RandomStrategy(options: [:], sweep: record.spec).propose(upTo: together.count, in: session)
    let again = session.changes.compactMap { change -> Decision? in
      guard case .decide(var decision) = change, let number = decision.trial else { return nil }
      let recorded = together.first { $0.trial == number }
      decision.time = recorded?.time ?? decision.time
      decision.event = recorded?.event ?? 0
      return decision
    }
    #expect(again == together)
  }
}
