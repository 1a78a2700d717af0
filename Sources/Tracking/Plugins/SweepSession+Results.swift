/// A configuration with all trials that evaluated it.
public struct ConfigurationResult: Sendable {
  /// The configuration.
  public var parameters: [Parameter]
  /// Its trials, by number.
  public var trials: [Trial]
  /// The scores of those that have one and count, by number: running ones as far as deciders may see them, failed and
  /// canceled ones not.
  public var scores: [Double]
  /// False when a trial that has ended broke one of the sweep's constraints.
  public var isFeasible: Bool

  /// The mean of the scores; nil for none.
  public var mean: Double? { scores.isEmpty ? nil : scores.reduce(0, +) / Double(scores.count) }

  /// The standard error of the mean (n - 1); nil for fewer than two scores.
  public var standardError: Double? {
    guard let mean, scores.count > 1 else { return nil }
    let squares = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(scores.count - 1) / Double(scores.count)).squareRoot()
  }

  /// True once no trial of it is under way.
  public var hasEnded: Bool { trials.allSatisfy(\.state.isFinal) }

  /// Groups trials.
  public init(parameters: [Parameter], trials: [Trial], scores: [Double], isFeasible: Bool) {
    self.parameters = parameters
    self.trials = trials
    self.scores = scores
    self.isFeasible = isFeasible
  }
}

extension SweepSession {
  /// The trials by configuration, in the order of the first ones' numbers: one observation each for strategies whose
  /// sweep evaluates every configuration several times (`repeats`).
  public func results() throws -> [ConfigurationResult] {
    var places: [String: Int] = [:]
    var groups: [[Trial]] = []
    for trial in trials {
      let key = trial.parameters.fingerprint
      if let place = places[key] {
        groups[place].append(trial)
      } else {
        places[key] = groups.count
        groups.append([trial])
      }
    }
    return try groups.map { group in
      let counted = group.filter { $0.state != .failed && $0.state != .canceled }
      return ConfigurationResult(
        parameters: group[0].parameters, trials: group, scores: try counted.compactMap { try score(of: $0) },
        isFeasible: try group.allSatisfy { try violations(of: $0).isEmpty })
    }
  }

  /// Returns the sweep's constraints that a trial broke; empty while it has not ended, and for one that failed or was
  /// canceled. A constraint on a metric that it did not log is broken.
  public func violations(of trial: Trial) throws -> [SweepSpec.Constraint] {
    guard trial.state == .finished || trial.state == .pruned else { return [] }
    return try sweep.spec.constraints.filter { constraint in
      !constraint.holds(for: try points(constraint.metric, of: trial).values)
    }
  }
}

extension SweepSpec.Constraint {
  /// What of a series counts for the bound; of `best` the value that keeps to it most easily. Nil when none is finite.
  public func value(of values: [Double]) -> Double? {
    SweepSpec.Objective(metric: metric, goal: isUpper ? .minimize : .maximize, selection: selection).score(of: values)
  }

  /// Returns whether a series keeps to the bound; one without a finite value does not.
  public func holds(for values: [Double]) -> Bool {
    guard let value = value(of: values) else { return false }
    return isUpper ? value <= bound : value >= bound
  }

  /// The constraint as people write it: `latency_ms <= 20`.
  public var text: String { "\(metric) \(isUpper ? "<=" : ">=") \(Value.real(bound).plain)" }
}
