internal import Tracking

/// What a process was told of a sweep's records, so that the next line tells only what is new.
struct RecordsFeed {
  private var told: [Trial] = []
  private var series: [MetricColumns] = []
  private var asOf: EventNumber = 0
  private let others: [String]

  /// Begins with a sweep of which nothing was told.
  init(_ spec: SweepSpec) {
    let names = spec.otherObjectives.map(\.metric) + spec.constraints.map(\.metric)
    var seen: Set<String> = [spec.objective.metric]
    others = names.filter { seen.insert($0).inserted }
  }

  /// Returns whether what was told is a beginning of what a session shows; a replay as of an earlier event is not.
  func canGoOn(with session: SweepSession) -> Bool { session.asOf >= asOf && session.trials.count >= told.count }

  /// Returns what is new in a session.
  mutating func update(from session: SweepSession) throws -> RecordsUpdate {
    var update = RecordsUpdate(asOf: session.asOf)
    for trial in session.trials {
      let before = trial.number < told.count ? told[trial.number] : nil
      if before == trial { continue }
      var change = TrialUpdate(number: trial.number)
      if before == nil {
        change.parameters = trial.parameters.byName
        change.proposed = trial.proposed
        change.continues = trial.continues.flatMap { Int($0.text.dropFirst(session.sweep.run.text.count + 1)) }
        told.append(trial)
        series.append(MetricColumns(name: session.sweep.spec.objective.metric))
      }
      if before?.state != trial.state { change.state = trial.state }
      if before?.ended != trial.ended { change.ended = trial.ended }
      if before?.allowance != trial.allowance { change.allowance = .some(trial.allowance) }
      try tellPoints(of: trial, in: session, to: &change)
      if trial.ended != nil, before?.ended == nil {
        change.metrics = try others.map { try session.points($0, of: trial) }.filter { $0.count > 0 }
      }
      told[trial.number] = trial
      update.trials.append(change)
    }
    asOf = session.asOf
    return update
  }

  private mutating func tellPoints(of trial: Trial, in session: SweepSession, to change: inout TrialUpdate) throws {
    let now = try session.objective(of: trial)
    let known = series[trial.number]
    // A trial that started over has another beginning.
    let isLonger =
      now.count >= known.count && now.steps.starts(with: known.steps)
      && zip(now.values, known.values).allSatisfy { $0.bitPattern == $1.bitPattern }
    let from = isLonger ? known.count : 0
    guard now.count > from || !isLonger else { return }
    change.objective = TrialUpdate.Points(
      from: from,
      columns: MetricColumns(
        name: now.name, steps: Array(now.steps[from...]), times: Array(now.times[from...]),
        values: Array(now.values[from...])))
    series[trial.number] = now
  }
}
