internal import ArgumentParser
internal import Sweeping
internal import Tracking

/// `runs metrics`.
struct MetricsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Shows a run's metrics: their summary, their points, their curves.",
    usage: "runs metrics <run> [<metric> ...] [<options>]",
    discussion: """
      Without a name: a line a metric. With names: on a terminal their curves, in a pipe their points.

      Examples:
        runs metrics @best
        runs metrics @best validation:accuracy --plot
        runs metrics q7k2-3 train:loss --csv > loss.csv
      """)

  @OptionGroup var which: RunArgument

  @Argument(help: ArgumentHelp("The metrics' names.", valueName: "metric"))
  var names: [String] = []

  @Flag(help: "Draw the curves.")
  var plot = false

  @Flag(help: "Print the points.")
  var table = false

  @Option(help: ArgumentHelp("Lines of a curve's canvas, at least 3.", valueName: "lines"))
  var height = 12

  @Option(help: ArgumentHelp("An attempt, from 1; otherwise the one that counts.", valueName: "number"))
  var attempt: Int?

  @OptionGroup var format: FormatOptions
  @OptionGroup var common: GlobalOptions

  /// Refuses what excludes each other.
  func validate() throws {
    if plot && table { throw ValidationError("--plot and --table exclude each other; give one.") }
    if height < 3 { throw ValidationError("--height is \(height); it must be at least 3.") }
  }

  /// Prints the metrics.
  func run() throws {
    let store = try common.openRecords()
    let run = try store.run(which.run)
    let series = try store.tracking.series(of: run, attempt: attempt)
    let chosen = try names.isEmpty ? series : names.map { try find($0, in: series, of: run) }
    if format.csv { return try printCSV(chosen, of: run, in: store.tracking) }
    if format.json { return try printJSON(chosen, of: run, in: store.tracking) }
    if chosen.isEmpty {
      throw CommandFailure(.notFound, "run '\(run)' has logged no metric" + (attempt.map { " in attempt \($0)" } ?? ""))
    }
    if plot || (!names.isEmpty && !table && common.out.isTerminal) {
      for (place, summary) in chosen.enumerated() {
        if place > 0 { write("\n") }
        try draw(summary, of: run, in: store.tracking)
      }
    } else if names.isEmpty && !table {
      write(chosen.table.text(on: common.out))
    } else {
      try printPoints(chosen, of: run, in: store.tracking)
    }
  }

  private func find(_ name: String, in series: [SeriesSummary], of run: RunID) throws -> SeriesSummary {
    if let found = series.first(where: { $0.name == name }) { return found }
    let known = series.map(\.name)
    var message = "run '\(run)' has no metric '\(name)'"
    if let near = nearestName(to: name, among: known) {
      message += "; did you mean '\(near)'?"
    } else {
      message += known.isEmpty ? "; it has logged none" : "; it has " + known.joined(separator: ", ")
    }
    throw CommandFailure(.notFound, message)
  }

  private func points(_ summary: SeriesSummary, of run: RunID, in reader: any TrackingReader) throws -> MetricColumns {
    try reader.points(of: run, metric: summary.name, in: 0..<Int.max, attempt: attempt)
  }

  private func draw(_ summary: SeriesSummary, of run: RunID, in reader: any TrackingReader) throws {
    let columns = try points(summary, of: run, in: reader)
    let plot = Plot(title: "\(summary.name)  \(run)", x: columns.steps.map(Double.init), y: columns.values)
    let width = min(common.out.columns ?? 80, 160)
    write(plot.lines(width: width, height: height, on: common.out).joined(separator: "\n") + "\n")
    var facts = "last \(summary.last.value.short()) at step \(summary.last.step)"
    if let minimum = summary.minimum { facts += ", min \(minimum.value.short()) at step \(minimum.step)" }
    if let maximum = summary.maximum { facts += ", max \(maximum.value.short()) at step \(maximum.step)" }
    write(common.out.paint(facts.fitted(to: width, ellipsis: common.out.ellipsis), .dim) + "\n")
  }

  private func printPoints(_ chosen: [SeriesSummary], of run: RunID, in reader: any TrackingReader) throws {
    var table = Table(columns: [
      Table.Column(title: "STEP", isRight: true), Table.Column(title: "VALUE", isRight: true),
      Table.Column(title: "TIME"),
    ])
    if chosen.count > 1 { table.columns.insert(Table.Column(title: "METRIC"), at: 0) }
    for summary in chosen {
      let columns = try points(summary, of: run, in: reader)
      for index in 0..<columns.count {
        let point = columns[index]
        let cells: [Table.Cell] = [
          Table.Cell(String(point.step)), Table.Cell(point.value.short(9)), Table.Cell(point.time.local),
        ]
        table.rows.append(chosen.count > 1 ? [Table.Cell(summary.name)] + cells : cells)
      }
    }
    write(table.text(on: common.out))
  }

  private func printCSV(_ chosen: [SeriesSummary], of run: RunID, in reader: any TrackingReader) throws {
    write("metric,step,time_ms,value\n")
    for summary in chosen {
      let columns = try points(summary, of: run, in: reader)
      let name = String(csvLine([summary.name]).dropLast())
      for index in 0..<columns.count {
        write("\(name),\(columns.steps[index]),\(columns.times[index]),\(columns.values[index].csv)\n")
      }
    }
  }

  private func printJSON(_ chosen: [SeriesSummary], of run: RunID, in reader: any TrackingReader) throws {
    let objects = try chosen.map { summary -> Value in
      guard case .object(var members) = summary.json else { return .null }
      members["name"] = .text(summary.name)
      members["attempt"] = .integer(Int64(summary.attempt))
      if !names.isEmpty {
        let columns = try points(summary, of: run, in: reader)
        members["steps"] = .list(columns.steps.map { .integer($0) })
        members["times_ms"] = .list(columns.times.map { .integer($0) })
        members["values"] = .list(columns.values.map { .real($0) })
      }
      return .object(members)
    }
    let whole: Value = ["run": .text(run.text), "series": .list(objects)]
    write((names.isEmpty ? whole.prettyJSON : whole.json) + "\n")
  }
}
