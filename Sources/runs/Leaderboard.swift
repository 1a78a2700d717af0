internal import Tracking

/// A sweep's trials, the best first.
struct Leaderboard {
  /// A trial with its place.
  struct Entry {
    /// The trial.
    var run: Run
    /// Its configuration: what it was created with, and not what a trainer recorded beside it.
    var parameters: [Parameter]
    /// What counts of its objective, by `select`, at its step; nil when it logged no finite value.
    var best: MetricPoint?
    /// The objective's value that it logged last.
    var last: Double?
    /// What counts of the other objectives, in their order; nil for what it did not log.
    var others: [Double?] = []
    /// The constraints that it broke; empty while it has not ended.
    var violations: [SweepSpec.Constraint] = []
    /// All evaluations of its configuration, where the sweep repeats them; nil where it does not.
    var repeated: Repeated?

    /// What places it: the mean of all evaluations of its configuration, or its own value.
    var score: Double? { repeated?.mean ?? best?.value }

    /// True when it may be chosen: finished or pruned, with a finite objective, and within the constraints.
    var canWin: Bool {
      (run.state == .finished || run.state == .pruned) && best != nil && violations.isEmpty
        && repeated?.isFeasible != false
    }
  }

  /// The evaluations of one configuration.
  struct Repeated: Equatable {
    /// Their values, by trial.
    var values: [Double]
    /// False when one of them broke a constraint.
    var isFeasible: Bool

    /// Their mean.
    var mean: Double { values.reduce(0, +) / Double(values.count) }

    /// The standard error of the mean (n - 1); nil for one value.
    var standardError: Double? {
      guard values.count > 1 else { return nil }
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (squares / Double(values.count - 1) / Double(values.count)).squareRoot()
    }
  }

  /// What is optimised.
  let objective: SweepSpec.Objective
  /// What is optimised beside it.
  let otherObjectives: [SweepSpec.Objective]
  /// The trials that can win, the best first, then those that cannot, by number.
  let entries: [Entry]
  /// How many trials are in each state.
  let states: [RunState: Int]

  /// Reads a sweep's trials, and those of sweeps that it began with.
  ///
  /// A trial counts with what the objective selects of its series, as strategies see it; of equal ones the earlier
  /// leads. A trial can win when it is finished or pruned and broke no constraint: what a failed or canceled one logged
  /// is shown and never chosen. A sweep that repeats configurations places them by their means.
  init(of sweep: Sweep, with parents: [RunID] = [], in reader: any TrackingReader) throws {
    let spec = sweep.spec
    var entries = try Leaderboard.entries(of: sweep.run, spec, in: reader)
    states = Dictionary(grouping: entries, by: \.run.state).mapValues(\.count)
    for parent in parents { entries += try Leaderboard.entries(of: parent, spec, in: reader) }
    if spec.repeats > 1 { Leaderboard.gather(&entries) }
    objective = spec.objective
    otherObjectives = spec.otherObjectives
    let order = entries.indices.sorted { left, right in
      let (one, two) = (entries[left], entries[right])
      guard one.canWin, two.canWin else { return one.canWin == two.canWin ? left < right : one.canWin }
      for (a, b) in [(one.score, two.score), (one.best?.value, two.best?.value)] {
        if let a, let b, a != b { return spec.objective.goal.isBetter(a, than: b) }
      }
      return left < right
    }
    self.entries = order.map { entries[$0] }
  }

  private static func entries(of sweep: RunID, _ spec: SweepSpec, in reader: any TrackingReader) throws -> [Entry] {
    var entries: [Entry] = []
    let objectives = [spec.objective] + spec.otherObjectives
    let summaries = try objectives.map { try reader.summaries(of: $0.metric, inChildrenOf: sweep) }
    let bounded = try spec.constraints.map { try reader.summaries(of: $0.metric, inChildrenOf: sweep) }
    let configurations = Dictionary(
      try reader.trials(of: sweep, asOf: nil).map { ($0.run, $0.parameters) }, uniquingKeysWith: { $1 })
    let trials = RunQuery(
      parent: sweep, kinds: [.trial], order: [.init(.attribute(.number))], limit: .max, includesDetails: false)
    try reader.everyRow(matching: trials) { row in
      let run = row.run
      let counted = try zip(objectives, summaries).map { objective, known in
        try known[run.id].flatMap { try reader.counted(objective, of: run.id, $0) }
      }
      var entry = Entry(
        run: run, parameters: configurations[run.id] ?? [], best: counted[0], last: summaries[0][run.id]?.last.value,
        others: counted.dropFirst().map { $0?.value })
      if run.state == .finished || run.state == .pruned {
        entry.violations = try zip(spec.constraints, bounded).filter { constraint, known in
          try !constraint.holds(for: run.id, known[run.id], in: reader)
        }.map(\.0)
      }
      entries.append(entry)
    }
    return entries
  }

  private static func gather(_ entries: inout [Entry]) {
    for places in Dictionary(grouping: entries.indices, by: { entries[$0].parameters.fingerprint }).values {
      let ended = places.filter { [.finished, .pruned].contains(entries[$0].run.state) }
      let values = ended.compactMap { entries[$0].best?.value }
      guard !values.isEmpty else { continue }
      let isFeasible = ended.allSatisfy { entries[$0].violations.isEmpty }
      for place in places { entries[place].repeated = Repeated(values: values, isFeasible: isFeasible) }
    }
  }

  /// Returns what counts of a sweep's winner, read without its trials' configurations where that tells; nil when there
  /// is none.
  static func bestPoint(of sweep: Sweep, in reader: any TrackingReader) throws -> MetricPoint? {
    let objective = sweep.spec.objective
    guard sweep.spec.repeats == 1, sweep.spec.constraints.isEmpty else {
      return try Leaderboard(of: sweep, in: reader).best?.best
    }
    let summaries = try reader.summaries(of: objective.metric, inChildrenOf: sweep.run)
    var best: MetricPoint?
    let ended = RunQuery(
      filter: [FilterClause(.attribute(.state), .oneOf(["finished", "pruned"], negated: false))], parent: sweep.run,
      kinds: [.trial], order: [.init(.attribute(.number))], limit: .max, includesDetails: false)
    try reader.everyRow(matching: ended) { row in
      guard let summary = summaries[row.run.id],
        let point = try reader.counted(objective, of: row.run.id, summary)
      else { return }
      if best.map({ objective.goal.isBetter(point.value, than: $0.value) }) ?? true { best = point }
    }
    return best
  }

  /// The winner; nil when no trial can win yet.
  var best: Entry? { entries.first.flatMap { $0.canWin ? $0 : nil } }

  /// The trials that no other one is at least as good as in every objective and better in one, by the primary objective.
  var front: [Entry] {
    let whole = entries.filter { $0.canWin && !$0.others.contains(nil) }
    let goals = [objective.goal] + otherObjectives.map(\.goal)
    let points = whole.map { entry in
      zip(goals, [entry.score ?? .nan] + entry.others.map { $0 ?? .nan }).map { $0 == .maximize ? -$1 : $1 }
    }
    return ParetoFront.members(of: points).map { whole[$0] }
  }

  /// The names of parameters that are not the same in all trials, in recorded order.
  var varying: [String] {
    var names: [String] = []
    var seen: [String: Value?] = [:]
    var varies: Set<String> = []
    for entry in entries {
      for parameter in entry.parameters where seen[parameter.name] == nil {
        names.append(parameter.name)
        seen[parameter.name] = parameter.value
      }
    }
    for entry in entries {
      let own = entry.parameters.byName
      for name in names where own[name] != seen[name] { varies.insert(name) }
    }
    return names.filter { varies.contains($0) }
  }
}
