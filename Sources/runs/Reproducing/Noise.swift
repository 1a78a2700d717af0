internal import Sweeping
internal import Tracking

/// What came of running a sweep's first trial twice: how far apart two runs of one configuration may lie.
struct Noise: Equatable {
  /// The trial that was run twice.
  var trial: RunID
  /// True when every bit was the same.
  var isIdentical: Bool
  /// By how much the objective differed; nil where it has no value, or where the trial could not be run again.
  var spread: Double?
  /// Why it could not be run again; nil where it was.
  var problem: String?

  /// Reads what a sweep recorded; nil where nothing was.
  init?(of sweep: RunID, in reader: any TrackingReader) throws {
    guard let text = try reader.tags(of: sweep)[SweepTag.determinism], let value = try? Value(json: text),
      let trial = value["trial"]?.text.flatMap({ RunID($0) })
    else { return nil }
    self.trial = trial
    isIdentical = value["verdict"] == "identical"
    spread = value["spread"]?.number
    problem = value["problem"]?.text
  }

  /// What it says of the best trial: how many others are as good, as far as can be told.
  func sentence(_ board: Leaderboard) -> String {
    let number = trial.text.split(separator: "-").last.map(String.init) ?? trial.text
    if problem != nil { return "trial \(number) could not be run twice" }
    if isIdentical { return "run twice, trial \(number) came out the same" }
    guard let spread, let best = board.best?.best?.value else { return "run twice, trial \(number) came out otherwise" }
    let near = board.entries.count { $0.best.map { abs($0.value - best) <= spread } ?? false } - 1
    let others = near > 0 ? ", so \(counted(near, "trial")) may be as good" : ""
    return "run twice, trial \(number) differs by \(spread.short())\(others)"
  }
}

extension OpenStore {
  /// Returns what runs a trial a second time, for sweeps that want it.
  func determinismCheck() -> DeterminismCheck {
    let store = self
    return { trial in
      let original = try store.tracking.run(trial)
      let plan = try RepetitionPlan(of: original, wishes: RepetitionPlan.Wishes(), in: store)
      if let obstacle = plan.obstacles.first { throw TrackingError(.conflict, obstacle) }
      let again: Run
      do {
        again = try plan.execute { _ in }
      } catch let failure as CommandFailure {
        throw TrackingError(.system, failure.message ?? "it could not be run again")
      }
      let comparison = try Reproduction(
        of: trial, with: again.id, isComplete: original.state == .finished, passingOver: ReproduceCommand.records,
        in: store.tracking,
        artifacts: store.artifacts)
      let word = comparison.verdict.rawValue
      try store.tracking.commit(.setTag(again.id, name: ReproduceCommand.verdictTag, value: word))
      let objective = try original.parent.map { try store.tracking.sweep($0).spec.objective }
      func score(_ run: RunID) throws -> Double? {
        guard let objective else { return nil }
        return try store.tracking.series(of: run).first { $0.name == objective.metric }
          .flatMap { try store.tracking.counted(objective, of: run, $0)?.value }
      }
      let scores = (try score(trial), try score(again.id))
      // Of one that was stopped, the distance of the points that both logged.
      let isWhole = original.state == .finished
      let apart = comparison.metrics.first { $0.name == objective?.metric }.map { $0.largestDeviation ?? 0 }
      let spread = !isWhole ? apart : scores.0.flatMap { first in scores.1.map { abs($0 - first) } }
      return [
        "trial": .text(trial.text), "again": .text(again.id.text), "verdict": .text(word),
        "spread": spread.map { .real($0) } ?? .null,
      ]
    }
  }
}
