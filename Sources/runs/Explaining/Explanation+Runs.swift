internal import Sweeping
internal import Tracking

extension Explanation {
  /// Explains what a sweep was to do, and why it ended.
  static func explanation(ofSweep run: Run, in reader: any TrackingReader) throws -> Explanation {
    let sweep = try reader.extendedSweep(run.id)
    let board = try Leaderboard(of: sweep, in: reader)
    let decisions = try reader.decisions(of: run.id).filter { $0.kind == .end || $0.kind == .extend }
    var found = Explanation(
      run: run, title: "a sweep of " + counted(board.entries.count, "trial"),
      sections: [
        Section(title: "What it was to do", sentences: task(sweep)), course(decisions, run),
        try end(run, decisions, reader), Section(title: "What came of it", sentences: result(sweep, board)),
      ])
    found.decisions = decisions
    found.score = board.best?.score
    return found
  }

  private static func task(_ sweep: Sweep) -> [String] {
    let spec = sweep.spec
    var sentences: [String] = []
    let limits = spec.limits
    let wide = limits.maxConcurrentTrials > 1 ? ", \(limits.maxConcurrentTrials) at a time" : ""
    sentences.append(
      "It was to \(spec.objective.goal.rawValue) \(spec.objective.metric) in at most "
        + "\(counted(limits.maxTotalTrials, "trial"))\(wide).")
    var deciders = "\(spec.strategy.name) proposed them, with seed \(spec.seed)"
    if let policy = spec.earlyTermination { deciders += "; \(policy.name) stopped the bad ones early" }
    sentences.append(deciders + ".")
    if let began = spec.warmStartSentence { sentences.append("It began with \(began).") }
    return sentences
  }

  // Ends that were not the last, and what was given since.
  private static func course(_ decisions: [Decision], _ run: Run) -> Section {
    var section = Section(title: "What became of it")
    let last = decisions.last { $0.kind == .end }?.event
    section.steps = decisions.filter { $0.kind == .extend || $0.event != last }
      .map { ($0.time, $0.kind == .end ? "ended: \($0.reason)" : $0.reason) }
    return section
  }

  private static func end(_ run: Run, _ decisions: [Decision], _ reader: any TrackingReader) throws -> Section {
    guard run.state.isFinal else {
      return Section(title: "How it stands", sentences: ["It is \(run.state.rawValue)\(run.reason.asCause)"])
    }
    var section = Section(title: "Why it ended")
    let verb = run.state == .finished ? "It ended" : run.state == .failed ? "It failed" : "It was canceled"
    section.sentences.append(verb + run.reason.asCause)
    guard let end = decisions.last(where: { $0.kind == .end }) else { return section }
    if let rule = end.details["rule"]?.text { section.sentences.append("The rule was \(rule).") }
    if let numbers = end.details.sentence(without: ["rule"]) { section.sentences.append(numbers) }
    return section
  }

  private static func result(_ sweep: Sweep, _ board: Leaderboard) -> [String] {
    guard !board.entries.isEmpty else { return ["It had no trials."] }
    var sentences = ["Of its trials: \(trialCounts(board.states))."]
    if let best = board.best, let score = best.score {
      sentences.append(
        "The best is trial \(best.run.number ?? 0) with \(sweep.spec.objective.metric) \(score.short()); "
          + "`runs why \(best.run.id)` tells why it was tried.")
    }
    return sentences
  }

  /// Explains what started a run, and how it ended.
  static func explanation(ofRun run: Run, in reader: any TrackingReader, now: Timestamp) throws -> Explanation {
    let tags = try reader.tags(of: run.id)
    var began = Section(title: "What started it")
    if let command = run.origin["command"] {
      let words = command.list?.map { shellQuoted($0.plain) }.joined(separator: " ") ?? command.plain
      let place = run.origin["directory"]?.text.map { " in \($0)" } ?? ""
      let host = run.origin["host"]?.text.map { " on \($0)" } ?? ""
      began.sentences.append("It was started as `\(words)`\(place)\(host), \(run.created.local).")
    } else {
      began.sentences.append("It was recorded \(run.created.local); what started it is not on record.")
    }
    if let program = run.origin["program"]?.text { began.sentences.append("\(program) recorded it.") }
    if let parent = run.parent { began.sentences.append("It is part of run \(parent).") }
    if let first = tags["runs.reproduces"] {
      let verdict = tags["runs.verdict"].map { "; the verdict is: \($0)" } ?? ""
      began.sentences.append("It repeats run \(first)\(verdict).")
    }
    if let trial = tags["runs.reruns"] {
      let seed = tags["runs.reruns_seed"].map { " with seed \($0)" } ?? ""
      began.sentences.append("It trains trial \(trial) again\(seed).")
    }
    return Explanation(run: run, title: run.name?.printable ?? "a run", sections: [began, try end(run, reader, now)])
  }

  private static func end(_ run: Run, _ reader: any TrackingReader, _ now: Timestamp) throws -> Section {
    let took = run.milliseconds(at: now).map { duration(milliseconds: $0) }
    guard run.state.isFinal else {
      let since = took.map { " for \($0)" } ?? ""
      return Section(title: "How it stands", sentences: ["It is \(run.state.rawValue)\(since)."])
    }
    var section = Section(title: "How it ended")
    let verb =
      switch run.state {
      case .failed: "It failed"
      case .canceled: "It was canceled"
      case .pruned: "It ended early"
      default: "It ended as it should"
      }
    section.sentences.append(verb + (took.map { " after \($0)" } ?? "") + run.reason.asCause)
    if let last = try reader.attempts(of: run.id).last, let outcome = last.outcome {
      if run.state != .finished { section.sentences.append("Its last attempt \(outcome.words).") }
      section.output = run.state == .failed ? last.detail.split(separator: "\n").map(String.init) : []
    }
    return section
  }
}
