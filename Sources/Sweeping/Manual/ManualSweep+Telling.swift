public import Tracking

extension ManualSweep {
  /// Logs values of a running trial and lets policy and strategy look at it.
  ///
  /// - Parameter values: metrics by name; each gets the step after its largest.
  /// - Returns: what the trial is to do, and why where it is not to go on. It has been recorded: a trial that is to stop
  ///   or pause tells no more.
  /// - Throws: `.conflict` for a trial that does not run.
  public func report(_ run: RunID, _ values: [(name: String, value: Double)]) throws -> (advice: Advice, reason: String)
  {
    let (sweep, number) = try trial(run)
    return try inTurn(sweep.run) {
      try log(values, of: run, in: sweep)
      if let choice = sweep.spec.earlyTermination {
        let policy = try plugins.policy(choice.name).make(options: choice.options, sweep: sweep.spec)
        try look(sweep, choice.name) { try policy.judge(in: $0) }
      }
      let choice = sweep.spec.strategy
      let strategy = try plugins.strategy(choice.name).make(options: choice.options, sweep: sweep.spec)
      try look(sweep, choice.name) { try strategy.review(in: $0) }
      let (advice, reason) = try advice(for: number, of: sweep)
      if advice != .goOn {
        try end(run, as: advice == .stop ? .pruned : .paused, .canceled, reason)
        try endIfComplete(sweep)
      }
      return (advice, reason)
    }
  }

  /// Logs last values of a running trial and ends it.
  ///
  /// - Parameter state: `finished`, `failed` or `canceled`.
  /// - Returns: why the sweep ended with it; nil when it goes on.
  /// - Throws: `.conflict` for a trial that does not run; `.invalid` for one that finished without its primary metric.
  @discardableResult
  public func end(
    _ run: RunID, as state: RunState, _ values: [(name: String, value: Double)], reason: String
  ) throws -> String? {
    let (sweep, _) = try trial(run)
    return try inTurn(sweep.run) {
      let count = try log(values, of: run, in: sweep)
      let metric = sweep.spec.objective.metric
      guard state != .finished || count > 0 else {
        throw TrackingError(
          .invalid, "trial '\(run)' has no '\(metric)' yet; tell it as \(metric)=VALUE, or say --state failed")
      }
      try end(run, as: state, state == .canceled ? .canceled : .exited(state == .finished ? 0 : 1), reason)
      return try endIfComplete(sweep)
    }
  }

  /// Ends a manual sweep for good: what has not ended is canceled.
  public func cancel(_ id: RunID, reason: String) throws {
    let sweep = try manual(id)
    try inTurn(id) {
      guard try !store.run(id).state.isFinal else { return }
      try finish(sweep, reason, as: .canceled)
    }
  }

  private func trial(_ run: RunID) throws -> (sweep: Sweep, number: Int) {
    let record = try store.run(run)
    guard record.kind == .trial, let parent = record.parent, let number = record.number else {
      throw TrackingError(.conflict, "run '\(run)' is no trial; `runs log` logs to any run")
    }
    return (try manual(parent), number)
  }

  // Returns how many points of the primary metric there are.
  @discardableResult
  private func log(_ values: [(name: String, value: Double)], of run: RunID, in sweep: Sweep) throws -> Int {
    let record = try store.run(run)
    guard record.state == .running else {
      let advice =
        record.state == .paused ? "`runs ask` hands it out when it goes on" : "nothing more is told of it"
      throw TrackingError(.conflict, "trial '\(run)' is \(record.state.rawValue); \(advice)")
    }
    let series = try store.series(of: run)
    let now = clock()
    var columns: [MetricColumns] = []
    for (name, value) in values {
      let place = columns.firstIndex { $0.name == name } ?? columns.count
      if place == columns.count { columns.append(MetricColumns(name: name)) }
      let before = columns[place].steps.last ?? series.first { $0.name == name }?.largestStep
      columns[place].append(MetricPoint(step: before.map { $0 + 1 } ?? 0, time: now, value: value))
    }
    if !columns.isEmpty { try store.append(columns, to: run) }
    let metric = sweep.spec.objective.metric
    let count =
      (series.first { $0.name == metric }?.count ?? 0) + (columns.first { $0.name == metric }?.count ?? 0)
    let allowance = try store.trials(of: sweep.run, asOf: nil).first { $0.run == run }?.allowance
    let observable = min(count, allowance ?? .max)
    if observable > 0 { try store.commit(.observe(run, count: observable)) }
    return count
  }

  private func look(_ sweep: Sweep, _ decider: String, _ ask: (SweepSession) throws -> Void) throws {
    let session = try SweepSession(sweep: sweep, decider: decider, reader: store)
    try ask(session)
    try record(session, session.trials)
  }

  // What was decided on a trial since it was handed out.
  private func advice(for number: Int, of sweep: Sweep) throws -> (Advice, String) {
    let run = sweep.run.trial(number)
    let since = try store.transitions(of: run).last { $0.to == .running }?.event ?? 0
    let decisions = try store.decisions(of: sweep.run).filter { $0.trial == number && $0.event > since }
    if let stop = decisions.last(where: { $0.kind == .stop }) { return (.stop, stop.reason) }
    if let pause = decisions.last(where: { $0.kind == .pause }) { return (.pause, pause.reason) }
    let trial = try store.trials(of: sweep.run, asOf: nil)[number]
    if let allowance = trial.allowance, trial.observed >= allowance {
      return (.pause, "it has logged the \(allowance) points that it was allowed")
    }
    return (.goOn, "")
  }

  private func end(_ run: RunID, as state: RunState, _ outcome: Attempt.Outcome, _ reason: String) throws {
    let attempt = try store.attempts(of: run).last?.number ?? 1
    try store.commit([
      .endAttempt(run, number: attempt, outcome, detail: ""), .transition(run, to: state, reason: reason),
    ])
  }

  // MARK: - The end of the sweep

  /// Ends a sweep of which nothing runs when it has all its trials, or one of its completion rules holds.
  ///
  /// - Returns: why it ends, also when trials still run and it ends with the last of them; nil when it goes on.
  @discardableResult
  func endIfComplete(_ sweep: Sweep) throws -> String? {
    let session = try SweepSession(sweep: sweep, decider: "sweep", reader: store)
    let found = try CompletionRule(session: session) { try store.decisions(of: sweep.run) }.finding()
    let isBusy = session.trials.contains { $0.state == .running }
    if let found {
      if !isBusy { try finish(sweep, found.reason, details: found.details) }
      return found.reason
    }
    let limit = sweep.spec.limits.maxTotalTrials
    guard session.trials.count >= limit, session.trials.allSatisfy(\.state.isFinal) else { return nil }
    let reason = "max_total_trials (\(limit)) reached"
    try finish(sweep, reason, details: ["rule": "max_total_trials", "limit": .integer(Int64(limit))])
    return reason
  }

  func finish(_ sweep: Sweep, _ reason: String, as state: RunState? = nil, details: Value = .null) throws {
    let session = try SweepSession(sweep: sweep, decider: "sweep", reader: store)
    var changes: [Change] = []
    for trial in session.trials where !trial.state.isFinal {
      if let attempt = try store.attempts(of: trial.run).last, attempt.outcome == nil {
        changes.append(.endAttempt(trial.run, number: attempt.number, .canceled, detail: ""))
      }
      changes.append(.transition(trial.run, to: .canceled, reason: reason))
    }
    let hasScore = try session.trials.contains {
      try ![.failed, .canceled].contains($0.state) && session.score(of: $0) != nil
    }
    let final = state ?? (hasScore ? .finished : .failed)
    let whole =
      hasScore || state != nil ? reason : "no trial told a finite '\(sweep.spec.objective.metric)'; \(reason)"
    var members = details.object ?? [:]
    members["trials"] = .integer(Int64(session.trials.count))
    changes.append(
      .decide(
        Decision(
          sweep: sweep.run, kind: .end, decider: "sweep", asOf: session.asOf, trial: nil, reason: whole,
          details: .object(members))))
    changes.append(.transition(sweep.run, to: final, reason: whole))
    try store.commit(changes)
  }
}
