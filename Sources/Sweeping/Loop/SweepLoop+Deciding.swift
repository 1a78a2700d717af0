internal import Tracking

/// What a decider decided, as far as it can be done.
struct Verdict {
  /// What is to be recorded.
  var changes: [Change] = []
  /// The trials that were proposed, in order.
  var proposed: [TrialEntry] = []
  /// The paused trials that go on, with their new allowances.
  var resumed: [(trial: Int, allowance: Int?)] = []
  /// The trials that end without having to be asked, with the reason.
  var pruned: [(trial: Int, reason: String)] = []
  /// The trials whose jobs are to be asked to end.
  var interrupted: [(trial: Int, cause: ActiveJob.Cause)] = []
}

extension SweepLoop {
  /// Sorts out what a decider decided. Left out is what cannot be done: a trial beyond `max_total_trials`, a second decision
  /// about one trial, an end of what ends already, going on without being allowed a point more.
  func verdict(of session: SweepSession) -> Verdict {
    var verdict = Verdict()
    var decided = Set<Int>()
    // What belongs together: up to a decision, and the transition after it.
    var group: [Change] = []
    var isTaken = false
    for change in session.changes {
      if case .transition = change, group.isEmpty {
        if isTaken { verdict.changes.append(change) }
        continue
      }
      group.append(change)
      guard case .decide(let decision) = change else { continue }
      let place = verdict.changes.count
      isTaken = take(decision, group, &verdict, &decided)
      if isTaken { verdict.changes.insert(contentsOf: group, at: place) }
      group = []
    }
    return verdict
  }

  private func take(
    _ decision: Decision, _ group: [Change], _ verdict: inout Verdict, _ decided: inout Set<Int>
  ) -> Bool {
    guard let number = decision.trial, decided.insert(number).inserted else { return false }
    var allowance: Int?
    for case .allow(_, let points) in group { allowance = points }
    if decision.kind == .propose {
      guard number < spec.limits.maxTotalTrials, number == trials.count + verdict.proposed.count,
        case .createRun(let run)? = group.first
      else { return false }
      var entry = TrialEntry(run: run.id, number: number, parameters: run.parameters, state: .scheduled)
      (entry.allowance, entry.continues) = (allowance, run.origin["continues"]?.text.flatMap { RunID($0) })
      verdict.proposed.append(entry)
      return true
    }
    guard number < trials.count else { return false }
    switch (decision.kind, trials[number].state, active[number]?.cause) {
    case (.resume, .paused, _):
      guard allowance ?? .max > trials[number].observed else { return false }
      verdict.resumed.append((number, allowance))
    case (.stop, .running, nil), (.stop, .running, .paused?):
      guard active[number] != nil else { return false }
      verdict.interrupted.append((number, .pruned))
    case (.pause, .running, nil):
      guard active[number] != nil else { return false }
      verdict.interrupted.append((number, .paused))
    case (.stop, .paused, _), (.stop, .scheduled, _):
      verdict.pruned.append((number, decision.reason))
      verdict.changes.append(.transition(trials[number].run, to: .pruned, reason: decision.reason))
    default: return false
    }
    return true
  }

  /// Does what was decided. What needs no haste is recorded with the next commit of this turn.
  func carryOut(_ verdict: Verdict) throws {
    putOff(verdict.changes)
    for entry in verdict.proposed { add(entry) }
    for (number, allowance) in verdict.resumed {
      (trials[number].hasWaited, trials[number].allowance) = (true, allowance)
      enter(.scheduled, number)
    }
    for (number, reason) in verdict.pruned {
      trials[number].reason = reason
      enter(.pruned, number)
      note(number, .pruned, reason)
      newsArrived()
    }
    guard !verdict.interrupted.isEmpty else { return }
    // In the commit of the decision itself stands what the job's end will mean.
    putOff(verdict.interrupted.map { interruption($0.trial, $0.cause) })
    try commit([])
    for (number, cause) in verdict.interrupted { try send(cause, to: number) }
  }
}
