internal import ArgumentParser
internal import Tracking

/// `runs best`.
struct BestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "best",
    abstract: "Shows a sweep's best trial, or its best few.",
    usage: "runs best <sweep> [<options>]",
    discussion: """
      A trial counts with the best value of the objective that it logged; only finished and pruned trials can win, and \
      of equal ones the earlier trial leads.

      Examples:
        runs best @last
        runs best q7k2 --limit 10
        runs reproduce $(runs best q7k2 --id)
      """)

  @OptionGroup var which: SweepArgument

  @Option(name: [.customShort("n"), .long], help: ArgumentHelp("How many trials.", valueName: "count"))
  var limit = 1

  @Flag(help: "Only the id, one a line.")
  var id = false

  @OptionGroup var format: FormatOptions
  @OptionGroup var common: GlobalOptions

  /// Refuses limits below 1.
  func validate() throws {
    if limit < 1 { throw ValidationError("--limit is \(limit); it must be at least 1.") }
  }

  /// Prints the best.
  func run() throws {
    let store = try common.openStore()
    let sweep = try store.sweep(which.sweep)
    let board = try Leaderboard(of: sweep, in: store.tracking)
    guard let best = board.best else {
      throw CommandFailure(
        .notFound,
        "sweep '\(sweep.run)' has no winner yet: no finished trial logged a finite '\(board.objective.metric)' "
          + "(trials: \(trialCounts(board.states)))")
    }
    if id {
      board.entries.prefix(limit).filter(Leaderboard.canWin).forEach { write($0.run.id.text + "\n") }
    } else if format.json {
      write(board.json(limit: limit).prettyJSON + "\n")
    } else if format.csv {
      write(board.csv(sweep.spec, limit: limit))
    } else if limit > 1 {
      write(board.table(sweep.spec, limit: limit, now: .now()).text(on: common.out))
    } else {
      write(text(best, board.objective))
    }
  }

  private func text(_ best: Leaderboard.Entry, _ objective: SweepSpec.Objective) -> String {
    let screen = common.out
    let step = best.best.map { " at step \($0.step)" } ?? ""
    let value = best.best?.value.short() ?? ""
    return screen.paint(best.run.id.text, .bold) + "  \(objective.metric) " + screen.paint(value, .green) + step + "\n"
      + RunRecord.pairs(best.parameters.map { ($0.name, $0.value.short) }, on: screen)
  }
}
