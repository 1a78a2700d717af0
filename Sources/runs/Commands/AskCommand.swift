internal import ArgumentParser
internal import Sweeping
internal import Tracking

/// `runs ask`.
struct AskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ask",
    abstract: "Hands out the next trial of a sweep whose trials you execute yourself.",
    usage: "runs ask [<sweep>] [<options>]",
    discussion: """
      The sweep's spec says `trial: manual`; `runs sweep start` records it and prints its id. What the sweep's strategy \
      proposes is recorded and printed, the trial's id first. Any number of processes may ask. The exit code is 1 when \
      there is no trial to execute: none now, or none any more.

      Examples:
        runs ask @last
        runs ask q7k2 --json
      """)

  @Argument(
    help: ArgumentHelp("A sweep's id or its unique beginning; otherwise the newest.", valueName: "sweep"),
    completion: .custom(completeSweeps))
  var sweep = "@last"

  @Flag(help: "Print JSON; the fields are listed in docs/cli.md.")
  var json = false

  @OptionGroup var common: GlobalOptions

  /// Prints the trial.
  func run() throws {
    let store = try common.openStore()
    let answer = try store.manual().ask(store.sweep(sweep).run)
    switch answer {
    case .trial(let asked):
      if json { return write(asked.json.prettyJSON + "\n") }
      let pairs = asked.parameters.map { "\($0.name)=\($0.value.plain)" }
      write(([asked.run.text] + pairs).joined(separator: "\t") + "\n")
    case .waiting(let reason), .over(let reason):
      var isOver = false
      if case .over = answer { isOver = true }
      if json {
        write(Value.object(["run": .null, "reason": .text(reason), "over": .boolean(isOver)]).prettyJSON + "\n")
        throw CommandFailure(.no)
      }
      throw CommandFailure(.no, isOver ? "there is no further trial: \(reason)" : "there is no trial now: \(reason)")
    }
  }
}

/// `runs tell`.
struct TellCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tell",
    abstract: "Tells what came of a trial that `runs ask` handed out.",
    usage: "runs tell <trial> <name=value> ... [<options>]",
    discussion: """
      The values are logged and the trial ends as finished, or as --state says. With --step it goes on: policy and strategy \
      look at it, and `continue`, `stop` or `pause` is printed; the exit code is 0 for `continue` and 1 otherwise. A trial \
      that is to stop or pause has ended for you: one that pauses leaves its checkpoint, and `runs ask` may hand it out \
      again.

      Examples:
        runs tell q7k2-3 loss=0.31
        runs tell q7k2-3 loss=0.44 --step || exit
        runs tell q7k2-3 --state failed --reason "out of memory"
      """)

  @OptionGroup var which: RunArgument

  @Argument(help: ArgumentHelp("The metric's name and its value.", valueName: "name=value"))
  var values: [String] = []

  @Flag(help: "The trial goes on, if nobody wants it to stop.")
  var step = false

  @Option(help: ArgumentHelp("How it ended: finished, failed or canceled.", valueName: "state"))
  var state: String?

  @Option(help: ArgumentHelp("Why, in a sentence.", valueName: "text"))
  var reason = ""

  @Flag(help: "Print JSON; the fields are listed in docs/cli.md.")
  var json = false

  @OptionGroup var common: GlobalOptions

  /// Refuses what contradicts itself.
  func validate() throws {
    if step, state != nil {
      throw ValidationError("--step says that the trial goes on, and --state that it has ended.")
    }
    if step, values.isEmpty { throw ValidationError("--step tells nothing without a value; write it as loss=0.31.") }
    if let state, !["finished", "failed", "canceled"].contains(state) {
      throw ValidationError("--state is '\(state)'; it can be finished, failed or canceled.")
    }
  }

  /// Logs the values.
  func run() throws {
    let store = try common.openStore()
    let manual = store.manual()
    let run = try store.run(which.run)
    let points = try values.map { try metricAssignment($0) }
    guard step else {
      let ended = try manual.end(
        run, as: RunState(rawValue: state ?? "finished") ?? .finished, points, reason: reason)
      if json {
        let over = ended.map { Value.text($0) } ?? .null
        return write(Value.object(["run": .text(run.text), "sweep_ended": over]).prettyJSON + "\n")
      }
      if let ended { remark("the sweep has ended: \(ended)") }
      return
    }
    let (advice, why) = try manual.report(run, points)
    if json {
      write(
        Value.object(["run": .text(run.text), "advice": .text(advice.rawValue), "reason": .text(why)]).prettyJSON + "\n"
      )
    } else {
      write(advice.rawValue + "\n")
      if advice != .goOn { remark(why) }
    }
    if advice != .goOn { throw CommandFailure(.no) }
  }
}

extension OpenStore {
  /// Returns the way to this store's manual sweeps.
  func manual() -> ManualSweep {
    ManualSweep(
      store: tracking, plugins: everyPlugin(in: folder), paths: SweepPaths(root: folder), clock: { .now() })
  }
}

extension ManualSweep.Asked {
  /// The trial as an object.
  var json: Value {
    [
      "run": .text(run.text), "number": .integer(Int64(number)), "parameters": .object(parameters.byName),
      "allowance": allowance.map { .integer(Int64($0)) } ?? .null,
      "continues": continues.map { .text($0.text) } ?? .null,
      "resumed": .boolean(isResumed),
    ]
  }
}
