internal import Tracking

extension Leaderboard {
  /// The parameters worth a column: those of the search space that are not the same in all trials.
  private func columns(_ spec: SweepSpec) -> [String] {
    let varying = Set(self.varying)
    let declared = spec.space.parameters.map(\.name).filter { varying.contains($0) }
    return declared.isEmpty ? self.varying : declared
  }

  /// The best trials as a table.
  func table(_ spec: SweepSpec, limit: Int, now: Timestamp) -> Table {
    let names = columns(spec)
    let shown = entries.prefix(limit)
    // What is the same in every line tells nothing.
    let hasStates = shown.contains { $0.run.state != .finished }
    var table = Table(columns: [
      Table.Column(title: "PLACE", isRight: true), Table.Column(title: "TRIAL"),
      Table.Column(title: objective.metric, isRight: true), Table.Column(title: "TOOK", isRight: true),
    ])
    if hasStates { table.columns.append(Table.Column(title: "STATE")) }
    table.columns += names.map { Table.Column(title: $0, isRight: true, isOptional: true) }
    table.columns.append(Table.Column(title: "STEP", isRight: true, isOptional: true))
    for (place, entry) in shown.enumerated() {
      let own = entry.parameters.byName
      let isFirst = place == 0 && Leaderboard.canWin(entry)
      var row = [
        Table.Cell(Leaderboard.canWin(entry) ? String(place + 1) : "-"), Table.Cell(entry.run.id.text),
        Table.Cell(entry.best?.value.short() ?? "", isFirst ? .green : .plain),
        Table.Cell(entry.run.milliseconds(at: now).map(duration(milliseconds:)) ?? ""),
      ]
      if hasStates { row.append(Table.Cell(entry.run.state.rawValue, entry.run.state.style)) }
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

  /// The best trials as CSV.
  func csv(_ spec: SweepSpec, limit: Int) -> String {
    let names = columns(spec)
    let fixed = ["place", "id", "number", "state", "metric", "best", "best_step", "last", "duration_ms"]
    var text = csvLine(fixed + names.map { "params." + $0 })
    for (place, entry) in entries.prefix(limit).enumerated() {
      let own = entry.parameters.byName
      let run = entry.run.json
      text += csvLine(
        [
          Leaderboard.canWin(entry) ? String(place + 1) : "", entry.run.id.text,
          entry.run.number.map(String.init) ?? "", entry.run.state.rawValue, objective.metric,
          entry.best?.value.csv ?? "", entry.best.map { String($0.step) } ?? "", entry.last?.csv ?? "",
          run["duration_ms"]?.csv ?? "",
        ] + names.map { own[$0]?.csv ?? "" })
    }
    return text
  }
}
