/// A trial's primary metric as a termination policy compares it: its points in the order of logging, with the goal.
///
/// A value that is not finite takes its place in the order and counts for nothing: for no best, no mean, no last value.
public struct TrialCurve: Sendable {
  /// The trial.
  public let trial: Trial
  /// The values that deciders may see; some may not be finite.
  public let values: [Double]
  /// Which way they are better.
  public let goal: Goal

  /// Makes a curve of a trial's points.
  public init(trial: Trial, values: [Double], goal: Goal) {
    self.trial = trial
    self.values = values
    self.goal = goal
  }

  /// Returns the best of the first `count` values; nil when none of them is finite.
  public func best(by count: Int) -> Double? {
    let finite = values.prefix(max(0, count)).lazy.filter(\.isFinite)
    return goal == .maximize ? finite.max() : finite.min()
  }

  /// Returns the mean of the first `count` values; nil when none of them is finite.
  public func mean(by count: Int) -> Double? {
    var mean: Double?
    // Updated value by value, so that equal values have exactly their own mean and large ones no infinite sum.
    for (index, value) in values.prefix(max(0, count)).lazy.filter(\.isFinite).enumerated() {
      let share = Double(index + 1)
      mean = mean.map { $0 + (value / share - $0 / share) } ?? value
    }
    return mean
  }

  /// Returns the last finite one of the first `count` values; nil when none of them is finite.
  public func last(by count: Int) -> Double? { values.prefix(max(0, count)).last(where: \.isFinite) }

  /// Returns the median of numbers, between the two in the middle of an even number; nil for none.
  public static func median(of numbers: [Double]) -> Double? {
    guard !numbers.isEmpty else { return nil }
    let sorted = numbers.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : sorted[middle - 1] / 2 + sorted[middle] / 2
  }
}

/// What a policy finds against a trial.
public struct PolicyVerdict: Sendable {
  /// Why it is to end, in words that follow the policy's name and the interval; not empty.
  public var reason: String
  /// The numbers that led to it.
  public var details: [String: Value]

  /// Speaks against a trial.
  public init(_ reason: String, details: [String: Value]) {
    self.reason = reason
    self.details = details
  }
}

extension SweepSession {
  /// Judges the running trials by a rule and stops those that it speaks against.
  ///
  /// Each is judged at one interval: the last one of the schedule that it has reached, and some peer as well. It may have
  /// reached several since the last ask; the last one knows the most. It is judged there again while it stays, as others
  /// catch up; and one that runs ahead of all is judged where the next of them is. Never stopped is the leader: the trial
  /// with the best score so far of all that have not failed and were not canceled; of equal ones the earliest. Nobody is
  /// stopped before the schedule's warm-up is over.
  ///
  /// - Parameters:
  ///   - schedule: when the policy looks.
  ///   - isPeer: whether a trial is one to compare others with; nil when the rule compares a trial with none. One without
  ///     any finite value never is.
  ///   - rule: asked once for each interval N that some running trial is judged at, with the curves of all trials that
  ///     have reached N, whatever their state, by number; returns what it finds against one of them.
  public func judge(
    on schedule: PolicySchedule, against isPeer: ((Trial) -> Bool)? = { _ in true },
    by rule: (_ interval: Int, _ reached: [TrialCurve]) throws -> (TrialCurve) -> PolicyVerdict?
  ) throws {
    guard trials.count(where: { $0.state == .finished }) >= schedule.warmup else { return }
    let running = trials.filter { $0.state == .running && $0.observed >= schedule.first }
    guard !running.isEmpty else { return }
    let goal = sweep.spec.objective.goal
    let leader = try self.leader?.number
    let curves = try trials.filter { $0.observed > 0 }.sorted { $0.number < $1.number }.map {
      TrialCurve(trial: $0, values: try objective(of: $0).values, goal: goal)
    }
    // The two peers that have come furthest: of one of them the other is the one that counts.
    let furthest = isPeer.map { isPeer in
      curves.filter { isPeer($0.trial) && $0.values.contains(where: \.isFinite) }
        .sorted { ($1.values.count, $0.trial.number) < ($0.values.count, $1.trial.number) }.prefix(2)
    }
    var standing: [Int: Set<Int>] = [:]
    for trial in running {
      var reach = trial.observed
      if let furthest {
        guard let peer = furthest.first(where: { $0.trial.number != trial.number }) else { continue }
        reach = min(reach, peer.values.count)
      }
      if let interval = schedule.last(upTo: reach) { standing[interval, default: []].insert(trial.number) }
    }
    var stopped: [(curve: TrialCurve, interval: Int, verdict: PolicyVerdict)] = []
    for (interval, numbers) in standing {
      let reached = curves.filter { $0.values.count >= interval }
      let verdict = try rule(interval, reached)
      for curve in reached where numbers.contains(curve.trial.number) && curve.trial.number != leader {
        if let found = verdict(curve) { stopped.append((curve, interval, found)) }
      }
    }
    for (curve, interval, verdict) in stopped.sorted(by: { $0.curve.trial.number < $1.curve.trial.number }) {
      stop(
        curve.trial, reason: "\(decider) at interval \(interval): \(verdict.reason)",
        details: .object(verdict.details.merging(["interval": .integer(Int64(interval))]) { $1 }))
    }
  }

  /// The trial with the best score so far, of those that have not failed and were not canceled; of equal ones the
  /// earliest. Nil before the first finite point.
  public var leader: Trial? {
    get throws {
      var best: (trial: Trial, score: Double)?
      for trial in trials.sorted(by: { $0.number < $1.number })
      where trial.state != .failed && trial.state != .canceled {
        guard let score = try score(of: trial) else { continue }
        if let known = best, !sweep.spec.objective.goal.isBetter(score, than: known.score) { continue }
        best = (trial, score)
      }
      return best?.trial
    }
  }
}
