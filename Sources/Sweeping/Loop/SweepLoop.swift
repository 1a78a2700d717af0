internal import Tracking

/// One driver's work on one sweep: reads the records, asks the plugins, records what is decided, launches what is missing.
///
/// It keeps in memory only what the records hold. Each turn of the loop records the ends of jobs and what is to be done
/// about them in one commit, and only then does it: killed between any two deeds, the next driver goes on from the records.
final class SweepLoop {
  let driver: SweepDriver
  let sweep: Sweep
  var recipe: JobRecipe
  let patterns: [OutputPattern]
  var fault: FaultPoint
  var state: RunState
  var started: Timestamp
  var trials: [TrialEntry] = []
  /// The trials as deciders see them.
  private(set) var records: TrialRecords
  /// How many trials are in each state, kept so that a turn of the loop costs the same however many trials there were.
  private(set) var counts: [RunState: Int] = [:]
  /// The trials that wait for a slot; those that go on after a pause first, then by number.
  var waiting: [Int] = []
  private(set) var best: SweepProgress.Best?
  var active: [Int: ActiveJob] = [:]
  var events: [SweepProgress.Event] = []
  /// Why nothing more is to be proposed; nil while there may be.
  var exhausted: String?
  /// Why everything is to be stopped for good; nil while nobody wants that.
  var ending: Ending?
  /// Why nobody is asked any more and nothing more is launched: a plugin cannot decide. What runs, runs on.
  var parked: String?
  /// The trials that had ended when the sweep was taken up again after an end: what failed then is forgiven.
  var forgiven: Set<Int> = []
  /// When it was last asked whether somebody wants the sweep stopped.
  var lastWish = Timestamp(milliseconds: 0)
  // Changes that have happened and go into the next commit.
  private var pending: [Change] = []
  // Directories that are to be removed once it is recorded that nobody needs them.
  private var leftovers: [String] = []
  /// True when the strategy has said that it has nothing to say before a trial ends or reports.
  var isWaitingForNews = false
  /// True once the first trial that finished was run a second time, or need not be.
  var hasCheckedDeterminism = false
  /// True until the running trials have been looked at once.
  var isFirstLook = true
  // Made when first asked, and kept, since a plugin may keep what it computed from the records.
  var strategy: (any SearchStrategy)?
  var policy: (any TerminationPolicy)?
  /// What the sessions of this sweep have read.
  let memory = TrialMemory()
  /// The last change that completion rules were asked about.
  var completionSeen: EventNumber = -1
  var lastLook = Timestamp(milliseconds: 0)
  var lastShown = Timestamp(milliseconds: 0)
  // Of this driver's own turn, for the estimate of the time that is left.
  let droveSince: Timestamp
  private(set) var endedBefore = 0
  /// Milliseconds of the sweep's time during which nobody drove it.
  private let undriven: Int64

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
    /// The last change that the rule had seen; nil where that does not matter.
    var asOf: EventNumber?
  }

  var spec: SweepSpec { sweep.spec }
  var store: any TrackingStore { driver.store }
  var now: Timestamp { driver.clock() }
  var isTrainer: Bool { if case .trainer = spec.work { true } else { false } }

  init(_ driver: SweepDriver, _ sweep: Sweep, undriven: Int64) throws {
    self.driver = driver
    self.sweep = sweep
    self.undriven = undriven
    recipe = JobRecipe(
      sweep: sweep, paths: driver.paths, runsExecutable: driver.runsExecutable, inherited: driver.environment,
      artifacts: driver.artifacts)
    patterns = try sweep.spec.metrics.map { try OutputPattern($0) }
    fault = FaultPoint()
    let run = try driver.store.run(sweep.run)
    state = run.state
    started = run.started ?? driver.clock()
    droveSince = driver.clock()
    if sweep.spec.determinism != nil {
      hasCheckedDeterminism = try driver.store.tags(of: sweep.run)[SweepTag.determinism] != nil
    }
    records = try TrialRecords(of: sweep.run, in: driver.store)
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

  /// How many trials wait for their strategy to let them go on.
  var paused: Int { counts[.paused, default: 0] }

  /// Adds a trial that was proposed.
  func add(_ trial: TrialEntry) {
    trials.append(trial)
    counts[trial.state, default: 0] += 1
    waiting.append(trial.number)
  }

  /// Notes the state that a trial came into.
  func enter(_ state: RunState, _ number: Int) {
    counts[trials[number].state, default: 0] -= 1
    counts[state, default: 0] += 1
    if trials[number].state == .scheduled { waiting.removeAll { $0 == number } }
    trials[number].state = state
    if state == .scheduled { waiting.append(number) }
    if best?.trial == number { rankAll() }
  }

  private func rankAll() {
    best = nil
    for trial in trials.indices { rank(trial) }
  }

  /// Notes what is known of a trial's primary metric, and whether that makes it the best.
  func learn(_ objective: SeriesSummary?, of number: Int) throws {
    trials[number].objective = objective
    trials[number].score = try objective.flatMap {
      try store.counted(spec.objective, of: trials[number].run, $0)?.value
    }
    if let best, best.trial / max(1, spec.repeats) == number / max(1, spec.repeats) {
      rankAll()
    } else {
      rank(number)
    }
  }

  /// Notes whether a trial that has ended keeps to the sweep's constraints.
  ///
  /// - Parameter series: the summaries of all that it logged.
  func judgeConstraints(_ series: [SeriesSummary], of number: Int) throws {
    trials[number].isFeasible = try spec.constraints.allSatisfy { constraint in
      try constraint.holds(for: trials[number].run, series.first { $0.name == constraint.metric }, in: store)
    }
  }

  // What places a trial: its own score, or the mean of its configuration's where the sweep repeats them, one after the
  // other.
  private func placing(_ number: Int) -> Double? {
    guard spec.repeats > 1 else { return trials[number].score }
    let first = number / spec.repeats * spec.repeats
    let scores = trials[first..<min(first + spec.repeats, trials.count)]
      .filter { $0.parameters == trials[number].parameters && ![.failed, .canceled].contains($0.state) }
      .compactMap(\.score)
    return scores.isEmpty ? nil : scores.reduce(0, +) / Double(scores.count)
  }

  // A trial that failed, was canceled or broke a constraint is not placed, here as on the leaderboard.
  private func rank(_ number: Int) {
    guard ![.failed, .canceled].contains(trials[number].state), trials[number].isFeasible else { return }
    guard trials[number].score != nil, let value = placing(number) else { return }
    if let best {
      guard spec.objective.goal.isBetter(value, than: best.value) || value == best.value && number < best.trial
      else { return }
    }
    best = SweepProgress.Best(
      run: trials[number].run, trial: number, value: value, parameters: trials[number].parameters)
  }

  private func loadTrials() throws {
    for trial in records.trials {
      var entry = TrialEntry(
        run: trial.run, number: trial.number, parameters: trial.parameters, state: trial.state)
      (entry.observed, entry.allowance, entry.continues) = (trial.observed, trial.allowance, trial.continues)
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
        trials[number].reason = row.run.reason
        trials[number].objective = row.metrics.first { $0.name == spec.objective.metric }
        trials[number].score = try trials[number].objective.flatMap {
          try store.counted(spec.objective, of: row.run.id, $0)?.value
        }
        if row.run.state.isFinal { try judgeConstraints(row.metrics, of: number) }
      }
      query.pageToken = page.next
    } while query.pageToken != nil
    guard trials.contains(where: { !$0.state.isFinal }) else { return }
    for decision in try store.decisions(of: sweep.run) where decision.kind == .resume {
      if let number = decision.trial { trials[number].hasWaited = true }
    }
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
    if let snapshot = spec.surroundings.snapshot {
      try CodeSnapshot(paths: driver.paths).provide(snapshot, artifacts: driver.artifacts)
    }
    let door = try openDoor()
    defer { door?.close() }
    try adoptOpenAttempts()
    while true {
      try recordEnds()
      try lookForWishes()
      try checkDeterminism()
      try askToEndWhatMust()
      if ending == nil {
        try judge()
        try proposeAndLaunch()
      }
      try commit([])
      if active.isEmpty, let outcome = try finishIfDone() {
        if outcome.state.isFinal { DoorKey(path: driver.paths.doorFile(of: sweep.run)).forget() }
        return outcome
      }
      show(isForced: !events.isEmpty)
      try waitForNews()
    }
  }

  /// Records changes and those that were put off, all of them or none.
  func commit(_ changes: [Change]) throws {
    let all = pending + changes
    guard !all.isEmpty else { return }
    fault.pass()
    records.follow(all, upTo: try store.commit(all))
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

  private func waitForNews() throws {
    let jobs = active.values.sorted { $0.trial < $1.trial }.map { ($0.name, $0.directory) }
    guard !jobs.isEmpty else { return }
    // A look around a few times a second serves the display, patterns in the output, limits and wishes.
    var patience: Int64 = isWatched ? 100 : 250
    for end in active.values.compactMap(\.killAt) { patience = min(patience, max(1, now.milliseconds(to: end))) }
    try driver.launcher.wait(for: jobs, milliseconds: Int(patience))
  }

  func newsArrived() { isWaitingForNews = false }

  /// Milliseconds for which the sweep has been driven.
  var driven: Int64 { max(0, started.milliseconds(to: now) - undriven) }
}
