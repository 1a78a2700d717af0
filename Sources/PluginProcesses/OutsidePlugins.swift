public import Tracking

/// A program outside as a search strategy.
public final class OutsideStrategy: SearchStrategy {
  /// What stands for programs that were not asked yet.
  public static let description = PluginDescription(
    kind: .strategy, name: "outside", summary: "A program outside that proposes trials")

  private let options: [String: Value]
  private let introduction: PluginIntroduction
  private let conversation: OutsideSession

  /// Speaks to a program about one sweep.
  ///
  /// - Parameter environment: the program's whole environment.
  public init(
    _ program: OutsideProgram, _ introduction: PluginIntroduction, options: [String: Value],
    environment: [String: String]
  ) {
    self.options = options
    self.introduction = introduction
    conversation = OutsideSession(program, environment: environment)
  }

  /// Refused: which program it is has to be said.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    throw TrackingError(.invalid, "a strategy outside is made of its program")
  }

  /// Nothing: a program is asked by `OutsideProgram.problems`.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] { [] }

  /// Asks the program for trials.
  ///
  /// - Throws: `.system` when it gave no answer, or one that makes no sense; the next ask starts it anew.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    try ask(in: session, { .propose(count: count, $0) }) { answer in
      try answer.apply(to: session, upTo: count)
      return answer.outlook
    }
  }

  /// Asks the program to look at the running trials, where it said that it wants to.
  public func review(in session: SweepSession) throws {
    guard introduction.reviews else { return }
    try ask(in: session, { .review($0) }) { try $0.apply(to: session, upTo: 0) }
  }

  private func ask<Result>(
    in session: SweepSession, _ request: (RecordsUpdate) -> PluginRequest, use: (PluginAnswer) throws -> Result
  ) throws -> Result {
    try conversation.ask(in: session, options: options, within: introduction.timeout, request, use: use)
  }
}

/// A program outside as a termination policy.
public final class OutsidePolicy: TerminationPolicy {
  /// What stands for programs that were not asked yet.
  public static let description = PluginDescription(
    kind: .policy, name: "outside", summary: "A program outside that ends trials early")

  private let options: [String: Value]
  private let timeout: Double
  private let conversation: OutsideSession

  /// Speaks to a program about one sweep.
  ///
  /// - Parameter environment: the program's whole environment.
  public init(
    _ program: OutsideProgram, _ introduction: PluginIntroduction, options: [String: Value],
    environment: [String: String]
  ) {
    self.options = options
    timeout = introduction.timeout
    conversation = OutsideSession(program, environment: environment)
  }

  /// Refused: which program it is has to be said.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    throw TrackingError(.invalid, "a policy outside is made of its program")
  }

  /// Nothing: a program is asked by `OutsideProgram.problems`.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] { [] }

  /// Asks the program to look at the running trials.
  ///
  /// - Throws: `.system` when it gave no answer, or one that makes no sense; the next ask starts it anew.
  public func judge(in session: SweepSession) throws {
    try conversation.ask(in: session, options: options, within: timeout, { .judge($0) }) {
      try $0.apply(to: session, upTo: 0)
    }
  }
}

extension PluginAnswer {
  /// Does what a plugin wants, in a session.
  ///
  /// - Parameter count: how many proposals were asked for.
  /// - Throws: `.invalid` for what is outside the space, of no such trial, or was not asked for; nothing is done then.
  func apply(to session: SweepSession, upTo count: Int) throws {
    let trials = session.trials
    var proposals = 0
    func trial(_ number: Int, _ deed: String) throws -> Trial {
      guard trials.indices.contains(number) else {
        throw PluginProtocol.invalid("it wants to \(deed) trial \(number), and there are \(trials.count)")
      }
      return trials[number]
    }
    var deeds: [() -> Void] = []
    for change in changes {
      let (reason, details) = (change.reason, change.details)
      switch change.deed {
      case .propose(let parameters, let allowance, let continuing):
        proposals += 1
        guard proposals <= count else {
          throw PluginProtocol.invalid("it proposes more trials than the \(count) that it was asked for")
        }
        let configuration = try session.sweep.spec.space.configuration(of: parameters)
        if let allowance, allowance < 1 {
          throw PluginProtocol.invalid("it proposes a trial with an allowance of \(allowance), which is less than 1")
        }
        let first = try continuing.map { try trial($0, "continue") }
        if let first, !first.state.isFinal {
          throw PluginProtocol.invalid("it wants to continue trial \(first.number), which has not ended")
        }
        deeds.append {
          session.propose(
            configuration, allowance: allowance, continuing: first, reason: reason, details: details)
        }
      case .resume(let number, let allowance):
        let paused = try trial(number, "resume")
        if let allowance, allowance <= paused.observed {
          throw PluginProtocol.invalid(
            "it resumes trial \(number) with an allowance of \(allowance), and it has logged \(paused.observed) points")
        }
        deeds.append { session.resume(paused, allowance: allowance, reason: reason, details: details) }
      case .stop(let number):
        let stopped = try trial(number, "stop")
        if !stopped.state.isFinal { deeds.append { session.stop(stopped, reason: reason, details: details) } }
      case .pause(let number):
        let held = try trial(number, "pause")
        if held.state == .running { deeds.append { session.pause(held, reason: reason, details: details) } }
      }
    }
    for deed in deeds { deed() }
  }
}

extension SearchSpace {
  /// Returns the configuration that an object of values is: each active parameter's value in the domain's own form.
  ///
  /// - Throws: `.invalid` naming what is missing, too much or outside its domain.
  func configuration(of values: [String: Value]) throws -> [Parameter] {
    let found = try configuration { parameter in
      guard let given = values[parameter.name] else {
        throw PluginProtocol.invalid("a proposal has no value for '\(parameter.name)': \(Value.object(values).json)")
      }
      guard let value = parameter.domain.member(matching: given) else {
        throw PluginProtocol.invalid("it proposes \(parameter.name) = \(given.json), which lies outside the space")
      }
      return value
    }
    let names = Set(found.map(\.name))
    if let extra = values.keys.sorted().first(where: { !names.contains($0) }) {
      throw PluginProtocol.invalid(
        self[extra] == nil
          ? "it proposes a value for '\(extra)', which is no parameter of the space"
          : "it proposes a value for '\(extra)', whose `when` does not hold: \(Value.object(values).json)")
    }
    guard satisfies(found) else {
      let broken = constraints.map(\.text).joined(separator: "; ")
      throw PluginProtocol.invalid("it proposes \(Value.object(values).json), which does not meet: \(broken)")
    }
    return found
  }
}
