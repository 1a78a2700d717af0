import Foundation
import Glibc
import Sweeping
import Testing
import Tracking
import TrackingContracts

/// Real processes, really killed.
@Suite(.serialized, .timeLimit(.minutes(20))) struct SweepKillTests {
  /// Prints two numbers, logs a third through `runs log`, and notes its completion as its last deed.
  static let command = """
    echo "loss=${{search_space.x}}"
    "$PROGRAM" log extra=$RUNS_ATTEMPT --step 3
    echo loss=0.5
    echo "$RUNS_TRIAL" >> "$HERE/done"
    """

  func checkExtra(_ sweep: DrivenSweep) throws {
    let store = try sweep.store()
    for trial in try store.trials(of: try sweep.sweep(in: store), asOf: nil) {
      let last = try #require(store.attempts(of: trial.run).last?.number)
      #expect(try store.points(of: trial.run, metric: "extra").values == [Double(last)])
    }
  }

  @Test func `a driver that is killed at any write leaves a sweep that resume finishes`() throws {
    var place = 1
    while true {
      let sweep = DrivenSweep(command: Self.command)
      let code = try sweep.run("sweep", "start", "spec.yaml", "--quiet", fault: place)
      if let code {
        #expect(code == 0)
        break
      }
      #expect(try sweep.run("sweep", "resume", "@last", "--quiet") == 0)
      try sweep.checkEnd { [$0, 0.5] }
      try checkExtra(sweep)
      #expect(sweep.lines("done") == ["0", "1", "2"], "killed at place \(place)")
      place += 1
    }
    #expect(place > 15)
  }

  @Test func `a driver that is killed again and again comes to the end all the same`() throws {
    let sweep = DrivenSweep(command: Self.command, trials: 5)
    var place = 1
    var code = try sweep.run("sweep", "start", "spec.yaml", "--quiet", fault: place)
    while code == nil {
      place += 1
      code = try sweep.run("sweep", "resume", "@last", "--quiet", fault: place)
    }
    #expect(code == 0)
    #expect(place > 3)
    try sweep.checkEnd(trials: 5) { [$0, 0.5] }
    try checkExtra(sweep)
    #expect(sweep.lines("done") == ["0", "1", "2", "3", "4"])
  }

  /// What a trial does to itself and its driver in its first attempt, and whether it lives to see its end.
  static let killings: [(deed: String, survives: Bool)] = [
    ("kill -9 $DRIVER", true),
    ("kill -9 $DRIVER; kill -9 0", false),
    ("kill -9 $DRIVER; kill -9 $$", false),
    ("kill -9 $DRIVER; kill -9 $PPID; sleep 300", false),
    ("kill -9 0", false),
  ]

  @Test(arguments: killings)
  func `a trial, its driver or both may be killed in the middle of a trial`(deed: String, survives: Bool) throws {
    let sweep = DrivenSweep(
      command: """
        echo "loss=${{search_space.x}}"
        "$PROGRAM" log extra=$RUNS_ATTEMPT --step 3
        if [ $RUNS_TRIAL.$RUNS_ATTEMPT = 1.1 ]; then
          DRIVER=$(head -n 1 "$RUNS_STORE/locks/$RUNS_SWEEP_ID")
          \(deed)
        fi
        echo loss=0.5
        echo "$RUNS_TRIAL" >> "$HERE/done"
        """)
    let code = try sweep.run("sweep", "start", "spec.yaml", "--quiet")
    if deed.contains("DRIVER") {
      #expect(code == nil)
      #expect(try sweep.run("sweep", "resume", "@last", "--quiet") == 0)
    } else {
      #expect(code == 0)
    }
    try sweep.checkEnd { [$0, 0.5] }
    try checkExtra(sweep)
    #expect(sweep.lines("done") == ["0", "1", "2"])
    let store = try sweep.store()
    let attempts = try store.attempts(of: try sweep.sweep(in: store).trial(1))
    #expect(attempts.count == (survives ? 1 : 2))
  }

  @Test func `a trial that outlives its driver is found again while it runs, and not started twice`() throws {
    let sweep = DrivenSweep(
      command: """
        echo loss=1
        echo x >> "$HERE/started"
        while [ ! -e "$HERE/go" ]; do sleep 0.02; done
        echo loss=0.5
        """, trials: 2)
    let driver = try sweep.launch(["sweep", "start", "spec.yaml", "--quiet"])
    try sweep.wait { sweep.lines("started").count == 2 }
    driver.send(SIGKILL)
    driver.wait()
    let second = try sweep.launch(["sweep", "resume", "@last", "--quiet"])
    try sweep.wait {
      let locks = ScratchFolder.names(sweep.folder("store/locks"))
      return locks.contains { name in
        sweep.lines("store/locks/" + name).first == String(second.id)
      }
    }
    sweep.folder.write("go", "")
    #expect(second.wait() == 0)
    try sweep.checkEnd(trials: 2) { _ in [1, 0.5] }
    #expect(sweep.lines("started") == ["x", "x"])
  }

  @Test func `an interrupted driver that is killed at any write leaves a sweep that resume finishes`() throws {
    var place = 1
    var killed = 0
    while true {
      let sweep = DrivenSweep(
        command: """
          echo "loss=${{search_space.x}}"
          echo $RUNS_TRIAL >> "$HERE/started"
          while [ ! -e "$HERE/go" ]; do sleep 0.02; done
          echo loss=0.5
          echo "$RUNS_TRIAL" >> "$HERE/done"
          """)
      let driver = try sweep.launch(["sweep", "start", "spec.yaml", "--quiet"], fault: place)
      try sweep.wait { !driver.isRunning || sweep.lines("started").count >= 2 }
      driver.send(SIGINT)
      let wasKilled = driver.wait() == nil
      killed += wasKilled ? 1 : 0
      sweep.folder.write("go", "")
      #expect(try sweep.run("sweep", "resume", "@last", "--quiet") == 0)
      // One that was asked to end, and ended, is not complete.
      try sweep.checkEnd { [$0, 0.5] }
      #expect(sweep.lines("done") == ["0", "1", "2"], "killed at place \(place)")
      if !wasKilled { break }
      place += 1
    }
    #expect(killed > 6)
  }

  @Test func `stop ends a sweep that another process drives, and its trials`() throws {
    let sweep = DrivenSweep(command: "echo loss=1; echo $$ >> \"$HERE/started\"; sleep 300; true")
    let driver = try sweep.launch(["sweep", "start", "spec.yaml", "--quiet"])
    try sweep.wait { sweep.lines("started").count == 2 }
    #expect(try sweep.run("sweep", "stop", "@last") == 0)
    driver.wait()
    let store = try sweep.store()
    let id = try sweep.sweep(in: store)
    #expect(try store.run(id).state == .canceled)
    #expect(try store.trials(of: id, asOf: nil).allSatisfy { $0.state == .canceled })
    for line in sweep.lines("started") {
      let status = (try? String(contentsOfFile: "/proc/\(line)/stat", encoding: .utf8)) ?? "gone) Z"
      #expect(status.contains(") Z"))
    }
  }

  @Test func `a trainer's trial that is killed with its driver goes on from its checkpoint to the same bits`() throws {
    let digits = URL(filePath: #filePath).deletingLastPathComponent().path + "/../../examples/data/digits.csv.gz"
    let spec = """
      type: sweep
      experiment_name: kill
      trial:
        trainer: image-classification
        parameters: {train: '${{inputs.digits}}', network: mlp, hidden: 16, epochs: 6, checkpoint_seconds: 0.05}
      inputs: {digits: {path: '\(digits)'}}
      search_space:
        learning_rate: {type: continuous, min: 0.01, max: 0.2, scale: log}
      objective: {primary_metric: 'validation:accuracy', goal: maximize}
      limits: {max_total_trials: 2, max_concurrent_trials: 2}
      seed: 3
      """
    let calm = DrivenSweep(spec: spec)
    #expect(try calm.run("sweep", "start", "spec.yaml", "--quiet") == 0)
    let expected = try series(calm)
    #expect(expected.count == 2)
    #expect((expected.first?["train:loss"]?.count ?? 0) >= 6)
    for round in 0..<3 {
      let stormy = DrivenSweep(spec: spec)
      let driver = try stormy.launch(["sweep", "start", "spec.yaml", "--quiet"])
      try stormy.wait {
        !driver.isRunning
          || ScratchFolder.names(stormy.folder("store/checkpoints")).contains {
            !ScratchFolder.names(stormy.folder("store/checkpoints/" + $0)).isEmpty
          }
      }
      if round != 1 { driver.send(SIGKILL) }
      for job in ScratchFolder.names(stormy.folder("store/jobs")) where round != 2 {
        if let supervisor = stormy.lines("store/jobs/\(job)/job").compactMap({ pid_t($0) }).max(), supervisor > 1,
          stormy.lines("store/jobs/\(job)/job").count == 1
        {
          kill(-supervisor, SIGKILL)
        }
      }
      driver.wait()
      #expect(try stormy.run("sweep", "resume", "@last", "--quiet") == 0)
      #expect(try series(stormy) == expected)
    }
  }

  // The values of every series of every trial, without those that tell of the machine.
  private func series(_ sweep: DrivenSweep) throws -> [[String: [UInt64]]] {
    let store = try sweep.store()
    return try store.trials(of: try sweep.sweep(in: store), asOf: nil).map { trial in
      #expect(trial.state == .finished)
      var all: [String: [UInt64]] = [:]
      for summary in try store.series(of: trial.run) where !summary.name.hasPrefix("system") {
        let points = try store.points(of: trial.run, metric: summary.name)
        #expect(Set(points.steps).count == points.steps.count)
        all[summary.name] = points.values.map(\.bitPattern)
      }
      return all
    }
  }
}
