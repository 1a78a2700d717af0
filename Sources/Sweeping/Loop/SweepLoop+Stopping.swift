internal import Tracking

extension SweepLoop {
  /// Looks whether somebody or some limit wants the sweep to end.
  func lookForWishes() throws {
    guard ending == nil else { return }
    if driver.stop.isRequested {
      let reason = "interrupted; `runs sweep resume \(sweep.run)` goes on with it"
      ending = Ending(state: .queued, reason: reason, cause: .interrupted)
      note(nil, nil, "interrupted; trials are asked to end")
      return
    }
    if let why = try store.tags(of: sweep.run)[SweepTag.stopRequested] {
      ending = Ending(state: .canceled, reason: why, cause: .canceled)
    } else if let timeout = spec.limits.timeout, Double(driven) >= timeout * 1000 {
      let reason = "timeout of \(Value.real(timeout).json) s reached"
      let hasScore = trials.contains { $0.objective != nil }
      ending = Ending(state: hasScore ? .finished : .failed, reason: reason, cause: .canceled)
    } else if let why = try firstFailures() {
      ending = Ending(state: .failed, reason: why, cause: .canceled)
    }
    if let ending { note(nil, nil, ending.reason) }
  }

  /// Asks jobs to end: all of them when the sweep ends, those that have had their time otherwise; kills those whose grace
  /// is over.
  func askToEndWhatMust() throws {
    for number in active.keys.sorted() {
      guard let job = active[number] else { continue }
      if let ending, job.cause == nil {
        try interrupt(number, ending.cause)
      } else if let limit = spec.limits.trialTimeout, job.cause == nil,
        Double(job.since.milliseconds(to: now)) >= limit * 1000
      {
        try interrupt(number, .timedOut)
      }
      guard let killAt = active[number]?.killAt else { continue }
      if now >= killAt || driver.stop.isUrgent { try driver.launcher.kill(job.name, in: job.directory) }
    }
  }

  /// Asks a trial's job to end; the cause is recorded before, so that whoever finds its end knows what it means.
  func interrupt(_ number: Int, _ cause: ActiveJob.Cause) throws {
    guard let job = active[number], job.cause == nil else { return }
    try commit([
      .setTag(trials[number].run, name: SweepTag.interrupted, value: "\(job.attempt) \(cause.rawValue)")
    ])
    active[number]?.cause = cause
    active[number]?.killAt = graceEnd
    try driver.launcher.interrupt(job.name, in: job.directory)
    fault.pass()
  }
}
