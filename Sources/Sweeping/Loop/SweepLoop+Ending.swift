internal import Tracking

extension SweepLoop {
  /// How many times in a row an attempt may be lost before the trial is given up.
  static let lossLimit = 3
  /// How many first failures of one kind end a sweep.
  static let firstFailureLimit = 3

  /// Records the ends of jobs that have ended; they go into the next commit of this turn.
  func recordEnds() throws {
    var ends: [(job: ActiveJob, state: JobState)] = []
    for job in active.values.sorted(by: { $0.trial < $1.trial }) {
      let state = try driver.launcher.state(of: job.name, in: job.directory)
      if state != .running { ends.append((job, state)) }
    }
    guard !ends.isEmpty else { return }
    try store.recoverMetrics()
    let logs = try takeLogs(of: ends.map(\.job), isEnd: true)
    for (job, state) in ends {
      let (number, run) = (job.trial, trials[job.trial].run)
      let end = try end(of: job, state)
      var changes: [Change] = [.endAttempt(run, number: job.attempt, end.outcome, detail: end.detail)]
      // A trial that has come to its end by itself is seen whole.
      let count = end.state == .finished ? trials[number].objective?.count ?? 0 : observable(number)
      if count > trials[number].observed {
        changes.append(.observe(run, count: count))
        trials[number].observed = count
      }
      if end.state.isFinal { changes += try artifacts(of: job, run, end.state).map { .attach($0) } }
      // Nobody goes on reading it.
      if logs[number]?.hasRead == true { changes.append(.setTag(run, name: SweepTag.logRead, value: nil)) }
      changes.append(.transition(run, to: end.state, reason: end.reason))
      let isDone = end.state == .finished && !keepsCheckpoints
      putOff(changes, leaving: isDone ? driver.paths.checkpointDirectory(of: run) : nil)
      // What failed may be looked into.
      if end.state != .failed, spec.surroundings.snapshot != nil {
        putOff([], leaving: recipe.workingDirectory(inJobDirectory: job.directory))
      }
      active[number] = nil
      trials[number].count(end.outcome)
      trials[number].reason = end.reason
      enter(end.state, number)
      note(number, end.state, ended(number, end.reason))
    }
    newsArrived()
  }

  // True when the strategy may begin trials with the checkpoints of those that finished.
  private var keepsCheckpoints: Bool { driver.plugins.knownStrategy(spec.strategy.name)?.continuesTrials ?? false }

  // What a command left in its output directory, stored as the artifact `outputs`, with what it left in `./outputs`, as Azure
  // has it; and what it left in `./logs` as the artifact `logs`. One that failed or was stopped leaves what it has come to.
  private func artifacts(of job: ActiveJob, _ run: RunID, _ state: RunState) throws -> [Artifact] {
    guard let artifacts = driver.artifacts, !isTrainer else { return [] }
    let work = recipe.workingDirectory(inJobDirectory: job.directory)
    var found = [("outputs", job.directory + "/outputs")]
    // What all trials share says nothing of one.
    if work.hasPrefix(job.directory) {
      moveContents(of: work + "/outputs", to: job.directory + "/outputs")
      found.append(("logs", work + "/logs"))
    }
    return try found.filter { !isEmptyDirectory($0.1) }.compactMap { name, directory in
      do {
        return Artifact(run: run, name: name, try artifacts.store(contentsOf: directory), time: now)
      } catch let error as TrackingError where state != .finished {
        // A disk that is full may be why it failed: that is to be recorded all the same.
        note(job.trial, nil, "its \(name) in \(directory) cannot be kept: \(error.message)")
        return nil
      }
    }
  }

  private func ended(_ number: Int, _ reason: String) -> String {
    guard let score = trials[number].score else { return reason }
    let value = "\(spec.objective.metric)=\(score)"
    return reason.isEmpty ? value : "\(value); \(reason)"
  }

  /// How an attempt ended, and what becomes of its trial.
  struct End {
    var outcome: Attempt.Outcome
    var state: RunState
    var reason: String
    var detail = ""
  }

  // Takes the last of the job's output and decides what its end means.
  private func end(of job: ActiveJob, _ jobState: JobState) throws -> End {
    let trial = trials[job.trial]
    var scan = job.scan
    try takeOutput(&scan, of: job, isEnd: true)
    let series = try store.series(of: trial.run)
    try judgeConstraints(series, of: job.trial)
    try learn(series.first { $0.name == spec.objective.metric }, of: job.trial)
    let message = isTrainer ? readFile(job.directory + "/" + TrainerExit.messageFile) ?? "" : ""
    if case .exited(0) = jobState { return success(job, message, series) }
    let tail = lastLines(of: job.directory + "/stderr")
    if case .trainer = spec.work, jobState == .exited(TrainerExit.diverged) {
      return End(outcome: .exited(TrainerExit.diverged), state: .finished, reason: "diverged: " + message)
    }
    if let end = waits(job, jobState) { return end }
    if let cause = job.cause { return try ordered(job, cause, jobState, tail) }
    switch jobState {
    case .lost, .unknown: return lost(trial, .lost, "the job was gone without a trace of its end", tail)
    case .signaled(9): return lost(trial, .signaled(9), "the job was killed (signal 9)", tail)
    case .exited(TrainerExit.yielded) where isTrainer:
      return lost(trial, .lost, "the job was asked to stop from outside", tail)
    case .exited(let code):
      let isFinal = isTrainer && code == TrainerExit.refused
      let said = isTrainer && !message.isEmpty ? message : tail.split(separator: "\n").last.map(String.init) ?? ""
      let reason = isTrainer && !message.isEmpty ? message : "exit code \(code)" + (said.isEmpty ? "" : ": " + said)
      return failed(trial, .exited(code), reason, tail, mayRetry: !isFinal)
    case .signaled(let signal): return failed(trial, .signaled(signal), "ended by signal \(signal)", tail)
    case .running: preconditionFailure("a running job has not ended")
    }
  }

  private func success(_ job: ActiveJob, _ message: String, _ series: [SeriesSummary]) -> End {
    let metric = spec.objective.metric
    // A single command has no objective.
    guard !metric.isEmpty, !series.contains(where: { $0.name == metric }) else {
      return End(outcome: .exited(0), state: .finished, reason: message)
    }
    let logged = series.map(\.name)
    var reason = "it never logged the primary metric '\(metric)'"
    if logged.isEmpty {
      reason +=
        ", nor any other; log it with `runs log \(metric)=VALUE`, or give `metrics:` with a regex for its output"
    } else if let near = nearestName(to: metric, among: logged) {
      reason += "; it logged '\(near)': name that in objective.primary_metric, or log '\(metric)'"
    } else {
      reason += "; it logged \(logged.map { "'\($0)'" }.joined(separator: ", "))"
    }
    return End(outcome: .exited(0), state: .failed, reason: reason)
  }

  // A job that has logged as many points as it may, and yielded by itself or was asked to.
  private func waits(_ job: ActiveJob, _ jobState: JobState) -> End? {
    guard let allowance = trials[job.trial].allowance, trials[job.trial].objective?.count ?? 0 >= allowance
    else { return nil }
    guard job.cause == .paused || jobState == .exited(TrainerExit.yielded) && job.cause != .pruned else { return nil }
    return End(
      outcome: .canceled, state: .paused,
      reason: "it has logged the \(allowance) \(allowance == 1 ? "point" : "points") that it is allowed so far")
  }

  // A job that was asked to end, and did.
  private func ordered(_ job: ActiveJob, _ cause: ActiveJob.Cause, _ jobState: JobState, _ tail: String) throws -> End {
    switch cause {
    case .interrupted:
      return End(outcome: .canceled, state: .scheduled, reason: "interrupted; it goes on with the sweep")
    case .canceled:
      return End(outcome: .canceled, state: .canceled, reason: ending?.reason ?? "the sweep was stopped")
    case .pruned:
      let decisions = try store.decisions(of: sweep.run)
      let why = decisions.last { $0.kind == .stop && $0.trial == job.trial }
      return End(outcome: .canceled, state: .pruned, reason: why?.reason ?? "stopped by the policy")
    case .paused:
      let why = try store.decisions(of: sweep.run).last { $0.kind == .pause && $0.trial == job.trial }
      return End(outcome: .canceled, state: .paused, reason: why?.reason ?? "paused")
    case .timedOut:
      let limit = spec.limits.trialTimeout.map { Value.real($0).json } ?? ""
      return failed(
        trials[job.trial], .signaled(15), "trial_timeout of \(limit) s reached", tail)
    }
  }

  private func lost(_ trial: TrialEntry, _ outcome: Attempt.Outcome, _ what: String, _ tail: String) -> End {
    guard trial.losses + 1 < SweepLoop.lossLimit else {
      return End(
        outcome: outcome, state: .failed, reason: "\(what), \(trial.losses + 1) times in a row", detail: tail)
    }
    return End(outcome: outcome, state: .scheduled, reason: "\(what); it is tried again", detail: tail)
  }

  private func failed(
    _ trial: TrialEntry, _ outcome: Attempt.Outcome, _ reason: String, _ tail: String, mayRetry: Bool = true
  ) -> End {
    if mayRetry, trial.failures < spec.limits.maxRetries, ending == nil {
      let left = spec.limits.maxRetries - trial.failures
      return End(
        outcome: outcome, state: .scheduled, reason: "\(reason); it is tried again (\(left) of max_retries left)",
        detail: tail)
    }
    return End(outcome: outcome, state: .failed, reason: reason, detail: tail)
  }

  func recordFailureToStart(_ trial: Int, _ attempt: Int, _ message: String) throws {
    trials[trial].count(.failedToStart)
    trials[trial].reason = message
    enter(.failed, trial)
    try commit([
      .endAttempt(trials[trial].run, number: attempt, .failedToStart, detail: message),
      .transition(trials[trial].run, to: .failed, reason: message),
    ])
    note(trial, .failed, message)
    newsArrived()
  }

  private func lastLines(of path: String) -> String {
    let lines = (readFile(path, lastBytes: 4096) ?? "").split(separator: "\n")
      .filter { line in line.contains { !$0.isWhitespace } }
    return lines.suffix(8).joined(separator: "\n")
  }

  // MARK: - The end of the sweep

  /// Records the end of the sweep when nothing is left to do; to be asked while no job is active.
  func finishIfDone() throws -> SweepOutcome? {
    if let ending { return try finish(ending) }
    if let parked { return try finish(Ending(state: .queued, reason: parked, cause: .interrupted)) }
    guard ended + paused == trials.count else { return nil }
    // Whether paused trials go on is the strategy's to say: once more, now that nothing runs.
    guard paused == 0 || isWaitingForNews || !strategyLearns else { return nil }
    let (reason, details): (String, Value)
    let limit = spec.limits.maxTotalTrials
    if trials.count >= limit {
      (reason, details) = (
        "max_total_trials (\(limit)) reached", ["rule": "max_total_trials", "limit": .integer(Int64(limit))]
      )
    } else if let exhausted {
      (reason, details) = (exhausted, ["rule": "exhausted"])
    } else {
      return nil
    }
    let hasScore = best != nil || spec.objective.metric.isEmpty && counts[.finished, default: 0] > 0
    return try finish(
      Ending(
        state: hasScore ? .finished : .failed,
        reason: hasScore
          ? reason
          : spec.objective.metric.isEmpty
            ? trials.last?.reason ?? reason : "no trial logged a finite '\(spec.objective.metric)'; \(reason)",
        cause: .canceled,
        details: details))
  }

  private func finish(_ ending: Ending) throws -> SweepOutcome {
    var changes: [Change] = []
    var details = ending.details.object ?? [:]
    details["trials"] = .integer(Int64(trials.count))
    if ending.state != .queued {
      // Trials that were recorded and never started have nothing to wait for any more.
      for index in trials.indices where !trials[index].state.isFinal {
        let isLeft = trials[index].state == .paused && ending.state != .canceled
        let state: RunState = isLeft ? .pruned : .canceled
        let reason = isLeft ? "paused when the sweep ended: \(ending.reason)" : ending.reason
        changes.append(.transition(trials[index].run, to: state, reason: reason))
        trials[index].reason = reason
        enter(state, index)
      }
      changes.append(
        .decide(
          Decision(
            sweep: sweep.run, kind: .end, decider: "sweep",
            asOf: try ending.asOf ?? store.lastEvent(of: sweep.run), trial: nil, reason: ending.reason,
            details: .object(details))))
    }
    changes.append(.transition(sweep.run, to: ending.state, reason: ending.reason))
    if ending.state != .queued, keepsCheckpoints {
      for trial in trials where trial.state == .finished {
        putOff([], leaving: driver.paths.checkpointDirectory(of: trial.run))
      }
    }
    try commit(changes)
    state = ending.state
    note(nil, ending.state, ending.reason)
    if ending.state != .queued { try cleanCode() }
    driver.observer(progress())
    events = []
    return SweepOutcome(state: ending.state, reason: ending.reason, progress: progress())
  }

  // The folder of the code goes with the last sweep that needs it; one that is taken up again unpacks it.
  private func cleanCode() throws {
    guard spec.surroundings.snapshot != nil, let artifacts = driver.artifacts else { return }
    let ended = RunState.allCases.filter(\.isFinal).map(\.rawValue)
    let query = RunQuery(
      filter: [FilterClause(.attribute(.state), .oneOf(ended, negated: true))], kinds: [.hyperdrive], stage: .all,
      limit: .max, includesDetails: false)
    let needed = try store.runs(matching: query).rows.compactMap {
      try store.sweep($0.run.id).spec.surroundings.snapshot
    }
    CodeSnapshot(paths: driver.paths).clean(keeping: Set(needed), artifacts: artifacts)
  }

  /// Tells why the sweep is to end when the first trials that ended all failed for one reason: the spec or the script is
  /// broken. What failed before the sweep was taken up again does not count.
  func firstFailures() -> String? {
    let count = ended - forgiven.count
    guard count >= SweepLoop.firstFailureLimit, counts[.failed, default: 0] >= count else { return nil }
    let latest = trials.filter { $0.state.isFinal && !forgiven.contains($0.number) }
    return SweepLoop.firstFailures(latest.map { ($0.state, $0.reason) })
  }

  /// Tells what trials that ended have in common: that they all failed for one reason; nil where they do not.
  ///
  /// - Parameter ended: by number.
  static func firstFailures(_ ended: [(state: RunState, reason: String)]) -> String? {
    guard ended.count >= firstFailureLimit, let first = ended.first, ended.allSatisfy({ $0.state == .failed })
    else { return nil }
    // Numbers in a reason (a line, an address) do not make it another one.
    let kinds = Set(ended.map { end in String(end.reason.map { $0.isNumber ? "#" : $0 }) })
    return kinds.count == 1 ? "the first \(ended.count) trials failed for the same reason: \(first.reason)" : nil
  }
}
