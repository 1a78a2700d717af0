import Tracking

@testable import runs

/// A sweep of a shell script whose trials take random times, to be driven 8 wide.
struct ReplaySpec {
  /// What the spec says of the strategy.
  var strategy: String
  /// What else the spec says.
  var more = ""
  var trials = 20
  var isFinite = false
  /// True where bad trials stay until somebody stops them, however slow the machine is.
  var lingers = false

  /// A strategy that hands out a resource.
  static func staged(_ strategy: String) -> ReplaySpec {
    ReplaySpec(strategy: strategy, more: "resource: {min: 1, max: 9}")
  }

  /// A policy over random configurations.
  static func policy(_ policy: String) -> ReplaySpec {
    ReplaySpec(strategy: "random", more: "early_termination: {\(policy)}", lingers: true)
  }

  /// Each strategy that is built in, by its name.
  static let strategies: [String: ReplaySpec] = [
    "random": ReplaySpec(strategy: "random"),
    "grid": ReplaySpec(strategy: "grid", isFinite: true),
    "sobol": ReplaySpec(strategy: "sobol"),
    "list": ReplaySpec(
      strategy: "{type: list, configurations: ["
        + (0..<20).map { "{x: \(Double($0) / 20), n: \($0 % 5)}" }.joined(separator: ", ") + "]}"),
    "tpe": ReplaySpec(strategy: "{type: tpe, startup: 5}"),
    "cmaes": ReplaySpec(strategy: "{type: cmaes, population: 5}"),
    "bayesian": ReplaySpec(strategy: "{type: bayesian, initial_trials: 5}", trials: 16),
    "nsga2": ReplaySpec(
      strategy: "{type: nsga2, population_size: 6}",
      more: "constraints: [cost <= 4]"),
    "pbt": .staged("{type: pbt, population_size: 6, interval: 3}"),
    "hyperband": .staged("hyperband"),
    "asha": .staged("asha"),
    "bayesian_halving": .staged("{type: bayesian_halving, initial_trials: 6}"),
    "auto": .staged("auto"),
  ]

  /// Each policy that is built in, by its name.
  static let policies: [String: ReplaySpec] = [
    "bandit": .policy("type: bandit, slack_amount: 0.05"),
    "median_stopping": .policy("type: median_stopping, delay_evaluation: 2"),
    "truncation_selection": .policy("type: truncation_selection, truncation_percentage: 30, evaluation_interval: 2"),
    "asha": .policy("type: asha, min_resource: 2"),
    "threshold": .policy("type: threshold, bound: 0.4, delay_evaluation: 3"),
    "patience": .policy("type: patience, patience: 2"),
  ]

  /// The file.
  var text: String {
    """
    type: sweep
    experiment_name: replay
    trial:
      command: |
        mkdir -p "$RUNS_CHECKPOINT_DIR"
        i=$(cat "$RUNS_CHECKPOINT_DIR/step" 2>/dev/null || echo 0)
        set -- $(awk 'BEGIN { for (i = 1; i <= 9; i++)
          print (${{search_space.x}} - 0.3)^2 + ${{search_space.n}} / 50 + (i > 6 ? 0.08 : 0.5 / i) }')
        shift $i
        echo cost=${{search_space.n}}
        while [ $i -lt 9 ]; do
          i=$((i + 1)); echo loss=$1; shift; echo $i > "$RUNS_CHECKPOINT_DIR/step"
          [ $i -lt ${RUNS_ALLOWANCE:-99} ] || exit 4
          sleep 0.0$((($$ + i * 7) % 6))
        done
        \(lingers ? "awk 'BEGIN { exit ${{search_space.x}} < 0.6 }' && sleep 2; true" : "true")
    metrics:
      - {name: loss, regex: 'loss=([0-9.e-]+)'}
      - {name: cost, regex: 'cost=([0-9.e-]+)'}
    search_space:
    \(isFinite
      ? "  x: {type: choice, values: [0.1, 0.3, 0.5, 0.7, 0.9]}\n  n: {type: choice, values: [1, 2, 3, 4]}"
      : "  x: {type: uniform, min_value: 0, max_value: 1}\n  n: {type: randint, upper: 6}")
    sampling_algorithm: \(strategy)
    \(strategy.contains("nsga2")
      ? "objectives: [{primary_metric: loss, goal: minimize}, {primary_metric: cost, goal: minimize}]"
      : "objective: {primary_metric: loss, goal: minimize}")
    limits: {max_total_trials: \(trials), max_concurrent_trials: 8, grace: 2}
    seed: 11
    \(more)
    """
  }

  /// Drives the sweep in a folder of its own; its driver is killed at its `fault`-th deed, and the sweep resumed.
  func driven(killedAt fault: Int?) throws -> TestFolder {
    let folder = try TestFolder()
    try folder.write(text, to: "spec.yaml")
    let killing = fault.map { ["RUNS_FAULT": String($0)] } ?? [:]
    let result = try folder.runs("sweep", "start", "spec.yaml", "--quiet", environment: killing)
    // Killed, or at its end before that.
    guard result.code == 0 || fault != nil && result.code == 128 + 9 else { throw CommandFailure(.no, result.errors) }
    if fault != nil { try folder.runs("sweep", "resume", "@last", "--quiet") }
    return folder
  }
}
