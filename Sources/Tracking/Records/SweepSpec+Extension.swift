extension SweepSpec {
  /// New bounds for a sweep that is recorded: what of them is nil stays as it is.
  ///
  /// A sweep's record never changes; an extension is a decision of its own, of kind `extend`, whose details are its
  /// recorded form. What a sweep may use as of an event is its spec with the extensions up to then.
  public struct Extension: Sendable, Equatable {
    /// The rules of completion that an extension can take away.
    public enum Rule: String, Sendable, CaseIterable {
      /// `limits.timeout`.
      case timeout
      /// `limits.max_total_resource`.
      case totalResource = "max_total_resource"
      /// `completion.target`.
      case target
      /// `completion.max_trials_not_improving`.
      case patience = "max_trials_not_improving"
      /// `completion.convergence`.
      case convergence
    }

    /// How many trials there may be in all.
    public var maxTotalTrials: Int?
    /// Seconds for the whole sweep, those before counted.
    public var timeout: Double?
    /// How many points of the primary metric all trials together may log.
    public var totalResource: Int?
    /// An objective that is good enough.
    public var target: Double?
    /// How many trials in a row may end without improvement.
    public var patience: Int?
    /// Rules that hold no more.
    public var without: Set<Rule>

    /// Names new bounds.
    public init(
      maxTotalTrials: Int? = nil, timeout: Double? = nil, totalResource: Int? = nil, target: Double? = nil,
      patience: Int? = nil, without: Set<Rule> = []
    ) {
      self.maxTotalTrials = maxTotalTrials
      self.timeout = timeout
      self.totalResource = totalResource
      self.target = target
      self.patience = patience
      self.without = without
    }

    /// The rules and limits that it changes, as specs name them; `max_total_trials` among them.
    public var names: [String] { (value.object ?? [:]).keys.sorted() }

    /// The recorded form: names to new values, null for a rule that holds no more.
    public var value: Value {
      var members: [String: Value] = [:]
      for rule in without { members[rule.rawValue] = .null }
      if let maxTotalTrials { members["max_total_trials"] = .integer(Int64(maxTotalTrials)) }
      if let timeout { members[Rule.timeout.rawValue] = .real(timeout) }
      if let totalResource { members[Rule.totalResource.rawValue] = .integer(Int64(totalResource)) }
      if let target { members[Rule.target.rawValue] = .real(target) }
      if let patience { members[Rule.patience.rawValue] = .integer(Int64(patience)) }
      return .object(members)
    }

    /// Reads the recorded form.
    public init(value: Value) {
      func whole(_ name: String) -> Int? { value[name]?.integer.map { Int($0) } }
      self.init(
        maxTotalTrials: whole("max_total_trials"), timeout: value[Rule.timeout.rawValue]?.number,
        totalResource: whole(Rule.totalResource.rawValue), target: value[Rule.target.rawValue]?.number,
        patience: whole(Rule.patience.rawValue), without: Set(Rule.allCases.filter { value[$0.rawValue] == .null }))
    }
  }

  /// Returns the spec with an extension.
  public func extended(by extension: Extension) -> SweepSpec {
    var spec = self
    for rule in `extension`.without {
      switch rule {
      case .timeout: spec.limits.timeout = nil
      case .totalResource: spec.completion.totalResource = nil
      case .target: spec.completion.target = nil
      case .patience:
        spec.completion.patience = nil
        spec.completion.tolerance = 0
      case .convergence: spec.completion.convergence = nil
      }
    }
    spec.limits.maxTotalTrials = `extension`.maxTotalTrials ?? spec.limits.maxTotalTrials
    spec.limits.timeout = `extension`.timeout ?? spec.limits.timeout
    spec.completion.totalResource = `extension`.totalResource ?? spec.completion.totalResource
    spec.completion.target = `extension`.target ?? spec.completion.target
    spec.completion.patience = `extension`.patience ?? spec.completion.patience
    return spec
  }
}

extension Sweep {
  /// The tag of a sweep's run that tells how often it was extended, so that only those sweeps' decisions are read for it.
  public static let extensionTag = "runs.extensions"
}

extension TrackingReader {
  /// Returns a sweep with the bounds that it has as of an event: its spec's, and those of later extensions.
  ///
  /// - Parameter event: nil for now.
  /// - Throws: `.notFound` when there is no such run or it is no sweep.
  public func extendedSweep(_ id: RunID, asOf event: EventNumber? = nil) throws -> Sweep {
    var sweep = try sweep(id)
    guard try tags(of: id)[Sweep.extensionTag] != nil else { return sweep }
    for decision in try decisions(of: id) where decision.kind == .extend && decision.event <= event ?? .max {
      sweep.spec = sweep.spec.extended(by: SweepSpec.Extension(value: decision.details))
    }
    return sweep
  }
}
