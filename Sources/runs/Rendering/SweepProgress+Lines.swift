internal import Sweeping
internal import Tracking

extension SweepProgress {
  /// The sweep as a block of lines that fits a terminal: none is wider, and there are fewer than it has rows.
  func lines(on screen: Screen, isStopping: Bool = false) -> [String] {
    let paint = screen.paint
    let columns = screen.columns ?? 80
    var lines: [String] = []
    func add(_ label: String, _ text: String, _ style: Style = .plain) {
      let padding = String(repeating: " ", count: max(0, 9 - label.displayWidth))
      let fitted = text.printable.fitted(to: max(1, columns - 10), ellipsis: screen.ellipsis)
      lines.append(paint(label, .dim) + padding + paint(fitted, style))
    }
    add("sweep", "\(sweep)  \(spec.displayName ?? spec.experiment)", .bold)
    lines.append(
      ProgressBar(
        done: ended, total: max(expectedTrials, 1), elapsed: started.milliseconds(to: now),
        left: remainingMilliseconds
      ).line(on: screen))
    add("trials", trialCounts(counts))
    if let best {
      add("best", "\(best.value.short()) \(spec.objective.metric), trial \(best.trial)", .green)
      var row = ""
      var rows: [String] = []
      for parameter in best.parameters {
        let item = "\(parameter.name) \(shortValue(parameter.value))"
        if !row.isEmpty, row.displayWidth + 3 + item.displayWidth > columns - 10 {
          rows.append(row)
          row = ""
        }
        row += (row.isEmpty ? "" : "   ") + item
      }
      if !row.isEmpty { rows.append(row) }
      for row in rows.prefix(3) { add("", row) }
    }
    let advice =
      isStopping
      ? "stopping: the trials are asked to end; Ctrl-C again ends them at once"
      : "Ctrl-C stops; what is done is kept, and `runs sweep resume` goes on"
    let room = max(0, (screen.rows ?? 24) - 2 - lines.count)
    let shown = running.count <= room ? running.count : max(0, room - 1)
    for trial in running.prefix(shown) { add("trial \(trial.trial)", describe(trial)) }
    if shown < running.count, room > 0 { add("", "and \(running.count - shown) more") }
    lines.append(paint(advice.fitted(to: columns, ellipsis: screen.ellipsis), isStopping ? .yellow : .dim))
    return Array(lines.prefix(max(1, (screen.rows ?? 24) - 1)))
  }

  private func describe(_ trial: Running) -> String {
    var text = stopwatch(milliseconds: trial.since.milliseconds(to: now))
    if let last = trial.last {
      text += "   \(spec.objective.metric) \(last.value.short()) at step \(last.step)"
    } else {
      text += "   no \(spec.objective.metric) yet"
    }
    if trial.attempt > 1 { text += "   attempt \(trial.attempt)" }
    return text
  }

}

private func shortValue(_ value: Value) -> String {
  if case .real(let number) = value { return number.short(4) }
  return value.short
}

extension SweepProgress.Event {
  /// The event as a line of a log.
  func line(of progress: SweepProgress) -> String {
    var line = "\(String(time.local.suffix(8)))  \(progress.ended)/\(progress.expectedTrials)"
    if let trial { line += "  trial \(trial)" }
    if let state { line += trial == nil ? "  \(state.rawValue)" : " \(state.rawValue)" }
    if !parameters.isEmpty {
      line += "  " + parameters.map { "\($0.name)=\(shortValue($0.value))" }.joined(separator: " ")
    }
    return text.isEmpty ? line : line + "  " + text
  }

  /// True for what a person must not miss even while the display is redrawn: failures and remarks.
  var isNotable: Bool { state == .failed || state == .scheduled || state == nil }
}
