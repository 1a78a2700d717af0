import Tracking

/// Everything that a store holds, as text.
func dump(_ store: any TrackingStore) throws -> String {
  var lines: [String] = []
  for experiment in try store.experiments() { lines.append("\(experiment)") }
  let page = try store.runs(matching: RunQuery(stage: .all, order: [RunQuery.Order(.attribute(.id))], limit: 10_000))
  for row in page.rows {
    let run = row.run.id
    lines.append("\(row.run)")
    lines.append("  \(row.parameters)")
    lines.append("  \(row.tags.sorted { $0.key < $1.key })")
    for transition in try store.transitions(of: run) { lines.append("  \(transition)") }
    for attempt in try store.attempts(of: run) { lines.append("  \(attempt)") }
    for artifact in try store.artifacts(of: run) { lines.append("  \(artifact)") }
    for input in try store.inputs(of: run) { lines.append("  \(input)") }
    for output in try store.outputs(of: run) { lines.append("  \(output)") }
    for attempt in 1...3 {
      for series in try store.series(of: run, attempt: attempt) {
        let points = try store.points(of: run, metric: series.name, in: 0..<Int.max, attempt: attempt)
        lines.append("  \(series)")
        lines.append(
          "    \(points.steps.count) \(Digest(hashing: "\(points.steps)\(points.times)")) "
            + "\(Digest(hashing: "\(points.values.map(\.bitPattern))"))")
      }
    }
    guard row.run.kind == .hyperdrive else { continue }
    let sweep: Sweep
    do { sweep = try store.sweep(run) } catch let error as TrackingError where error.code == .notFound { continue }
    lines.append("  \(sweep.spec.value.json) \(sweep.source)")
    for decision in try store.decisions(of: run) { lines.append("  \(decision)") }
    for event in 0...(try store.lastEvent(of: run)) {
      lines.append(
        "  \(event): \(try store.trials(of: run, asOf: event).map { words(of: $0) })")
    }
  }
  for model in try store.loggedModels(inExperiments: [], of: nil) {
    lines.append("\(model)")
    for file in try store.files(ofModel: model.id) { lines.append("  \(file)") }
  }
  for model in try store.registeredModels() { lines.append("\(model)") }
  for version in try store.modelVersions(of: nil) { lines.append("\(version)") }
  for token in try store.accessTokens() { lines.append("\(token)") }
  return lines.joined(separator: "\n")
}

/// A trial as of an event.
private func words(of trial: Trial) -> String {
  var words = "\(trial.run) \(trial.state) \(trial.observed) of attempt \(trial.attempt)"
  if let allowance = trial.allowance { words += ", allowed \(allowance)" }
  if let source = trial.continues { words += ", continues \(source)" }
  if let ended = trial.ended { words += ", ended \(ended)" }
  return words
}
