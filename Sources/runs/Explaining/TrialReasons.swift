internal import Sweeping
internal import Tracking

/// Why a trial was chosen, what became of it and why it ended, from its sweep's decisions.
struct TrialReasons {
  private let run: Run
  private let number: Int
  private let sweep: Sweep
  private let reader: any TrackingReader
  private let plugins: PluginCatalogue
  private let all: [Decision]
  private let own: [Decision]
  private let board: Leaderboard
  private let attempts: [Attempt]

  /// Reads what there is to know of a trial.
  init(
    _ run: Run, _ number: Int, of sweep: Sweep, in reader: any TrackingReader, _ plugins: PluginCatalogue
  ) throws {
    self.run = run
    self.number = number
    self.sweep = sweep
    self.reader = reader
    self.plugins = plugins
    all = try reader.decisions(of: sweep.run)
    own = all.filter { $0.trial == number }
    board = try Leaderboard(of: sweep, in: reader)
    attempts = try reader.attempts(of: run.id)
  }

  private var metric: String { sweep.spec.objective.metric }
  private var entry: Leaderboard.Entry? { board.entries.first { $0.run.id == run.id } }

  /// All of it in sentences.
  var explanation: Explanation {
    get throws {
      var found = Explanation(
        run: run, title: "trial \(number) of sweep \(sweep.run)", sections: try [chosen(), course(), end(), result()])
      found.decisions = own
      found.score = entry?.score
      let winners = board.entries.filter(\.canWin)
      found.place = winners.firstIndex { $0.run.id == run.id }.map { ($0 + 1, board.entries.count) }
      return found
    }
  }

  // MARK: - Why these parameters

  private func chosen() throws -> Explanation.Section {
    var section = Explanation.Section(title: "Why these parameters")
    let trial = try reader.trials(of: sweep.run, asOf: nil).first { $0.number == number }
    if let values = trial?.parameters, !values.isEmpty {
      section.sentences.append("It has " + values.map { "\($0.name) \($0.value.short)" }.joined(separator: ", ") + ".")
    }
    guard let proposal = own.first(where: { $0.kind == .propose }) else {
      section.sentences.append("No decision is on record for it.")
      return section
    }
    let seed = "seed \(sweep.spec.seed)"
    switch proposal.decider {
    case "enqueue": section.sentences.append("The spec put this configuration first (\(proposal.reason)).")
    case "repeat": section.sentences.append("It is \(proposal.reason), with a seed of its own.")
    default:
      section.sentences.append(
        "\(proposal.decider) proposed it as number \(number), with \(seed): \(proposal.reason.fullStop)")
      if let choice = proposal.details["strategy"]?.text { section.sentences.append("It had chosen \(choice).") }
      section.sentences.append(try knew(proposal))
    }
    if let numbers = proposal.details.sentence(without: ["strategy", "repeats"]) { section.sentences.append(numbers) }
    if let source = trial?.continues {
      let name = sweep.run.trial(of: source).map { "trial \($0)" } ?? "run \(source)"
      section.sentences.append("It began with the checkpoint of \(name).")
    }
    let first = try reader.trials(of: sweep.run, asOf: proposal.event).first { $0.number == number }?.allowance
    if let first { section.sentences.append("At first it was allowed \(counted(first, "point")) of \(metric).") }
    return section
  }

  // What a decider had seen.
  private func knew(_ decision: Decision) throws -> String {
    guard plugins.knownStrategy(decision.decider)?.learnsFromResults ?? true else {
      return "It looks at no results, so the trials before it changed nothing but what was left to try."
    }
    let seen = try reader.trials(of: sweep.run, asOf: decision.asOf)
    let ended = Set(seen.filter { $0.state.isFinal }.map(\.run))
    guard !seen.isEmpty else { return "Nothing had been tried yet (as of event \(decision.asOf))." }
    var sentence = "It had seen the records up to event \(decision.asOf): "
    sentence += ended.isEmpty ? "no trial had ended" : "\(counted(ended.count, "trial")) had ended"
    let open = seen.count - ended.count
    if open > 0 { sentence += " and \(open) \(open == 1 ? "was" : "were") under way" }
    if let best = board.entries.first(where: { $0.canWin && ended.contains($0.run.id) }), let score = best.score {
      sentence += "; the best \(metric) was \(score.short()), of trial \(best.run.number ?? 0)"
    }
    if !sweep.spec.priorTrials.isEmpty {
      sentence += "; it began with \(counted(sweep.spec.priorTrials.count, "trial")) of earlier sweeps"
    }
    return sentence + "."
  }

  // MARK: - What became of it

  private func course() throws -> Explanation.Section {
    var section = Explanation.Section(title: "What became of it")
    let transitions = try reader.transitions(of: run.id)
    var steps: [(event: EventNumber, time: Timestamp, text: String)] = []
    for decision in own where decision.kind == .resume || decision.kind == .pause {
      var text = "\(decision.decider) \(decision.kind == .resume ? "let it go on" : "paused it"): \(decision.reason)"
      if decision.kind == .resume {
        let trial = try reader.trials(of: sweep.run, asOf: decision.event).first { $0.number == number }
        text += trial?.allowance.map { "; up to \(counted($0, "point"))" } ?? "; to its end"
      }
      if let numbers = decision.details.numbers(without: []) { text += " (\(numbers))" }
      steps.append((decision.event, decision.time, text))
    }
    let decided = Set(own.map(\.reason))
    for step in transitions.dropFirst() where !step.to.isFinal {
      guard !step.reason.isEmpty, !decided.contains(step.reason) else { continue }
      steps.append((step.event, step.time, "\(step.to.rawValue): \(step.reason)"))
    }
    section.steps = steps.sorted { $0.event < $1.event }.map { ($0.time, $0.text) }
    return section
  }

  // MARK: - Why it ended

  private func end() throws -> Explanation.Section {
    guard run.state.isFinal else {
      return Explanation.Section(
        title: "How it stands", sentences: ["It is \(run.state.rawValue)\(run.reason.asCause)"])
    }
    var section = Explanation.Section(title: "Why it ended")
    let last = attempts.last
    switch run.state {
    case .pruned:
      guard let stop = own.last(where: { $0.kind == .stop }) else {
        section.sentences.append("It ended early: \(run.reason.fullStop)")
        break
      }
      section.sentences.append("\(stop.decider) stopped it: \(stop.reason.fullStop)")
      section.sentences.append(try judged(stop))
      if let numbers = stop.details.sentence(without: []) { section.sentences.append(numbers) }
    case .finished:
      section.sentences.append("It ran to its end\(run.reason.asCause)")
    case .failed:
      section.sentences.append("It failed\(run.reason.asCause)")
      section.output = (last?.detail ?? "").split(separator: "\n").map(String.init)
    default: section.sentences.append("It was canceled\(run.reason.asCause)")
    }
    if attempts.count > 1 {
      section.sentences.append("It took \(attempts.count) attempts; the last \(last?.outcome?.words ?? "is open").")
    } else if run.state == .failed, let outcome = last?.outcome {
      section.sentences.append("Its one attempt \(outcome.words).")
    }
    return section
  }

  private func judged(_ stop: Decision) throws -> String {
    let seen = try reader.trials(of: sweep.run, asOf: stop.asOf)
    let points = seen.first { $0.number == number }?.observed ?? 0
    return "By then (event \(stop.asOf)) it had logged \(counted(points, "point")) of \(metric), and "
      + "\(counted(seen.count, "trial")) had begun."
  }

  // MARK: - What came of it

  private func result() -> Explanation.Section {
    var section = Explanation.Section(title: "What came of it")
    guard let entry, let score = entry.score else {
      if run.state.isFinal { section.sentences.append("It logged no finite \(metric).") }
      return section
    }
    let step = entry.best.map { ", at step \($0.step)" } ?? ""
    let winners = board.entries.filter(\.canWin)
    var sentence =
      "Its \(metric) is \(score.short())\(entry.repeated == nil ? step : ", the mean of its configuration")"
    guard let place = winners.firstIndex(where: { $0.run.id == run.id }) else {
      sentence += run.state.isFinal ? ", which does not count" : " so far"
      if let broken = entry.violations.first { sentence += ", since it broke \(broken.text)" }
      section.sentences.append(sentence + ".")
      return section
    }
    let trials = counted(board.entries.count, "trial")
    if place == 0 {
      sentence += ": the best of \(trials)"
    } else {
      sentence += ": place \(place + 1) of \(trials)"
      if let best = winners.first, let lead = best.score {
        sentence += "; the best is trial \(best.run.number ?? 0) with \(lead.short())"
      }
    }
    section.sentences.append(sentence + ".")
    return section
  }
}

extension RunID {
  /// The number of a trial of this sweep by its id; nil for any other run.
  fileprivate func trial(of id: RunID) -> Int? {
    guard id.text.hasPrefix(text + "-") else { return nil }
    return Int(id.text.dropFirst(text.count + 1))
  }
}

extension String {
  /// The text with a full stop at its end, if it has none.
  var fullStop: String { hasSuffix(".") ? self : self + "." }

  /// A reason as the rest of a sentence: `: it was asked to`, and a full stop.
  var asCause: String { isEmpty ? "." : ": " + fullStop }
}

extension Attempt.Outcome {
  /// The outcome in words: `ended with exit code 3`.
  var words: String {
    switch self {
    case .exited(let code): "ended with exit code \(code)"
    case .signaled(let signal): "was ended by signal \(signal)"
    case .canceled: "was asked to end"
    case .lost: "was lost"
    case .failedToStart: "never started"
    }
  }
}

extension Value {
  /// The numbers of a decision: `best 0.21, compared 5`; nil for none.
  func numbers(without names: Set<String>) -> String? {
    let members = (object ?? [:]).filter { !names.contains($0.key) && $0.value != .null }
    guard !members.isEmpty else { return nil }
    return members.sorted { $0.key < $1.key }.map { name, value in
      let name = name.replacing("_", with: " ")
      if let inner = value.numbers(without: []) { return "\(name) (\(inner))" }
      return "\(name) \(value.short)"
    }.joined(separator: ", ")
  }

  /// The same as a sentence.
  func sentence(without names: Set<String>) -> String? { numbers(without: names).map { "Its numbers: \($0)." } }
}
