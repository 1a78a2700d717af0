internal import ArgumentParser
internal import Sweeping
internal import Tracking

/// `runs sweep rerun`.
struct SweepRerun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rerun",
    abstract: "Trains a sweep's winner and its trial 0 again with new seeds: is it really better?",
    usage: "runs sweep rerun <sweep> [<options>]",
    discussion: """
      A winner of many trials is in part a lucky one. Its configuration and that of trial 0 (where a spec puts its \
      default) are trained with the same new seeds, each as a run of its own with the tags runs.reruns and \
      runs.reruns_seed; the table has the mean and the spread of each. Only for built-in trainers.

      Examples:
        runs sweep rerun @last
        runs sweep rerun q7k2 --trial 3 --seeds 5
      """)

  @OptionGroup var which: SweepArgument

  @Option(help: ArgumentHelp("This trial instead of the winner.", valueName: "number"))
  var trial: Int?

  @Option(help: ArgumentHelp("How many new seeds.", valueName: "count"))
  var seeds = 3

  @Flag(help: "Print JSON; the fields are listed in docs/cli.md.")
  var json = false

  @OptionGroup var common: GlobalOptions

  /// Refuses counts below 1.
  func validate() throws {
    if seeds < 1 { throw ValidationError("--seeds is \(seeds); it must be at least 1.") }
  }

  /// Trains and prints the table.
  func run() throws {
    let store = try common.openStore()
    try rerun(store.sweep(which.sweep), trial: trial, seeds: seeds, store, common, json: json)
  }
}

/// A configuration that was trained with several seeds.
struct SeedStudy {
  /// What it is: `winner`, `default`, `trial`.
  var label: String
  /// The trial whose configuration it is.
  var trial: RunID
  /// The objective's best value in the sweep itself; nil for none.
  var inSweep: Double?
  /// The runs.
  var runs: [RunID]
  /// The objective's best value of each run that logged a finite one.
  var values: [Double]

  /// The mean of the values; nil for none.
  var mean: Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }

  /// The standard deviation of the values (n - 1); nil for fewer than two.
  var deviation: Double? {
    guard let mean, values.count > 1 else { return nil }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
  }

  /// The study as an object.
  var json: Value {
    [
      "label": .text(label), "trial": .text(trial.text), "in_sweep": inSweep.map { .real($0) } ?? .null,
      "runs": .list(runs.map { .text($0.text) }), "values": .list(values.map { .real($0) }),
      "mean": mean.map { .real($0) } ?? .null, "min": values.min().map { .real($0) } ?? .null,
      "max": values.max().map { .real($0) } ?? .null, "standard_deviation": deviation.map { .real($0) } ?? .null,
    ]
  }
}

/// Trains a sweep's winner (or another trial) and its trial 0 with new seeds, and prints what came of it.
func rerun(
  _ sweep: Sweep, trial: Int?, seeds count: Int, _ store: OpenStore, _ common: GlobalOptions, json: Bool
) throws {
  let board = try Leaderboard(of: sweep, in: store.tracking)
  let chosen: Leaderboard.Entry?
  if let trial {
    chosen = board.entries.first { $0.run.number == trial }
    if chosen == nil { throw CommandFailure(.notFound, "sweep '\(sweep.run)' has no trial \(trial)") }
  } else {
    chosen = board.best
  }
  guard let chosen else {
    throw CommandFailure(.notFound, "sweep '\(sweep.run)' has no winner yet, so there is nothing to run again")
  }
  var candidates = [(trial == nil ? "winner" : "trial \(trial ?? 0)", chosen)]
  if let first = board.entries.first(where: { $0.run.number == 0 }), first.run.id != chosen.run.id {
    candidates.append(("trial 0", first))
  }
  var jobs: [TrainerJobs.Job] = []
  for (label, entry) in candidates {
    let work = try TrainerWork(of: entry.run, in: store.tracking)
    for seed in newSeeds(count, after: entry, work) {
      var seeded = work
      seeded.parameters["seed"] = .integer(seed)
      jobs.append(
        TrainerJobs.Job(
          work: seeded, experiment: entry.run.experiment, name: "\(label) of \(sweep.run), seed \(seed)",
          tags: ["runs.reruns": entry.run.id.text, "runs.reruns_seed": String(seed)]))
    }
  }
  let progress = ProgressDisplay(common: common)
  let began = Timestamp.now()
  let runs = try TrainerJobs(store: store, atOnce: max(1, sweep.spec.limits.maxConcurrentTrials)).execute(jobs) {
    runs in
    guard progress.isShown else { return }
    let ended = try runs.count { try store.tracking.run($0).state.isFinal }
    progress.show("training with new seeds", done: ended, total: jobs.count, since: began)
  }
  progress.end()
  let studies = try candidates.enumerated().map { place, candidate in
    let own = Array(runs[place * count..<(place + 1) * count])
    return SeedStudy(
      label: candidate.0, trial: candidate.1.run.id, inSweep: candidate.1.best?.value, runs: own,
      values: try own.compactMap { run in
        try store.tracking.series(of: run).first { $0.name == board.objective.metric }
          .flatMap { try store.tracking.counted(board.objective, of: run, $0)?.value }
      })
  }
  if json { return write(Value.list(studies.map(\.json)).prettyJSON + "\n") }
  write("\(counted(count, "new seed")), \(board.objective.metric):\n")
  write(table(studies).text(on: common.out))
  if studies.count == 2 { write(conclusion(studies[0], studies[1], board.objective.goal) + "\n") }
}

// Seeds that follow the trial's own: the same for every configuration that shares a seed, so pairs can be compared.
private func newSeeds(_ count: Int, after entry: Leaderboard.Entry, _ work: TrainerWork) -> [Int64] {
  let own = work.parameters["seed"]?.integer ?? entry.parameters.byName["seed"]?.integer ?? 0
  return (1...count).map { own &+ Int64($0) }
}

private func table(_ studies: [SeedStudy]) -> Table {
  var table = Table(columns: [
    Table.Column(title: ""), Table.Column(title: "TRIAL"), Table.Column(title: "IN SWEEP", isRight: true),
    Table.Column(title: "MEAN", isRight: true), Table.Column(title: "STD DEV", isRight: true),
    Table.Column(title: "MIN", isRight: true), Table.Column(title: "MAX", isRight: true),
    Table.Column(title: "RUNS", isRight: true),
  ])
  for study in studies {
    func cell(_ value: Double?) -> Table.Cell { Table.Cell(value?.short(4) ?? "-") }
    table.rows.append([
      Table.Cell(study.label), Table.Cell(study.trial.text), cell(study.inSweep), cell(study.mean),
      cell(study.deviation), cell(study.values.min()), cell(study.values.max()),
      Table.Cell("\(study.values.count)/\(study.runs.count)"),
    ])
  }
  return table
}

/// Says what the new seeds tell of two configurations, without claiming more than they do.
func conclusion(_ winner: SeedStudy, _ other: SeedStudy, _ goal: Goal) -> String {
  guard let one = winner.mean, let two = other.mean else { return "too few runs logged a value to compare them" }
  let gain = goal == .maximize ? one - two : two - one
  let spread = max(winner.deviation ?? 0, other.deviation ?? 0)
  let amount = abs(gain).short(3)
  if gain <= 0 {
    return "on new seeds the \(winner.label) is not better than \(other.label) (by \(amount) worse on average)"
  }
  if winner.values.count < 2 { return "on a new seed the \(winner.label) is better than \(other.label) by \(amount)" }
  if gain <= spread {
    return "on new seeds the \(winner.label) is better than \(other.label) by \(amount) on average, which is within "
      + "the spread of the seeds (\(spread.short(3)))"
  }
  return "on new seeds the \(winner.label) is better than \(other.label) by \(amount) on average; "
    + "the seeds spread by \(spread.short(3))"
}
