internal import Glibc
internal import Sweeping
internal import Tracking

/// Executes trainers' runs outside a sweep, a few at a time, each in a process of its own.
struct TrainerJobs {
  /// A run that is to be recorded and executed.
  struct Job {
    /// What it trains.
    var work: TrainerWork
    /// The experiment that it belongs to.
    var experiment: String
    /// A name for people.
    var name: String
    /// Its tags.
    var tags: [String: String]
  }

  /// The store that the runs are recorded in.
  let store: OpenStore
  /// How many run at once, at least 1.
  let atOnce: Int

  private struct Open {
    var place: Int
    var run: RunID
    var child: ChildProcess
    var directory: String
  }

  /// Records and executes the runs.
  ///
  /// - Parameter onTick: called a few times a second with the runs started so far.
  /// - Returns: the runs in the order of the jobs.
  /// - Throws: `.interrupted` after a signal; the runs that were under way are canceled then.
  func execute(_ jobs: [Job], onTick: ([RunID]) throws -> Void) throws -> [RunID] {
    let wake = try Interrupts.watch()
    var runs: [RunID?] = jobs.map { _ in nil }
    var open: [Open] = []
    var next = 0
    var asked = 0
    while next < jobs.count || !open.isEmpty {
      while next < jobs.count, open.count < atOnce, Interrupts.count == 0 {
        let started = try start(jobs[next], at: next)
        runs[next] = started.run
        open.append(started)
        next += 1
      }
      var watched = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
      if poll(&watched, 1, 150) > 0 { Interrupts.drain() }
      if Interrupts.count > asked {
        for one in open { one.child.send(asked == 0 ? SIGTERM : SIGKILL) }
        asked = Interrupts.count
      }
      for index in open.indices.reversed() {
        guard let end = open[index].child.endIfAny() else { continue }
        try finish(open.remove(at: index), end)
      }
      if asked > 0, open.isEmpty {
        throw CommandFailure(
          Interrupts.signal == SIGTERM ? .terminated : .interrupted,
          "interrupted; \(counted(runs.count { $0 != nil }, "run")) had been started")
      }
      try onTick(runs.compactMap { $0 })
    }
    return runs.compactMap { $0 }
  }

  private func start(_ job: Job, at place: Int) throws -> Open {
    let id = RunID(randomBits: .random(in: 0..<(.max)))
    let directory = SweepPaths(root: store.folder).jobDirectory("\(id).1")
    try makeDirectory(directory)
    let told: Value = .object(job.work.parameters)
    let members: [String: Value] = [
      "trainer": .text(job.work.trainer), "parameters": told, "concurrent": .integer(Int64(atOnce)),
    ]
    try store.tracking.commit([
      .createRun(
        NewRun(
          id: id, experiment: job.experiment, kind: .run, name: job.name, state: .running, origin: origin(members),
          parameters: job.work.parameters.sorted { $0.key < $1.key }.map { Parameter($0.key, $0.value) },
          tags: job.tags)),
      .beginAttempt(id, number: 1, launcher: "runs", continues: false),
    ])
    var variables = inheritedEnvironment()
    variables[TrialEnvironment.store] = store.folder
    variables[TrialEnvironment.run] = id.text
    variables[TrialEnvironment.attempt] = "1"
    variables[TrialEnvironment.job] = "\(id).1"
    variables[TrialEnvironment.jobDirectory] = directory
    let flags = O_WRONLY | O_CREAT | O_APPEND | Int32(O_CLOEXEC)
    let output = Glibc.open(directory + "/stdout", flags, 0o644)
    let errors = Glibc.open(directory + "/stderr", flags, 0o644)
    defer {
      close(output)
      close(errors)
    }
    do {
      let child = try ChildProcess.start(
        [ownExecutable(), "trial-run"], environment: variables, output: output, errors: errors)
      return Open(place: place, run: id, child: child, directory: directory)
    } catch let failure as ChildProcess.StartFailure {
      let message = "\(ownExecutable()) cannot be started: \(failure.message)"
      try store.tracking.commit([
        .endAttempt(id, number: 1, .failedToStart, detail: message),
        .transition(id, to: .failed, reason: message),
      ])
      throw CommandFailure(.system, message)
    }
  }

  private func finish(_ one: Open, _ end: ChildProcess.End) throws {
    try store.tracking.recoverMetrics()
    let message = try readText(one.directory + "/" + TrainerExit.messageFile) ?? ""
    let (state, outcome, reason): (RunState, Attempt.Outcome, String) =
      switch end {
      case .exited(TrainerExit.finished): (.finished, end.outcome, message)
      case .exited(TrainerExit.diverged): (.finished, end.outcome, "diverged: " + message)
      case _ where Interrupts.count > 0: (.canceled, .canceled, "interrupted")
      case .exited(let code): (.failed, end.outcome, message.isEmpty ? "exit code \(code)" : message)
      case .signaled(let signal): (.failed, end.outcome, "ended by signal \(signal)")
      }
    try store.tracking.commit([
      .endAttempt(one.run, number: 1, outcome, detail: reason),
      .transition(one.run, to: state, reason: reason),
    ])
  }
}
