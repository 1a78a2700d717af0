internal import Tracking

/// What the loop knows of a trial; everything in it can be read from the records again.
struct TrialEntry {
  let run: RunID
  let number: Int
  let parameters: [Parameter]
  var state: RunState
  /// The number of its last attempt; 0 before the first.
  var attempts = 0
  /// True while that attempt has no recorded end.
  var isOpen = false
  /// How many attempts failed by themselves.
  var failures = 0
  /// True once it was let go on after a pause: from then on every attempt goes on from its checkpoint.
  var hasWaited = false
  /// How many attempts in a row were lost.
  var losses = 0
  /// How many points of the primary metric it may log before it is paused; nil for as many as it likes.
  var allowance: Int?
  /// The trial whose checkpoint it begins with; nil for none.
  var continues: RunID?
  /// How many points of the primary metric deciders may see.
  var observed = 0
  /// What is known of the primary metric; nil before its first point.
  var objective: SeriesSummary?
  /// What counts of it; nil before its first finite value.
  var score: Double?
  /// False once it has ended and broke one of the sweep's constraints.
  var isFeasible = true
  /// Why it ended as it did.
  var reason = ""

  /// Counts the end of an attempt.
  mutating func count(_ outcome: Attempt.Outcome) {
    isOpen = false
    switch outcome {
    case .lost: losses += 1
    case .canceled: losses = 0
    case .signaled(9): losses += 1
    case .exited(0): losses = 0
    case .exited, .signaled, .failedToStart:
      failures += 1
      losses = 0
    }
  }
}

/// A job that was launched and whose end is not recorded.
struct ActiveJob {
  /// Why a job is asked to end.
  enum Cause: String {
    /// The driver stops; the trial goes on later.
    case interrupted
    /// A person stopped the sweep, or its time is up.
    case canceled
    /// A policy or strategy stopped the trial.
    case pruned
    /// The trial is to wait: its allowance is used up, or a policy or strategy paused it.
    case paused
    /// The trial has had its time.
    case timedOut = "timed_out"
  }

  let trial: Int
  let attempt: Int
  let name: String
  let directory: String
  let since: Timestamp
  var cause: Cause?
  /// When its patience ends and the job is killed.
  var killAt: Timestamp?
  var scan: OutputScan?
  var log: RunLogTail?
}

extension RunID {
  /// The name of the job of an attempt at this run.
  func job(_ attempt: Int) -> String { "\(self).\(attempt)" }
}
