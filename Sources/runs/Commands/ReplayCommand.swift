internal import ArgumentParser
internal import Sweeping
internal import Tracking

/// `runs replay`.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Asks for every decision of a sweep again, and compares.",
    usage: "runs replay <sweep> [<options>]",
    discussion: """
      Each proposal, stop, pause, resumption and end is asked for again from the records as of the event that its \
      decider had seen. Nothing is trained and nothing is recorded. The exit code is 0 when all decisions come out the \
      same, 1 when one does not, and 7 when a strategy or policy is not here.

      Examples:
        runs replay @last
        runs replay q7k2 --json
      """)

  @OptionGroup var which: SweepArgument

  @Flag(help: "Keep strategy and policy from question to question, as the sweep did, instead of making them anew.")
  var keep = false

  @Flag(help: "Print JSON; the fields are listed in docs/cli.md.")
  var json = false

  @OptionGroup var common: GlobalOptions

  /// Replays the sweep.
  func run() throws {
    let store = try common.openStore()
    let sweep = try store.sweep(which.sweep)
    try store.tracking.checkIsWhole(sweep.run, toBe: "replayed")
    let plugins = everyPlugin(in: store.folder)
    try ReplayCommand.check(sweep, plugins)
    let progress = ProgressDisplay(common: common)
    let began = Timestamp.now()
    let replay = try SweepReplay(of: sweep.run, in: store.tracking, plugins: plugins, asksAfresh: !keep)
    let report: ReplayReport
    do {
      report = try replay.run {
        progress.show("asking for the decisions of \(sweep.run) again", done: $0, total: $1, since: began)
      }
      progress.end()
    } catch {
      progress.end()
      throw error
    }
    let run = try store.tracking.run(sweep.run)
    write(json ? report.json(run).prettyJSON + "\n" : report.text(run, on: common.out))
    guard !report.isIdentical else { return }
    if let program = run.origin["program"]?.text, program != "runs \(Program.version)" {
      remark("the sweep was driven by \(program), and this is runs \(Program.version), which may decide otherwise")
    }
    throw CommandFailure(.no)
  }

  // A sweep whose deciders are not here cannot be replayed.
  private static func check(_ sweep: Sweep, _ plugins: PluginCatalogue) throws {
    let (strategy, policy) = (sweep.spec.strategy.name, sweep.spec.earlyTermination?.name)
    var missing: [String] = []
    if plugins.knownStrategy(strategy) == nil {
      missing.append("the strategy '\(strategy)' (runs-strategy-\(strategy))")
    }
    if let policy, plugins.knownPolicy(policy) == nil {
      missing.append("the policy '\(policy)' (runs-policy-\(policy))")
    }
    guard !missing.isEmpty else { return }
    throw CommandFailure(
      .incomplete,
      "sweep '\(sweep.run)' was decided by \(missing.joined(separator: " and ")), which is not here; put the program "
        + "on PATH or in the folder plugins of the store")
  }
}

extension ReplayReport {
  /// The report as `runs replay --json` prints it.
  func json(_ run: Run) -> Value {
    [
      "sweep": .text(sweep.text), "state": .text(run.state.rawValue), "identical": .boolean(isIdentical),
      "asked": .integer(Int64(asked)), "same": .integer(Int64(identical)), "different": .integer(Int64(different)),
      "deciders": .list(
        tallies.map {
          [
            "decider": .text($0.decider), "kind": .text($0.kind.rawValue), "asked": .integer(Int64($0.asked)),
            "same": .integer(Int64($0.identical)),
          ]
        }),
      "not_asked": .list(
        beyond.map { ["kind": .text($0.kind.rawValue), "why": .text($0.why), "count": .integer(Int64($0.count))] }),
      "first_difference": first?.json ?? .null,
    ]
  }

  /// The report as people read it.
  func text(_ run: Run, on screen: Screen) -> String {
    guard asked + different > 0 || !beyond.isEmpty else {
      return "sweep \(sweep) has no decisions yet; it is \(run.state.rawValue)\n"
    }
    let soFar = run.state.isFinal ? "" : " so far; the sweep is \(run.state.rawValue)"
    var text =
      screen.paint("\(identical) of \(asked) decisions identical\(soFar)", isIdentical ? .green : .red) + "\n"
    let width = tallies.map(\.decider.displayWidth).max() ?? 0
    let digits = tallies.map { String($0.asked).count }.max() ?? 1
    for tally in tallies {
      let padding = String(repeating: " ", count: width - tally.decider.displayWidth)
      let count = String(tally.asked)
      let indent = String(repeating: " ", count: digits - count.count)
      let noun = ReplayReport.noun(tally.kind) + (tally.asked == 1 ? "" : "s")
      let rest = tally.identical == tally.asked ? "" : ", \(tally.asked - tally.identical) of them different"
      text += "  \(tally.decider.printable)\(padding)  \(indent)\(count) \(noun)\(rest)\n"
    }
    for one in beyond {
      text += "not asked again: \(counted(one.count, ReplayReport.noun(one.kind))), which hung on \(one.why)\n"
    }
    if let first { text += "\n" + first.text(on: screen) }
    if different > 1 { text += "\n\(different - 1) more came out otherwise\n" }
    return text
  }

  /// What a kind of decision is called.
  static func noun(_ kind: Decision.Kind) -> String {
    switch kind {
    case .propose: "proposal"
    case .stop: "stop"
    case .pause: "pause"
    case .resume: "resumption"
    case .end: "end"
    case .extend: "extension"
    }
  }
}

extension ReplayReport.Difference {
  /// The difference as an object.
  var json: Value {
    [
      "as_of": .integer(asOf), "event": event.map { .integer($0) } ?? .null,
      "recorded": recorded?.value ?? .null, "replayed": replayed?.value ?? .null,
      "fields": .list(fields.map { .text($0) }),
      "saw": .list(
        seen.map {
          [
            "trial": .integer(Int64($0.number)), "state": .text($0.state.rawValue),
            "points": .integer(Int64($0.points)),
            "score": $0.score.map { .real($0) } ?? .null,
          ]
        }),
    ]
  }

  // The most recent trials that are listed.
  private static let listed = 12

  /// The difference as people read it.
  func text(on screen: Screen) -> String {
    let deed = recorded ?? replayed
    let about = deed?.trial.map { "trial \($0)" } ?? "the sweep"
    let place = event.map { ", event \($0)" } ?? ""
    var text =
      screen.paint("the first that is not: \(deed?.kind.rawValue ?? "?") of \(about) by \(deed?.decider ?? "?")", .bold)
      + place + ", as of event \(asOf)\n"
    var table = Table(columns: [
      Table.Column(title: ""), Table.Column(title: "RECORDED", isFlexible: true),
      Table.Column(title: "REPLAYED", isFlexible: true),
    ])
    for (name, old, new) in rows {
      table.rows.append([Table.Cell(name), Table.Cell(old), Table.Cell(new)])
    }
    text += table.text(on: screen)
    guard !seen.isEmpty else { return text }
    let states = Dictionary(grouping: seen, by: \.state).mapValues(\.count)
    text += "\nit saw \(counted(seen.count, "trial")): \(trialCounts(states))\n"
    var trials = Table(columns: [
      Table.Column(title: "TRIAL", isRight: true), Table.Column(title: "STATE"),
      Table.Column(title: "POINTS", isRight: true), Table.Column(title: "SCORE", isRight: true),
    ])
    for trial in seen.suffix(Self.listed) {
      trials.rows.append([
        Table.Cell(String(trial.number)), Table.Cell(trial.state.rawValue, trial.state.style),
        Table.Cell(String(trial.points)), Table.Cell(trial.score?.short() ?? ""),
      ])
    }
    if seen.count > Self.listed { text += "the last \(Self.listed) of them (--json has all):\n" }
    return text + trials.text(on: screen)
  }

  // What is not the same, a thing a row: numbers with every digit.
  private var rows: [(String, String, String)] {
    guard let recorded, let replayed else {
      return [("", recorded.map(Self.line) ?? "nothing", replayed.map(Self.line) ?? "nothing")]
    }
    var rows: [(String, String, String)] = []
    let (old, new) = (recorded.value, replayed.value)
    for field in fields {
      switch field {
      case "parameters":
        let (was, now) = (recorded.parameters.byName, replayed.parameters.byName)
        rows += Self.rows(was, now)
      case "details":
        rows += Self.rows(recorded.details.object ?? [:], replayed.details.object ?? [:])
      default: rows.append((field, old[field]?.plain ?? "", new[field]?.plain ?? ""))
      }
    }
    return rows
  }

  private static func rows(_ old: [String: Value], _ new: [String: Value]) -> [(String, String, String)] {
    Set(old.keys).union(new.keys).sorted().filter { old[$0]?.json != new[$0]?.json }
      .map { ($0, old[$0]?.plain ?? "", new[$0]?.plain ?? "") }
  }

  private static func line(_ deed: Deed) -> String {
    "\(deed.kind.rawValue)\(deed.trial.map { " trial \($0)" } ?? ""): \(deed.reason)"
  }
}
