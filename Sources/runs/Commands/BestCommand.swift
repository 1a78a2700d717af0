internal import ArgumentParser
internal import Tracking

/// `runs best`.
struct BestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "best",
    abstract: "Shows a sweep's best trial, or its best few.",
    usage: "runs best <sweep> [<options>]",
    discussion: """
      A trial counts with what the objective selects of its series: the best value that it logged, unless the spec says \
      otherwise. Only finished and pruned trials that keep to the constraints can win, and of equal ones the earlier \
      trial leads.

      Examples:
        runs best @last
        runs best q7k2 --limit 10
        runs best q7k2 --pareto
        runs reproduce $(runs best q7k2 --id)
      """)

  @OptionGroup var which: SweepArgument

  @Option(name: [.customShort("n"), .long], help: ArgumentHelp("How many trials.", valueName: "count"))
  var limit = 1

  @Flag(help: "Every trial that no other one is better than in all objectives.")
  var pareto = false

  @Flag(help: "Rank the trials of the sweeps that it began with, too.")
  var withParents = false

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
    let store = try common.openRecords()
    let sweep = try store.sweep(which.sweep)
    try store.remarkOnPart(of: sweep.run, on: common.err)
    let board = try Leaderboard(of: sweep, with: withParents ? parents(of: sweep) : [], in: store.tracking)
    guard let best = board.best else {
      throw CommandFailure(
        .notFound,
        "sweep '\(sweep.run)' has no winner yet: no finished trial logged a finite '\(board.objective.metric)'"
          + (sweep.spec.constraints.isEmpty ? "" : " within the constraints")
          + " (trials: \(trialCounts(board.states)))")
    }
    let front = pareto ? board.front : nil
    let count = pareto && limit == 1 ? .max : limit
    if id {
      (front ?? board.entries).prefix(count).filter(\.canWin).forEach { write($0.run.id.text + "\n") }
    } else if format.json {
      write(board.json(limit: count, chosen: front).prettyJSON + "\n")
    } else if format.csv {
      write(board.csv(sweep.spec, limit: count, chosen: front))
    } else if count > 1 {
      write(board.table(sweep.spec, limit: count, now: .now(), chosen: front).text(on: common.out))
    } else {
      write(text(best, board))
    }
  }

  // Of another task a score is on another scale, so it has no place beside these.
  private func parents(of sweep: Sweep) -> [RunID] {
    let others = sweep.spec.parents.filter { $0.trust == .transfer }
    if !others.isEmpty {
      remark("left out, as of another task: \(others.map(\.sweep).joined(separator: ", "))")
    }
    if sweep.spec.parents.isEmpty { remark("sweep '\(sweep.run)' began with no other sweep") }
    return sweep.spec.parents.filter { $0.trust == .same }.compactMap { RunID($0.sweep) }
  }

  private func text(_ best: Leaderboard.Entry, _ board: Leaderboard) -> String {
    let screen = common.out
    let step = best.best.map { " at step \($0.step)" } ?? ""
    let value = best.best?.value.short() ?? ""
    var line =
      screen.paint(best.run.id.text, .bold) + "  \(board.objective.metric)\(board.objective.selectionText) "
      + screen.paint(value, .green) + step
    for (objective, value) in zip(board.otherObjectives, best.others) {
      line += ", \(objective.metric)\(objective.selectionText) \(value?.short() ?? "none")"
    }
    if let repeated = best.repeated {
      let error = repeated.standardError.map { " ± \($0.short(2))" } ?? ""
      line += ", mean \(repeated.mean.short())\(error) of \(repeated.values.count)"
    }
    return line + "\n" + RunRecord.pairs(best.parameters.map { ($0.name, $0.value.short) }, on: screen)
  }
}
