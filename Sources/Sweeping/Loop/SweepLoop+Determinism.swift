public import Tracking

/// Runs a trial that has ended or paused a second time, and compares.
///
/// - Returns: an object with `trial`, `again` (the new run), `verdict` (`identical` or `different`), and `spread`: by how much the
///   objective's value differs, null where one has none.
/// - Throws: what kept it from being run again.
public typealias DeterminismCheck = @Sendable (_ trial: RunID) throws -> Value

extension SweepLoop {
  /// True while nothing but one trial may run: the first that ends or pauses is run twice before the others begin.
  var awaitsDeterminismCheck: Bool { spec.determinism != nil && driver.runAgain != nil && !hasCheckedDeterminism }

  /// Runs the first trial that ended or paused a second time, once in the life of a sweep, and records what came of it.
  func checkDeterminism() throws {
    guard awaitsDeterminismCheck, ending == nil, active.isEmpty, let runAgain = driver.runAgain,
      let first = trials.first(where: { trial in
        // One that was stopped or paused is compared as far as it went.
        trial.state == .finished || (trial.state == .pruned || trial.state == .paused) && trial.objective != nil
      })
    else { return }
    try commit([])
    note(first.number, nil, "is run again, to see whether it comes out the same")
    show(isForced: true)
    var outcome: Value
    do {
      outcome = try runAgain(first.run)
    } catch {
      // A person who wants to stop is no outcome: it is checked when the sweep goes on.
      guard !driver.stop.isRequested else { return }
      let message = (error as? TrackingError)?.message ?? String(describing: error)
      outcome = ["trial": .text(first.run.text), "problem": .text(message)]
    }
    hasCheckedDeterminism = true
    try commit([.setTag(sweep.run, name: SweepTag.determinism, value: outcome.json)])
    if let problem = outcome["problem"]?.text {
      note(first.number, nil, "could not be run again: \(problem)")
      guard spec.determinism == .require else { return }
      ending = Ending(
        state: .failed, reason: "trial \(first.number) could not be run again (deterministic: require): \(problem)",
        cause: .canceled, details: ["rule": "deterministic"])
    } else if outcome["verdict"] == "identical" {
      note(first.number, nil, "came out the same, bit for bit")
    } else {
      let spread = outcome["spread"].flatMap(\.number).map { " by \($0) in \(spec.objective.metric)" } ?? ""
      note(first.number, nil, "came out otherwise\(spread)")
      guard spec.determinism == .require else { return }
      ending = Ending(
        state: .failed,
        reason: "trial \(first.number) came out otherwise when it was run again\(spread) (deterministic: require)",
        cause: .canceled, details: ["rule": "deterministic", "spread": outcome["spread"] ?? .null])
    }
  }
}
