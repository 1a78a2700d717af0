import Glibc
import SQLTracking
import Sweeping
import Synchronization
import Testing
import Tracking
import TrackingContracts

@Suite(.timeLimit(.minutes(20))) struct LoopEndTests {
  @Test func `a failed attempt is tried again as often as max_retries says, and only the last one's numbers count`()
    throws
  {
    let place = try Workplace()
    var spec = place.spec("echo loss=$RUNS_ATTEMPT; echo no luck >&2; [ $RUNS_ATTEMPT -ge 3 ]", trials: 2)
    spec.limits.maxRetries = 2
    let (sweep, outcome) = try place.drive(spec)
    #expect(outcome.state == .finished)
    for number in 0..<2 {
      #expect(try place.outcomes(sweep, number) == ["exited:1", "exited:1", "exited:0"])
      #expect(try place.store.points(of: sweep.trial(number), metric: "loss").values == [3])
      #expect(try place.store.attempts(of: sweep.trial(number)).first?.detail == "no luck")
    }
    #expect(outcome.progress.best?.value == 3)
  }

  @Test func `a trial fails with its exit code and its last words when its retries are used up`() throws {
    let place = try Workplace()
    var spec = place.spec("echo first >&2; echo 'disk is full' >&2; exit 7", trials: 1)
    spec.limits.maxRetries = 1
    let (sweep, outcome) = try place.drive(spec)
    #expect(outcome.state == .failed)
    #expect(try place.outcomes(sweep, 0) == ["exited:7", "exited:7"])
    #expect(try place.store.run(sweep.trial(0)).reason == "exit code 7: disk is full")
    #expect(try place.store.attempts(of: sweep.trial(0)).last?.detail == "first\ndisk is full")
  }

  @Test func `a clock that is set back by an hour lets no trial run longer`() throws {
    let place = try Workplace()
    var spec = place.spec("touch began; sleep 200", trials: 1)
    spec.limits.trialTimeout = 1
    let isBack = Atomic(false)
    let driver = place.driver { progress in
      if !progress.state.isFinal { isBack.store(true, ordering: .relaxed) }
    } clock: {
      let now = SQLTrackingStore.systemClock()
      return isBack.load(ordering: .relaxed) ? Timestamp(milliseconds: now.milliseconds - 3_600_000) : now
    }
    let outcome = try driver.drive(try driver.start(spec, source: ""))
    let wasSetBack = isBack.load(ordering: .relaxed)
    #expect(wasSetBack)
    #expect(outcome.state == .failed)
    let sweep = try #require(
      try place.store.runs(matching: RunQuery(kinds: [.hyperdrive], limit: 1)).rows.first?.run.id)
    #expect(try place.store.run(sweep.trial(0)).reason.contains("trial_timeout"))
  }

  static let killings = ["kill -9 0", "kill -9 $$", "kill -9 $PPID; sleep 300", "kill -9 $PPID $$"]

  @Test(arguments: killings)
  func `a trial that is killed is run again, and that is no retry`(killing: String) throws {
    let place = try Workplace()
    let spec = place.spec("echo loss=$RUNS_ATTEMPT; if [ $RUNS_ATTEMPT = 1 ]; then \(killing); fi", trials: 2)
    let (sweep, outcome) = try place.drive(spec)
    #expect(outcome.state == .finished)
    for number in 0..<2 {
      let outcomes = try place.outcomes(sweep, number)
      #expect(outcomes.count == 2 && ["lost", "signaled:9"].contains(outcomes[0]) && outcomes[1] == "exited:0")
      #expect(try place.store.points(of: sweep.trial(number), metric: "loss").values == [2])
    }
  }

  @Test func `a trial that is killed three times in a row is given up`() throws {
    let place = try Workplace()
    let (sweep, outcome) = try place.drive(place.spec("kill -9 $$", trials: 1))
    #expect(outcome.state == .failed)
    #expect(try place.outcomes(sweep, 0) == ["signaled:9", "signaled:9", "signaled:9"])
    #expect(try place.store.run(sweep.trial(0)).reason.contains("3 times in a row"))
  }

  @Test func `a signal that is not a kill is a failure with the signal's number`() throws {
    let place = try Workplace()
    let (sweep, _) = try place.drive(place.spec("kill -SEGV $$", trials: 1))
    #expect(try place.outcomes(sweep, 0) == ["signaled:11"])
    #expect(try place.store.run(sweep.trial(0)).reason.hasPrefix("ended by signal 11"))
  }

  @Test func `three first failures for different reasons do not stop the sweep`() throws {
    let place = try Workplace()
    let command =
      "echo loss=1; [ $RUNS_TRIAL -ge 3 ] || { echo bad-$(printf '%*s' $RUNS_TRIAL | tr ' ' a) >&2; exit 1; }"
    let (_, outcome) = try place.drive(place.spec(command, trials: 6, atOnce: 1))
    #expect(outcome.state == .finished)
    #expect(outcome.progress.counts == [.failed: 3, .finished: 3])
  }

  @Test func `a failed sweep that is taken up again forgives what failed before`() throws {
    let place = try Workplace()
    let gate = place.folder("fixed")
    let spec = place.spec("[ -e \(gate) ] || { echo not yet >&2; exit 1; }; echo loss=1", trials: 8, atOnce: 1)
    let (sweep, outcome) = try place.drive(spec)
    #expect(outcome.state == .failed)
    #expect(outcome.reason.hasPrefix("the first 3 trials failed for the same reason: exit code 1: not yet"))
    place.folder.write("fixed", "")
    let again = try place.driver().drive(sweep)
    #expect(again.state == .finished)
    // Those that never began were canceled with the sweep; what is left of max_total_trials is proposed anew.
    #expect(again.progress.counts[.failed] == 3)
    #expect((again.progress.counts[.finished] ?? 0) > 0)
  }

  @Test func `the sweep's timeout ends it with what it has`() throws {
    let place = try Workplace()
    var spec = place.spec("echo loss=1; [ $RUNS_TRIAL = 0 ] || sleep 300", trials: 9)
    spec.limits.timeout = 1
    let (sweep, outcome) = try place.drive(spec)
    #expect(outcome.state == .finished)
    #expect(outcome.reason == "timeout of 1.0 s reached")
    #expect(try place.store.run(sweep.trial(0)).state == .finished)
    #expect(outcome.progress.counts[.finished] == 1)
    #expect(outcome.progress.counts[.canceled] == (outcome.progress.counts.values.reduce(0, +)) - 1)
  }

  @Test func `an interrupt keeps finished trials, ends running ones, and resuming runs them from the start`() throws {
    let place = try Workplace()
    let stop = StopRequest()
    // The third trial runs until it is asked to end; the others end by themselves.
    let spec = place.spec(
      "echo loss=0.5; [ $RUNS_TRIAL != 2 ] || [ -e \(place.folder("go")) ] || sleep 300; echo loss=0.25", trials: 5)
    let driver = place.driver(stop: stop) { progress in
      if progress.running.contains(where: { $0.trial == 2 }), !stop.isRequested { stop.request() }
    }
    let sweep = try driver.start(spec, source: "")
    let outcome = try driver.drive(sweep)
    #expect(outcome.state == .queued)
    #expect(outcome.reason == "interrupted; `runs sweep resume \(sweep)` goes on with it")
    #expect(try place.store.run(sweep).state == .queued)
    #expect(try place.store.run(sweep.trial(2)).state == .scheduled)
    #expect(try place.outcomes(sweep, 2) == ["canceled"])
    place.folder.write("go", "")
    let resumed = try place.driver().drive(sweep)
    #expect(resumed.state == .finished)
    #expect(resumed.progress.counts == [.finished: 5])
    #expect(try place.outcomes(sweep, 2) == ["canceled", "exited:0"])
    for number in 0..<5 {
      #expect(try place.store.points(of: sweep.trial(number), metric: "loss").values == [0.5, 0.25])
    }
    // A sweep that has finished has nothing left to do.
    #expect(try place.driver().drive(sweep).state == .finished)
    #expect(try place.store.attempts(of: sweep.trial(2)).count == 2)
  }

  @Test func `a stubborn trial is killed after the grace, or at once when asked twice`() throws {
    for isUrgent in [false, true] {
      let place = try Workplace()
      let stop = StopRequest()
      var spec = place.spec("trap '' TERM; echo loss=1; while :; do sleep 0.05; done", trials: 1)
      spec.limits.grace = isUrgent ? 300 : 0.2
      let driver = place.driver(stop: stop) { progress in
        if !progress.running.isEmpty { stop.request() }
        if isUrgent { stop.request() }
      }
      let sweep = try driver.start(spec, source: "")
      #expect(try driver.drive(sweep).state == .queued)
      #expect(try place.outcomes(sweep, 0) == ["canceled"])
    }
  }

  @Test func `a sweep that nobody drives is canceled on the spot`() throws {
    let place = try Workplace()
    let driver = place.driver()
    let sweep = try driver.start(place.spec("echo loss=1"), source: "")
    let outcome = try #require(try driver.cancel(sweep, reason: "no longer wanted"))
    #expect(outcome.state == .canceled)
    #expect(try place.store.run(sweep).reason == "no longer wanted")
    #expect(try place.store.trials(of: sweep, asOf: nil).allSatisfy { $0.state == .canceled })
    #expect(try driver.cancel(sweep, reason: "again")?.reason == "no longer wanted")
  }

  @Test func `a second driver is refused with the first one's process id, and its wish to stop reaches the first`()
    throws
  {
    let place = try Workplace()
    let said = Seen<String>()
    let driver = place.driver { progress in
      guard !progress.running.isEmpty, said.all.isEmpty else { return }
      do {
        _ = try place.driver().drive(progress.sweep)
      } catch {
        said.add(["\(error)"])
      }
      do {
        if try place.driver().cancel(progress.sweep, reason: "enough") == nil { said.add(["left to the first"]) }
      } catch {
        said.add(["\(error)"])
      }
    }
    let sweep = try driver.start(place.spec("echo loss=1; sleep 300", trials: 3), source: "")
    let outcome = try driver.drive(sweep)
    #expect(outcome.state == .canceled)
    #expect(outcome.reason == "enough")
    #expect(said.all.count == 2)
    #expect(said.all.first?.contains("is driven by process \(getpid())") == true)
    #expect(said.all.last == "left to the first")
    #expect(outcome.progress.counts.keys.elementsEqual([.canceled]))
  }
}

@Test func `a trial that failed after it logged is not the best`() throws {
  let place = try Workplace()
  let driver = place.driver()
  let command = "echo loss=${{search_space.x}}; test $RUNS_TRIAL -ne 0 || { echo loss=-1; exit 1; }"
  var spec = place.spec(command, trials: 2, atOnce: 1)
  spec.metrics = [.init(name: "loss", regex: "loss=([-0-9.]+)")]
  let sweep = try driver.start(spec, source: "")
  let outcome = try driver.drive(sweep)
  #expect(outcome.state == .finished)
  #expect(outcome.progress.best?.trial == 1)
}

@Test func `each configuration is evaluated as often as repeats says, with a seed of its own each time`() throws {
  let place = try Workplace()
  var spec = place.spec("echo loss=$RUNS_SEED", trials: 8, atOnce: 2)
  spec.repeats = 3
  spec.enqueued = [[Parameter("x", 0.5)]]
  let (sweep, outcome) = try place.drive(spec)
  #expect(outcome.progress.counts == [.finished: 8])
  #expect(outcome.progress.best?.value == 7.5)
  let trials = try place.store.trials(of: sweep, asOf: nil)
  let groups = [0..<3, 3..<6, 6..<8].map { range in Set(trials[range].map(\.parameters.fingerprint)) }
  #expect(groups.allSatisfy { $0.count == 1 } && Set(groups.flatMap { $0 }).count == 3)
  #expect(trials[0].parameters == [Parameter("x", 0.5)])
  #expect(
    try trials.map { try place.store.points(of: $0.run, metric: "loss").values }
      == [7, 8, 9, 7, 8, 9, 7, 8].map { [$0] })
  let deciders = try place.store.decisions(of: sweep).filter { $0.kind == .propose }.map(\.decider)
  #expect(deciders == ["enqueue", "repeat", "repeat", "random", "repeat", "repeat", "random", "repeat"])
  let session = try SweepSession(
    sweep: try place.store.sweep(sweep), decider: "d", reader: place.store)
  var scores = TrialScores()
  #expect(try scores.trials(in: session).map(\.loss) == [8, 8], "the last one was cut short by the limit")
  #expect(try session.results().map(\.mean) == [8, 8, 7.5])
}
