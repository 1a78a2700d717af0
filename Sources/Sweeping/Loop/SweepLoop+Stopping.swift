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
    if let why = try stopRequested() {
      ending = Ending(state: .canceled, reason: why, cause: .canceled, details: ["rule": "stopped"])
    } else if let timeout = spec.limits.timeout, Double(driven) >= timeout * 1000 {
      let reason = "timeout of \(Value.real(timeout).json) s reached"
      ending = Ending(
        state: best == nil ? .failed : .finished, reason: reason, cause: .canceled,
        details: ["rule": "timeout", "limit": .real(timeout), "driven": .real(Double(driven) / 1000)])
    } else if let why = firstFailures() {
      try commit([])
      ending = Ending(
        state: .failed, reason: why, cause: .canceled, details: ["rule": "first_failures"], asOf: records.lastEvent)
    } else {
      ending = try completion()
    }
    if let ending { note(nil, nil, ending.reason) }
  }

  // What another process asks for is looked up a few times a second.
  private func stopRequested() throws -> String? {
    guard lastWish.milliseconds(to: now) >= 200 else { return nil }
    lastWish = now
    return try store.tags(of: sweep.run)[SweepTag.stopRequested]
  }

  /// Asks jobs to end: all of them when the sweep ends, those that have had their time otherwise; kills those whose grace
  /// is over.
  func askToEndWhatMust() throws {
    let untouched = active.values.filter { $0.cause == nil }
    if let ending {
      try interrupt(untouched.map(\.trial), ending.cause)
    } else if let limit = spec.limits.trialTimeout {
      let over = untouched.filter { Double($0.since.milliseconds(to: now)) >= limit * 1000 }
      try interrupt(over.map(\.trial), .timedOut)
    }
    for job in active.values {
      guard let killAt = job.killAt, now >= killAt || driver.stop.isUrgent else { continue }
      try driver.launcher.kill(job.name, in: job.directory)
    }
  }

  /// Asks trials' jobs to end; the cause is recorded before, so that whoever finds their end knows what it means.
  func interrupt(_ numbers: [Int], _ cause: ActiveJob.Cause) throws {
    let numbers = numbers.sorted().filter { active[$0].map { $0.cause == nil } ?? false }
    guard !numbers.isEmpty else { return }
    try commit(numbers.map { interruption($0, cause) })
    for number in numbers { try send(cause, to: number) }
  }

  /// The record of what the end of a trial's job will mean.
  func interruption(_ number: Int, _ cause: ActiveJob.Cause) -> Change {
    .setTag(
      trials[number].run, name: SweepTag.interrupted, value: "\(trials[number].attempts) \(cause.rawValue)")
  }

  /// Asks a trial's job to end, which is recorded.
  func send(_ cause: ActiveJob.Cause, to number: Int) throws {
    guard let job = active[number] else { return }
    active[number]?.cause = cause
    active[number]?.killAt = job.killAt ?? graceEnd
    try driver.launcher.interrupt(job.name, in: job.directory)
    fault.pass()
  }

  private var graceEnd: Timestamp {
    Timestamp(milliseconds: now.milliseconds + Int64((spec.limits.grace * 1000).rounded()))
  }
}
