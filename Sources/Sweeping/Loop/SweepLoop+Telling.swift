internal import Tracking

extension SweepLoop {
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

  /// Shows how the sweep stands, a few times a second at most unless something has happened.
  func show(isForced: Bool) {
    guard isForced || lastShown.milliseconds(to: now) >= 250 else { return }
    driver.observer(progress())
    events = []
    lastShown = now
  }

  /// The sweep as it stands.
  ///
  /// - Parameter end: when it ended, for one that is only looked at.
  func progress(asOf end: Timestamp? = nil) -> SweepProgress {
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
      }, events: events, started: started, now: end ?? now, remainingMilliseconds: remaining)
  }
}
