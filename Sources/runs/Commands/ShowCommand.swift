internal import ArgumentParser
internal import Tracking

/// `runs show`.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows everything that is known of a run.",
    usage: "runs show <run> [<options>]",
    discussion: """
      Examples:
        runs show q7k2            a run by the beginning of its id
        runs show q7k2-3          trial 3 of a sweep
        runs show @best --json    the newest sweep's best trial, for a program
      """)

  @OptionGroup var which: RunArgument

  @Flag(help: "Also show the states it went through, its attempts and, for a sweep, every decision.")
  var history = false

  @Flag(help: "Print JSON; the fields are listed in docs/cli.md.")
  var json = false

  @OptionGroup var common: GlobalOptions

  /// Prints the run.
  func run() throws {
    let store = try common.openRecords()
    let record = try RunRecord(of: store.run(which.run), in: store.tracking)
    if json {
      write(record.json.prettyJSON + "\n")
    } else {
      write(record.text(on: common.out, history: history, now: .now()))
    }
  }
}

/// Everything that a store keeps of one run.
struct RunRecord {
  /// The run.
  var run: Run
  /// Its parameters in recorded order.
  var parameters: [Parameter]
  /// Its tags.
  var tags: [String: String]
  /// Its series by name.
  var series: [SeriesSummary]
  /// Its artifacts by name.
  var artifacts: [Artifact]
  /// Its attempts, first to last.
  var attempts: [Attempt]
  /// Its states, first to last.
  var transitions: [Transition]
  /// What a sweep was asked to do, its trials and decisions; nil for other runs.
  var sweep: (sweep: Sweep, board: Leaderboard, decisions: [Decision])?

  /// Reads a run.
  init(of id: RunID, in reader: any TrackingReader) throws {
    run = try reader.run(id)
    parameters = try reader.parameters(of: id)
    tags = try reader.tags(of: id)
    series = try reader.series(of: id)
    artifacts = try reader.artifacts(of: id)
    attempts = try reader.attempts(of: id)
    transitions = try reader.transitions(of: id)
    if run.kind == .hyperdrive {
      let sweep = try reader.extendedSweep(id)
      self.sweep = (sweep, try Leaderboard(of: sweep, in: reader), try reader.decisions(of: id))
    }
  }

  /// The record as `runs show --json` prints it.
  var json: Value {
    var members = RunRow(run: run, parameters: parameters, tags: tags, metrics: series).json
    members["artifacts"] = .list(artifacts.map(\.json))
    members["attempts"] = .list(attempts.map(\.json))
    members["transitions"] = .list(transitions.map(\.json))
    if let (sweep, board, decisions) = sweep {
      members["spec"] = sweep.spec.value
      members["source"] = .text(sweep.source)
      members["trials"] = .object(
        Dictionary(uniqueKeysWithValues: board.states.map { ($0.key.rawValue, .integer(Int64($0.value))) }))
      members["best"] =
        board.best.map { best in
          ["id": .text(best.run.id.text), "value": best.best.map { .real($0.value) } ?? .null]
        } ?? .null
      members["decisions"] = .list(decisions.map(\.json))
    }
    return .object(members)
  }
}

extension Decision {
  /// A decision as an object.
  var json: Value {
    [
      "kind": .text(kind.rawValue), "decider": .text(decider), "as_of": .integer(asOf),
      "trial": trial.map { .integer(Int64($0)) } ?? .null, "reason": .text(reason), "details": details,
      "time": .text(time.iso), "time_ms": .integer(time.milliseconds), "event": .integer(event),
    ]
  }
}
