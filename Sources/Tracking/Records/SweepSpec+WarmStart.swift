extension SweepSpec {
  /// A trial of an earlier sweep that a new one begins with.
  public struct PriorTrial: Sendable, Equatable {
    /// How far its score can be trusted.
    public enum Trust: String, Sendable, CaseIterable {
      /// The same task: it counts as an observation.
      case same
      /// A like task: where it was good is a good place to look; its score is on another scale.
      case transfer
    }

    /// The trial's run.
    public var run: String
    /// The sweep that it is of: scores of one sweep can be compared, those of two need not be.
    public var sweep: String
    /// Its configuration in this sweep's space.
    public var parameters: [Parameter]
    /// Its score, better in the direction of this sweep's goal; nil for one that failed.
    public var score: Double?
    /// How far its score can be trusted.
    public var trust: Trust
    /// How many points of the objective it logged: its resource.
    public var points: Int

    /// Makes a prior trial of all its fields.
    public init(
      run: String, sweep: String = "", parameters: [Parameter], score: Double?, trust: Trust, points: Int = 0
    ) {
      self.run = run
      self.sweep = sweep
      self.parameters = parameters
      self.score = score
      self.trust = trust
      self.points = points
    }
  }

  /// An earlier sweep that a new one begins with, and what became of its trials.
  public struct Parent: Sendable, Equatable {
    /// Trials that are not used.
    public struct Dropped: Sendable, Equatable {
      /// Why, in a few words.
      public var reason: String
      /// How many.
      public var count: Int

      /// Counts trials that are not used.
      public init(reason: String, count: Int) {
        self.reason = reason
        self.count = count
      }
    }

    /// The sweep's run.
    public var sweep: String
    /// How far its scores can be trusted.
    public var trust: PriorTrial.Trust
    /// How many of its trials are used.
    public var used: Int
    /// Those that are not, by reason.
    public var dropped: [Dropped]
    /// Parameters that its trials did not have, with what they are taken to have been: the default, or the middle.
    public var filled: [Parameter]

    /// Makes a parent of all its fields.
    public init(
      sweep: String, trust: PriorTrial.Trust, used: Int, dropped: [Dropped] = [], filled: [Parameter] = []
    ) {
      self.sweep = sweep
      self.trust = trust
      self.used = used
      self.dropped = dropped
      self.filled = filled
    }
  }
}

extension SweepSpec.PriorTrial {
  /// The recorded form.
  public var value: Value {
    [
      "run": .text(run), "sweep": .text(sweep), "parameters": SweepSpec.record(parameters),
      "score": score.map { .real($0) } ?? .null, "trust": .text(trust.rawValue),
      "points": .integer(Int64(points)),
    ]
  }

  /// Reads the recorded form; nil when something is missing.
  public init?(value: Value) {
    guard let run = value["run"]?.text, let trust = Trust(rawValue: value["trust"]?.text ?? "") else { return nil }
    self.init(
      run: run, sweep: value["sweep"]?.text ?? "", parameters: SweepSpec.configuration(value["parameters"] ?? []),
      score: value["score"]?.number, trust: trust, points: Int(value["points"]?.integer ?? 0))
  }
}

extension SweepSpec.Parent {
  /// The recorded form.
  public var value: Value {
    [
      "sweep": .text(sweep), "trust": .text(trust.rawValue), "used": .integer(Int64(used)),
      "dropped": .list(dropped.map { ["reason": .text($0.reason), "count": .integer(Int64($0.count))] }),
      "filled": SweepSpec.record(filled),
    ]
  }

  /// Reads the recorded form; nil when something is missing.
  public init?(value: Value) {
    guard let sweep = value["sweep"]?.text, let used = value["used"]?.integer,
      let trust = SweepSpec.PriorTrial.Trust(rawValue: value["trust"]?.text ?? "")
    else { return nil }
    self.init(
      sweep: sweep, trust: trust, used: Int(used),
      dropped: (value["dropped"]?.list ?? []).compactMap { one in
        guard let reason = one["reason"]?.text, let count = one["count"]?.integer else { return nil }
        return Dropped(reason: reason, count: Int(count))
      }, filled: SweepSpec.configuration(value["filled"] ?? []))
  }
}
