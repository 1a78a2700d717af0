/// Proposes the configurations of a sweep's trials.
///
/// A strategy is a pure function of the session's records (as of one event), its options and the sweep's seed: asked
/// again as of the same event, it proposes the same. One instance may be asked many times, with the records of one sweep
/// growing in between, and may keep what it computed from them; a fresh instance gives the same answer.
public protocol SearchStrategy: Sendable {
  /// What the strategy says of itself.
  static var description: PluginDescription { get }

  /// True, as by default, for a strategy that looks at how trials went. One that does not may be asked for many trials
  /// ahead of their turn.
  static var learnsFromResults: Bool { get }

  /// True for a strategy that proposes trials `continuing:` trials that finished: their checkpoints are then kept until the
  /// sweep ends. False by default.
  static var continuesTrials: Bool { get }

  /// True for a strategy that is guided by the priors of the space's parameters. False by default: a sweep with priors is then
  /// remarked upon.
  static var weighsPriors: Bool { get }

  /// Returns what is wrong with options for a sweep; empty when all is well.
  ///
  /// - Parameter sweep: what is asked for: space, objective, limits, resource, seed. Its own choice of strategy does not
  ///   count.
  static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem]

  /// Makes the strategy of one sweep.
  ///
  /// - Throws: `.invalid` for what `problems` would name.
  init(options: [String: Value], sweep: SweepSpec) throws

  /// Proposes up to `count` trials through the session, in order; paused ones that are to go on are resumed first.
  ///
  /// It is asked as well when no new trial is allowed any more (`max_total_trials`) while some are paused: what it then
  /// proposes is not taken, what it resumes is.
  ///
  /// - Parameter count: how many may begin now, resumed ones included.
  /// - Returns: what to expect of the next ask. Fewer proposals than asked for mean `waiting` or `exhausted`.
  func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook

  /// Looks at the running trials when one has reported: stops or pauses those that should not go on, as a policy does.
  /// Does nothing by default; a strategy that does not learn is not asked.
  func review(in session: SweepSession) throws
}

extension SearchStrategy {
  /// Does nothing.
  public func review(in session: SweepSession) throws {}

  /// True: a strategy learns unless it says otherwise.
  public static var learnsFromResults: Bool { true }

  /// False: a strategy continues no finished trial unless it says so.
  public static var continuesTrials: Bool { false }

  /// False: a strategy searches the whole range, whatever is believed, unless it says so.
  public static var weighsPriors: Bool { false }
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
  ///
  /// - Parameter sweep: what is asked for; its own choice of policy does not count.
  static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem]

  /// Makes the policy of one sweep.
  ///
  /// - Throws: `.invalid` for what `problems` would name.
  init(options: [String: Value], sweep: SweepSpec) throws

  /// Looks at the running trials and stops those that should end, through the session.
  func judge(in session: SweepSession) throws
}
