internal import SQL
internal import Tracking

extension ChangeRecorder {
  mutating func declare(_ sweep: Sweep) throws {
    let run = try writable(sweep.run)
    guard run.kind == .hyperdrive else {
      throw TrackingError(
        .invalid,
        "run '\(sweep.run)' is a \(run.kind.rawValue), so it cannot be a sweep; a sweep's run is of "
          + "kind hyperdrive.")
    }
    guard try lastEvent(ofSweep: run.row) == nil else {
      throw TrackingError(.conflict, "run '\(sweep.run)' is a sweep already, and sweeps do not change.")
    }
    let event = touch(run)
    try connection.run(
      "INSERT INTO sweeps (run, spec, source, last_event) VALUES ($1, $2, $3, $4)",
      [.integer(run.row), .text(sweep.spec.value.json), .text(sweep.source), .integer(event)])
  }

  mutating func decide(_ decision: Decision) throws {
    let run = try writable(decision.sweep)
    guard try lastEvent(ofSweep: run.row) != nil else {
      throw TrackingError(.invalid, "run '\(decision.sweep)' is no sweep, so nothing can be decided on it.")
    }
    guard !decision.reason.isEmpty else {
      throw TrackingError(
        .invalid,
        "'\(decision.decider)' gives no reason for its decision to \(decision.kind.rawValue) on sweep "
          + "'\(decision.sweep)'; every decision has one.")
    }
    try connection.run(
      """
      INSERT INTO decisions (event, sweep, kind, decider, as_of, trial, reason, details, time)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
      """,
      [
        .integer(touch(run)), .integer(run.row), .text(decision.kind.rawValue), .text(decision.decider),
        .integer(decision.asOf), SQLValue(decision.trial), .text(decision.reason), .text(decision.details.json),
        SQLValue(now),
      ])
  }

  mutating func observe(_ id: RunID, count: Int) throws {
    let run = try writable(id)
    guard count > run.observed else { return }
    try setObserved(count, attempt: run.countedAttempt, of: run.row, event: touch(run))
    remember(id) { $0.observed = count }
  }

  mutating func allow(_ points: Int?, to id: RunID) throws {
    let run = try writable(id)
    guard run.kind == .trial else {
      throw TrackingError(
        .invalid, "run '\(id)' is a \(run.kind.rawValue), and only a sweep's trial has an allowance.")
    }
    if let points, points < 1 {
      throw TrackingError(.invalid, "trial '\(id)' cannot be allowed \(points) points: give it 1 or more.")
    }
    guard !run.state.isFinal else {
      throw TrackingError(
        .conflict, "trial '\(id)' is \(run.state.rawValue), so an allowance would mean nothing to it.")
    }
    try connection.run(
      "INSERT INTO allowances (event, run, points) VALUES ($1, $2, $3)",
      [.integer(touch(run)), .integer(run.row), SQLValue(points)])
    try connection.run("UPDATE runs SET allowance = $1 WHERE id = $2", [SQLValue(points), .integer(run.row)])
  }

  private func setObserved(_ count: Int, attempt: Int, of row: Int64, event: EventNumber) throws {
    try connection.run(
      "INSERT INTO observations (event, run, count, attempt) VALUES ($1, $2, $3, $4)",
      [.integer(event), .integer(row), SQLValue(count), SQLValue(attempt)])
    try connection.run("UPDATE runs SET observed = $1 WHERE id = $2", [SQLValue(count), .integer(row)])
  }

  mutating func beginAttempt(_ number: Int, of id: RunID, launcher: String, continues: Bool) throws {
    let run = try writable(id)
    guard !run.state.isFinal else {
      throw TrackingError(
        .conflict, "run '\(id)' is \(run.state.rawValue), so it takes no more attempts.")
    }
    let last = try connection.firstRow(
      "SELECT number, ended FROM attempts WHERE run = $1 ORDER BY number DESC LIMIT 1", [.integer(run.row)]
    ) { (number: try $0.int(0), isOpen: $0.isNull(1)) }
    if let last, last.isOpen {
      throw TrackingError(
        .conflict, "attempt \(last.number) of run '\(id)' has not ended, so attempt \(number) cannot begin.")
    }
    guard number == (last?.number ?? 0) + 1 else {
      throw TrackingError(
        .conflict, "the next attempt of run '\(id)' is number \((last?.number ?? 0) + 1), not \(number).")
    }
    try connection.run(
      """
      INSERT INTO attempts (run, number, launcher, continues, started, detail) VALUES ($1, $2, $3, $4, $5, '')
      """,
      [.integer(run.row), SQLValue(number), .text(launcher), SQLValue(continues), SQLValue(now)])
    let event = touch(run)
    if !continues, number != run.countedAttempt {
      try connection.run(
        "UPDATE runs SET counted_attempt = $1 WHERE id = $2", [SQLValue(number), .integer(run.row)])
      try connection.run(
        "UPDATE series SET counted = 0 WHERE run = $1 AND counted = 1", [.integer(run.row)])
      if run.kind == .trial { try setObserved(0, attempt: number, of: run.row, event: event) }
      remember(id) { target in
        target.countedAttempt = number
        if target.kind == .trial { target.observed = 0 }
      }
    }
  }

  mutating func endAttempt(_ number: Int, of id: RunID, outcome: Attempt.Outcome, detail: String) throws {
    let run = try writable(id)
    let found = try connection.firstRow(
      "SELECT outcome FROM attempts WHERE run = $1 AND number = $2", [.integer(run.row), SQLValue(number)]
    ) { $0.optionalText(0) }
    guard let found else { throw TrackingError(.notFound, "run '\(id)' has no attempt \(number).") }
    if let ended = found {
      guard ended == outcome.text else {
        throw TrackingError(
          .conflict, "attempt \(number) of run '\(id)' has ended as \(ended), so it cannot end as \(outcome.text).")
      }
      return
    }
    try connection.run(
      "UPDATE attempts SET ended = $1, outcome = $2, detail = $3 WHERE run = $4 AND number = $5",
      [SQLValue(now), .text(outcome.text), .text(detail), .integer(run.row), SQLValue(number)])
    touch(run)
  }

  private func lastEvent(ofSweep row: Int64) throws -> EventNumber? {
    try connection.firstInteger("SELECT last_event FROM sweeps WHERE run = $1", [.integer(row)])
  }
}
