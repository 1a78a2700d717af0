internal import Tracking

extension OpenStore {
  /// Returns the run that a person means.
  ///
  /// - Parameter text: an id, its unique beginning, `SWEEP-K`, `@last` (the newest run that is no trial), `@best` (the
  ///   best trial of the newest sweep) or `SWEEP@best`.
  /// - Throws: `.notFound`, `.ambiguous`.
  func run(_ text: String) throws -> RunID {
    if text == "@last" { return try newest([.run, .hyperdrive], "run") }
    guard text.hasSuffix("@best") else {
      guard !text.hasPrefix("@") else {
        throw CommandFailure(.usage, "'\(text)' names no run; the short names are @last, @best and SWEEP@best")
      }
      return try tracking.runID(matching: text)
    }
    let sweepText = text.dropLast("@best".count)
    let sweep = sweepText.isEmpty ? try newest([.hyperdrive], "sweep") : try self.sweep(String(sweepText)).run
    let board = try Leaderboard(of: tracking.sweep(sweep), in: tracking)
    guard let best = board.best else {
      throw CommandFailure(
        .notFound, "sweep '\(sweep)' has no finished trial with a finite '\(board.objective.metric)' yet")
    }
    return best.run.id
  }

  /// Returns the sweep that a person means; a trial means its sweep.
  ///
  /// - Throws: `.notFound` for a run that is no sweep.
  func sweep(_ text: String) throws -> Sweep {
    let id = text == "@last" ? try newest([.hyperdrive], "sweep") : try run(text)
    let run = try tracking.run(id)
    if run.kind == .trial, let parent = run.parent { return try tracking.extendedSweep(parent) }
    guard run.kind == .hyperdrive else {
      throw CommandFailure(.notFound, "run '\(id)' is no sweep; `runs list --kind hyperdrive` lists the sweeps")
    }
    return try tracking.extendedSweep(id)
  }

  private func newest(_ kinds: Set<RunKind>, _ noun: String) throws -> RunID {
    let page = try tracking.runs(matching: RunQuery(kinds: kinds, limit: 1, includesDetails: false))
    guard let row = page.rows.first else { throw CommandFailure(.notFound, "the store has no \(noun) yet") }
    return row.run.id
  }
}

extension TrackingReader {
  /// Hands every run that a query describes to a closure, page by page, up to the query's limit.
  func everyRow(matching query: RunQuery, _ body: (RunRow) throws -> Void) throws {
    var query = query
    var left = query.limit
    while left > 0 {
      query.limit = min(left, 500)
      let page = try runs(matching: query)
      for row in page.rows { try body(row) }
      left -= page.rows.count
      guard let next = page.next else { return }
      query.pageToken = next
    }
  }
}
