import Foundation
import Glibc
import Testing
import Tracking
import TrackingContracts

/// Sweeps of a shell script, driven by `runs` with a policy: real processes, really stopped.
@Suite(.serialized, .timeLimit(.minutes(20))) struct PolicySweepTests {
  /// Trial 0 leads, and holds one of two slots until all the others have been there; those log their `x` thrice,
  /// wait until somebody stops them, and leave a checkpoint.
  static func spec(_ sweep: String, policy: String, trials: Int) -> String {
    """
    type: sweep
    experiment_name: policy
    trial:
      command: |
        trap 'mkdir -p "$RUNS_CHECKPOINT_DIR"; echo $RUNS_TRIAL > "$RUNS_CHECKPOINT_DIR/state"; exit 143' TERM
        echo $RUNS_TRIAL >> "$HERE/started"
        for step in 0 1 2; do echo loss=${{search_space.x}}; done
        if [ $RUNS_TRIAL = 0 ]; then
          while [ $(sort -u "$HERE/started" | wc -l) -lt \(trials) ]; do sleep 0.02; done
          echo loss=0.05
        else
          while true; do sleep 0.05; done
        fi
      environment_variables: {HERE: \(sweep)}
    metrics:
      - {name: loss, regex: 'loss=([0-9.e-]+)'}
    search_space:
      x: {type: uniform, min_value: 0, max_value: 1}
    objective: {primary_metric: loss, goal: minimize}
    early_termination: \(policy)
    limits: {max_total_trials: \(trials), max_concurrent_trials: 2, grace: 5}
    enqueue: [\((0..<trials).map { "{x: \($0 == 0 ? 0.1 : 1 - Double($0) / 16)}" }.joined(separator: ", "))]
    seed: 11
    """
  }

  static func sweep(policy: String, trials: Int) -> DrivenSweep {
    let sweep = DrivenSweep(spec: "")
    sweep.folder.write("spec.yaml", spec(sweep.folder.path, policy: policy, trials: trials))
    return sweep
  }

  /// Checks what must hold at the end, whoever was killed on the way.
  func check(_ sweep: DrivenSweep, trials count: Int, from interval: Int64) throws {
    let store = try sweep.store()
    let id = try sweep.sweep(in: store)
    #expect(try store.run(id).state == .finished)
    let trials = try store.trials(of: id, asOf: nil)
    #expect(trials.map(\.state) == [.finished] + Array(repeating: .pruned, count: count - 1))
    let values = try trials.map { try store.points(of: $0.run, metric: "loss").values }
    #expect(values.first == [0.1, 0.1, 0.1, 0.05])
    let decisions = try store.decisions(of: id).filter { $0.kind == .stop }
    for trial in trials.dropFirst() {
      let x = try #require(trial.parameters.byName["x"]?.number)
      // What it had logged is kept.
      #expect(values[trial.number].count >= interval && values[trial.number].count <= 3)
      #expect(Set(values[trial.number]) == [x])
      // It was stopped once, for these numbers.
      let own = decisions.filter { $0.trial == trial.number }
      #expect(own.count == 1)
      let decision = try #require(own.first)
      #expect(decision.decider == "bandit")
      #expect(decision.details["value"] == .real(x))
      #expect(decision.details["best_trial"] == 0)
      let best = try #require(decision.details["best"]?.number)
      #expect(best == 0.1 || best == 0.05)
      #expect(decision.details["threshold"] == .real(best + 0.2))
      #expect(decision.details["interval"]?.integer ?? 0 >= interval)
      // The decision stands before what came of it, and gives the reason.
      let end = try #require(try store.transitions(of: trial.run).last)
      #expect(decision.event < end.event)
      #expect(end.reason == decision.reason)
      // Its checkpoint is kept.
      #expect(sweep.lines("store/checkpoints/\(trial.run)/state") == ["\(trial.number)"])
    }
    #expect(decisions.count == count - 1)
  }

  @Test func `bad trials are stopped, their slot goes to others, and the leader stays`() throws {
    let sweep = Self.sweep(policy: "{type: bandit, slack_amount: 0.2, delay_evaluation: 3}", trials: 5)
    #expect(try sweep.run("sweep", "start", "spec.yaml", "--quiet") == 0)
    try check(sweep, trials: 5, from: 3)
    // Trial 0 had its slot all the time, so the others came one after the other into the one that was freed.
    #expect(sweep.lines("started") == ["0", "1", "2", "3", "4"])
    let store = try sweep.store()
    let id = try sweep.sweep(in: store)
    for number in 2..<5 {
      let begun = try #require(try store.transitions(of: id.trial(number)).first { $0.to == .running })
      let ended = try #require(try store.transitions(of: id.trial(number - 1)).last)
      #expect(ended.to == .pruned)
      #expect(ended.event < begun.event)
    }
  }

  @Test func `a driver that is killed at any write stops what it had decided to stop, once`() throws {
    var place = 1
    var openDecisions = 0
    while true {
      let sweep = Self.sweep(policy: "{type: bandit, slack_amount: 0.2}", trials: 2)
      let code = try sweep.run("sweep", "start", "spec.yaml", "--quiet", fault: place)
      if code != nil {
        #expect(code == 0)
        break
      }
      if sweep.has("store/runs.db") {
        let store = try sweep.store()
        // Killed between the decision and the deed: the job does not know yet.
        for parent in try store.runs(matching: RunQuery(kinds: [.hyperdrive])).rows {
          let isDecided = try store.decisions(of: parent.run.id).contains { $0.kind == .stop }
          let isTold = sweep.has("store/checkpoints/\(parent.run.id.trial(1))/state")
          if isDecided, !isTold { openDecisions += 1 }
        }
      }
      #expect(try sweep.run("sweep", "resume", "@last", "--quiet") == 0)
      try check(sweep, trials: 2, from: 1)
      place += 1
    }
    #expect(openDecisions > 0)
    #expect(place > 10)
  }
}
