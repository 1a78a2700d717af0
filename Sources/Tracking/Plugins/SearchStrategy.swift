/// Proposes the configurations of a sweep's trials.
///
/// A strategy is made, asked once, and dropped. It is a pure function of the session's records (as of one event), its
/// options and the sweep's seed: asked again as of the same event, it proposes the same.
public protocol SearchStrategy: Sendable {
  /// What the strategy says of itself.
  static var description: PluginDescription { get }

  /// True, as by default, for a strategy that looks at how trials went. One that does not may be asked for many trials
  /// ahead of their turn.
  static var learnsFromResults: Bool { get }

  /// Returns what is wrong with options for a space; empty when all is well.
  static func problems(options: [String: Value], space: SearchSpace) -> [PluginProblem]

  /// Makes the strategy of one sweep.
  ///
  /// - Throws: `.invalid` for what `problems` would name.
  init(options: [String: Value], space: SearchSpace, seed: UInt64) throws

  /// Proposes up to `count` trials through the session, in order.
  ///
  /// - Returns: what to expect of the next ask. Fewer proposals than asked for mean `waiting` or `exhausted`.
  func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook
}

extension SearchStrategy {
  /// True: a strategy learns unless it says otherwise.
  public static var learnsFromResults: Bool { true }
}

/// What a strategy expects of the next ask.
public enum SearchOutlook: Sendable, Equatable {
  /// Ask again whenever a slot is free.
  case open
  /// Ask again when a trial has ended or reported.
  case waiting
  /// Nothing is left to propose; why, in a sentence.
  case exhausted(String)
}

/// Ends trials of a sweep early.
///
/// As a strategy, a policy is a pure function of the session's records, its options and the seed.
public protocol TerminationPolicy: Sendable {
  /// What the policy says of itself.
  static var description: PluginDescription { get }

  /// Returns what is wrong with options; empty when all is well.
  static func problems(options: [String: Value]) -> [PluginProblem]

  /// Makes the policy of one sweep.
  init(options: [String: Value], objective: SweepSpec.Objective, seed: UInt64) throws

  /// Looks at the running trials and stops those that should end, through the session.
  func judge(in session: SweepSession) throws
}
