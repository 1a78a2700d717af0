internal import Tracking

extension Leaderboard {
  /// The parameters worth a column: those of the search space that are not the same in all trials.
  private func columns(_ spec: SweepSpec) -> [String] {
    let varying = Set(self.varying)
    let declared = spec.space.parameters.map(\.name).filter { varying.contains($0) }
    return declared.isEmpty ? self.varying : declared
  }

  /// The best trials as a table.
  ///
  /// - Parameter chosen: what to show instead, in order; nil for the best.
  func table(_ spec: SweepSpec, limit: Int, now: Timestamp, chosen: [Entry]? = nil) -> Table {
    let names = columns(spec)
    let shown = (chosen ?? entries).prefix(limit)
    // What is the same in every line tells nothing.
    let hasStates = shown.contains { $0.run.state != .finished }
    let hasViolations = shown.contains { !$0.violations.isEmpty }
    let hasRepeats = shown.contains { $0.repeated != nil }
    var table = Table(columns: [
      Table.Column(title: "PLACE", isRight: true), Table.Column(title: "TRIAL"),
      Table.Column(title: objective.metric, isRight: true),
    ])
    if hasRepeats { table.columns += ["MEAN", "ERROR", "N"].map { Table.Column(title: $0, isRight: true) } }
    table.columns += otherObjectives.map { Table.Column(title: $0.metric, isRight: true) }
    table.columns.append(Table.Column(title: "TOOK", isRight: true))
    if hasStates { table.columns.append(Table.Column(title: "STATE")) }
    if hasViolations { table.columns.append(Table.Column(title: "BREAKS")) }
    table.columns += names.map { Table.Column(title: $0, isRight: true, isOptional: true) }
    table.columns.append(Table.Column(title: "STEP", isRight: true, isOptional: true))
    for (place, entry) in shown.enumerated() {
      let own = entry.parameters.byName
      let isFirst = place == 0 && entry.canWin
      var row = [
        Table.Cell(entry.canWin ? String(place + 1) : "-"), Table.Cell(entry.run.id.text),
        Table.Cell(entry.best?.value.short() ?? "", isFirst ? .green : .plain),
      ]
      if hasRepeats {
        let repeated = entry.repeated
        row += [
          Table.Cell(repeated?.mean.short() ?? ""), Table.Cell(repeated?.standardError?.short(2) ?? ""),
          Table.Cell(repeated.map { String($0.values.count) } ?? ""),
        ]
      }
      row += entry.others.map { Table.Cell($0?.short() ?? "") }
      row.append(Table.Cell(entry.run.milliseconds(at: now).map(duration(milliseconds:)) ?? ""))
      if hasStates { row.append(Table.Cell(entry.run.state.rawValue, entry.run.state.style)) }
      if hasViolations { row.append(Table.Cell(entry.violations.map(\.text).joined(separator: ", "), .red)) }
      // A trial that was told nothing ran with the trainer's or the script's defaults.
      row += names.enumerated().map { index, name in
        own.isEmpty && index == 0 ? Table.Cell("defaults", .dim) : Table.Cell(own[name].map { shortCell($0) } ?? "")
      }
      row.append(Table.Cell(entry.best.map { String($0.step) } ?? ""))
      table.rows.append(row)
    }
    return table
  }

  // Four digits tell trials apart; the record keeps all of them.
  private func shortCell(_ value: Value) -> String {
    if case .real(let number) = value { return number.short(4) }
    return value.short
  }

  /// The best trials as CSV; columns for other objectives, constraints and repeats where the sweep has them.
  func csv(_ spec: SweepSpec, limit: Int, chosen: [Entry]? = nil) -> String {
    let names = columns(spec)
    let fixed = ["place", "id", "number", "state", "metric", "best", "best_step", "last", "duration_ms"]
    let repeats = spec.repeats > 1 ? ["mean", "standard_error", "evaluations"] : []
    let breaks = spec.constraints.isEmpty ? [] : ["breaks"]
    var text = csvLine(
      fixed + otherObjectives.map { "metrics." + $0.metric } + repeats + breaks + names.map { "params." + $0 })
    for (place, entry) in (chosen ?? entries).prefix(limit).enumerated() {
      let own = entry.parameters.byName
      let run = entry.run.json
      var line = [
        entry.canWin ? String(place + 1) : "", entry.run.id.text, entry.run.number.map(String.init) ?? "",
        entry.run.state.rawValue, objective.metric, entry.best?.value.csv ?? "",
        entry.best.map { String($0.step) } ?? "", entry.last?.csv ?? "", run["duration_ms"]?.csv ?? "",
      ]
      line += entry.others.map { $0?.csv ?? "" }
      if !repeats.isEmpty {
        line += [
          entry.repeated?.mean.csv ?? "", entry.repeated?.standardError?.csv ?? "",
          entry.repeated.map { String($0.values.count) } ?? "",
        ]
      }
      if !breaks.isEmpty { line.append(entry.violations.map(\.text).joined(separator: ", ")) }
      text += csvLine(line + names.map { own[$0]?.csv ?? "" })
    }
    return text
  }

  /// The trials as programs read them, the best first.
  func json(limit: Int, chosen: [Entry]? = nil) -> Value {
    .list(
      (chosen ?? entries).prefix(limit).enumerated().map { place, entry in
        var members = entry.run.json
        members["place"] = entry.canWin ? .integer(Int64(place + 1)) : .null
        members["best"] = entry.best?.json ?? .null
        members["last"] = entry.last.map { .real($0) } ?? .null
        members["metric"] = .text(objective.metric)
        members["goal"] = .text(objective.goal.rawValue)
        members["select"] = .text(objective.selection.text)
        members["parameters"] = .object(entry.parameters.byName)
        members["breaks"] = .list(entry.violations.map { .text($0.text) })
        if !otherObjectives.isEmpty {
          members["other_objectives"] = .object(
            Dictionary(
              zip(otherObjectives.map(\.metric), entry.others.map { $0.map { .real($0) } ?? .null }),
              uniquingKeysWith: { $1 }))
        }
        if let repeated = entry.repeated {
          members["mean"] = .real(repeated.mean)
          members["standard_error"] = repeated.standardError.map { .real($0) } ?? .null
          members["evaluations"] = .integer(Int64(repeated.values.count))
        }
        return .object(members)
      })
  }
}
