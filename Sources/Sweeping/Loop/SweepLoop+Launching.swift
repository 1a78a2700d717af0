internal import Tracking

extension SweepLoop {
  private var launcherName: String { type(of: driver.launcher).description.name }

  /// Launches the trials that wait, as many as there is room for.
  func launchWaiting(_ room: Int) throws {
    waiting.sort { (trials[$0].hasWaited ? 0 : 1, $0) < (trials[$1].hasWaited ? 0 : 1, $1) }
    let next = waiting.prefix(max(0, room))
    guard !next.isEmpty else { return }
    // A trial that begins with another's checkpoint is recorded before that is copied.
    if next.contains(where: { trials[$0].continues != nil }) { try commit([]) }
    waiting.removeFirst(next.count)
    var changes: [Change] = []
    var jobs: [(job: Job, entry: TrialEntry)] = []
    for trial in next.map({ trials[$0] }) {
      let number = trial.attempts + 1
      // A trainer goes on from its checkpoint, and so does a command that has been paused; any other command starts over,
      // and only its own points count.
      let continues = number > 1 && (isTrainer || trial.hasWaited)
      let isHeir = try !continues && inherit(trial, attempt: number)
      let job = try recipe.job(of: trial, attempt: number, isResumed: continues || isHeir)
      jobs.append((job, trial))
      let reason = number == 1 ? "" : continues ? "goes on as attempt \(number)" : "starts over as attempt \(number)"
      changes.append(
        .beginAttempt(trial.run, number: number, launcher: launcherName, continues: continues))
      if continues, !isTrainer { changes.append(try pointsBefore(attempt: number, of: trial.run)) }
      if case .command(let template, _, _) = spec.work, let text = job.arguments.last, text != template {
        changes.append(.setTag(trial.run, name: SweepTag.command, value: text))
      }
      for (name, stored) in driver.found.sorted(by: { $0.key < $1.key }) {
        changes.append(.attach(Artifact(run: trial.run, name: name, stored, time: now)))
      }
      changes.append(.transition(trial.run, to: .running, reason: reason))
    }
    try commit(changes)
    for (job, entry) in jobs {
      let number = entry.number
      trials[number].attempts += 1
      trials[number].isOpen = true
      enter(.running, number)
      if entry.attempts > 0, !isTrainer, !entry.hasWaited {
        trials[number].observed = 0
        try learn(nil, of: number)
      }
      noteBeginning(of: entry, attempt: entry.attempts + 1)
      try launch(job, number, isNew: true)
    }
  }

  // Gives a trial the checkpoint of the one that it continues. A copy that is there is the one that a driver before this one
  // made for the attempt; a trial that starts over gets it anew.
  private func inherit(_ trial: TrialEntry, attempt: Int) throws -> Bool {
    guard let source = trial.continues else { return false }
    let target = driver.paths.checkpointDirectory(of: trial.run)
    if attempt > 1 { removeTree(target) }
    if exists(target) { return true }
    fault.pass()
    let isThere = try copyTree(driver.paths.checkpointDirectory(of: source), to: target)
    fault.pass()
    if !isThere { note(trial.number, nil, "'\(source)' left no checkpoint, so it begins from nothing") }
    return isThere
  }

  private func launch(_ job: Job, _ number: Int, isNew: Bool) throws {
    let attempt = trials[number].attempts
    active[number] = ActiveJob(
      trial: number, attempt: attempt, name: job.name, directory: job.directory, since: now,
      scan: try scan(of: number, in: job.directory, isNew: isNew && attempt == 1),
      log: try log(of: number, in: job.directory, isNew: isNew))
    fault.pass()
    do {
      try driver.launcher.launch(job)
    } catch let error as TrackingError {
      active[number] = nil
      try recordFailureToStart(number, attempt, error.message)
    }
    fault.pass()
  }

  // MARK: - Points in the output

  private func scan(of number: Int, in directory: String, isNew: Bool) throws -> OutputScan? {
    guard !patterns.isEmpty else { return nil }
    let run = trials[number].run
    // A run that was just recorded has no points yet.
    let series = isNew ? [] : try store.series(of: run)
    var scan = OutputScan(
      path: directory + "/stdout", patterns: patterns,
      appended: Dictionary(uniqueKeysWithValues: series.map { ($0.name, $0.count) }),
      before: try pointsBefore(number))
    if !isNew { scan.passOver(loggedTwice(try store.tags(of: run), attempt: trials[number].attempts)) }
    return scan
  }

  // What is on record when an attempt begins that goes on: its output holds what follows.
  private func pointsBefore(attempt: Int, of run: RunID) throws -> Change {
    let series = try store.series(of: run).map {
      ($0.name, Value.list([.integer(Int64($0.count)), .integer($0.largestStep)]))
    }
    let held = Value.object(Dictionary(uniqueKeysWithValues: series))
    return .setTag(run, name: SweepTag.before, value: "\(attempt) \(held.json)")
  }

  /// What was on record when a trial's last attempt began, of one that goes on.
  func pointsBefore(_ number: Int) throws -> [String: OutputScan.Before] {
    let attempt = trials[number].attempts
    guard attempt > 1, let text = try store.tags(of: trials[number].run)[SweepTag.before] else { return [:] }
    let parts = text.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, Int(parts[0]) == attempt, let held = try? Value(json: String(parts[1])).object else {
      return [:]
    }
    return held.compactMapValues { pair in
      guard let pair = pair.list, pair.count == 2, let count = pair[0].integer, let step = pair[1].integer else {
        return nil
      }
      return OutputScan.Before(count: Int(count), largestStep: step)
    }
  }

  // MARK: - Finding jobs again

  /// Takes up the attempts that a driver before this one recorded and whose end nobody has: found again by name, or launched
  /// now.
  func adoptOpenAttempts() throws {
    try store.recoverMetrics()
    for trial in trials where trial.isOpen && !trial.state.isFinal {
      let number = trial.number
      let name = trial.run.job(trial.attempts)
      let directory = driver.paths.jobDirectory(name)
      let isUnknown = try driver.launcher.state(of: name, in: directory) == .unknown
      let cause = try recordedCause(trial)
      let attempt = try store.attempts(of: trial.run).last
      if isUnknown, cause == nil {
        noteBeginning(of: trial, attempt: trial.attempts)
        let isHeir = trial.continues != nil && exists(driver.paths.checkpointDirectory(of: trial.run))
        let job = try recipe.job(
          of: trial, attempt: trial.attempts, isResumed: attempt?.continues ?? false || isHeir)
        try launch(job, number, isNew: false)
        continue
      }
      var job = ActiveJob(
        trial: number, attempt: trial.attempts, name: name, directory: directory, since: attempt?.started ?? now,
        scan: try scan(of: number, in: directory, isNew: false),
        log: try log(of: number, in: directory, isNew: false))
      job.cause = cause
      active[number] = job
      note(number, .running, "found again")
      if let cause {
        // It has been asked to end; whoever asked is gone, so ask again.
        try send(cause, to: number)
      }
    }
  }

  private func recordedCause(_ trial: TrialEntry) throws -> ActiveJob.Cause? {
    let words = try store.tags(of: trial.run)[SweepTag.interrupted]?.split(separator: " ") ?? []
    guard words.count == 2, Int(words[0]) == trial.attempts else { return nil }
    return ActiveJob.Cause(rawValue: String(words[1]))
  }
}
