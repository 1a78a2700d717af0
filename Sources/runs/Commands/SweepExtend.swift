internal import ArgumentParser
internal import Sweeping
internal import Tracking

/// `runs sweep extend`.
struct SweepExtend: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extend",
    abstract: "Gives a sweep that has ended more budget and goes on with it.",
    usage: "runs sweep extend <sweep> [<options>]",
    discussion: """
      A sweep's record stays as it is: the new bounds are a decision of their own, with the time at which they were \
      given. What ended the sweep has to be changed, or it would end it again.

      Examples:
        runs sweep extend @last --add-trials 20
        runs sweep extend q7k2 --max-trials 100 --timeout 7200
        runs sweep extend q7k2 --target 0.99
        runs sweep extend q7k2 --without max_trials_not_improving
      """)

  @OptionGroup var which: SweepArgument

  @Option(help: ArgumentHelp("How many trials in all.", valueName: "count"))
  var maxTrials: Int?

  @Option(help: ArgumentHelp("So many trials more than it may have now.", valueName: "count"))
  var addTrials: Int?

  @Option(help: ArgumentHelp("Seconds in all, those before counted.", valueName: "seconds"))
  var timeout: Double?

  @Option(help: ArgumentHelp("Points of the primary metric in all.", valueName: "count"))
  var maxTotalResource: Int?

  @Option(help: ArgumentHelp("A value of the objective that is good enough.", valueName: "value"))
  var target: Double?

  @Option(help: ArgumentHelp("How many trials in a row may end without improvement.", valueName: "count"))
  var maxTrialsNotImproving: Int?

  @Option(
    help: ArgumentHelp(
      "No more: timeout, max_total_resource, target, max_trials_not_improving or convergence; may be repeated.",
      valueName: "rule"))
  var without: [String] = []

  @OptionGroup var options: DriveOptions
  @OptionGroup var common: GlobalOptions

  /// Refuses what is no bound.
  func validate() throws {
    let counts = [
      ("max-trials", maxTrials), ("add-trials", addTrials), ("max-total-resource", maxTotalResource),
      ("max-trials-not-improving", maxTrialsNotImproving),
    ]
    for (name, count) in counts {
      if let count, count < 1 { throw ValidationError("--\(name) is \(count); it must be at least 1.") }
    }
    if let timeout, !(timeout > 0) { throw ValidationError("--timeout is \(timeout); it must be above 0.") }
    if maxTrials != nil, addTrials != nil {
      throw ValidationError("--max-trials and --add-trials exclude each other; give one.")
    }
    for name in without where SweepSpec.Extension.Rule(rawValue: name) == nil {
      let names = SweepSpec.Extension.Rule.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--without names no rule '\(name)'; there is \(names).")
    }
    if counts.allSatisfy({ $0.1 == nil }), timeout == nil, target == nil, without.isEmpty {
      throw ValidationError("Nothing is extended; give --add-trials, --timeout or another bound.")
    }
  }

  /// Records the new bounds and drives the sweep.
  func run() throws {
    let store = try common.openStore()
    let sweep = try store.sweep(which.sweep)
    try Interrupts.watch()
    let display = SweepDisplay(isQuiet: options.quiet, common: common)
    let (found, remarks) = try Capture(store: store).changed(since: sweep.run)
    for line in remarks where !options.quiet { remark(line) }
    let driver = store.driver(found: found, observer: display.update)
    let change = SweepSpec.Extension(
      maxTotalTrials: maxTrials ?? addTrials.map { sweep.spec.limits.maxTotalTrials + $0 }, timeout: timeout,
      totalResource: maxTotalResource, target: target, patience: maxTrialsNotImproving,
      without: Set(without.compactMap { SweepSpec.Extension.Rule(rawValue: $0) }))
    try driver.extend(sweep.run, by: change)
    try drive(sweep.run, driver, display, options, store, common)
  }
}
