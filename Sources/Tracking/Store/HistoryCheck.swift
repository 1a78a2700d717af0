/// Looks whether records that come from elsewhere agree with each other, before a store trusts them.
///
/// It sees them one by one, in their order, and names the record that is wrong.
package struct HistoryCheck: Sendable {
  /// More changes than a family can have: what claims more is refused before it costs memory.
  package static let mostChanges = 1 << 28

  private var experiments: Set<String> = []
  private var runs: Set<RunID> = []
  private var models: Set<String> = []
  /// The logged models that runs say came out of them, each with one such run.
  private var outputs: [String: RunID] = [:]
  private var family: Family?
  private var isPastRuns = false

  private struct Family {
    var root: RunID
    var changes: Int
    /// The runs seen so far, with their kinds.
    var kinds: [RunID: RunKind] = [:]
    /// Of each sweep: how many trials it says that it has, whether it says that it is whole, and the numbers seen.
    var sweeps: [RunID: (trials: Int, isWhole: Bool, seen: Set<Int>)] = [:]
    var transitions = EventSet()
    var observations = EventSet()
    var allowances = EventSet()
    var decisions = EventSet()
    var last: RunID?
    /// The series of the last run that are still to come, the next one last.
    var series: [SeriesExtent] = []
    /// How many points of the next one have come.
    var points = 0
  }

  /// Begins with nothing.
  package init() {}

  /// Takes the next record.
  ///
  /// - Throws: `.invalid` naming it and what it contradicts.
  package mutating func take(_ record: HistoryRecord) throws {
    switch record {
    case .experiment(let experiment):
      guard !experiment.name.isEmpty, experiments.insert(experiment.name).inserted, family == nil, !isPastRuns else {
        throw wrong("experiment '\(experiment.name)' has no name, comes twice, or comes after runs")
      }
    case .family(let root, let changes):
      try endFamily()
      guard !isPastRuns, !runs.contains(root) else { throw wrong("the family of run '\(root)' comes twice") }
      guard (1...Self.mostChanges).contains(changes) else {
        throw wrong("the family of run '\(root)' says that it has \(changes) changes")
      }
      family = Family(root: root, changes: changes)
    case .run(let history):
      try endRun()
      try take(history)
    case .points(let points): try take(points)
    case .model(let model, let files):
      try endFamily()
      isPastRuns = true
      try take(model, files)
    }
  }

  /// Takes the end.
  package mutating func finish() throws {
    try endFamily()
    if let missing = outputs.first(where: { !models.contains($0.key) }) {
      throw wrong("run '\(missing.value)' has the output '\(missing.key)', a logged model that does not come along")
    }
  }

  private func wrong(_ words: String) -> TrackingError {
    TrackingError(.invalid, "the records contradict each other: \(words); nothing was recorded")
  }

  private mutating func endFamily() throws {
    try endRun()
    guard let family else { return }
    guard !family.kinds.isEmpty else { throw wrong("the family of run '\(family.root)' has no run") }
    for (sweep, says) in family.sweeps
    where says.isWhole ? says.seen.count != says.trials : says.seen.count > says.trials {
      throw wrong("sweep '\(sweep)' says that it has \(says.trials) trials, and \(says.seen.count) come along")
    }
    self.family = nil
  }

  private func endRun() throws {
    guard let last = family?.last, let next = family?.series.last else { return }
    throw wrong("run '\(last)' has \(next.count) points of '\(next.name)', and \(family?.points ?? 0) come along")
  }

  private mutating func take(_ history: RunHistory) throws {
    let run = history.run
    guard var family else { throw wrong("run '\(run.id)' belongs to no family") }
    guard runs.insert(run.id).inserted else { throw wrong("run '\(run.id)' comes twice") }
    guard experiments.contains(run.experiment) else {
      throw wrong("run '\(run.id)' is of experiment '\(run.experiment)', which does not come along")
    }
    if let parent = run.parent {
      guard family.kinds[parent] != nil else {
        throw wrong("run '\(run.id)' is below run '\(parent)', which does not come before it")
      }
    } else {
      guard run.id == family.root, family.kinds.isEmpty else {
        throw wrong("run '\(run.id)' is in the family of '\(family.root)' without being below it")
      }
    }
    if run.kind == .trial {
      guard let parent = run.parent, family.sweeps[parent] != nil, let number = run.number, number >= 0 else {
        throw wrong("trial '\(run.id)' has no sweep above it, or no number")
      }
      guard family.sweeps[parent]?.seen.insert(number).inserted == true else {
        throw wrong("trial '\(run.id)' has the number \(number), which another trial has")
      }
    }
    try checkParts(of: history)
    try checkEvents(of: history, &family)
    for output in history.outputs { outputs[output.model] = run.id }
    family.kinds[run.id] = run.kind
    if let sweep = history.sweep {
      family.sweeps[run.id] = (sweep.trials, sweep.isWhole, [])
    }
    (family.last, family.series, family.points) = (run.id, history.series.reversed(), 0)
    self.family = family
  }

  private func checkParts(of history: RunHistory) throws {
    let run = history.run
    func check(_ condition: Bool, _ words: @autoclosure () -> String) throws {
      if !condition { throw wrong("run '\(run.id)' \(words())") }
    }
    func areUnique(_ names: [String]) -> Bool {
      !names.contains("") && Set(names.map { Array($0.utf8) }).count == names.count
    }
    try check(areUnique(history.parameters.map(\.name)), "has a parameter twice, or one without a name")
    try check((0...history.parameters.count).contains(history.given), "has \(history.given) given parameters")
    for parameter in history.parameters {
      if case .real(let real) = parameter.value { try check(real.isFinite, "has a parameter that is not finite") }
    }
    try check(!history.tags.keys.contains(""), "has a tag without a name")
    let attempts = max(1, history.attempts.count)
    try check(
      history.attempts.enumerated().allSatisfy { $0.element.number == $0.offset + 1 }
        && history.attempts.allSatisfy { $0.run == run.id && ($0.ended == nil) == ($0.outcome == nil) },
      "has attempts that do not follow each other")
    try check(
      (1...attempts).contains(run.countedAttempt), "counts attempt \(run.countedAttempt), which it does not have")
    try check(
      areUnique(history.artifacts.map(\.name))
        && history.artifacts.allSatisfy { $0.run == run.id && $0.bytes >= 0 && $0.contentBytes >= 0 && $0.files >= 0 },
      "has an artifact twice, or one that makes no sense")
    try check(
      history.inputs.allSatisfy { !$0.dataset.name.isEmpty && !$0.dataset.digest.isEmpty },
      "has an input without a name or a digest")
    var names: Set<[UInt8]> = []
    for series in history.series {
      try check(
        !series.name.isEmpty && (1...attempts).contains(series.attempt) && (1...Int(UInt32.max)).contains(series.count)
          && names.insert(Array("\(series.attempt) \(series.name)".utf8)).inserted,
        "has the series '\(series.name)' twice, of no attempt, or of \(series.count) points")
    }
    if let sweep = history.sweep {
      try check(run.kind == .hyperdrive, "is a \(run.kind.rawValue) with a sweep's record")
      try check(sweep.trials >= 0, "says that it has \(sweep.trials) trials")
      do { _ = try SweepSpec(value: sweep.spec) } catch {
        throw wrong("sweep '\(run.id)' has a spec that cannot be read: \(error)")
      }
      try check(
        sweep.decisions.allSatisfy { $0.sweep == run.id && !$0.reason.isEmpty && ($0.trial ?? 0) >= 0 },
        "has a decision of another sweep, or one without a reason")
    }
  }

  private func checkEvents(of history: RunHistory, _ family: inout Family) throws {
    let run = history.run
    let changes = EventNumber(family.changes)
    func insert(_ events: [EventNumber], _ set: inout EventSet, _ what: String) throws {
      var last: EventNumber = 0
      for event in events {
        guard event > last, event <= changes, set.insert(event) else {
          throw wrong("run '\(run.id)' has \(what) at change \(event), which is not its place")
        }
        last = event
      }
    }
    try insert(history.transitions.map(\.event), &family.transitions, "a transition")
    try insert(history.observations.map(\.event), &family.observations, "an observation")
    try insert(history.allowances.map(\.event), &family.allowances, "an allowance")
    var state: RunState?
    for transition in history.transitions {
      guard transition.run == run.id, transition.from == state else {
        throw wrong("run '\(run.id)' has transitions that do not follow each other")
      }
      state = transition.to
    }
    guard state == run.state else {
      throw wrong(
        "run '\(run.id)' is \(run.state.rawValue), and its transitions lead to \(state?.rawValue ?? "nothing")")
    }
    let attempts = max(1, history.attempts.count)
    guard run.kind == .trial || (history.observations.isEmpty && history.allowances.isEmpty),
      history.observations.allSatisfy({ $0.count >= 0 && (1...attempts).contains($0.attempt) }),
      history.allowances.allSatisfy({ ($0.points ?? 1) >= 1 })
    else { throw wrong("run '\(run.id)' has observations or allowances that make no sense") }
    if let sweep = history.sweep {
      try insert(sweep.decisions.map(\.event), &family.decisions, "a decision")
      guard (0...changes).contains(sweep.lastEvent),
        sweep.decisions.allSatisfy({ (0...changes).contains($0.asOf) })
      else { throw wrong("sweep '\(run.id)' has a decision as of a change that there is not") }
    }
  }

  private mutating func take(_ points: HistoryPoints) throws {
    guard let run = family?.last, run == points.run, let next = family?.series.last, let done = family?.points else {
      throw wrong("there are points of '\(points.columns.name)' for run '\(points.run)', which does not have them")
    }
    guard points.columns.name.utf8.elementsEqual(next.name.utf8), points.attempt == next.attempt, points.first == done,
      points.columns.count > 0, done + points.columns.count <= next.count
    else {
      throw wrong("points of '\(points.columns.name)' of run '\(run)' are not those that should come next")
    }
    family?.points = done + points.columns.count
    if done + points.columns.count == next.count {
      family?.series.removeLast()
      family?.points = 0
    }
  }

  private mutating func take(_ model: LoggedModel, _ files: [LoggedModelFile]) throws {
    guard !model.id.isEmpty, !model.id.contains("/"), model.id != ".", model.id != "..",
      models.insert(model.id).inserted, experiments.contains(model.experiment)
    else {
      throw wrong("logged model '\(model.id)' comes twice, has no proper id, or its experiment does not come along")
    }
    for metric in model.metrics where !runs.contains(metric.run) || metric.name.isEmpty {
      throw wrong("logged model '\(model.id)' was measured by run '\(metric.run)', which does not come along")
    }
    for file in files {
      let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }), file.bytes >= 0, file.contentBytes >= 0 else {
        throw wrong("logged model '\(model.id)' has the file '\(file.path)', which is no path below its artifacts")
      }
    }
  }
}

/// Numbers of changes, a bit each.
private struct EventSet {
  private var words: [UInt64] = []

  /// Adds a number from 1 to `HistoryCheck.mostChanges`; false when it is there.
  mutating func insert(_ event: EventNumber) -> Bool {
    let (word, bit) = (Int(event) / 64, UInt64(1) << UInt64(event % 64))
    if words.count <= word { words += Array(repeating: 0, count: word + 1 - words.count) }
    guard words[word] & bit == 0 else { return false }
    words[word] |= bit
    return true
  }
}
