public import Tracking

/// The language that `runs` and a plugin outside speak: one JSON object a line, one answer a request, in order.
///
/// docs/writing-an-outside-plugin.md tells it for people who write one.
public enum PluginProtocol {
  /// The version of the language. A plugin that speaks another one is refused.
  public static let version: Int64 = 1

  /// How a program outside is called: `runs-strategy-NAME` or `runs-policy-NAME`.
  public static func programName(_ kind: PluginDescription.Kind, _ name: String) -> String {
    "runs-\(kind.rawValue)-\(name)"
  }
}

/// A line to a plugin.
public enum PluginRequest: Sendable {
  /// Who are you? Always the first line.
  case describe
  /// What is wrong with these options for this sweep?
  case problems(options: [String: Value], sweep: SweepSpec)
  /// From here on it is about this sweep, of which no records were told yet.
  case open(run: RunID, options: [String: Value], sweep: SweepSpec)
  /// Here is what was recorded since the last line; propose up to `count` trials.
  case propose(count: Int, RecordsUpdate)
  /// Here is what was recorded since the last line; look at the running trials, as a strategy.
  case review(RecordsUpdate)
  /// Here is what was recorded since the last line; look at the running trials, as a policy.
  case judge(RecordsUpdate)
}

extension PluginRequest {
  /// The request as a line says it.
  public var value: Value {
    switch self {
    case .describe: ["op": "describe", "protocol": .integer(PluginProtocol.version)]
    case .problems(let options, let sweep): ["op": "problems", "options": .object(options), "sweep": sweep.value]
    case .open(let run, let options, let sweep):
      ["op": "open", "run": .text(run.text), "options": .object(options), "sweep": sweep.value]
    case .propose(let count, let update):
      .object(update.members.merging(["op": "propose", "count": .integer(Int64(count))]) { $1 })
    case .review(let update): .object(update.members.merging(["op": "review"]) { $1 })
    case .judge(let update): .object(update.members.merging(["op": "judge"]) { $1 })
    }
  }

  /// Reads a request.
  ///
  /// - Throws: `.invalid` naming what is missing; `.incompatible` for another version of the language.
  public init(value: Value) throws {
    func spec() throws -> SweepSpec {
      guard let sweep = value["sweep"] else { throw PluginProtocol.invalid("the request has no 'sweep'") }
      return try SweepSpec(value: sweep)
    }
    let options = value["options"]?.object ?? [:]
    switch value["op"]?.text {
    case "describe":
      let spoken = value["protocol"]?.integer ?? PluginProtocol.version
      guard spoken == PluginProtocol.version else {
        throw TrackingError(
          .incompatible, "the protocol \(spoken) was asked for, and this plugin speaks \(PluginProtocol.version)")
      }
      self = .describe
    case "problems": self = .problems(options: options, sweep: try spec())
    case "open":
      guard let run = value["run"]?.text.flatMap({ RunID($0) }) else {
        throw PluginProtocol.invalid("'open' has no 'run' with the sweep's id")
      }
      self = .open(run: run, options: options, sweep: try spec())
    case "propose":
      guard let count = value["count"]?.integer, count >= 0 else {
        throw PluginProtocol.invalid("'propose' has no 'count' of 0 or more")
      }
      self = .propose(count: Int(count), try RecordsUpdate(value: value))
    case "review": self = .review(try RecordsUpdate(value: value))
    case "judge": self = .judge(try RecordsUpdate(value: value))
    case let op?: throw PluginProtocol.invalid("there is no op '\(op)'")
    case nil: throw PluginProtocol.invalid("the request has no 'op'")
    }
  }
}

extension PluginProtocol {
  static func invalid(_ message: String) -> TrackingError { TrackingError(.invalid, message) }
}
