public import Tracking

/// What a plugin says of itself in answer to `describe`.
public struct PluginIntroduction: Sendable, Equatable {
  /// Kind, name, summary and options.
  public var description: PluginDescription
  /// False for a strategy that does not look at how trials went.
  public var learnsFromResults: Bool
  /// True for a plugin that answers `problems`.
  public var checks: Bool
  /// True for a strategy that answers `review`.
  public var reviews: Bool
  /// True for a strategy that proposes trials which begin with another one's checkpoint.
  public var continuesTrials: Bool
  /// How long it may take for an answer, in seconds.
  public var timeout: Double

  /// Makes an introduction.
  public init(
    _ description: PluginDescription, learnsFromResults: Bool = true, checks: Bool, reviews: Bool,
    continuesTrials: Bool = false, timeout: Double = OutsideProgram.patience
  ) {
    self.description = description
    self.learnsFromResults = learnsFromResults
    self.checks = checks
    self.reviews = reviews
    self.continuesTrials = continuesTrials
    self.timeout = timeout
  }

  /// The introduction as a line says it.
  public var value: Value {
    [
      "protocol": .integer(PluginProtocol.version), "kind": .text(description.kind.rawValue),
      "name": .text(description.name), "summary": .text(description.summary),
      "options": .list(description.options.map { ["name": .text($0.name), "summary": .text($0.summary)] }),
      "learns_from_results": .boolean(learnsFromResults), "checks": .boolean(checks), "reviews": .boolean(reviews),
      "continues_trials": .boolean(continuesTrials),
    ]
  }

  /// Reads an introduction; what may be left out is: `summary`, `options`, `learns_from_results` (true), `checks`,
  /// `reviews` and `continues_trials` (false), `timeout` (60 s).
  ///
  /// - Throws: `.invalid`, `.incompatible`.
  public init(value: Value) throws {
    guard let spoken = value["protocol"]?.integer else { throw PluginProtocol.invalid("it names no 'protocol'") }
    guard spoken == PluginProtocol.version else {
      throw TrackingError(
        .incompatible, "it speaks the protocol \(spoken), and this program speaks \(PluginProtocol.version)")
    }
    guard let kind = PluginDescription.Kind(rawValue: value["kind"]?.text ?? ""), [.strategy, .policy].contains(kind)
    else { throw PluginProtocol.invalid("its 'kind' is neither strategy nor policy") }
    guard let name = value["name"]?.text, !name.isEmpty else { throw PluginProtocol.invalid("it has no 'name'") }
    self.init(
      PluginDescription(
        kind: kind, name: name, summary: value["summary"]?.text ?? "",
        options: (value["options"]?.list ?? []).compactMap { option in
          option["name"]?.text.map { PluginDescription.Option($0, option["summary"]?.text ?? "") }
        }),
      learnsFromResults: value["learns_from_results"]?.boolean ?? true, checks: value["checks"]?.boolean ?? false,
      reviews: value["reviews"]?.boolean ?? false, continuesTrials: value["continues_trials"]?.boolean ?? false,
      timeout: value["timeout"]?.number.flatMap { $0 > 0 && $0 < 1e6 ? $0 : nil } ?? OutsideProgram.patience)
  }
}

/// A thing that a plugin wants done.
public enum PluginDeed: Sendable, Equatable {
  /// Record a new trial.
  case propose(parameters: [String: Value], allowance: Int?, continuing: Int?)
  /// Let a paused trial go on.
  case resume(trial: Int, allowance: Int?)
  /// End a trial early.
  case stop(trial: Int)
  /// Let a running trial wait.
  case pause(trial: Int)
}

/// A deed with its reason.
public struct PluginChange: Sendable, Equatable {
  /// What is to be done.
  public var deed: PluginDeed
  /// Why, in a sentence; not empty.
  public var reason: String
  /// The numbers that led to it.
  public var details: Value

  /// Makes a change.
  public init(_ deed: PluginDeed, reason: String, details: Value = .null) {
    self.deed = deed
    self.reason = reason
    self.details = details
  }
}

extension PluginChange {
  /// The change as a line says it.
  public var value: Value {
    var members: [String: Value] = ["reason": .text(reason)]
    if details != .null { members["details"] = details }
    func number(_ name: String, _ value: Int?) { if let value { members[name] = .integer(Int64(value)) } }
    switch deed {
    case .propose(let parameters, let allowance, let continuing):
      members["do"] = "propose"
      members["parameters"] = .object(parameters)
      number("allowance", allowance)
      number("continuing", continuing)
    case .resume(let trial, let allowance):
      members["do"] = "resume"
      number("trial", trial)
      number("allowance", allowance)
    case .stop(let trial):
      members["do"] = "stop"
      number("trial", trial)
    case .pause(let trial):
      members["do"] = "pause"
      number("trial", trial)
    }
    return .object(members)
  }

  /// Reads a change.
  ///
  /// - Throws: `.invalid` naming what is missing.
  public init(value: Value) throws {
    guard let reason = value["reason"]?.text, !reason.isEmpty else {
      throw PluginProtocol.invalid("a change has no 'reason': \(value.json)")
    }
    func trial() throws -> Int {
      guard let number = value["trial"]?.integer, number >= 0 else {
        throw PluginProtocol.invalid("a change names no 'trial' by its number: \(value.json)")
      }
      return Int(number)
    }
    let allowance = value["allowance"]?.integer.map { Int($0) }
    let deed: PluginDeed
    switch value["do"]?.text {
    case "propose":
      guard let parameters = value["parameters"]?.object else {
        throw PluginProtocol.invalid("a proposal has no 'parameters': \(value.json)")
      }
      deed = .propose(
        parameters: parameters, allowance: allowance, continuing: value["continuing"]?.integer.map { Int($0) })
    case "resume": deed = .resume(trial: try trial(), allowance: allowance)
    case "stop": deed = .stop(trial: try trial())
    case "pause": deed = .pause(trial: try trial())
    default: throw PluginProtocol.invalid("a change has no known 'do': \(value.json)")
    }
    self.init(deed, reason: reason, details: value["details"] ?? .null)
  }
}

/// A plugin's answer to `propose`, `review` or `judge`.
public struct PluginAnswer: Sendable, Equatable {
  /// What it wants done, in order.
  public var changes: [PluginChange]
  /// What to expect of the next `propose`; `open` where nothing is said.
  public var outlook: SearchOutlook

  /// Makes an answer.
  public init(changes: [PluginChange], outlook: SearchOutlook = .open) {
    self.changes = changes
    self.outlook = outlook
  }

  /// The answer as a line says it.
  public var value: Value {
    var members: [String: Value] = ["changes": .list(changes.map(\.value))]
    switch outlook {
    case .open: members["outlook"] = "open"
    case .waiting: members["outlook"] = "waiting"
    case .exhausted(let reason):
      members["outlook"] = "exhausted"
      members["reason"] = .text(reason)
    }
    return .object(members)
  }

  /// Reads an answer.
  ///
  /// - Throws: `.invalid` naming what is missing.
  public init(value: Value) throws {
    changes = try (value["changes"]?.list ?? []).map { try PluginChange(value: $0) }
    switch value["outlook"]?.text {
    case "open", nil: outlook = .open
    case "waiting": outlook = .waiting
    case "exhausted":
      guard let reason = value["reason"]?.text, !reason.isEmpty else {
        throw PluginProtocol.invalid("the outlook is 'exhausted' without a 'reason'")
      }
      outlook = .exhausted(reason)
    case let word?:
      throw PluginProtocol.invalid("the outlook is '\(word)'; it can be open, waiting or exhausted")
    }
  }
}

extension PluginAnswer {
  /// Takes up what a decider did in a session.
  init(of session: SweepSession, outlook: SearchOutlook = .open) {
    var configurations: [Int: (parameters: [String: Value], continuing: Int?)] = [:]
    var allowances: [RunID: Int?] = [:]
    changes = []
    for change in session.changes {
      switch change {
      case .createRun(let run):
        let origin = run.origin["continues"]?.text.flatMap { Int($0.dropFirst(session.sweep.run.text.count + 1)) }
        configurations[run.number ?? 0] = (run.parameters.byName, origin)
      case .allow(let run, let points): allowances[run] = points
      case .decide(let decision):
        guard let trial = decision.trial else { continue }
        let allowance = allowances[session.sweep.run.trial(trial)] ?? nil
        let deed: PluginDeed
        switch decision.kind {
        case .propose:
          let (parameters, continuing) = configurations[trial] ?? ([:], nil)
          deed = .propose(parameters: parameters, allowance: allowance, continuing: continuing)
        case .resume: deed = .resume(trial: trial, allowance: allowance)
        case .stop: deed = .stop(trial: trial)
        case .pause: deed = .pause(trial: trial)
        default: continue
        }
        changes.append(PluginChange(deed, reason: decision.reason, details: decision.details))
      default: continue
      }
    }
    self.outlook = outlook
  }
}
