internal import ArgumentParser
internal import Sweeping
internal import Tracking

/// `runs list`.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists runs, the newest first.",
    usage: "runs list [<options>]",
    discussion: """
      Without a filter, a sweep or a kind, trials are left out: their sweep stands for them. \
      The filter is MLflow's grammar: clauses joined by AND over metrics.NAME (the latest value), params.NAME, \
      tags.NAME, and id, name, state, kind, experiment, parent, number, created, started, ended (milliseconds). \
      Columns are those names, and duration, age, best, reason, note, min(metrics.NAME), max(metrics.NAME), \
      count(metrics.NAME).

      Examples:
        runs list
        runs list --sweep @last --sort 'metrics.validation:accuracy DESC' --limit 5
        runs list --filter "params.optimizer = 'adam' and metrics.loss < 0.1"
        runs list --columns 'id,params.lr,min(metrics.loss)'
        runs list --sweep @last --csv > trials.csv
      """)

  @Option(name: [.short, .long], help: ArgumentHelp("Only runs that fit, in MLflow's grammar.", valueName: "filter"))
  var filter: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Order by a field, 'metrics.loss DESC'; several, or separated by commas.", valueName: "field"))
  var sort: [String] = []

  @Option(name: [.customShort("n"), .long], help: ArgumentHelp("How many at most.", valueName: "count"))
  var limit: Int?

  @Flag(help: "As many as there are.")
  var all = false

  @Option(help: ArgumentHelp("The columns, separated by commas.", valueName: "names"))
  var columns: String?

  @Option(help: ArgumentHelp("Only this experiment's runs.", valueName: "name"))
  var experiment: String?

  @Option(help: ArgumentHelp("Only this sweep's trials.", valueName: "sweep"), completion: .custom(completeSweeps))
  var sweep: String?

  @Option(help: ArgumentHelp("Only the children of this run.", valueName: "run"), completion: .custom(completeRuns))
  var parent: String?

  @Option(
    help: ArgumentHelp("Only this kind: run, hyperdrive (a sweep) or trial; may be repeated.", valueName: "kind"),
    completion: .list(RunKind.allCases.map(\.rawValue)))
  var kind: [String] = []

  @Flag(name: [.short, .long], help: "Only the ids, one a line.")
  var quiet = false

  @OptionGroup var format: FormatOptions
  @OptionGroup var common: GlobalOptions

  /// Refuses limits below 1.
  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit is \(limit); it must be at least 1.") }
  }

  /// Prints the runs.
  func run() throws {
    let store = try common.openRecords()
    let query = try self.query(store)
    let chosen = try columns.map { try ListCommand.split($0).map { try RunColumn($0) } }
    var rows: [RunRow] = []
    try store.tracking.everyRow(matching: query) { rows.append($0) }
    if rows.isEmpty { try explainEmptiness(of: query, in: store.tracking) }
    if quiet { return rows.forEach { write($0.run.id.text + "\n") } }
    let best = try bestOfSweeps(rows, in: store.tracking)
    if format.json { return printJSON(rows, chosen, best) }
    if format.csv { return printCSV(rows, chosen ?? ListCommand.allColumns(of: rows), best) }
    try printTable(rows, try chosen ?? defaultColumns(rows, query, in: store.tracking), best, query, store.tracking)
  }

  private func query(_ store: OpenStore) throws -> RunQuery {
    var query = RunQuery(limit: all ? .max : limit ?? 20, includesDetails: !quiet)
    if let filter { query.filter = try FilterParser.clauses(of: filter) }
    query.experiments = experiment.map { [$0] } ?? []
    if sweep != nil || parent != nil {
      if sweep != nil && parent != nil { throw CommandFailure(.usage, "--sweep and --parent exclude each other") }
      query.parent = try sweep.map { try store.sweep($0).run } ?? parent.map { try store.run($0) }
      if limit == nil { query.limit = .max }
    }
    query.order = try sort.flatMap(ListCommand.split).map { text in
      let isDescending = text.hasPrefix("-")
      var order = try FilterParser.order(of: isDescending ? String(text.dropFirst()) : text)
      if isDescending { order.ascending = false }
      return order
    }
    if query.parent != nil, query.order.isEmpty { query.order = [.init(.attribute(.number))] }
    let kinds = try kind.flatMap(ListCommand.split).map { name in
      guard let kind = RunKind(rawValue: name == "sweep" ? "hyperdrive" : name) else {
        throw CommandFailure(.usage, "there is no kind '\(name)'; kinds are run, hyperdrive and trial")
      }
      return kind
    }
    if !kinds.isEmpty {
      query.kinds = Set(kinds)
    } else if query.parent == nil, filter == nil {
      query.kinds = [.run, .hyperdrive]
    }
    return query
  }

  /// Splits a list at its commas, outside brackets, backticks and quotes.
  static func split(_ text: String) -> [String] {
    let pairs: [Character: Character] = ["(": ")", "`": "`", "'": "'", "\"": "\""]
    var parts: [String] = [""]
    var open: Character?
    for character in text {
      if character == open {
        open = nil
      } else if open == nil, let closing = pairs[character] {
        open = closing
      }
      if character == ",", open == nil { parts.append("") } else { parts[parts.count - 1].append(character) }
    }
    return parts.map { part in
      var part = part[...]
      while part.first == " " { part.removeFirst() }
      while part.last == " " { part.removeLast() }
      return String(part)
    }.filter { !$0.isEmpty }
  }
}

// What to show where nothing was chosen.
extension ListCommand {
  private func defaultColumns(
    _ rows: [RunRow], _ query: RunQuery, in reader: any TrackingReader
  ) throws -> [RunColumn] {
    func attribute(_ attribute: RunField.Attribute) -> RunColumn {
      .field(.attribute(attribute), title: attribute.rawValue)
    }
    if let parent = query.parent, let sweep = try? reader.sweep(parent) {
      let metric = sweep.spec.objective.metric
      let extreme: RunColumn = sweep.spec.objective.goal == .maximize ? .maximum(metric) : .minimum(metric)
      let best =
        sweep.spec.objective.selection == .best ? extreme : .field(.metric(metric), title: "metrics." + metric)
      return [attribute(.id), attribute(.state), best, .duration]
        + sweep.spec.space.parameters.map { .field(.parameter($0.name), title: "params." + $0.name) }
    }
    var columns = [attribute(.id), attribute(.name), attribute(.kind), attribute(.state)]
    if rows.contains(where: { $0.run.kind == .hyperdrive }) { columns.append(.best) }
    columns += [attribute(.experiment), .age, .duration]
    let isNamed = rows.contains { $0.run.name != nil }
    if !isNamed { columns.removeAll { $0 == attribute(.name) } }
    guard common.out.isTerminal else { return columns }
    return columns + ListCommand.commonest(rows)
  }

  // On a wide screen: the metrics and parameters that most of the runs have.
  private static func commonest(_ rows: [RunRow]) -> [RunColumn] {
    let runs = rows.filter { $0.run.kind != .hyperdrive }
    func names(_ of: (RunRow) -> [String], most count: Int) -> [String] {
      var uses: [String: Int] = [:]
      for run in runs { for name in of(run) { uses[name, default: 0] += 1 } }
      let frequent = uses.filter { $0.value * 2 >= runs.count && !$0.key.hasPrefix("system:") }
      return frequent.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(count).map(\.key)
    }
    return names({ $0.metrics.map(\.name) }, most: 3).map { .field(.metric($0), title: "metrics." + $0) }
      + names({ $0.parameters.map(\.name) }, most: 4).map { .field(.parameter($0), title: "params." + $0) }
  }

  private static func allColumns(of rows: [RunRow]) -> [RunColumn] {
    let attributes: [RunField.Attribute] = [
      .id, .name, .kind, .state, .experiment, .parent, .number, .created, .started, .ended,
    ]
    var columns = attributes.map { RunColumn.field(.attribute($0), title: $0.rawValue) } + [.duration]
    var seen: Set<String> = []
    for row in rows {
      for name in row.parameters.map(\.name) where seen.insert("params." + name).inserted {
        columns.append(.field(.parameter(name), title: "params." + name))
      }
    }
    for row in rows {
      for name in row.metrics.map(\.name) where seen.insert("metrics." + name).inserted {
        columns.append(.field(.metric(name), title: "metrics." + name))
      }
    }
    return columns
  }

  private func bestOfSweeps(_ rows: [RunRow], in reader: any TrackingReader) throws -> [RunID: MetricPoint] {
    guard !quiet else { return [:] }
    var best: [RunID: MetricPoint] = [:]
    for row in rows where row.run.kind == .hyperdrive {
      best[row.run.id] = try Leaderboard.bestPoint(of: reader.sweep(row.run.id), in: reader)
    }
    return best
  }
}

// The three forms.
extension ListCommand {
  private func printTable(
    _ rows: [RunRow], _ columns: [RunColumn], _ best: [RunID: MetricPoint], _ query: RunQuery,
    _ reader: any TrackingReader
  ) throws {
    guard !rows.isEmpty else { return }
    let now = Timestamp.now()
    var table = Table(columns: columns.map(\.column))
    for row in rows { table.rows.append(columns.map { $0.cell(of: row, best: best[row.run.id], now: now) }) }
    for (place, column) in columns.enumerated() {
      guard case .field(.parameter, _) = column else { continue }
      let values = rows.map { column.value(of: $0) }.filter { $0 != .null }
      table.columns[place].isRight = !values.isEmpty && values.allSatisfy { $0.number != nil }
    }
    write(table.text(on: common.out))
    if limit == nil, rows.count == query.limit {
      remark(common.err.paint("the first \(rows.count); --limit or --all shows more", .dim))
    }
  }

  private func printJSON(_ rows: [RunRow], _ columns: [RunColumn]?, _ best: [RunID: MetricPoint]) {
    let objects = rows.map { row -> Value in
      guard let columns else {
        var members = row.json
        if row.run.kind == .hyperdrive { members["best"] = best[row.run.id]?.json ?? .null }
        return .object(members)
      }
      return .object(
        Dictionary(
          columns.map { ($0.name, $0.value(of: row, best: best[row.run.id])) }, uniquingKeysWith: { $1 }))
    }
    write(Value.list(objects).prettyJSON + "\n")
  }

  private func printCSV(_ rows: [RunRow], _ columns: [RunColumn], _ best: [RunID: MetricPoint]) {
    write(csvLine(columns.map(\.name)))
    for row in rows { write(csvLine(columns.map { $0.value(of: row, best: best[row.run.id]).csv })) }
  }

  // An empty list is no error, yet a misspelt name should not pass for "none fits".
  private func explainEmptiness(of query: RunQuery, in reader: any TrackingReader) throws {
    var metrics: Set<String> = []
    var parameters: Set<String> = []
    var sample = query
    sample.filter = []
    sample.includesDetails = true
    sample.limit = 500
    try reader.everyRow(matching: sample) { row in
      metrics.formUnion(row.metrics.map(\.name))
      parameters.formUnion(row.parameters.map(\.name))
    }
    for field in query.filter.map(\.field) + query.order.map(\.field) {
      let (name, known, noun): (String, Set<String>, String)
      switch field {
      case .metric(let metric): (name, known, noun) = (metric, metrics, "metric")
      case .parameter(let parameter): (name, known, noun) = (parameter, parameters, "parameter")
      default: continue
      }
      guard !known.contains(name) else { continue }
      let hint = nearestName(to: name, among: known.sorted()).map { "; did you mean '\($0)'?" } ?? ""
      remark("runs: no run here has a \(noun) '\(name)'\(hint)")
    }
    if !format.json, !format.csv, !quiet { remark(common.err.paint("no run fits", .dim)) }
  }
}
