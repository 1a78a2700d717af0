internal import CProcess
internal import Glibc
public import Tracking

/// A plugin of ours as a program: answers the lines of the protocol, one sweep at a time.
///
/// It keeps a mirror of the sweep's records and lets the plugin look at it through a `SweepSession`, exactly as the sweep
/// loop does.
public struct PluginServer: ~Copyable {
  private struct Opened {
    var sweep: Sweep
    var mirror: SweepMirror
    var memory = TrialMemory()
    var decider: ServedPlugin.Decider
  }

  private let plugin: ServedPlugin
  private var opened: Opened?
  /// Milliseconds of CPU time that the plugin itself took for the last request.
  public internal(set) var deciderMilliseconds = 0.0

  /// Serves a plugin.
  public init(_ plugin: ServedPlugin) { self.plugin = plugin }

  /// Answers a line; every failure is an answer too.
  public mutating func answer(_ line: String) -> String {
    do {
      return try answer(try PluginRequest(value: Value(json: line))).json
    } catch {
      let message = (error as? TrackingError)?.message ?? "\(error)"
      let code = (error as? TrackingError)?.code ?? .invalid
      return Value.object(["error": .text(message), "code": .text(code.rawValue)]).json
    }
  }

  private mutating func answer(_ request: PluginRequest) throws -> Value {
    switch request {
    case .describe: return plugin.introduction.value
    case .problems(let options, let sweep):
      return ["problems": .list(plugin.findProblems(options, sweep).map(\.value))]
    case .open(let run, let options, let spec):
      opened = nil
      let sweep = Sweep(run: run, spec: spec, source: "")
      opened = Opened(sweep: sweep, mirror: SweepMirror(sweep: sweep), decider: try plugin.make(options, spec))
      return ["ok": true]
    case .propose(let count, let update):
      let (decider, session) = try look(update)
      guard case .strategy(let strategy) = decider else { throw PluginProtocol.invalid("a policy proposes nothing") }
      let outlook = try timed { try strategy.propose(upTo: count, in: session) }
      return PluginAnswer(of: session, outlook: outlook).value
    case .review(let update):
      let (decider, session) = try look(update)
      guard case .strategy(let strategy) = decider else {
        throw PluginProtocol.invalid("a policy judges, and reviews nothing")
      }
      try timed { try strategy.review(in: session) }
      return PluginAnswer(of: session).value
    case .judge(let update):
      let (decider, session) = try look(update)
      guard case .policy(let policy) = decider else {
        throw PluginProtocol.invalid("a strategy reviews, and judges nothing")
      }
      try timed { try policy.judge(in: session) }
      return PluginAnswer(of: session).value
    }
  }

  private mutating func timed<Result>(_ ask: () throws -> Result) rethrows -> Result {
    let begin = cpuMilliseconds()
    defer { deciderMilliseconds = cpuMilliseconds() - begin }
    return try ask()
  }

  private func look(_ update: RecordsUpdate) throws -> (ServedPlugin.Decider, SweepSession) {
    guard let opened else { throw PluginProtocol.invalid("no sweep is open; send 'open' first") }
    for run in try opened.mirror.apply(update) { opened.memory.forget(run) }
    let session = try SweepSession(
      sweep: opened.sweep, decider: plugin.introduction.description.name, reader: opened.mirror, memory: opened.memory)
    return (opened.decider, session)
  }
}

/// Milliseconds of CPU time that this process has taken.
func cpuMilliseconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1e6
}

/// A plugin that can be served.
public struct ServedPlugin: Sendable {
  enum Decider: Sendable {
    case strategy(any SearchStrategy)
    case policy(any TerminationPolicy)
  }

  let introduction: PluginIntroduction
  let findProblems: @Sendable ([String: Value], SweepSpec) -> [PluginProblem]
  let make: @Sendable ([String: Value], SweepSpec) throws -> Decider

  /// Describes a strategy by what it says of itself, what finds problems and what makes it.
  public init(
    strategy description: PluginDescription, learnsFromResults: Bool, continuesTrials: Bool = false,
    problems: @escaping @Sendable ([String: Value], SweepSpec) -> [PluginProblem],
    make: @escaping @Sendable ([String: Value], SweepSpec) throws -> any SearchStrategy
  ) {
    introduction = PluginIntroduction(
      description, learnsFromResults: learnsFromResults, checks: true, reviews: true, continuesTrials: continuesTrials)
    findProblems = problems
    self.make = { .strategy(try make($0, $1)) }
  }

  /// Describes a policy by what it says of itself, what finds problems and what makes it.
  public init(
    policy description: PluginDescription,
    problems: @escaping @Sendable ([String: Value], SweepSpec) -> [PluginProblem],
    make: @escaping @Sendable ([String: Value], SweepSpec) throws -> any TerminationPolicy
  ) {
    introduction = PluginIntroduction(description, checks: true, reviews: false)
    findProblems = problems
    self.make = { .policy(try make($0, $1)) }
  }
}

extension PluginProblem {
  var value: Value {
    ["name": name.map { .text($0) } ?? .null, "message": .text(message), "is_error": .boolean(isError)]
  }

  init?(value: Value) {
    guard let message = value["message"]?.text else { return nil }
    self.init(value["name"]?.text, message, isError: value["is_error"]?.boolean ?? true)
  }
}
