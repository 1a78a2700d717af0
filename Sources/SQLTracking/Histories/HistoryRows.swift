internal import SQL
internal import Tracking

/// Writes a history into the rows of a run that is there.
struct HistoryRows {
  let connection: any SQLConnection
  /// The run's row.
  let row: Int64
  /// The number before the first change of its family.
  let base: EventNumber

  /// Writes what changes in place, and the changes with their numbers.
  func record(_ history: RunHistory) throws {
    let run = history.run
    try connection.run(
      """
      UPDATE runs SET name = $1, state = $2, reason = $3, started = $4, ended = $5, note = $6, counted_attempt = $7,
        deleted = $8 WHERE id = $9
      """,
      [
        SQLValue(run.name), .text(run.state.rawValue), .text(run.reason), SQLValue(run.started?.milliseconds),
        SQLValue(run.ended?.milliseconds), .text(run.note), SQLValue(run.countedAttempt),
        SQLValue(run.deleted?.milliseconds), .integer(row),
      ])
    for attempt in history.attempts {
      try connection.run(
        """
        INSERT INTO attempts (run, number, launcher, continues, started, ended, outcome, detail)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (run, number) DO UPDATE SET ended = excluded.ended, outcome = excluded.outcome,
          detail = excluded.detail
        """,
        [
          .integer(row), SQLValue(attempt.number), .text(attempt.launcher), SQLValue(attempt.continues),
          SQLValue(attempt.started), SQLValue(attempt.ended?.milliseconds), SQLValue(attempt.outcome?.text),
          .text(attempt.detail),
        ])
    }
    for artifact in history.artifacts {
      try connection.run(
        """
        INSERT INTO artifacts (run, name, digest, bytes, content_bytes, files, time) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (run, name) DO UPDATE SET digest = excluded.digest, bytes = excluded.bytes,
          content_bytes = excluded.content_bytes, files = excluded.files, time = excluded.time
        """,
        [
          .integer(row), .text(artifact.name), .text(artifact.digest.hex), .integer(artifact.bytes),
          .integer(artifact.contentBytes), SQLValue(artifact.files), SQLValue(artifact.time),
        ])
    }
    try renumber(history)
  }

  /// Writes the changes with their numbers, in the place of those that are there.
  func renumber(_ history: RunHistory) throws {
    for table in ["transitions", "observations", "allowances"] {
      try connection.run("DELETE FROM \(table) WHERE run = $1", [.integer(row)])
    }
    for transition in history.transitions {
      try connection.run(
        "INSERT INTO transitions (event, run, from_state, to_state, reason, time) VALUES ($1, $2, $3, $4, $5, $6)",
        [
          .integer(base + transition.event), .integer(row), SQLValue(transition.from?.rawValue),
          .text(transition.to.rawValue), .text(transition.reason), SQLValue(transition.time),
        ])
    }
    for observation in history.observations {
      try connection.run(
        "INSERT INTO observations (event, run, count, attempt) VALUES ($1, $2, $3, $4)",
        [
          .integer(base + observation.event), .integer(row), SQLValue(observation.count),
          SQLValue(observation.attempt),
        ])
    }
    for allowance in history.allowances {
      try connection.run(
        "INSERT INTO allowances (event, run, points) VALUES ($1, $2, $3)",
        [.integer(base + allowance.event), .integer(row), SQLValue(allowance.points)])
    }
    try connection.run(
      "UPDATE runs SET event = $1, ended_event = $2, observed = $3, allowance = $4 WHERE id = $5",
      [
        .integer(base + (history.transitions.first?.event ?? 0)),
        history.run.state.isFinal ? SQLValue(history.transitions.last.map { base + $0.event }) : .null,
        SQLValue(history.observations.last?.count ?? 0), SQLValue(history.allowances.last?.points), .integer(row),
      ])
    if let sweep = history.sweep { try record(sweep) }
  }

  private func record(_ sweep: SweepHistory) throws {
    try connection.run(
      """
      INSERT INTO sweeps (run, spec, source, last_event) VALUES ($1, $2, $3, $4)
      ON CONFLICT (run) DO UPDATE SET last_event = excluded.last_event
      """, [.integer(row), .text(sweep.spec.json), .text(sweep.source), .integer(base + sweep.lastEvent)])
    if sweep.isWhole { try connection.run("DELETE FROM decisions WHERE sweep = $1", [.integer(row)]) }
    for decision in sweep.decisions {
      if !sweep.isWhole {
        try connection.run(
          """
          DELETE FROM decisions WHERE sweep = $1 AND kind = $2 AND decider = $3 AND coalesce(trial, -1) = $4
            AND reason = $5 AND time = $6
          """,
          [
            .integer(row), .text(decision.kind.rawValue), .text(decision.decider), SQLValue(decision.trial ?? -1),
            .text(decision.reason), SQLValue(decision.time),
          ])
      }
      try connection.run(
        """
        INSERT INTO decisions (event, sweep, kind, decider, as_of, trial, reason, details, time)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        [
          .integer(base + decision.event), .integer(row), .text(decision.kind.rawValue), .text(decision.decider),
          .integer(decision.asOf > 0 ? base + decision.asOf : 0), SQLValue(decision.trial), .text(decision.reason),
          .text(decision.details.json), SQLValue(decision.time),
        ])
    }
  }
}

/// Writes a logged model as it was elsewhere.
struct LoggedModelRows {
  let connection: any SQLConnection

  /// Writes a model with its files.
  ///
  /// - Parameter known: its row; nil where it is not here.
  /// - Returns: its row.
  func record(
    _ model: LoggedModel, _ files: [LoggedModelFile], experiment: Int64, over known: Int64?
  ) throws -> Int64 {
    let row = try connection.firstInteger(
      """
      INSERT INTO logged_models (id, key, experiment, name, source, status, type, created, updated, deleted)
      VALUES (coalesce($1, (SELECT coalesce(max(id), 0) + 1 FROM logged_models)), $2, $3, $4, $5, $6, $7, $8, $9, $10)
      ON CONFLICT (key) DO UPDATE SET status = excluded.status, type = excluded.type, updated = excluded.updated,
        deleted = excluded.deleted
      RETURNING id
      """,
      [
        SQLValue(known), .text(model.id), .integer(experiment), .text(model.name), SQLValue(model.source?.text),
        .text(model.status.rawValue), .text(model.type), SQLValue(model.created), SQLValue(model.updated),
        SQLValue(model.deleted?.milliseconds),
      ])
    guard let row else { preconditionFailure("an insert returned no id") }
    for (table, texts) in [("logged_model_parameters", model.parameters), ("logged_model_tags", model.tags)] {
      for (name, value) in texts {
        try connection.run(
          """
          INSERT INTO \(table) (model, name, value) VALUES ($1, $2, $3)
          ON CONFLICT (model, name) DO UPDATE SET value = excluded.value
          """, [.integer(row), .text(name), .text(value)])
      }
    }
    for metric in model.metrics {
      try connection.run(
        """
        INSERT INTO logged_model_metrics (model, name, run, dataset_name, dataset_digest, step, time, bits)
        VALUES ($1, $2, (SELECT id FROM runs WHERE key = $3), $4, $5, $6, $7, $8)
        ON CONFLICT (model, name, run, dataset_name, dataset_digest)
        DO UPDATE SET step = excluded.step, time = excluded.time, bits = excluded.bits
        """,
        [
          .integer(row), .text(metric.name), SQLValue(metric.run), .text(metric.dataset?.name ?? ""),
          .text(metric.dataset?.digest ?? ""), .integer(metric.point.step), SQLValue(metric.point.time),
          .integer(Int64(bitPattern: metric.point.value.bitPattern)),
        ])
    }
    for file in files {
      try connection.run(
        """
        INSERT INTO logged_model_files (model, path, digest, bytes, content_bytes, time) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (model, path) DO UPDATE SET digest = excluded.digest, bytes = excluded.bytes,
          content_bytes = excluded.content_bytes, time = excluded.time
        """,
        [
          .integer(row), .text(file.path), .text(file.digest.hex), .integer(file.bytes), .integer(file.contentBytes),
          SQLValue(file.time),
        ])
    }
    return row
  }
}
