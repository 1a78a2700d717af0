internal import Tracking

extension Askers {
  /// Tells what to ask for the end of a sweep, which its loop decided.
  func end(_ question: SweepReplay.Question, _ sweep: Sweep, _ trials: [Trial]) throws -> Answers {
    guard let decision = question.decisions.first, decision.decider == "sweep" else {
      return .beyond("a person's wish")
    }
    switch decision.details["rule"]?.text {
    case "timeout": return .beyond("the clock")
    case "deterministic": return .beyond("what running a trial twice came to")
    case "stopped", nil: return .beyond("a person's wish")
    case "max_total_trials": return .asked([{ try self.full(decision, sweep, trials) }])
    case "exhausted": return .asked([{ try self.exhausted(decision, sweep, trials) }])
    case "first_failures": return .asked([{ try self.failures(decision, trials) }])
    default: return .asked([{ try self.complete(decision, sweep, trials) }])
    }
  }

  // The end as the loop words it: a sweep without a score says so first.
  private func ended(
    _ decision: Decision, _ reason: String, _ details: Value, _ sweep: Sweep, _ trials: [Trial]
  ) throws -> [Deed] {
    var members = details.object ?? [:]
    members["trials"] = .integer(Int64(trials.count))
    let metric = sweep.spec.objective.metric
    let said = sweep.spec.isManual ? "told" : "logged"
    let without = "no trial \(said) a finite '\(metric)'; \(reason)"
    let session = session(for: "sweep", sweep, trials, asOf: decision.asOf)
    let hasScore = try trials.contains {
      try ![.failed, .canceled].contains($0.state) && session.score(of: $0) != nil
    }
    // A single command has no score, and ends with what its one trial ended with.
    if metric.isEmpty { return [Deed(decision)] }
    var deed = Deed(decision)
    deed.details = .object(members)
    deed.reason = !hasScore && decision.reason == without ? without : reason
    return [deed]
  }

  private func full(_ decision: Decision, _ sweep: Sweep, _ trials: [Trial]) throws -> [Deed] {
    let limit = sweep.spec.limits.maxTotalTrials
    guard trials.count >= limit, trials.allSatisfy({ $0.state.isFinal || $0.state == .paused }) else { return [] }
    return try ended(
      decision, "max_total_trials (\(limit)) reached",
      ["rule": "max_total_trials", "limit": .integer(Int64(limit))], sweep, trials)
  }

  private func exhausted(_ decision: Decision, _ sweep: Sweep, _ trials: [Trial]) throws -> [Deed] {
    let choice = sweep.spec.strategy
    let session = session(for: choice.name, sweep, trials, asOf: decision.asOf)
    let outlook = try strategy(for: sweep.spec).propose(upTo: max(1, room(sweep.spec, trials)), in: session)
    guard session.changes.isEmpty else { return session.deeds }
    var reason = "the strategy '\(choice.name)' proposed nothing more, and no trial is under way"
    if case .exhausted(let said) = outlook { reason = said }
    return try ended(decision, reason, ["rule": "exhausted"], sweep, trials)
  }

  private func complete(_ decision: Decision, _ sweep: Sweep, _ trials: [Trial]) throws -> [Deed] {
    let session = session(for: "sweep", sweep, trials, asOf: decision.asOf)
    let rule = CompletionRule(session: session) { self.replay.decisions.filter { $0.event <= decision.asOf } }
    guard let found = try rule.finding() else { return [] }
    return try ended(decision, found.reason, found.details, sweep, trials)
  }

  private func failures(_ decision: Decision, _ trials: [Trial]) throws -> [Deed] {
    let reader = replay.reader
    let again = try reader.transitions(of: replay.recorded.run)
      .last { $0.from?.isFinal ?? false && $0.event <= decision.asOf }
    let latest = trials.filter { $0.state.isFinal && $0.ended ?? 0 > again?.event ?? 0 }
    let ends = try latest.map { (state: $0.state, reason: try reader.run($0.run).reason) }
    guard let reason = SweepLoop.firstFailures(ends) else { return [] }
    var deed = Deed(decision)
    deed.reason = reason
    deed.details = ["rule": "first_failures", "trials": .integer(Int64(trials.count))]
    return [deed]
  }
}
