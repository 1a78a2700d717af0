public import Tracking

/// A sweep in which trials are paused by their allowance and by review, stopped while they run and while they wait, resumed
/// twice, and continued by another; and what must have come of it, however its driver was disturbed.
public enum LadderSweep {
  /// Logs up to 6 points, one a turn, with a checkpoint after each. Trial 0, which will win, does not look at its allowance;
  /// trial 1 hangs after its first point, trial 2 hangs for ever.
  public static let command = """
    n=0
    mkdir -p "$RUNS_CHECKPOINT_DIR"
    if [ "$RUNS_RESUMED" = 1 ]; then n=$(cat "$RUNS_CHECKPOINT_DIR/n"); fi
    trap 'exit 4' TERM
    [ $n -lt ${RUNS_ALLOWANCE:-99} ] || exit 4
    while [ $n -lt 6 ]; do
      n=$((n + 1))
      echo "loss=$((100 + RUNS_PARAM_X - n)) at $n"
      echo $n > "$RUNS_CHECKPOINT_DIR/new"
      mv "$RUNS_CHECKPOINT_DIR/new" "$RUNS_CHECKPOINT_DIR/n"
      if [ "$RUNS_RESUMED" != 1 ]; then
        case $RUNS_TRIAL in
          0) if [ $n -lt 5 ]; then sleep 0.02; else sleep 300; fi; continue ;;
          1 | 2) sleep 300 ;;
        esac
      fi
      if [ "$n" = "$RUNS_ALLOWANCE" ]; then exit 4; fi
    done
    echo "$RUNS_TRIAL" >> "$HERE/done"
    """

  /// The spec: five trials on the ladder, then one that continues the second best.
  ///
  /// - Parameter home: the folder in which the trials note that they have come to their end.
  public static func spec(home: String) -> SweepSpec {
    SweepSpec(
      experiment: "ladder", work: .command(command, code: "", environment: ["HERE": home]),
      space: SearchSpace([ParameterSpace("x", .integer(min: 0, max: 1000, scale: .linear))]),
      strategy: .init("ladder", options: ["pause": 1]), objective: .init(metric: "loss", goal: .minimize),
      earlyTermination: .init("doorman", options: ["trial": 2]),
      limits: .init(maxTotalTrials: 6, maxConcurrentTrials: 2, grace: 2),
      metrics: [.init(name: "loss", regex: "loss=([0-9]+) at (?<step>[0-9]+)")], seed: 7)
  }

  /// What was decided, without the moments: sorted lines.
  public static func decisions(of sweep: RunID, in store: any TrackingReader) throws -> [String] {
    try store.decisions(of: sweep).map {
      "\($0.kind.rawValue) \($0.trial.map { "\($0)" } ?? "-") \($0.decider): \($0.reason) \($0.details.json)"
    }.sorted()
  }

  /// What became of each trial: state, reason, and the points that deciders saw. A line a trial.
  public static func ends(of sweep: RunID, in store: any TrackingReader) throws -> [String] {
    try store.trials(of: sweep, asOf: nil).map { trial in
      let points = try store.points(of: trial.run, metric: "loss", in: 0..<trial.observed, attempt: nil)
      let run = try store.run(trial.run)
      return "\(trial.number) \(run.state.rawValue) '\(run.reason)' attempt \(trial.attempt) steps \(points.steps) "
        + "losses \(points.values)"
    }
  }
}
