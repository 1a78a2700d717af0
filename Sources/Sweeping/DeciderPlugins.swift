public import Tracking

/// A search strategy as the catalogue keeps it: a type of this program, or a program outside.
public struct StrategyPlugin: Sendable {
  /// What the strategy says of itself.
  public let description: PluginDescription
  /// False for a strategy that does not look at how trials went, and may be asked ahead of their turn.
  public let learnsFromResults: Bool
  /// True for a strategy that proposes trials `continuing:` trials that finished, whose checkpoints are kept for that.
  public let continuesTrials: Bool
  private let weighsPriors: Bool
  private let findProblems: @Sendable (_ options: [String: Value], _ sweep: SweepSpec) -> [PluginProblem]
  private let makeStrategy: @Sendable (_ options: [String: Value], _ sweep: SweepSpec) throws -> any SearchStrategy

  /// Describes a strategy that is made by a closure.
  ///
  /// - Parameters:
  ///   - weighsPriors: what `SearchStrategy.weighsPriors` says; true where that is not known.
  ///   - problems: what `SearchStrategy.problems` says.
  ///   - make: what `SearchStrategy.init` does; called when the strategy is first asked, and again after an ask that failed.
  public init(
    _ description: PluginDescription, learnsFromResults: Bool = true, continuesTrials: Bool = false,
    weighsPriors: Bool = true,
    problems: @escaping @Sendable (_ options: [String: Value], _ sweep: SweepSpec) -> [PluginProblem],
    make: @escaping @Sendable (_ options: [String: Value], _ sweep: SweepSpec) throws -> any SearchStrategy
  ) {
    self.description = description
    self.learnsFromResults = learnsFromResults
    self.continuesTrials = continuesTrials
    self.weighsPriors = weighsPriors
    findProblems = problems
    makeStrategy = make
  }

  /// Describes a strategy of this program.
  public init(_ type: any SearchStrategy.Type) {
    self.init(
      type.description, learnsFromResults: type.learnsFromResults, continuesTrials: type.continuesTrials,
      weighsPriors: type.weighsPriors, problems: { type.problems(options: $0, sweep: $1) },
      make: { try type.init(options: $0, sweep: $1) })
  }

  /// Returns what is wrong with options for a sweep; empty when all is well. Priors that the strategy passes over are remarked
  /// upon.
  public func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    findProblems(options, sweep) + remarkOnPriors(of: sweep.space)
  }

  private func remarkOnPriors(of space: SearchSpace) -> [PluginProblem] {
    let believed = space.parameters.filter { $0.prior != nil }.map { "'\($0.name)'" }
    guard !weighsPriors, !believed.isEmpty else { return [] }
    return [
      PluginProblem(
        nil,
        "\(description.name) does not weigh the prior of \(believed.joined(separator: ", ")); take a strategy that does, "
          + "or narrow the range", isError: false)
    ]
  }

  /// Makes the strategy of one sweep.
  public func make(options: [String: Value], sweep: SweepSpec) throws -> any SearchStrategy {
    try makeStrategy(options, sweep)
  }
}

/// A termination policy as the catalogue keeps it: a type of this program, or a program outside.
public struct PolicyPlugin: Sendable {
  /// What the policy says of itself.
  public let description: PluginDescription
  private let findProblems: @Sendable (_ options: [String: Value], _ sweep: SweepSpec) -> [PluginProblem]
  private let makePolicy: @Sendable (_ options: [String: Value], _ sweep: SweepSpec) throws -> any TerminationPolicy

  /// Describes a policy that is made by a closure.
  ///
  /// - Parameters:
  ///   - problems: what `TerminationPolicy.problems` says.
  ///   - make: what `TerminationPolicy.init` does; called when the policy is first asked, and again after an ask that failed.
  public init(
    _ description: PluginDescription,
    problems: @escaping @Sendable (_ options: [String: Value], _ sweep: SweepSpec) -> [PluginProblem],
    make: @escaping @Sendable (_ options: [String: Value], _ sweep: SweepSpec) throws -> any TerminationPolicy
  ) {
    self.description = description
    findProblems = problems
    makePolicy = make
  }

  /// Describes a policy of this program.
  public init(_ type: any TerminationPolicy.Type) {
    self.init(
      type.description, problems: { type.problems(options: $0, sweep: $1) },
      make: { try type.init(options: $0, sweep: $1) })
  }

  /// Returns what is wrong with options for a sweep; empty when all is well.
  public func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] { findProblems(options, sweep) }

  /// Makes the policy of one sweep.
  public func make(options: [String: Value], sweep: SweepSpec) throws -> any TerminationPolicy {
    try makePolicy(options, sweep)
  }
}
