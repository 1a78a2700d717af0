internal import ArgumentParser
internal import Provenance
internal import Sweeping
internal import Tracking

/// `runs sweep start`.
struct SweepStart: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start",
    abstract: "Starts a sweep from a spec file and drives it to its end.",
    usage: "runs sweep start <spec> [<options>]",
    discussion: """
      On a terminal it shows how the sweep goes, otherwise it writes a line for every event to standard error; the result \
      goes to standard output. Ctrl-C asks the trials to end (twice: at once), and `runs sweep resume` goes on later. \
      Without a store here, .runs is made. The exit code is 0 when at least one trial can win, 1 when none can.

      Examples:
        runs sweep start examples/digits.yaml
        runs sweep start examples/digits.yaml --max-trials 4 --seed 7
        runs sweep start examples/digits.yaml --rerun-best 3
        runs sweep start examples/digits.yaml --warm-start @last
        runs sweep start examples/digits.yaml --check-determinism
      """)

  @Argument(
    help: ArgumentHelp("The spec file (docs/spec.md).", valueName: "spec"),
    completion: .file(extensions: ["yaml", "yml"]))
  var path: String

  @Option(help: ArgumentHelp("Instead of the file's max_total_trials.", valueName: "count"))
  var maxTrials: Int?

  @Option(help: ArgumentHelp("Instead of the file's max_concurrent_trials.", valueName: "count"))
  var concurrent: Int?

  @Option(help: ArgumentHelp("Instead of the file's seed.", valueName: "number"))
  var seed: UInt64?

  @Option(help: ArgumentHelp("Instead of the file's experiment_name.", valueName: "name"))
  var experiment: String?

  @Option(
    help: ArgumentHelp(
      "Begin with the trials of this sweep, instead of the file's warm_start; may be repeated.", valueName: "sweep"),
    completion: .custom(completeSweeps))
  var warmStart: [String] = []

  @Option(
    help: ArgumentHelp(
      "What those trials count for: same (as observations) or transfer (of another task).", valueName: "type"))
  var warmStartType: WarmStartType = .same

  @Option(
    help: ArgumentHelp(
      "Afterwards run the winner and trial 0 again with so many new seeds (runs sweep rerun).", valueName: "seeds"))
  var rerunBest: Int?

  @Flag(
    help:
      "Run the first trial twice before the others begin, and record how far the two lie apart (deterministic: check).")
  var checkDeterminism = false

  @OptionGroup var codeOptions: CodeOptions

  @OptionGroup var arguments: SpecArguments
  @OptionGroup var options: DriveOptions
  @OptionGroup var common: GlobalOptions

  /// Refuses counts below 1.
  func validate() throws {
    for (name, count) in [("max-trials", maxTrials), ("concurrent", concurrent), ("rerun-best", rerunBest)] {
      if let count, count < 1 { throw ValidationError("--\(name) is \(count); it must be at least 1.") }
    }
  }

  /// Starts and drives the sweep.
  func run() throws {
    var (spec, text, findings, inFile) = try checkedSpec(path, in: common.storeFolder, arguments)
    for finding in findings { remark("\(path):\(finding)") }
    if let maxTrials { spec.limits.maxTotalTrials = maxTrials }
    if let concurrent { spec.limits.maxConcurrentTrials = concurrent }
    if let seed { spec.seed = seed }
    if let experiment { spec.experiment = experiment }
    if checkDeterminism { spec.determinism = spec.determinism ?? .check }
    let store = try common.openOrMakeStore()
    let asked = warmStart.isEmpty ? inFile : WarmStart(sweeps: warmStart, trust: warmStartType.trust)
    if let asked {
      try spec.begin(with: asked.sweeps.map { try store.sweep($0) }, trust: asked.trust, reading: store.tracking)
      if let sentence = spec.warmStartSentence { remark("begins with \(sentence)") }
    }
    try Interrupts.watch()
    let display = SweepDisplay(isQuiet: options.quiet, common: common)
    let driver = store.driver(observer: display.update)
    let command = CommandLine.arguments.map { Value.text($0) }
    var members: [String: Value] = ["command": .list(command), "spec": .text(absolute(path))]
    let taken = try spec.isManual ? nil : Capture(store: store, fileLimit: codeOptions.fileLimit).take(for: spec)
    for (file, reason) in taken?.provenance.code?.leftOut ?? [] { remark("left out of the code: \(file) (\(reason))") }
    if let inputs = taken?.provenance.inputs, !inputs.isEmpty {
      members["inputs"] = .object(Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0.summary) }))
    }
    let id = try driver.start(spec, source: text, origin: origin(members), artifacts: taken?.artifacts ?? [:])
    if spec.isManual { return tellOfManual(id) }
    if !options.quiet, !common.err.isTerminal { remark("sweep \(id)") }
    try drive(id, driver, display, options, store, common)
    if let rerunBest {
      try rerun(store.tracking.sweep(id), trial: nil, seeds: rerunBest, store, common, json: options.json)
    }
  }
}

/// What the trials of earlier sweeps count for.
enum WarmStartType: String, ExpressibleByArgument, CaseIterable {
  case same
  case transfer

  /// How far their scores can be trusted.
  var trust: SweepSpec.PriorTrial.Trust { self == .same ? .same : .transfer }
}

extension SweepStart {
  // Nothing is driven: the loop is the user's.
  private func tellOfManual(_ id: RunID) {
    if options.json { return write(Value.object(["id": .text(id.text)]).prettyJSON + "\n") }
    write("\(id)\n")
    if !options.quiet { remark("`runs ask \(id)` hands out a trial, `runs tell` takes what came of it") }
  }
}

/// `runs sweep resume`.
struct SweepResume: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Goes on with a sweep that was interrupted or killed.",
    usage: "runs sweep resume <sweep> [<options>]",
    discussion: """
      Trials that were under way go on from their checkpoint or start over; none is lost and none counts twice. A sweep \
      that has ended is taken up again only when something is left to do.

      Examples:
        runs sweep resume @last
      """)

  @OptionGroup var which: SweepArgument
  @OptionGroup var options: DriveOptions
  @OptionGroup var common: GlobalOptions

  /// Drives the sweep.
  func run() throws {
    let store = try common.openStore()
    let id = try store.sweep(which.sweep).run
    try Interrupts.watch()
    let display = SweepDisplay(isQuiet: options.quiet, common: common)
    let (found, remarks) = try Capture(store: store).changed(since: id)
    for line in remarks where !options.quiet { remark(line) }
    try drive(id, store.driver(found: found, observer: display.update), display, options, store, common)
  }
}

/// Drives a sweep, prints its result and turns its end into an exit code.
func drive(
  _ id: RunID, _ driver: SweepDriver, _ display: SweepDisplay, _ options: DriveOptions, _ store: OpenStore,
  _ common: GlobalOptions
) throws {
  let outcome: SweepOutcome
  do {
    outcome = try driver.drive(id)
    display.end()
  } catch {
    display.end()
    throw error
  }
  let sweep = try store.tracking.extendedSweep(id)
  let board = try Leaderboard(of: sweep, in: store.tracking)
  if options.json {
    var members = try store.tracking.run(id).json
    members["trials"] = board.json(limit: .max)
    write(Value.object(members).prettyJSON + "\n")
  } else {
    printResult(sweep, board, try Noise(of: id, in: store.tracking), outcome, options, common)
  }
  if outcome.state == .queued, Interrupts.count == 0 {
    throw CommandFailure(.no, "sweep \(id) is parked: \(outcome.reason)")
  }
  if outcome.state == .queued {
    let exit: Exit = Interrupts.signal == 15 ? .terminated : .interrupted
    throw CommandFailure(exit, "sweep \(id) is interrupted; `runs sweep resume \(id)` goes on with it")
  }
  guard outcome.state == .finished, board.best != nil || sweep.spec.objective.metric.isEmpty else {
    throw CommandFailure(.no, "sweep \(id) \(outcome.state.rawValue): \(outcome.reason)")
  }
}

private func printResult(
  _ sweep: Sweep, _ board: Leaderboard, _ noise: Noise?, _ outcome: SweepOutcome, _ options: DriveOptions,
  _ common: GlobalOptions
) {
  guard let first = board.entries.first else { return }
  if sweep.spec.objective.metric.isEmpty {
    return write("run \(first.run.id) \(first.run.state.rawValue)\n")
  }
  let screen = common.out
  write(board.table(sweep.spec, limit: options.top, now: .now()).text(on: screen))
  let took = outcome.progress.started.milliseconds(to: outcome.progress.now)
  var sentence = "\(trialCounts(board.states)); \(duration(milliseconds: took))"
  if let best = board.best, let value = best.best?.value {
    sentence += "; best \(board.objective.metric) \(value.short()) by trial \(best.run.number ?? 0)"
    if let noise { sentence += "; " + noise.sentence(board) }
  }
  write(screen.paint(sentence, .bold) + "\n")
  if outcome.state == .finished, let best = board.best, common.err.isTerminal {
    let second =
      if case .trainer = sweep.spec.work { "runs reproduce \(best.run.id)" } else { "runs logs \(best.run.id)" }
    remark(common.err.paint("next: runs show \(best.run.id), \(second)", .dim))
  }
}
