internal import ArgumentParser
internal import Glibc
internal import Sweeping
internal import Tracking

/// `runs sweep status`.
struct SweepStatus: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Tells how a sweep stands.",
    usage: "runs sweep status [<sweep>] [<options>]",
    discussion: """
      Examples:
        runs sweep status
        runs sweep status q7k2 --json
      """)

  @Argument(
    help: ArgumentHelp("A sweep's id or its unique beginning; otherwise the newest.", valueName: "sweep"),
    completion: .custom(completeSweeps))
  var sweep = "@last"

  @Option(name: [.customShort("n"), .long], help: ArgumentHelp("How many trials to list.", valueName: "count"))
  var limit = 10

  @Flag(help: "Print JSON; the fields are listed in docs/cli.md.")
  var json = false

  @OptionGroup var common: GlobalOptions

  /// Prints how it stands.
  func run() throws {
    let store = try common.openRecords()
    let sweep = try store.sweep(self.sweep)
    let run = try store.tracking.run(sweep.run)
    try store.remarkOnPart(of: sweep.run, on: common.err)
    let board = try Leaderboard(of: sweep, in: store.tracking)
    let driver = store.hasFiles ? SweepStatus.driver(of: sweep.run, SweepPaths(root: store.folder)) : nil
    if json {
      var members = run.json
      members["driver_process"] = driver.map { .integer(Int64($0)) } ?? .null
      members["max_total_trials"] = .integer(Int64(sweep.spec.limits.maxTotalTrials))
      members["limits"] = sweep.spec.limits.value
      members["completion"] = sweep.spec.completion.value
      members["began_with"] = .list(sweep.spec.parents.map(\.value))
      let end = try store.tracking.decisions(of: sweep.run).last { $0.kind == .end }
      members["end"] = run.state.isFinal ? end?.json ?? .null : .null
      members["trials"] = .object(
        Dictionary(uniqueKeysWithValues: board.states.map { ($0.key.rawValue, .integer(Int64($0.value))) }))
      members["best"] = board.best.map { _ in board.json(limit: 1).list?.first ?? .null } ?? .null
      return write(Value.object(members).prettyJSON + "\n")
    }
    let screen = common.out
    var pairs = [
      ("trials", "\(trialCounts(board.states)) of at most \(sweep.spec.limits.maxTotalTrials)"),
      ("objective", sweep.spec.objectiveText),
    ]
    if let best = board.best, let value = best.best?.value {
      let step = best.best.map { " at step \($0.step)" } ?? ""
      pairs.append(("best", "\(value.short()) by trial \(best.run.number ?? 0) (\(best.run.id))\(step)"))
    }
    pairs += sweep.spec.endPairs
    if !run.reason.isEmpty { pairs.insert(("reason", run.reason), at: 0) }
    if let driver {
      pairs.append(("driven by", "process \(driver)"))
    } else if !run.state.isFinal, sweep.spec.isManual {
      pairs.append(("driven by", "whoever asks: `runs ask \(run.id)` hands out a trial"))
    } else if !run.state.isFinal, store.hasFiles {
      pairs.append(("driven by", "nobody; `runs sweep resume \(run.id)` goes on with it"))
    }
    write(screen.paint(run.id.text, .bold) + "  " + screen.paint(run.state.rawValue, run.state.style) + "\n")
    write(RunRecord.pairs(pairs, on: screen))
    if !board.entries.isEmpty {
      write("\n" + board.table(sweep.spec, limit: limit, now: .now()).text(on: screen))
    }
  }

  // The process that holds the sweep's lock; nil for none. Looking must not take the lock, not even for a moment.
  private static func driver(of sweep: RunID, _ paths: SweepPaths) -> Int32? {
    let descriptor = open(paths.lockFile(of: sweep), O_RDONLY | Int32(O_CLOEXEC))
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = read(descriptor, &bytes, bytes.count)
    let text = String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    guard let id = Int32(text.filter(\.isNumber)), kill(id, 0) == 0 || errno == EPERM else { return nil }
    return id
  }
}

/// `runs sweep stop`.
struct SweepStop: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop",
    abstract: "Stops a sweep for good, wherever it is driven.",
    usage: "runs sweep stop <sweep> [<options>]",
    discussion: """
      The request is recorded; the process that drives the sweep obeys it, and where none does, it is ended here. To \
      stop for a while, press Ctrl-C where it runs.

      Examples:
        runs sweep stop q7k2 --reason "the labels were wrong"
      """)

  @OptionGroup var which: SweepArgument

  @Option(help: ArgumentHelp("Why, for the record.", valueName: "text"))
  var reason = "stopped by a person"

  @Flag(help: "Do not wait until it has ended.")
  var noWait = false

  @OptionGroup var common: GlobalOptions

  /// Stops it.
  func run() throws {
    let store = try common.openStore()
    let id = try store.sweep(which.sweep).run
    let before = try store.tracking.run(id)
    guard !before.state.isFinal else {
      throw CommandFailure(.conflict, "sweep '\(id)' is \(before.state.rawValue) already")
    }
    try Interrupts.watch()
    if let outcome = try store.driver().cancel(id, reason: reason) {
      return remark("sweep \(id) \(outcome.state.rawValue)")
    }
    if noWait { return remark("sweep \(id) is asked to stop") }
    while Interrupts.count == 0 {
      let run = try store.tracking.run(id)
      if run.state.isFinal { return remark("sweep \(id) \(run.state.rawValue)") }
      usleep(100_000)
    }
    throw CommandFailure(.interrupted, "sweep \(id) is asked to stop and has not ended yet")
  }
}
