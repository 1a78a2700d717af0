internal import Glibc
internal import Tracking

extension SweepLoop {
  /// How often a plugin is asked in a row before the sweep is parked.
  static let askLimit = 3
  /// How many trials a strategy that does not learn is asked for at once, which saves reading the records as often. Few,
  /// because a sweep that is stopped cancels those that wait; and none before a trial has shown that trials can succeed.
  private static let ahead = 4

  // MARK: - Strategies and policies

  private func madeStrategy() throws -> any SearchStrategy {
    if let strategy { return strategy }
    let made = try driver.plugins.strategy(spec.strategy.name).make(options: spec.strategy.options, sweep: spec)
    strategy = made
    return made
  }

  private func madePolicy(_ choice: SweepSpec.Choice) throws -> any TerminationPolicy {
    if let policy { return policy }
    let made = try driver.plugins.policy(choice.name).make(options: choice.options, sweep: spec)
    policy = made
    return made
  }

  /// True for a strategy that looks at how trials go.
  var strategyLearns: Bool { driver.plugins.knownStrategy(spec.strategy.name)?.learnsFromResults ?? true }

  /// True when somebody looks at trials while they run.
  var isWatched: Bool {
    spec.earlyTermination != nil || strategyLearns
      || active.keys.contains { trials[$0].allowance != nil }
  }

  /// A session on the records as of the last commit.
  func session(for decider: String) -> SweepSession {
    assert((try? store.trials(of: sweep.run, asOf: records.lastEvent)) == records.trials, "not what is recorded")
    return SweepSession(
      sweep: sweep, decider: decider, reader: store, asOf: records.lastEvent, trials: records.trials, memory: memory)
  }

  // Asks a plugin. One that throws is made anew and asked again; when that does not help, the sweep is parked.
  private func consult<Answer>(
    _ decider: String, _ body: (SweepSession) throws -> Answer
  ) throws -> (session: SweepSession, answer: Answer)? {
    for number in 1...SweepLoop.askLimit {
      let session = session(for: decider)
      do {
        return (session, try body(session))
      } catch {
        (strategy, policy) = (nil, nil)
        let message = (error as? TrackingError)?.message ?? String(describing: error)
        try commit([.setTag(sweep.run, name: SweepTag.failedAsk, value: "\(number) \(decider): \(message)")])
        note(nil, nil, "'\(decider)' could not decide: \(message)")
        guard number == SweepLoop.askLimit else {
          // A moment for what may pass by itself.
          usleep(UInt32(100_000 * number))
          continue
        }
        parked =
          "'\(decider)' could not decide, \(number) times in a row: \(message); "
          + "`runs sweep resume \(sweep.run)` asks it again"
      }
    }
    return nil
  }

  // MARK: - Looking at what runs

  /// Reads what trials have logged so far: patterns in their output, and the primary metric for deciders and displays.
  func look() throws {
    let logs = try takeLogs(of: Array(active.values), isEnd: false)
    for (number, job) in active {
      var job = job
      job.log = logs[number]
      try takeOutput(&job.scan, of: job, isEnd: false)
      active[number] = job
      let before = trials[number].objective?.count
      let series = try store.series(of: trials[number].run)
      try learn(series.first { $0.name == spec.objective.metric }, of: number)
      if trials[number].objective?.count != before { isWaitingForNews = false }
    }
    lastLook = now
  }

  /// How many points of a trial deciders may see: what a script logs beyond its allowance depends on when it yields.
  func observable(_ number: Int) -> Int {
    min(trials[number].objective?.count ?? 0, trials[number].allowance ?? .max)
  }

  /// Looks at the trials that run, lets policy and strategy decide about them, and pauses those whose allowance is used up.
  func judge() throws {
    guard lastLook.milliseconds(to: now) >= (isWatched ? 100 : 200) else { return }
    try look()
    guard isWatched else { return }
    var news: [Change] = []
    for number in active.keys.sorted() {
      let count = observable(number)
      guard count > trials[number].observed else { continue }
      news.append(.observe(trials[number].run, count: count))
      trials[number].observed = count
    }
    // Deciders see what has happened. A driver before this one may have recorded it and died before it asked.
    let isNew = !news.isEmpty || (isFirstLook && trials.contains { $0.state == .running && $0.observed > 0 })
    isFirstLook = false
    try commit(news)
    if isNew, parked == nil, let choice = spec.earlyTermination {
      if let asked = try consult(choice.name, { try madePolicy(choice).judge(in: $0) }) {
        try carryOut(verdict(of: asked.session))
        try commit([])
      }
    }
    if isNew, parked == nil, strategyLearns {
      if let asked = try consult(spec.strategy.name, { try madeStrategy().review(in: $0) }) {
        try carryOut(verdict(of: asked.session))
      }
    }
    try interrupt(
      active.keys.filter { number in
        trials[number].allowance.map { trials[number].objective?.count ?? 0 >= $0 } ?? false
      }, .paused)
  }

  // MARK: - Proposing

  /// Asks for trials where there is room, and launches those that wait.
  func proposeAndLaunch() throws {
    guard parked == nil else { return }
    let limit = awaitsDeterminismCheck ? 1 : spec.limits.maxConcurrentTrials
    let free = limit - active.count - waiting.count
    let left = spec.limits.maxTotalTrials - trials.count
    let mayPropose = left > 0 && exhausted == nil
    if free > 0, !isWaitingForNews, mayPropose || paused > 0 && strategyLearns {
      try propose(free, left: left)
    }
    guard parked == nil else { return }
    try launchWaiting(limit - active.count)
  }

  private func propose(_ wanted: Int, left: Int) throws {
    // Each configuration becomes so many trials.
    let repeats = max(1, spec.repeats)
    func configurations(_ trials: Int) -> Int { (trials + repeats - 1) / repeats }
    if left > 0, trials.count / repeats < spec.enqueued.count {
      let session = session(for: "enqueue")
      session.proposeEnqueued(upTo: configurations(min(wanted, left)))
      return try carryOut(verdict(of: session))
    }
    // A sweep that may be complete with the next trial's end would cancel what waits.
    let isSteady = !strategyLearns && best != nil && spec.completion == SweepSpec.Completion()
    // Where trials are paused, for as many as there is room for, however many new ones are allowed.
    let count =
      paused > 0 || awaitsDeterminismCheck ? wanted : min(left, isSteady ? max(wanted, SweepLoop.ahead) : wanted)
    // A strategy that learns is to see how trials ended.
    if strategyLearns { try commit([]) }
    guard
      let (session, outlook) = try consult(
        spec.strategy.name, { try madeStrategy().propose(upTo: configurations(count), in: $0) })
    else { return }
    let verdict = verdict(of: session)
    switch outlook {
    case .open: break
    case .waiting: isWaitingForNews = true
    case .exhausted(let reason):
      // Where no trial may be added anyway, that is no news.
      if exhausted != reason, left > 0 { note(nil, nil, reason) }
      exhausted = reason
    }
    try carryOut(verdict)
    guard verdict.changes.isEmpty else { return }
    // Asked again as of the same records it would say the same again.
    isWaitingForNews = true
    if active.isEmpty, waiting.isEmpty, exhausted == nil, left > 0 {
      exhausted = "the strategy '\(session.decider)' proposed nothing more, and no trial is under way"
    }
  }
}
