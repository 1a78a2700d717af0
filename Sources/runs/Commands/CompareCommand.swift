internal import ArgumentParser
internal import Tracking

/// `runs compare`.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Shows the parameters and metrics in which runs differ, side by side.",
    usage: "runs compare <run> <run> ... [<options>]",
    discussion: """
      Metrics are compared by the value logged last. What is the same in all runs is left out unless --all is given.

      Examples:
        runs compare q7k2-0 q7k2-7
        runs compare $(runs best @last --limit 3 --id) --csv
      """)

  @Argument(
    help: ArgumentHelp("Two runs or more, each named as everywhere.", valueName: "run"),
    completion: .custom(completeRuns))
  var runs: [String]

  @Flag(help: "Also show what is the same in all of them.")
  var all = false

  @OptionGroup var format: FormatOptions
  @OptionGroup var common: GlobalOptions

  /// Refuses fewer than two runs.
  func validate() throws {
    if runs.count < 2 { throw ValidationError("A comparison takes at least two runs; \(runs.count) is given.") }
  }

  /// Prints the comparison.
  func run() throws {
    let store = try common.openRecords()
    let rows = try runs.map { text -> RunRow in
      let id = try store.run(text)
      return RunRow(
        run: try store.tracking.run(id), parameters: try store.tracking.parameters(of: id),
        tags: try store.tracking.tags(of: id), metrics: try store.tracking.series(of: id))
    }
    let comparison = Comparison(of: rows, all: all)
    if format.json {
      write(comparison.json.prettyJSON + "\n")
    } else if format.csv {
      write(comparison.csv)
    } else {
      write(comparison.text(on: common.out, now: .now()))
    }
  }
}

/// Runs side by side.
struct Comparison {
  /// A line: a name, and each run's value; null where a run has none.
  struct Line {
    /// What is compared.
    var name: String
    /// A value a run.
    var values: [Value]
  }

  /// The runs, in the order in which they were named.
  let rows: [RunRow]
  /// The parameters, in recorded order.
  let parameters: [Line]
  /// The metrics by name, with the values logged last.
  let metrics: [Line]

  /// Compares runs; `all` keeps what is the same in all of them.
  init(of rows: [RunRow], all: Bool) {
    self.rows = rows
    var names: [String] = []
    var seen: Set<String> = []
    for name in rows.flatMap({ $0.parameters.map(\.name) }) where seen.insert(name).inserted { names.append(name) }
    func differs(_ line: Line) -> Bool { all || Set(line.values).count > 1 }
    parameters = names.map { name in Line(name: name, values: rows.map { $0.parameters.byName[name] ?? .null }) }
      .filter(differs)
    let metricNames = Set(rows.flatMap { $0.metrics.map(\.name) }).sorted()
    metrics = metricNames.map { name in
      Line(
        name: name,
        values: rows.map { row in row.metrics.first { $0.name == name }.map { .real($0.last.value) } ?? .null }
      )
    }.filter(differs)
  }

  /// As people read it.
  func text(on screen: Screen, now: Timestamp) -> String {
    var table = Table(columns: [Table.Column(title: "", isFlexible: true)])
    table.columns += rows.map { Table.Column(title: $0.run.id.text, isRight: true, isFlexible: true) }
    func add(_ name: String, _ cells: [Table.Cell]) { table.rows.append([Table.Cell(name)] + cells) }
    add("state", rows.map { Table.Cell($0.run.state.rawValue, $0.run.state.style) })
    if rows.contains(where: { $0.run.name != nil }) { add("name", rows.map { Table.Cell($0.run.name ?? "") }) }
    add("took", rows.map { Table.Cell($0.run.milliseconds(at: now).map(duration(milliseconds:)) ?? "") })
    func add(_ title: String, _ lines: [Line]) {
      guard !lines.isEmpty else { return }
      table.rows.append([Table.Cell(title, .bold)] + rows.map { _ in "" })
      for line in lines { add("  " + line.name, line.values.map { Table.Cell($0 == .null ? "-" : $0.short) }) }
    }
    add("parameters", parameters)
    add("metrics", metrics)
    var text = table.text(on: screen)
    if parameters.isEmpty { text += screen.paint("no parameter differs", .dim) + "\n" }
    if metrics.isEmpty { text += screen.paint("no metric differs", .dim) + "\n" }
    return text
  }

  /// As programs read it.
  var json: Value {
    func object(_ lines: [Line]) -> Value {
      .object(Dictionary(lines.map { ($0.name, .list($0.values)) }, uniquingKeysWith: { $1 }))
    }
    return [
      "runs": .list(rows.map { .text($0.run.id.text) }),
      "states": .list(rows.map { .text($0.run.state.rawValue) }), "parameters": object(parameters),
      "metrics": object(metrics),
    ]
  }

  /// A line a parameter or metric.
  var csv: String {
    var text = csvLine(["entity", "name"] + rows.map(\.run.id.text))
    for line in parameters { text += csvLine(["params", line.name] + line.values.map(\.csv)) }
    for line in metrics { text += csvLine(["metrics", line.name] + line.values.map(\.csv)) }
    return text
  }
}
