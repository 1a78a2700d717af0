internal import Tracking

extension SweepLoop {
  /// Tells whether the records say that the sweep is complete; asked once for each state of the records.
  func completion() throws -> Ending? {
    guard spec.completion != SweepSpec.Completion() else { return nil }
    if spec.completion.totalResource != nil { try observeWhatWasUsed() }
    // What has happened is recorded before it is judged.
    try commit([])
    guard records.lastEvent != completionSeen else { return nil }
    completionSeen = records.lastEvent
    let rule = CompletionRule(session: session(for: "sweep")) { try self.store.decisions(of: self.sweep.run) }
    guard let found = try rule.finding() else { return nil }
    let hasScore = best != nil
    return Ending(
      state: hasScore ? .finished : .failed,
      reason: hasScore ? found.reason : "no trial logged a finite '\(spec.objective.metric)'; \(found.reason)",
      cause: .canceled, details: found.details, asOf: completionSeen)
  }

  // Points that running trials have logged count for the total, so they are recorded as seen once they fill it.
  private func observeWhatWasUsed() throws {
    guard let bound = spec.completion.totalResource else { return }
    let used = trials.reduce(0) { $0 + max($1.observed, $1.objective?.count ?? 0) }
    guard used >= bound else { return }
    var changes: [Change] = []
    for number in active.keys.sorted() {
      let count = observable(number)
      guard count > trials[number].observed else { continue }
      changes.append(.observe(trials[number].run, count: count))
      trials[number].observed = count
    }
    try commit(changes)
  }
}
