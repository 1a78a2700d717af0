internal import ArgumentParser
internal import Glibc
internal import Sweeping
internal import Tracking

/// `runs reproduce`.
struct ReproduceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Runs a trial again from its record alone and compares every bit.",
    usage: "runs reproduce <run> [<options>]",
    discussion: """
      The repetition is a new run with the tag runs.reproduces. Every point of every metric is compared, except those of \
      system: metrics, and the digest of the model. The exit code is 0 only when all are identical, 1 when \
      something differs, 7 when the record lacks what it takes (a command's trial) or its data have changed.

      Examples:
        runs reproduce @best
        runs reproduce q7k2-3 --json
      """)

  @OptionGroup var which: RunArgument

  @Flag(help: "Print the verdict as JSON.")
  var json = false

  @OptionGroup var common: GlobalOptions

  /// Runs it again and prints the verdict.
  func run() throws {
    let store = try common.openStore()
    let original = try store.tracking.run(store.run(which.run))
    let work = try TrainerWork(of: original, in: store.tracking)
    guard original.state.isFinal else {
      throw CommandFailure(
        .conflict, "'\(original.id)' is \(original.state.rawValue); it can be reproduced once it has ended")
    }
    let expected = try ReproduceCommand.points(of: original.id, in: store.tracking)
    guard expected > 0 else {
      throw CommandFailure(.incomplete, "'\(original.id)' logged no metric, so there is nothing to compare")
    }
    let again = try repeated(original, try guarded(work, of: original.id, in: store.tracking), expected, store)
    let isComplete = original.state == .finished
    let comparison = try Reproduction(
      of: original.id, with: again.id, isComplete: isComplete, in: store.tracking, artifacts: store.artifacts)
    let word = comparison.isIdentical ? "identical" : "different"
    try store.tracking.commit(.setTag(again.id, name: "runs.verdict", value: word))
    try report(comparison, original, again)
    if !comparison.isIdentical { throw CommandFailure(.no) }
  }

  private func repeated(
    _ original: Run, _ work: TrainerWork, _ expected: Int, _ store: OpenStore
  ) throws -> Run {
    let job = TrainerJobs.Job(
      work: work, experiment: original.experiment, name: "reproduces \(original.id)",
      tags: ["runs.reproduces": original.id.text])
    let progress = ProgressDisplay(common: common)
    let began = Timestamp.now()
    let runs = try TrainerJobs(store: store, atOnce: 1).execute([job]) { runs in
      guard progress.isShown, let run = runs.first else { return }
      let done = min(expected, try ReproduceCommand.points(of: run, in: store.tracking))
      progress.show("running \(original.id) again", done: done, total: expected, since: began)
    }
    progress.end()
    let again = try store.tracking.run(runs[0])
    guard again.state == .finished else {
      // What was accepted once and is refused now: the data, or the program, are not what they were.
      let isRefused = try store.tracking.attempts(of: again.id).last?.outcome == .exited(TrainerExit.refused)
      throw CommandFailure(
        isRefused ? .incomplete : .no, "the repetition \(again.id) \(again.state.rawValue): \(again.reason)")
    }
    return again
  }

  // The trainer refuses other data than those whose digest it is told.
  private func guarded(_ work: TrainerWork, of run: RunID, in reader: any TrackingReader) throws -> TrainerWork {
    var work = work
    let name = "data_sha256"
    if work.parameters[name] == nil, let digest = try reader.parameters(of: run).byName[name] {
      work.parameters[name] = digest
    }
    return work
  }

  private static func points(of run: RunID, in reader: any TrackingReader) throws -> Int {
    try reader.series(of: run).reduce(0) {
      $0 + ($1.name.hasPrefix(Reproduction.systemPrefix) ? 0 : $1.count)
    }
  }

  private func report(_ comparison: Reproduction, _ original: Run, _ again: Run) throws {
    if json {
      guard case .object(var members) = comparison.json else { return }
      members["run"] = .text(original.id.text)
      members["again"] = .text(again.id.text)
      return write(Value.object(members).prettyJSON + "\n")
    }
    let style: Style = comparison.isIdentical ? .green : .red
    write(common.out.paint(comparison.verdict, style) + "\n")
    if original.state != .finished {
      write("'\(original.id)' was \(original.state.rawValue), so only what it had logged is compared\n")
    }
    remark(common.err.paint("run \(again.id) repeats \(original.id)", .dim))
  }
}

/// A progress bar on a terminal for what takes more than a second; nothing elsewhere.
final class ProgressDisplay {
  private var block = LiveBlock()
  private let screen: Screen
  private let began = Timestamp.now()
  private var lastShown: Timestamp?

  /// Makes a display on standard error.
  init(common: GlobalOptions) { screen = common.err }

  /// True when somebody can see it and it has taken long enough.
  var isShown: Bool { screen.isTerminal && began.milliseconds(to: .now()) > 700 }

  /// Shows how far it is.
  ///
  /// - Parameter total: nil where that is not known; then there is no bar.
  func show(_ title: String, done: Int, total: Int?, since: Timestamp) {
    guard isShown else { return }
    let elapsed = since.milliseconds(to: .now())
    // A terminal need not see more than twenty pictures a second.
    guard lastShown.map({ $0.milliseconds(to: .now()) >= 50 }) ?? true else { return }
    lastShown = .now()
    let title = title.fitted(to: screen.columns ?? 80, ellipsis: screen.ellipsis)
    guard let total else {
      return block.draw([title, " \(done) done  \(stopwatch(milliseconds: elapsed))"])
    }
    let bar = ProgressBar(
      done: done, total: total, elapsed: elapsed,
      left: ProgressBar.left(done: Double(done), total: Double(total), elapsed: elapsed))
    block.draw([title, bar.line(on: screen)])
  }

  /// Takes it away.
  func end() { block.clear() }
}
