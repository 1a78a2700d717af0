internal import Synchronization
public import Tracking

/// The records of one sweep as they were told, in memory.
public final class SweepMirror: TrialReader {
  private struct State {
    var trials: [Trial] = []
    var objective: [MetricColumns] = []
    var metrics: [Int: [MetricColumns]] = [:]
    var asOf: EventNumber = 0
  }

  private let sweep: RunID
  private let metric: String
  // A configuration is an object on the wire; its recorded order is that of the space.
  private let places: [String: Int]
  private let state = Mutex(State())

  /// Makes the mirror of a sweep without trials.
  public init(sweep: Sweep) {
    self.sweep = sweep.run
    metric = sweep.spec.objective.metric
    let names = sweep.spec.space.inDependencyOrder.map(\.name)
    places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Takes in what was recorded.
  ///
  /// - Throws: `.invalid` for an update that does not fit what was told before.
  /// - Returns: the runs whose series was replaced.
  @discardableResult
  public func apply(_ update: RecordsUpdate) throws -> [RunID] {
    try state.withLock { state in
      var replaced: [RunID] = []
      for change in update.trials {
        if change.number >= state.trials.count { try add(change, to: &state) }
        let number = change.number
        if let known = change.state { state.trials[number].state = known }
        if let ended = change.ended { state.trials[number].ended = ended }
        if let allowance = change.allowance { state.trials[number].allowance = allowance }
        if let points = change.objective {
          if points.from == 0, state.objective[number].count > 0 { replaced.append(state.trials[number].run) }
          try state.objective[number].replace(from: points.from, with: points.columns, trial: number)
          state.trials[number].observed = state.objective[number].count
        }
        if !change.metrics.isEmpty { state.metrics[number] = change.metrics }
      }
      state.asOf = update.asOf
      return replaced
    }
  }

  private func add(_ change: TrialUpdate, to state: inout State) throws {
    guard change.number == state.trials.count, let parameters = change.parameters else {
      throw PluginProtocol.invalid(
        change.number > state.trials.count
          ? "trial \(change.number) was told before trial \(state.trials.count)"
          : "trial \(change.number) is new and has no 'parameters'")
    }
    let ordered = parameters.sorted {
      (places[$0.key] ?? .max, $0.key) < (places[$1.key] ?? .max, $1.key)
    }
    state.trials.append(
      Trial(
        run: sweep.trial(change.number), number: change.number, parameters: ordered.map { Parameter($0.key, $0.value) },
        state: change.state ?? .scheduled, observed: 0, proposed: change.proposed ?? 0,
        continues: change.continues.map { sweep.trial($0) }))
    state.objective.append(MetricColumns(name: metric))
  }

  /// Returns the trials as they were told.
  public func trials(of sweep: RunID, asOf event: EventNumber?) throws -> [Trial] { state.withLock { $0.trials } }

  /// Returns the number of the last change that was told.
  public func lastEvent(of sweep: RunID) throws -> EventNumber { state.withLock { $0.asOf } }

  /// Returns points of the primary metric, or of another one of a trial that has ended.
  public func points(of run: RunID, metric: String, in range: Range<Int>, attempt: Int?) throws -> MetricColumns {
    // A trial's run is the sweep's id, a dash and its number.
    guard let number = Int(run.text.dropFirst(sweep.text.count + 1)) else { throw absent("run '\(run)'") }
    return try state.withLock { state in
      guard state.trials.indices.contains(number) else { throw absent("run '\(run)'") }
      let all =
        metric == self.metric
        ? state.objective[number]
        : state.metrics[number]?.first { $0.name == metric } ?? MetricColumns(name: metric)
      let taken = range.clamped(to: 0..<all.count)
      if taken.count == all.count { return all }
      return MetricColumns(
        name: all.name, steps: Array(all.steps[taken]), times: Array(all.times[taken]), values: Array(all.values[taken])
      )
    }
  }

  private func absent(_ what: String) -> TrackingError {
    TrackingError(.notFound, "a plugin outside is told the trials of its sweep, and no \(what)")
  }
}

extension MetricColumns {
  mutating func replace(from: Int, with tail: MetricColumns, trial: Int) throws {
    guard (0...count).contains(from) else {
      throw PluginProtocol.invalid("points \(from) and on of trial \(trial) were told, and only \(count) are known")
    }
    steps.replaceSubrange(from..., with: tail.steps)
    times.replaceSubrange(from..., with: tail.times)
    values.replaceSubrange(from..., with: tail.values)
  }
}
