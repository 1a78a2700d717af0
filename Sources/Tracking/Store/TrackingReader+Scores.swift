extension TrackingReader {
  /// Returns the point that counts of a run's series: its step and time, and the value that an objective makes of it.
  ///
  /// The step is that of the best point, or of the last finite one; a mean of the last ones has the step of the last. It
  /// agrees with `Objective.score(of:)` of all points, and reads points only where the summary does not tell.
  ///
  /// - Parameter summary: of the counted attempt.
  /// - Returns: nil when no value is finite.
  public func counted(
    _ objective: SweepSpec.Objective, of run: RunID, _ summary: SeriesSummary
  ) throws -> MetricPoint? {
    guard let extreme = summary.best(objective.goal) else { return nil }
    switch objective.selection {
    case .best: return extreme
    case .last where summary.last.value.isFinite: return summary.last
    case .last, .meanOfLast:
      let wanted = if case .meanOfLast(let count) = objective.selection { max(1, count) } else { 1 }
      let recent = try points(
        of: run, metric: objective.metric, in: max(0, summary.count - wanted)..<summary.count, attempt: summary.attempt)
      // Gaps that are not finite reach further back.
      let columns =
        recent.values.allSatisfy(\.isFinite)
        ? recent
        : try points(of: run, metric: objective.metric, in: 0..<summary.count, attempt: summary.attempt)
      guard let value = objective.score(of: columns.values),
        let place = columns.values.lastIndex(where: \.isFinite)
      else { return nil }
      var point = columns[place]
      point.value = value
      return point
    }
  }
}

extension SweepSpec.Constraint {
  /// Returns whether a run's series keeps to the bound; one that is not there, or has no finite value, does not.
  ///
  /// - Parameter summary: of the counted attempt.
  public func holds(for run: RunID, _ summary: SeriesSummary?, in reader: any TrackingReader) throws -> Bool {
    let objective = SweepSpec.Objective(metric: metric, goal: isUpper ? .minimize : .maximize, selection: selection)
    guard let summary, let value = try reader.counted(objective, of: run, summary)?.value else { return false }
    return isUpper ? value <= bound : value >= bound
  }
}
