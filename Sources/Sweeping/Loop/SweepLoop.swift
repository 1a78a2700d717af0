internal import Tracking

/// One driver's work on one sweep: reads the records, asks the plugins, records what is decided, launches what is missing.
///
/// It keeps in memory only what the records hold. Each turn of the loop records the ends of jobs and what is to be done
/// about them in one commit, and only then does it: killed between any two deeds, the next driver goes on from the records.
final class SweepLoop {
  let driver: SweepDriver
  let sweep: Sweep
  let recipe: JobRecipe
  private let patterns: [OutputPattern]
  var fault: FaultPoint
  var state: RunState
  var started: Timestamp
  var trials: [TrialEntry] = []
  /// How many trials are in each state, kept so that a turn of the loop costs the same however many trials there were.
  private(set) var counts: [RunState: Int] = [:]
  // The trials that wait for a slot, by number.
  private var waiting: [Int] = []
  private(set) var best: SweepProgress.Best?
  var active: [Int: ActiveJob] = [:]
  var events: [SweepProgress.Event] = []
  /// Why nothing more is to be proposed; nil while there may be.
  var exhausted: String?
  /// Why everything is to be stopped for good; nil while nobody wants that.
  var ending: Ending?
  /// The trials that had ended when the sweep was taken up again after an end: what failed then is forgiven.
  var forgiven: Set<Int> = []
  /// When it was last asked whether somebody wants the sweep stopped.
  var lastWish = Timestamp(milliseconds: 0)
  // Changes that have happened and go into the next commit.
  private var pending: [Change] = []
  // Directories that are to be removed once it is recorded that nobody needs them.
  private var leftovers: [String] = []
  private var isWaitingForNews = false
  // Made once, since a plugin may keep what it computed from the records.
  private lazy var strategy = Result {
    try driver.plugins.strategy(spec.strategy.name).make(options: spec.strategy.options, sweep: spec)
  }
  private lazy var policy = Result {
    try spec.earlyTermination.map { try driver.plugins.policy($0.name).make(options: $0.options, sweep: spec) }
  }
  let memory = TrialMemory()
  /// The last change that completion rules were asked about.
  var completionSeen: EventNumber = -1
  private var lastLook = Timestamp(milliseconds: 0)
  private var lastShown = Timestamp(milliseconds: 0)
  // Of this driver's own turn, for the estimate of the time that is left.
  private var droveSince: Timestamp
  private var endedBefore = 0
  /// Milliseconds of the sweep's time during which nobody drove it.
  private var undriven: Int64

  /// How a sweep is brought to an early end.
  struct Ending {
    /// The state that the sweep comes into; `queued` when it is to be resumed.
    var state: RunState
    /// Why, in a sentence.
    var reason: String
    /// What its trials are asked to end for.
    var cause: ActiveJob.Cause
    /// The rule, and the numbers that it used.
    var details: Value = .null
  }

  var spec: SweepSpec { sweep.spec }
  var store: any TrackingStore { driver.store }
  var now: Timestamp { driver.clock() }

  init(_ driver: SweepDriver, _ sweep: Sweep, undriven: Int64) throws {
    self.driver = driver
    self.sweep = sweep
    self.undriven = undriven
    recipe = JobRecipe(
      sweep: sweep, paths: driver.paths, runsExecutable: driver.runsExecutable, inherited: driver.environment)
    patterns = try sweep.spec.metrics.map { try OutputPattern($0) }
    fault = FaultPoint()
    let run = try driver.store.run(sweep.run)
    state = run.state
    started = run.started ?? driver.clock()
    droveSince = driver.clock()
    try loadTrials()
    for trial in trials {
      counts[trial.state, default: 0] += 1
      rank(trial.number)
      if trial.state == .scheduled, !trial.isOpen { waiting.append(trial.number) }
    }
    endedBefore = ended
  }

  /// How many trials have ended.
  var ended: Int { counts.reduce(0) { $0 + ($1.key.isFinal ? $1.value : 0) } }

  /// Notes the state that a trial came into.
  func enter(_ state: RunState, _ number: Int) {
    counts[trials[number].state, default: 0] -= 1
    counts[state, default: 0] += 1
    trials[number].state = state
    if state == .scheduled { waiting.append(number) }
    if best?.trial == number { rankAll() }
  }

  private func rankAll() {
    best = nil
    for trial in trials.indices { rank(trial) }
  }

  /// Notes what is known of a trial's primary metric, and whether that makes it the best.
  func learn(_ objective: SeriesSummary?, of number: Int) {
    trials[number].objective = objective
    if best?.trial == number {
      rankAll()
    } else {
      rank(number)
    }
  }

  // A trial that failed or was canceled is not placed, here as on the leaderboard.
  private func rank(_ number: Int) {
    guard ![.failed, .canceled].contains(trials[number].state) else { return }
    guard let value = trials[number].objective?.best(spec.objective.goal)?.value else { return }
    if let best {
      guard spec.objective.goal.isBetter(value, than: best.value) || value == best.value && number < best.trial
      else { return }
    }
    best = SweepProgress.Best(
      run: trials[number].run, trial: number, value: value, parameters: trials[number].parameters)
  }

  private func loadTrials() throws {
    for trial in try store.trials(of: sweep.run, asOf: nil) {
      var entry = TrialEntry(
        run: trial.run, number: trial.number, parameters: trial.parameters, state: trial.state)
      entry.observed = trial.observed
      trials.append(entry)
    }
    if let again = try store.transitions(of: sweep.run).last(where: { $0.from?.isFinal ?? false }) {
      forgiven = Set(
        try store.trials(of: sweep.run, asOf: again.event).filter { $0.state.isFinal }.map(\.number))
    }
    var query = RunQuery(parent: sweep.run, kinds: [.trial], limit: 1000)
    repeat {
      let page = try store.runs(matching: query)
      for row in page.rows {
        guard let number = row.run.number, number < trials.count else { continue }
        trials[number].objective = row.metrics.first { $0.name == spec.objective.metric }
        trials[number].reason = row.run.reason
      }
      query.pageToken = page.next
    } while query.pageToken != nil
    for index in trials.indices where !trials[index].state.isFinal {
      for attempt in try store.attempts(of: trials[index].run) {
        trials[index].attempts = attempt.number
        trials[index].isOpen = attempt.outcome == nil
        if let outcome = attempt.outcome { trials[index].count(outcome) }
      }
    }
  }

  /// Drives the sweep to its end, or to a stop.
  func run() throws -> SweepOutcome {
    try adoptOpenAttempts()
    while true {
      try recordEnds()
      try lookForWishes()
      try askToEndWhatMust()
      if ending == nil {
        try judge()
        try proposeAndLaunch()
      }
      try commit([])
      if active.isEmpty, let outcome = try finishIfDone() { return outcome }
      show(isForced: !events.isEmpty)
      try waitForNews()
    }
  }

  /// Records changes and those that were put off, all of them or none.
  func commit(_ changes: [Change]) throws {
    let all = pending + changes
    guard !all.isEmpty else { return }
    fault.pass()
    try store.commit(all)
    fault.pass()
    pending = []
    for directory in leftovers { removeTree(directory) }
    leftovers = []
  }

  /// Puts changes off until the next commit of this turn, because a commit waits for the disk.
  ///
  /// - Parameter leaving: a directory that nobody needs once they are recorded.
  func putOff(_ changes: [Change], leaving: String? = nil) {
    pending += changes
    if let leaving { leftovers.append(leaving) }
  }

  // MARK: - Proposing and launching

  /// How many trials a strategy that does not learn is asked for at once, which saves reading the records as often. Few,
  /// because a sweep that is stopped cancels those that wait; and none before a trial has shown that trials can succeed.
  private static let ahead = 4

  private func proposeAndLaunch() throws {
    let limit = spec.limits.maxConcurrentTrials
    var changes: [Change] = []
    let free = limit - active.count - waiting.count
    let left = spec.limits.maxTotalTrials - trials.count
    if free > 0, left > 0, exhausted == nil, !isWaitingForNews {
      changes += try propose(free, left: left)
    }
    waiting.sort()
    let next = waiting.prefix(max(0, limit - active.count))
    waiting.removeFirst(next.count)
    var jobs: [(job: Job, entry: TrialEntry)] = []
    for trial in next.map({ trials[$0] }) {
      let number = trial.attempts + 1
      // A trainer goes on from its checkpoint; a command starts over, and only its own points count.
      let continues = isTrainer && number > 1
      jobs.append((try recipe.job(of: trial, attempt: number), trial))
      let reason = number == 1 ? "" : continues ? "goes on as attempt \(number)" : "starts over as attempt \(number)"
      changes.append(
        .beginAttempt(trial.run, number: number, launcher: launcherName, continues: continues))
      changes.append(.transition(trial.run, to: .running, reason: reason))
    }
    try commit(changes)
    for (job, entry) in jobs {
      trials[entry.number].attempts += 1
      trials[entry.number].isOpen = true
      enter(.running, entry.number)
      if trials[entry.number].attempts > 1, !isTrainer { learn(nil, of: entry.number) }
      noteBeginning(of: entry, attempt: entry.attempts + 1)
      try launch(job, entry.number, isNew: true)
    }
  }

  var isTrainer: Bool { if case .trainer = spec.work { true } else { false } }

  private var launcherName: String { type(of: driver.launcher).description.name }

  private func propose(_ wanted: Int, left: Int) throws -> [Change] {
    let plugin = try driver.plugins.strategy(spec.strategy.name)
    // A sweep that may be complete with the next trial's end would cancel what waits.
    let isSteady = !plugin.learnsFromResults && best != nil && spec.completion == SweepSpec.Completion()
    let count = min(left, isSteady ? max(wanted, SweepLoop.ahead) : wanted)
    // A strategy that learns is to see how trials ended.
    if plugin.learnsFromResults { try commit([]) }
    let open = spec.enqueued.dropFirst(trials.count).prefix(count)
    let isEnqueued = !open.isEmpty
    let session = try SweepSession(
      sweep: sweep, decider: isEnqueued ? "enqueue" : spec.strategy.name, reader: store,
      memory: memory)
    guard session.trials.count == trials.count else {
      throw TrackingError(
        .conflict, "sweep '\(sweep.run)' got trials from somewhere else while it was driven; resume it.")
    }
    if isEnqueued {
      for configuration in open {
        session.propose(configuration, reason: "enqueued by the spec, number \(session.configurations.count)")
      }
    } else {
      switch try strategy.get().propose(upTo: count, in: session) {
      case .open: break
      case .waiting: isWaitingForNews = true
      case .exhausted(let reason):
        exhausted = reason
        note(nil, nil, reason)
      }
    }
    if session.changes.isEmpty, active.isEmpty, exhausted == nil {
      // Asked again as of the same records it would say the same again.
      exhausted = "the strategy '\(session.decider)' proposed nothing more, and no trial is under way"
    }
    for configuration in session.configurations.dropFirst(trials.count) {
      trials.append(
        TrialEntry(
          run: sweep.run.trial(trials.count), number: trials.count, parameters: configuration, state: .scheduled))
      counts[.scheduled, default: 0] += 1
      waiting.append(trials.count - 1)
    }
    return session.changes
  }

  private func launch(_ job: Job, _ number: Int, isNew: Bool) throws {
    let attempt = trials[number].attempts
    active[number] = ActiveJob(
      trial: number, attempt: attempt, name: job.name, directory: job.directory, since: now,
      scan: try scan(of: number, in: job.directory, isNew: isNew && attempt == 1))
    fault.pass()
    do {
      try driver.launcher.launch(job)
    } catch let error as TrackingError {
      active[number] = nil
      try recordFailureToStart(number, attempt, error.message)
    }
    fault.pass()
  }

  private func scan(of number: Int, in directory: String, isNew: Bool) throws -> OutputScan? {
    guard !patterns.isEmpty else { return nil }
    // A run that was just recorded has no points yet.
    let series = isNew ? [] : try store.series(of: trials[number].run)
    return OutputScan(
      path: directory + "/stdout", patterns: patterns,
      appended: Dictionary(uniqueKeysWithValues: series.map { ($0.name, $0.count) }))
  }

  // Attempts that a driver before this one recorded and whose end nobody has: found again by name, or launched now.
  private func adoptOpenAttempts() throws {
    try store.recoverMetrics()
    let stopped = Set(try store.decisions(of: sweep.run).filter { $0.kind == .stop }.compactMap(\.trial))
    for trial in trials where trial.isOpen && !trial.state.isFinal {
      let number = trial.number
      let name = trial.run.job(trial.attempts)
      let directory = driver.paths.jobDirectory(name)
      let isUnknown = try driver.launcher.state(of: name, in: directory) == .unknown
      let cause = try recordedCause(trial)
      if isUnknown, cause == nil, !stopped.contains(number) {
        noteBeginning(of: trial, attempt: trial.attempts)
        try launch(recipe.job(of: trial, attempt: trial.attempts), number, isNew: false)
        continue
      }
      var job = ActiveJob(
        trial: number, attempt: trial.attempts, name: name, directory: directory,
        since: try store.attempts(of: trial.run).last?.started ?? now,
        scan: try scan(of: number, in: directory, isNew: false))
      job.cause = cause
      active[number] = job
      note(number, .running, "found again")
      if cause != nil {
        // It has been asked to end; whoever asked is gone, so ask again.
        active[number]?.killAt = graceEnd
        try driver.launcher.interrupt(name, in: directory)
      } else if stopped.contains(number) {
        try interrupt([number], .pruned)
      }
    }
  }

  private func recordedCause(_ trial: TrialEntry) throws -> ActiveJob.Cause? {
    let words = try store.tags(of: trial.run)[SweepTag.interrupted]?.split(separator: " ") ?? []
    guard words.count == 2, Int(words[0]) == trial.attempts else { return nil }
    return ActiveJob.Cause(rawValue: String(words[1]))
  }

  var graceEnd: Timestamp {
    Timestamp(milliseconds: now.milliseconds + Int64((spec.limits.grace * 1000).rounded()))
  }

  // MARK: - Looking and waiting

  /// Reads what trials have logged so far: patterns in their output, and the primary metric for policies and displays.
  func look() throws {
    for (number, job) in active {
      var job = job
      if let columns = job.scan?.read(isEnd: false, now: now), !columns.isEmpty {
        fault.pass()
        try store.append(columns, to: trials[number].run)
        fault.pass()
      }
      active[number] = job
      let before = trials[number].objective?.count
      let series = try store.series(of: trials[number].run)
      learn(series.first { $0.name == spec.objective.metric }, of: number)
      if trials[number].objective?.count != before { isWaitingForNews = false }
    }
    lastLook = now
  }

  private func judge() throws {
    guard lastLook.milliseconds(to: now) >= 200 else { return }
    try look()
    guard let choice = spec.earlyTermination else { return }
    var changes: [Change] = []
    for number in active.keys.sorted() {
      let count = trials[number].objective?.count ?? 0
      guard count > trials[number].observed else { continue }
      changes.append(.observe(trials[number].run, count: count))
      trials[number].observed = count
    }
    guard !changes.isEmpty else { return }
    try commit(changes)
    let session = try SweepSession(sweep: sweep, decider: choice.name, reader: store, memory: memory)
    try policy.get()?.judge(in: session)
    // Of a trial that is ending already nothing is left to decide.
    let stops = session.changes.compactMap { change -> (trial: Int, change: Change)? in
      guard case .decide(let decision) = change, let number = decision.trial, let job = active[number], job.cause == nil
      else { return nil }
      return (number, change)
    }
    try commit(stops.map(\.change))
    try interrupt(stops.map(\.trial), .pruned)
  }

  private func waitForNews() throws {
    let jobs = active.values.sorted { $0.trial < $1.trial }.map { ($0.name, $0.directory) }
    guard !jobs.isEmpty else { return }
    // A look around a few times a second serves the display, patterns in the output, limits and wishes.
    var patience: Int64 = spec.earlyTermination == nil ? 250 : 100
    for end in active.values.compactMap(\.killAt) { patience = min(patience, max(1, now.milliseconds(to: end))) }
    try driver.launcher.wait(for: jobs, milliseconds: Int(patience))
  }

  func newsArrived() { isWaitingForNews = false }

  /// Milliseconds for which the sweep has been driven.
  var driven: Int64 { max(0, started.milliseconds(to: now) - undriven) }

  // MARK: - Telling

  func note(_ trial: Int?, _ state: RunState?, _ text: String) {
    events.append(SweepProgress.Event(time: now, trial: trial, state: state, text: text))
  }

  /// Notes that an attempt at a trial begins.
  func noteBeginning(of trial: TrialEntry, attempt: Int) {
    let text = attempt == 1 ? "" : "attempt \(attempt)"
    events.append(
      SweepProgress.Event(
        time: now, trial: trial.number, state: .running, parameters: trial.parameters, text: text))
  }

  private func show(isForced: Bool) {
    guard isForced || lastShown.milliseconds(to: now) >= 250 else { return }
    driver.observer(progress())
    events = []
    lastShown = now
  }

  /// The sweep as it stands.
  func progress() -> SweepProgress {
    let ended = ended
    let expected = exhausted == nil && ending == nil ? spec.limits.maxTotalTrials : trials.count
    var remaining: Int64?
    if ended > endedBefore, state == .running {
      remaining = droveSince.milliseconds(to: now) * Int64(expected - ended) / Int64(ended - endedBefore)
    }
    return SweepProgress(
      sweep: sweep.run, spec: spec, state: state, counts: counts.filter { $0.value > 0 }, expectedTrials: expected,
      best: best,
      running: active.values.sorted { $0.trial < $1.trial }.map { job in
        SweepProgress.Running(
          run: trials[job.trial].run, trial: job.trial, attempt: job.attempt, since: job.since,
          points: trials[job.trial].objective?.count ?? 0, last: trials[job.trial].objective?.last)
      }, events: events, started: started, now: now, remainingMilliseconds: remaining)
  }
}
