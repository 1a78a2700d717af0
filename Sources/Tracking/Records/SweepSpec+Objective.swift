extension SweepSpec {
  /// The metric that is optimised.
  public struct Objective: Sendable, Equatable {
    /// What of a series counts.
    public enum Selection: Sendable, Equatable {
      /// Its best finite value, as Azure has it.
      case best
      /// Its last finite value, as SageMaker has it.
      case last
      /// The mean of its last finite values, at most so many.
      case meanOfLast(Int)
    }

    /// The metric's name, exactly as it is logged.
    public var metric: String
    /// Which way it is better.
    public var goal: Goal
    /// What of a trial's series counts.
    public var selection: Selection

    /// Names the metric and its goal.
    public init(metric: String, goal: Goal, selection: Selection = .best) {
      self.metric = metric
      self.goal = goal
      self.selection = selection
    }

    /// Returns what counts of a series; nil when no value is finite.
    public func score(of values: [Double]) -> Double? {
      switch selection {
      case .best:
        let finite = values.lazy.filter(\.isFinite)
        return goal == .maximize ? finite.max() : finite.min()
      case .last: return values.last(where: \.isFinite)
      case .meanOfLast(let count):
        let last = values.filter(\.isFinite).suffix(max(1, count))
        return last.isEmpty ? nil : last.reduce(0, +) / Double(last.count)
      }
    }
  }

  /// A bound that another metric keeps to.
  public struct Constraint: Sendable, Equatable {
    /// The metric's name.
    public var metric: String
    /// True when the metric is to be at most `bound`, false when at least.
    public var isUpper: Bool
    /// The bound.
    public var bound: Double
    /// What of the metric's series counts.
    public var selection: Objective.Selection

    /// Bounds a metric.
    public init(metric: String, isUpper: Bool, bound: Double, selection: Objective.Selection = .last) {
      self.metric = metric
      self.isUpper = isUpper
      self.bound = bound
      self.selection = selection
    }
  }

  /// What a trial can be given more or less of, counted in points of the primary metric (epochs, as a rule).
  public struct Resource: Sendable, Equatable {
    /// The least that tells anything of a trial, at least 1.
    public var minimum: Int
    /// A whole training, at least `minimum`.
    public var maximum: Int

    /// Bounds the resource of a trial.
    public init(minimum: Int = 1, maximum: Int) {
      self.minimum = minimum
      self.maximum = maximum
    }
  }

  /// What ends a sweep beside its limits; nothing of it by default.
  public struct Completion: Sendable, Equatable {
    /// An objective that is good enough.
    public var target: Double?
    /// How many trials in a row may end without improvement.
    public var patience: Int?
    /// By which part of the best an improvement must pass it to count for `patience`, 0 or more.
    public var tolerance: Double
    /// The expected improvement, as a part of the spread of the scores, below which the search has converged.
    public var convergence: Double?
    /// How many points of the primary metric all trials together may log.
    public var totalResource: Int?

    /// Sets what ends a sweep.
    public init(
      target: Double? = nil, patience: Int? = nil, tolerance: Double = 0, convergence: Double? = nil,
      totalResource: Int? = nil
    ) {
      self.target = target
      self.patience = patience
      self.tolerance = tolerance
      self.convergence = convergence
      self.totalResource = totalResource
    }
  }
}
