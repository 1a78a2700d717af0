public import Tracking

/// What a decider decided, with all that is compared when it is asked again.
public struct Deed: Sendable {
  /// What was decided.
  public var kind: Decision.Kind
  /// Who decided it.
  public var decider: String
  /// The trial that it is about; nil where it is about the sweep.
  public var trial: Int?
  /// Why, in a sentence.
  public var reason: String
  /// The numbers that led to it.
  public var details: Value
  /// The configuration of a proposal; empty for anything else.
  public var parameters: [Parameter] = []
  /// How many points a proposed or resumed trial may log; nil for as many as it likes.
  public var allowance: Int?
  /// The trial whose checkpoint a proposed one begins with.
  public var continues: RunID?

  /// The deed as an object: what is compared, each number as its shortest decimals that read back the same bits.
  public var value: Value {
    var members: [String: Value] = [
      "kind": .text(kind.rawValue), "decider": .text(decider), "trial": trial.map { .integer(Int64($0)) } ?? .null,
      "reason": .text(reason), "details": details,
    ]
    if kind == .propose {
      members["parameters"] = .list(parameters.map { ["name": .text($0.name), "value": $0.value] })
      members["continues"] = continues.map { .text($0.text) } ?? .null
    }
    if kind == .propose || kind == .resume {
      members["allowance"] = allowance.map { .integer(Int64($0)) } ?? .null
    }
    return .object(members)
  }

  /// Returns the names of what is not the same as in another deed, the most telling first.
  public func differences(from other: Deed) -> [String] {
    let (own, others) = (value, other.value)
    return ["kind", "trial", "parameters", "allowance", "continues", "details", "reason", "decider"]
      .filter { own[$0]?.json != others[$0]?.json }
  }
}

extension SweepSession {
  /// What the decider decided in this session, in order.
  var deeds: [Deed] {
    var found: [Deed] = []
    var allowance: Int?
    var made: NewRun?
    for change in changes {
      switch change {
      case .createRun(let run): made = run
      case .allow(_, let points): allowance = points
      case .decide(let decision):
        var deed = Deed(decision)
        deed.parameters = made?.parameters ?? []
        deed.continues = made?.origin["continues"]?.text.flatMap { RunID($0) }
        deed.allowance = allowance
        found.append(deed)
        (allowance, made) = (nil, nil)
      default: break
      }
    }
    return found
  }

  /// Proposes the configurations that the spec puts first, up to a count.
  func proposeEnqueued(upTo count: Int) {
    let spec = sweep.spec
    for configuration in spec.enqueued.dropFirst(trials.count / max(1, spec.repeats)).prefix(count) {
      propose(configuration, reason: "enqueued by the spec, number \(configurations.count)")
    }
  }
}

extension Deed {
  init(_ decision: Decision) {
    self.init(
      kind: decision.kind, decider: decision.decider, trial: decision.trial, reason: decision.reason,
      details: decision.details)
  }
}
