internal import ArgumentParser
internal import Sweeping
internal import Tracking

/// `runs log`.
struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Logs values of metrics to a run, from any script in any language.",
    usage: "runs log <name=value> ... [<options>]",
    discussion: """
      Inside a trial or `runs exec`, the run is the one that RUNS_RUN_ID names. Without --step, a metric's step is the \
      one after its largest, from 0. The values are safe when the command ends. nan, inf and -inf are values too.

      Examples:
        runs log loss=0.31 --step 7
        runs log train:loss=0.31 train:accuracy=0.92 --step 7
        runs log score=0.5 --run q7k2
      """)

  @Argument(help: ArgumentHelp("The metric's name and its value.", valueName: "name=value"))
  var values: [String]

  @Option(name: [.short, .long], help: ArgumentHelp("The step.", valueName: "number"))
  var step: Int64?

  @Option(
    name: [.customShort("r"), .customLong("run")],
    help: ArgumentHelp("The run; otherwise $RUNS_RUN_ID.", valueName: "run"), completion: .custom(completeRuns))
  var runName: String?

  @OptionGroup var common: GlobalOptions

  /// Logs the values.
  func run() throws {
    let now = Timestamp.now()
    let points = try values.map { try metricAssignment($0) }
    let store = try common.openRecords()
    guard let name = runName ?? environment(TrialEnvironment.run), !name.isEmpty else {
      throw CommandFailure(
        .usage, "no run is named: RUNS_RUN_ID is not set; give --run, or start the script with `runs exec`")
    }
    let id = try store.run(name)
    var columns: [MetricColumns] = []
    // A trial that goes on from a checkpoint may log again what came after it: each step counts once.
    let isResumed = environment(TrialEnvironment.resumed) == "1" && environment(TrialEnvironment.run) == id.text
    let series = step == nil || isResumed ? try store.tracking.series(of: id) : []
    for (name, value) in points {
      if isResumed, let step, let last = series.first(where: { $0.name == name }), step <= last.largestStep { continue }
      let place = columns.firstIndex { $0.name == name }
      let next: Int64
      if let step {
        next = step
      } else if let place, let last = columns[place].steps.last {
        next = last + 1
      } else {
        next = series.first { $0.name == name }.map { $0.largestStep + 1 } ?? 0
      }
      let point = MetricPoint(step: next, time: now, value: value)
      if let place {
        columns[place].append(point)
      } else {
        var column = MetricColumns(name: name)
        column.append(point)
        columns.append(column)
      }
    }
    if !columns.isEmpty { try store.tracking.append(columns, to: id) }
  }
}

/// Reads `loss=0.31`: a metric's name and its value.
func metricAssignment(_ text: String) throws -> (name: String, value: Double) {
  guard let equals = text.lastIndex(of: "="), equals > text.startIndex else {
    throw CommandFailure(.usage, "'\(text)' is no metric with its value; write it as loss=0.31")
  }
  let number = String(text[text.index(after: equals)...])
  guard let value = Double(number) else {
    throw CommandFailure(.usage, "'\(number)' is no number, so it is no value of the metric '\(text[..<equals])'")
  }
  return (String(text[..<equals]), value)
}
