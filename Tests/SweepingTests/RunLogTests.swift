import Glibc
import Testing
import Tracking
import TrackingContracts

@testable import Sweeping

@Suite struct RunLogRecordTests {
  private func read(_ line: String) throws -> RunLogRecord { try RunLogRecord(line: Array(line.utf8)[...]) }

  @Test func `each kind of record is read`() throws {
    #expect(
      try read(#"{"metric": "loss", "value": 0.5, "step": 3, "time": 1.25}"#)
        == .points([("loss", 0.5)], step: 3, time: Timestamp(milliseconds: 1250)))
    #expect(
      try read(#" {"step":3.0,"time_ms":7,"more":[1,{"a":"}"}],"metric":"a \"b\" é","value":-1e-3} "#)
        == .points([("a \"b\" é", -0.001)], step: 3, time: Timestamp(milliseconds: 7)))
    #expect(
      try read(#"{"metrics": {"a": 1, "b": 2.5}, "step": null}"#)
        == .points([("a", 1), ("b", 2.5)], step: nil, time: nil))
    #expect(
      try read(#"{"param": "p", "value": [1, {"x": null}]}"#) == .parameters([Parameter("p", [1, ["x": .null]])]))
    #expect(
      try read(#"{"params": {"p": 1, "q": "x", "r": true}}"#)
        == .parameters([Parameter("p", 1), Parameter("q", "x"), Parameter("r", true)]))
    #expect(try read(#"{"tag": "t", "value": "x"}"#) == .tags([("t", "x")]))
    #expect(try read(#"{"tags": {"t": null, "u": 3}}"#) == .tags([("t", nil), ("u", "3")]))
    #expect(try read(#"{"artifact": "a/b.txt", "name": "b"}"#) == .artifact(path: "a/b.txt", name: "b"))
    #expect(try read(#"{"runs_log": 1}"#) == .version(1))
  }

  @Test(arguments: [
    ("NaN", Double.nan), ("Infinity", .infinity), ("-Infinity", -.infinity), (#""NaN""#, .nan),
    (#""-inf""#, -.infinity),
    (#""0.25""#, 0.25),
  ])
  func `numbers that JSON has not are read bare and in quotes`(_ text: String, _ value: Double) throws {
    #expect(try read(#"{"metric": "m", "value": \#(text)}"#) == .points([("m", value)], step: nil, time: nil))
  }

  @Test(arguments: [
    "", "{", "[1]", "loss=0.5", #"{"metric": "m"}"#, #"{"metric": "", "value": 1}"#, #"{"metric": "m", "value": "x"}"#,
    #"{"metric": "m", "value": true}"#, #"{"metric": "m", "value": 1e999}"#,
    #"{"metric": "m", "value": 1, "step": 0.5}"#,
    #"{"metric": "m", "value": 1} {"metric": "m", "value": 1}"#, #"{"metric": "m", "value": 1"#, #"{"what": 1}"#,
    #"{"metric": 3, "value": 1}"#, #"{"metric": "m", "value": }"#, #"{"param": "p", "value": tru}"#, #"{"tags": 3}"#,
    #"{"metric": "m\"#, #"{"metric": "m", "value": 1, "time": 1e300}"#,
  ])
  func `what is no record is refused with a reason`(_ line: String) throws {
    #expect { try read(line) } throws: { !(($0 as? RunLogRecord.Problem)?.message ?? "").isEmpty }
  }
}

@Suite(.timeLimit(.minutes(20))) struct RunLogSweepTests {
  @Test func `what a trial appends to its run log is recorded`() throws {
    let place = try Workplace()
    let (sweep, outcome) = try place.drive(
      place.spec(
        """
        echo '{"metric": "loss", "value": ${{search_space.x}}, "step": 5, "time_ms": 77}' >>"$RUNS_LOG"
        echo '{"metric": "loss", "value": NaN}' >>"$RUNS_LOG"
        echo '{"params": {"depth": 3}}' >>"$RUNS_LOG"
        echo '{"tag": "stage", "value": "warm"}' >>"$RUNS_LOG"
        echo content >kept.txt; echo '{"artifact": "kept.txt"}' >>"$RUNS_LOG"
        printf '{"metric": "last", "value": 1}' >>"$RUNS_LOG"
        """, trials: 2))
    #expect(outcome.progress.counts == [.finished: 2])
    for number in 0..<2 {
      let run = sweep.trial(number)
      let x = try #require(place.store.parameters(of: run).byName["x"]?.number)
      let loss = try place.store.points(of: run, metric: "loss")
      #expect(loss.steps == [5, 6])
      #expect(loss.times[0] == 77 && loss.times[1] > 77)
      #expect(loss.values[0] == x && loss.values[1].isNaN)
      #expect(try place.store.points(of: run, metric: "last").values == [1])
      #expect(try place.store.parameters(of: run).byName["depth"] == 3)
      #expect(try place.store.tags(of: run).filter { $0.key != SweepTag.command } == ["stage": "warm"])
      #expect(try place.store.artifacts(of: run).map(\.name) == ["kept.txt"])
    }
  }

  @Test func `a line that is no record is named once and hinders nothing`() throws {
    let place = try Workplace()
    let seen = Seen<String>()
    let driver = place.driver { seen.add($0.events.map(\.text)) }
    let sweep = try driver.start(
      place.spec(
        """
        echo '{"metric": "loss", "value": 1}' >>"$RUNS_LOG"
        echo 'loss: 0.5' >>"$RUNS_LOG"
        echo '{"param": "x", "value": "another"}' >>"$RUNS_LOG"
        echo '{"artifact": "/no/such/file"}' >>"$RUNS_LOG"
        echo '{"metric": "loss", "value": 0.25}' >>"$RUNS_LOG"
        """, trials: 1), source: "")
    #expect(try driver.drive(sweep).progress.counts == [.finished: 1])
    #expect(try place.store.points(of: sweep.trial(0), metric: "loss").values == [1, 0.25])
    let tags = try place.store.tags(of: sweep.trial(0))
    #expect(tags.keys.sorted() == [SweepTag.logProblem])
    #expect(tags[SweepTag.logProblem]?.hasPrefix("attempt 1, line 2 is no record and is passed over: ") == true)
    #expect(seen.all.filter { $0.hasPrefix("its run log (RUNS_LOG): line 2 ") }.count == 1)
  }

  @Test func `a log of a later version is not read past its first line`() throws {
    let place = try Workplace()
    let (sweep, _) = try place.drive(
      place.spec(
        """
        echo loss=1
        echo '{"runs_log": 2}' >>"$RUNS_LOG"; echo '{"metric": "other", "value": 1}' >>"$RUNS_LOG"
        """, trials: 1))
    #expect(try place.store.series(of: sweep.trial(0)).map(\.name) == ["loss"])
    #expect(try place.store.tags(of: sweep.trial(0))[SweepTag.logProblem]?.contains("version 2") == true)
  }

  @Test func `a metric that is printed and logged has its points once, and that is told`() throws {
    let place = try Workplace()
    let seen = Seen<String>()
    let driver = place.driver { seen.add($0.events.map(\.text)) }
    let sweep = try driver.start(
      place.spec(
        """
        for i in 1 2 3; do
          echo "{\\"metric\\": \\"loss\\", \\"value\\": 0.$i, \\"step\\": $i}" >>"$RUNS_LOG"
          echo "loss=0.$i"
        done
        """, trials: 1), source: "")
    _ = try driver.drive(sweep)
    #expect(try place.store.points(of: sweep.trial(0), metric: "loss").values == [0.1, 0.2, 0.3])
    #expect(try place.store.tags(of: sweep.trial(0)) == [SweepTag.loggedTwice: "1 [\"loss\"]"])
    #expect(seen.all.filter { $0.hasPrefix("it logs 'loss' itself") }.count == 1)
  }

  @Test func `a trial that goes on logs each step once`() throws {
    var plugins = testPlugins()
    plugins.register(OneStepStrategy.self)
    let ladder = try Workplace(plugins: plugins)
    var spec = ladder.spec(
      """
      for step in 1 2 3; do
        echo "{\\"metric\\": \\"loss\\", \\"value\\": 0.$step, \\"step\\": $step}" >>"$RUNS_LOG"
        echo "$RUNS_ATTEMPT.$step" >>"\(ladder.root)/written"
        if [ $step = "$RUNS_ALLOWANCE" ]; then exit 4; fi
      done
      """, trials: 1)
    spec.strategy = .init("one-step")
    let (sweep, outcome) = try ladder.drive(spec)
    #expect(outcome.progress.counts == [.finished: 1])
    #expect(try ladder.store.points(of: sweep.trial(0), metric: "loss").steps == [1, 2, 3])
    #expect(ladder.lines("written") == ["1.1", "2.1", "2.2", "2.3"])
  }
}

/// Allows a trial one point, then as many as it likes.
private final class OneStepStrategy: SearchStrategy {
  static let description = PluginDescription(kind: .strategy, name: "one-step", summary: "Pauses after a point")
  static let learnsFromResults = true
  static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] { [] }
  init(options: [String: Value], sweep: SweepSpec) throws {}

  func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    if let trial = session.trials.first {
      if trial.state == .paused { session.resume(trial, allowance: nil, reason: "goes on") }
      return .open
    }
    session.propose([Parameter("x", 0.5)], allowance: 1, reason: "first")
    return .open
  }
}

/// Real processes, really killed.
@Suite(.serialized, .timeLimit(.minutes(20))) struct RunLogKillTests {
  static let command = """
    echo "{\\"metric\\": \\"loss\\", \\"value\\": ${{search_space.x}}}" >>"$RUNS_LOG"
    echo '{"tags": {"stage": "half"}}' >>"$RUNS_LOG"
    echo '{"metric": "loss", "value": 0.5}' >>"$RUNS_LOG"
    """

  @Test func `a driver that is killed at any write records each line of the run log once`() throws {
    var place = 1
    while true {
      let sweep = DrivenSweep(command: Self.command, trials: 2)
      let code = try sweep.run("sweep", "start", "spec.yaml", "--quiet", fault: place)
      if code == nil { #expect(try sweep.run("sweep", "resume", "@last", "--quiet") == 0) }
      try sweep.checkEnd(trials: 2) { [$0, 0.5] }
      let store = try sweep.store()
      for trial in try store.trials(of: try sweep.sweep(in: store), asOf: nil) {
        #expect(try store.tags(of: trial.run)["stage"] == "half")
        #expect(try store.tags(of: trial.run)[SweepTag.logRead] == nil)
      }
      if code != nil { break }
      place += 1
    }
    #expect(place > 10)
  }

  @Test func `lines written before a kill are kept, and the attempt after it begins anew`() throws {
    let sweep = DrivenSweep(
      command: """
        echo "{\\"metric\\": \\"loss\\", \\"value\\": ${{search_space.x}}}" >>"$RUNS_LOG"
        if [ $RUNS_TRIAL.$RUNS_ATTEMPT = 1.1 ]; then printf '{"metric": "loss", "value": 9}' >>"$RUNS_LOG"; kill -9 0; fi
        echo '{"metric": "loss", "value": 0.5}' >>"$RUNS_LOG"
        """)
    #expect(try sweep.run("sweep", "start", "spec.yaml", "--quiet") == 0)
    try sweep.checkEnd { [$0, 0.5] }
    let store = try sweep.store()
    let run = try sweep.sweep(in: store).trial(1)
    #expect(try store.points(of: run, metric: "loss", in: 0..<9, attempt: 1).values.last == 9)
  }
}
