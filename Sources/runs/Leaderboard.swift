internal import Tracking

/// A sweep's trials, the best first.
struct Leaderboard {
  /// A trial with its place.
  struct Entry {
    /// The trial.
    var run: Run
    /// Its configuration: what it was created with, and not what a trainer recorded beside it.
    var parameters: [Parameter]
    /// The best point of its objective that it logged; nil when it logged no finite one.
    var best: MetricPoint?
    /// The objective's value that it logged last.
    var last: Double?
  }

  /// What is optimised.
  let objective: SweepSpec.Objective
  /// The trials that can win, the best first, then those that cannot, by number.
  let entries: [Entry]
  /// How many trials are in each state.
  let states: [RunState: Int]

  /// Reads a sweep's trials.
  ///
  /// A trial counts with the best value that it logged, as in Azure's sweeps; of equal ones the earlier trial leads. A
  /// trial can win when it is finished or pruned: what a failed or canceled one logged is shown and never chosen.
  init(of sweep: Sweep, in reader: any TrackingReader) throws {
    var entries: [Entry] = []
    let metric = sweep.spec.objective.metric
    let goal = sweep.spec.objective.goal
    let summaries = try reader.summaries(of: metric, inChildrenOf: sweep.run)
    let configurations = Dictionary(
      try reader.trials(of: sweep.run, asOf: nil).map { ($0.run, $0.parameters) }, uniquingKeysWith: { $1 })
    let trials = RunQuery(
      parent: sweep.run, kinds: [.trial], order: [.init(.attribute(.number))], limit: .max, includesDetails: false)
    try reader.everyRow(matching: trials) { row in
      let summary = summaries[row.run.id]
      entries.append(
        Entry(
          run: row.run, parameters: configurations[row.run.id] ?? [], best: summary?.best(goal),
          last: summary?.last.value))
    }
    objective = sweep.spec.objective
    states = Dictionary(grouping: entries, by: \.run.state).mapValues(\.count)
    let (candidates, others) = (entries.filter(Leaderboard.canWin), entries.filter { !Leaderboard.canWin($0) })
    self.entries =
      candidates.sorted { left, right in
        guard let one = left.best?.value, let two = right.best?.value, one != two else {
          return (left.run.number ?? 0) < (right.run.number ?? 0)
        }
        return goal.isBetter(one, than: two)
      } + others
  }

  /// Returns the best point of a sweep's winner without reading all that is known of its trials; nil when there is none.
  static func bestPoint(of sweep: Sweep, in reader: any TrackingReader) throws -> MetricPoint? {
    let objective = sweep.spec.objective
    let summaries = try reader.summaries(of: objective.metric, inChildrenOf: sweep.run)
    var best: MetricPoint?
    let ended = RunQuery(
      filter: [FilterClause(.attribute(.state), .oneOf(["finished", "pruned"], negated: false))], parent: sweep.run,
      kinds: [.trial], order: [.init(.attribute(.number))], limit: .max, includesDetails: false)
    try reader.everyRow(matching: ended) { row in
      guard let point = summaries[row.run.id]?.best(objective.goal) else { return }
      if best.map({ objective.goal.isBetter(point.value, than: $0.value) }) ?? true { best = point }
    }
    return best
  }

  /// The winner; nil when no trial can win yet.
  var best: Entry? { entries.first.flatMap { Leaderboard.canWin($0) ? $0 : nil } }

  /// Returns whether a trial can win.
  static func canWin(_ entry: Entry) -> Bool {
    (entry.run.state == .finished || entry.run.state == .pruned) && entry.best != nil
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
