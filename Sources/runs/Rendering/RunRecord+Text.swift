internal import Tracking

extension RunRecord {
  /// The record as people read it.
  func text(on screen: Screen, history: Bool, now: Timestamp) -> String {
    var sections = [heading(on: screen, now: now)]
    if let sweep { sections.append(section("Sweep", facts(sweep.sweep, sweep.board), on: screen)) }
    if !parameters.isEmpty {
      sections.append(section("Parameters", parameters.map { ($0.name, $0.value.short) }, on: screen))
    }
    if !series.isEmpty { sections.append(metrics(on: screen)) }
    if !tags.isEmpty {
      sections.append(section("Tags", tags.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, on: screen))
    }
    // What was taken down of the code and the surroundings stands above; an artifact for people is what came out.
    let outcomes = artifacts.filter { !ReproduceCommand.records.contains($0.name) }
    if !outcomes.isEmpty { sections.append(titled("Artifacts", outcomes.table, on: screen)) }
    if history || attempts.count > 1, !attempts.isEmpty { sections.append(attempts(on: screen, now: now)) }
    if history {
      sections.append(states(on: screen))
      if let sweep, !sweep.decisions.isEmpty { sections.append(decisions(sweep.decisions, on: screen)) }
    }
    return sections.joined(separator: "\n")
  }

  private func heading(on screen: Screen, now: Timestamp) -> String {
    let paint = screen.paint
    var title = paint(run.id.text, .bold) + "  " + paint(run.state.rawValue, run.state.style)
    if let name = run.name { title += "  " + name.printable }
    var facts: [(String, String)] = []
    switch run.kind {
    case .hyperdrive: facts.append(("kind", "sweep"))
    case .trial: facts.append(("kind", "trial \(run.number ?? 0) of sweep \(run.parent?.text ?? "?")"))
    case .run:
      facts.append(("kind", "run"))
      if let parent = run.parent { facts.append(("parent", parent.text)) }
    }
    facts.append(("experiment", run.experiment))
    facts.append(("created", "\(run.created.local) (\(run.created.age(at: now)))"))
    if let milliseconds = run.milliseconds(at: now) {
      facts.append((run.ended == nil ? "running" : "took", duration(milliseconds: milliseconds)))
    }
    if !run.reason.isEmpty { facts.append(("reason", run.reason)) }
    if let command = run.origin["command"] {
      facts.append(("command", command.list?.map { shellQuoted($0.plain) }.joined(separator: " ") ?? command.plain))
    }
    if let directory = run.origin["directory"]?.text { facts.append(("directory", directory)) }
    let record = artifacts.filter { ReproduceCommand.records.contains($0.name) }
    if !record.isEmpty {
      let parts = record.map {
        $0.name == "code" ? "code (\(counted($0.files, "file")), \($0.digest.hex.prefix(12)))" : $0.name
      }
      facts.append(("recorded", parts.joined(separator: ", ")))
    }
    if !run.note.isEmpty { facts.append(("note", run.note)) }
    return title + "\n" + RunRecord.pairs(facts, on: screen)
  }

  private func facts(_ sweep: Sweep, _ board: Leaderboard) -> [(String, String)] {
    let spec = sweep.spec
    var facts: [(String, String)] = []
    switch spec.work {
    case .trainer(let name, _): facts.append(("trainer", name))
    case .command(let command, let code, _):
      facts.append(("command", command))
      facts.append(("code", code))
    }
    facts.append(("objective", spec.objectiveText))
    facts.append(("strategy", "\(spec.strategy.name), seed \(spec.seed)"))
    if let policy = spec.earlyTermination { facts.append(("early end", policy.name)) }
    facts += spec.endPairs
    let limits = spec.limits
    facts.append(("trials", "\(trialCounts(board.states)) of at most \(limits.maxTotalTrials)"))
    if let best = board.best, let value = best.best?.value {
      facts.append(("best", "\(value.short()) by trial \(best.run.number ?? 0) (\(best.run.id))"))
    }
    return facts
  }

  private func metrics(on screen: Screen) -> String {
    titled("Metrics", series.table, on: screen)
  }

  private func attempts(on screen: Screen, now: Timestamp) -> String {
    var table = Table(columns: [
      Table.Column(title: "NUMBER", isRight: true), Table.Column(title: "LAUNCHER"), Table.Column(title: "STARTED"),
      Table.Column(title: "TOOK", isRight: true), Table.Column(title: "END"),
      Table.Column(title: "DETAIL", isFlexible: true),
    ])
    for attempt in attempts {
      let took = attempt.started.milliseconds(to: attempt.ended ?? now)
      table.rows.append([
        Table.Cell(String(attempt.number)), Table.Cell(attempt.launcher), Table.Cell(attempt.started.local),
        Table.Cell(duration(milliseconds: took)), Table.Cell(attempt.outcome?.text ?? "open"),
        Table.Cell(attempt.detail),
      ])
    }
    return titled("Attempts", table, on: screen)
  }

  private func states(on screen: Screen) -> String {
    var table = Table(columns: [
      Table.Column(title: "TIME"), Table.Column(title: "STATE"), Table.Column(title: "REASON", isFlexible: true),
    ])
    for step in transitions {
      table.rows.append([
        Table.Cell(step.time.local), Table.Cell(step.to.rawValue, step.to.style), Table.Cell(step.reason),
      ])
    }
    return titled("States", table, on: screen)
  }

  private func decisions(_ decisions: [Decision], on screen: Screen) -> String {
    var table = Table(columns: [
      Table.Column(title: "EVENT", isRight: true), Table.Column(title: "KIND"),
      Table.Column(title: "TRIAL", isRight: true), Table.Column(title: "DECIDER"),
      Table.Column(title: "REASON", isFlexible: true),
    ])
    for decision in decisions {
      table.rows.append([
        Table.Cell(String(decision.event)), Table.Cell(decision.kind.rawValue),
        Table.Cell(decision.trial.map(String.init) ?? ""), Table.Cell(decision.decider),
        Table.Cell(decision.reason),
      ])
    }
    return titled("Decisions", table, on: screen)
  }

  private func section(_ title: String, _ pairs: [(String, String)], on screen: Screen) -> String {
    screen.paint(title, .bold) + "\n" + RunRecord.pairs(pairs, on: screen)
  }

  private func titled(_ title: String, _ table: Table, on screen: Screen) -> String {
    var narrow = screen
    narrow.columns = screen.columns.map { $0 - 2 }
    let lines = table.text(on: narrow).split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
    return screen.paint(title, .bold) + "\n" + lines + "\n"
  }

  /// Returns names and values on lines of their own, the values below each other.
  ///
  /// - Parameter wraps: true to go on below where a value is too wide for the screen; otherwise it is cut.
  static func pairs(_ pairs: [(String, String)], on screen: Screen, wraps: Bool = false) -> String {
    let width = pairs.map(\.0.displayWidth).max() ?? 0
    return pairs.map { name, value in
      let padding = String(repeating: " ", count: width - name.displayWidth)
      let room = screen.columns.map { max(10, $0 - width - 4) } ?? .max
      let text = value.printable
      let lines = wraps ? text.wrapped(to: room) : [text.fitted(to: room, ellipsis: screen.ellipsis)]
      let indent = "\n" + String(repeating: " ", count: width + 4)
      return "  " + screen.paint(name.printable, .dim) + padding + "  " + lines.joined(separator: indent) + "\n"
    }.joined()
  }
}

extension [SeriesSummary] {
  /// The series as a table.
  var table: Table {
    var table = Table(columns: [
      Table.Column(title: "METRIC", isFlexible: true), Table.Column(title: "LAST", isRight: true),
      Table.Column(title: "STEP", isRight: true), Table.Column(title: "MIN", isRight: true),
      Table.Column(title: "MAX", isRight: true), Table.Column(title: "POINTS", isRight: true),
    ])
    for one in self {
      table.rows.append([
        Table.Cell(one.name), Table.Cell(one.last.value.short()), Table.Cell(String(one.last.step)),
        Table.Cell(one.minimum?.value.short() ?? ""), Table.Cell(one.maximum?.value.short() ?? ""),
        Table.Cell(String(one.count)),
      ])
    }
    return table
  }
}

extension [Artifact] {
  /// The artifacts as a table.
  var table: Table {
    var table = Table(columns: [
      Table.Column(title: "ARTIFACT", isFlexible: true), Table.Column(title: "FILES", isRight: true),
      Table.Column(title: "SIZE", isRight: true), Table.Column(title: "STORED", isRight: true),
      Table.Column(title: "SHA-256", isFlexible: true, isOptional: true),
    ])
    for artifact in self {
      table.rows.append([
        Table.Cell(artifact.name), Table.Cell(String(artifact.files)), Table.Cell(size(artifact.contentBytes)),
        Table.Cell(size(artifact.bytes)), Table.Cell(artifact.digest.hex),
      ])
    }
    return table
  }
}

/// Returns how many trials are in which state: `9 finished, 1 failed, 2 running`.
func trialCounts(_ states: [RunState: Int]) -> String {
  let order: [RunState] = [.finished, .pruned, .failed, .canceled, .running, .paused, .queued, .scheduled]
  let parts = order.compactMap { state in
    states[state].flatMap { $0 > 0 ? "\($0) \(state.rawValue)" : nil }
  }
  return parts.isEmpty ? "none yet" : parts.joined(separator: ", ")
}

/// Returns an argument as a shell would need it.
func shellQuoted(_ argument: String) -> String {
  let plain = argument.utf8.allSatisfy { byte in
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
      || "-_./=:,@%+".utf8.contains(byte)
  }
  if plain, !argument.isEmpty { return argument }
  return "'" + argument.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
