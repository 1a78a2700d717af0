public import Tracking

/// Asks for every decision of a sweep again, as of the event that its decider had seen, and compares: nothing is trained,
/// nothing is recorded.
public struct SweepReplay: Sendable {
  let reader: any TrackingReader
  let plugins: PluginCatalogue
  let recorded: Sweep
  let decisions: [Decision]
  private let asksAfresh: Bool
  private let extensions: [Decision]

  /// Reads a sweep's decisions.
  ///
  /// - Parameter asksAfresh: true makes a built-in plugin anew for each question, so that nothing that it kept from an
  ///   earlier one can play a part; false keeps it, as the loop that drives a sweep does.
  /// - Throws: `.notFound` when there is no such sweep.
  public init(
    of sweep: RunID, in reader: any TrackingReader, plugins: PluginCatalogue, asksAfresh: Bool = true
  ) throws {
    self.reader = reader
    self.plugins = plugins
    self.asksAfresh = asksAfresh
    recorded = try reader.sweep(sweep)
    decisions = try reader.decisions(of: sweep)
    extensions = decisions.filter { $0.kind == .extend }
  }

  /// Replays all of it.
  ///
  /// - Parameter progress: called now and then with the number of decisions that were looked at, and of all.
  /// - Throws: `.notFound` for a strategy or policy that is not here; what a plugin throws.
  public func run(_ progress: (Int, Int) -> Void = { _, _ in }) throws -> ReplayReport {
    var report = ReplayReport(sweep: recorded.run)
    let deeds = try recordedDeeds()
    let groups = Dictionary(grouping: questions(), by: \.asOf)
    let askers = Askers(self, asksAfresh: asksAfresh)
    var done = 0
    try reader.trials(of: recorded.run, asOfEach: groups.keys.sorted()) { event, trials in
      for group in groups[event] ?? [] {
        try replay(group, trials, deeds, askers, &report)
        done += group.decisions.count
        progress(done, decisions.count)
      }
    }
    try noteUndecided(&report)
    return report
  }

  // MARK: - What is on record

  // What one ask decided.
  struct Question {
    var asOf: EventNumber
    var decider: String
    var decisions: [Decision]
  }

  // The decisions by the asks that they came from; the further evaluations of a configuration belong to its proposal.
  private func questions() -> [Question] {
    var found: [Question] = []
    for decision in decisions {
      if let last = found.indices.last, found[last].asOf == decision.asOf,
        found[last].decider == decision.decider || decision.decider == "repeat", decision.kind != .end
      {
        found[last].decisions.append(decision)
      } else {
        found.append(Question(asOf: decision.asOf, decider: decision.decider, decisions: [decision]))
      }
    }
    return found
  }

  // The decisions as deeds, by their events: what they allowed stands in the records as of them.
  private func recordedDeeds() throws -> [EventNumber: Deed] {
    var deeds: [EventNumber: Deed] = [:]
    for decision in decisions { deeds[decision.event] = Deed(decision) }
    let events = decisions.filter { $0.kind == .propose || $0.kind == .resume }.map(\.event)
    try reader.trials(of: recorded.run, asOfEach: events) { event, trials in
      guard let number = deeds[event]?.trial, trials.indices.contains(number) else { return }
      deeds[event]?.allowance = trials[number].allowance
      guard deeds[event]?.kind == .propose else { return }
      deeds[event]?.parameters = trials[number].parameters
      deeds[event]?.continues = trials[number].continues
    }
    return deeds
  }

  /// The sweep with the bounds that it had as of an event.
  func sweep(asOf event: EventNumber) -> Sweep {
    var sweep = recorded
    for decision in extensions where decision.event <= event {
      sweep.spec = sweep.spec.extended(by: SweepSpec.Extension(value: decision.details))
    }
    return sweep
  }

  // MARK: - Comparing

  private func replay(
    _ question: Question, _ trials: [Trial], _ deeds: [EventNumber: Deed], _ askers: Askers,
    _ report: inout ReplayReport
  ) throws {
    let recorded = question.decisions.map { (decision: $0, deed: deeds[$0.event] ?? Deed($0)) }
    var closest: Comparison?
    switch try askers.answers(to: question, trials) {
    case .beyond(let why): return question.decisions.forEach { report.countBeyond($0.kind, why) }
    case .asked(let ways):
      for way in ways {
        let comparison = Comparison(of: recorded, with: try way())
        if comparison.isIdentical {
          closest = comparison
          break
        }
        if closest == nil { closest = comparison }
      }
    }
    guard let closest else { return }
    func seen() throws -> [ReplayReport.SeenTrial] { try askers.seen(trials, asOf: question.asOf) }
    for (decision, deed, again, isIdentical) in closest.pairs {
      report.count(deed, isIdentical: isIdentical)
      if isIdentical { continue }
      try report.note(
        ReplayReport.Difference(
          asOf: question.asOf, event: decision.event, recorded: deed, replayed: again, seen: seen()))
    }
    for deed in closest.extra where try !isEnding(deed, trials, asOf: question.asOf) {
      try report.note(
        ReplayReport.Difference(asOf: question.asOf, event: nil, recorded: nil, replayed: deed, seen: seen()))
    }
  }

  private struct Comparison {
    var pairs: [(decision: Decision, deed: Deed, again: Deed?, isIdentical: Bool)] = []
    /// What is decided now and stands in no record.
    var extra: [Deed]

    var isIdentical: Bool { extra.isEmpty && pairs.allSatisfy(\.isIdentical) }

    init(of recorded: [(decision: Decision, deed: Deed)], with replayed: [Deed]) {
      extra = replayed
      for (decision, deed) in recorded {
        let place = extra.firstIndex { $0.kind == deed.kind && $0.trial == deed.trial }
        let again = place.map { extra.remove(at: $0) }
        pairs.append((decision, deed, again, again.map { deed.differences(from: $0).isEmpty } ?? false))
      }
      // One that was made for another kind or trial is what came instead.
      for place in pairs.indices where pairs[place].again == nil && !extra.isEmpty {
        pairs[place].again = extra.removeFirst()
      }
    }
  }

  // What is decided on a trial that is being ended already has no effect, and no record.
  private func isEnding(_ deed: Deed, _ trials: [Trial], asOf event: EventNumber) throws -> Bool {
    guard deed.kind == .stop || deed.kind == .pause, let number = deed.trial, trials.indices.contains(number)
    else { return false }
    let trial = trials[number]
    let next = try reader.transitions(of: trial.run).first { $0.event > event }
    return next.map {
      $0.to == .canceled || $0.reason.hasPrefix("interrupted;") || $0.reason.hasPrefix("trial_timeout")
    }
      ?? false
  }

  // A trial stands in one commit with the decision that made it; one without has lost it.
  private func noteUndecided(_ report: inout ReplayReport) throws {
    let decided = Set(decisions.filter { $0.kind == .propose }.compactMap(\.trial))
    for trial in try reader.trials(of: recorded.run, asOf: nil) where !decided.contains(trial.number) {
      guard trial.proposed <= decisions.last?.event ?? 0 else { continue }
      var deed = Deed(
        kind: .propose, decider: "nobody", trial: trial.number, reason: "no decision is on record for it",
        details: .null)
      deed.parameters = trial.parameters
      report.note(
        ReplayReport.Difference(
          asOf: trial.proposed, event: trial.proposed, recorded: deed, replayed: nil, seen: []))
    }
  }
}
