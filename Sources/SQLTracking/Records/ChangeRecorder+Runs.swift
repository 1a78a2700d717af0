internal import SQL
internal import Tracking

extension ChangeRecorder {
  mutating func create(_ new: NewRun) throws {
    if try connection.firstInteger("SELECT id FROM runs WHERE key = $1", [SQLValue(new.id)]) != nil {
      throw TrackingError(.conflict, "there is a run '\(new.id)' already; a new run needs an id of its own.")
    }
    guard !new.state.isFinal, new.state != .paused else {
      throw TrackingError(
        .invalid, "run '\(new.id)' cannot begin as \(new.state.rawValue): a run begins scheduled, queued or running.")
    }
    guard !new.experiment.isEmpty else {
      throw TrackingError(.invalid, "run '\(new.id)' belongs to no experiment: the experiment's name is empty.")
    }
    let parent = try new.parent.map { try target($0) }
    if new.kind == .trial, parent?.kind != .hyperdrive || new.number == nil {
      throw TrackingError(
        .invalid,
        "trial '\(new.id)' needs a parent that is a sweep, and a number; it has "
          + "\(new.parent.map { "the parent '\($0)'" } ?? "no parent") and "
          + "\(new.number.map { "the number \($0)" } ?? "no number").")
    }
    if let parent, let number = new.number, let other = try child(number, of: parent.row) {
      throw TrackingError(.conflict, "number \(number) below '\(new.parent?.text ?? "")' is taken by run '\(other)'.")
    }
    let experiment = try experimentForRun(new.experiment)
    let event = nextEvent(sweep: new.kind == .trial ? parent?.row : nil)
    let row = try connection.firstInteger(
      """
      INSERT INTO runs (id, key, experiment, kind, parent, number, name, state, reason, created, started, origin, note,
        counted_attempt, observed, event)
      VALUES ((SELECT coalesce(max(id), 0) + 1 FROM runs), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', 1, 0, $12)
      RETURNING id
      """,
      [
        SQLValue(new.id), .integer(experiment), .text(new.kind.rawValue), SQLValue(parent?.row),
        SQLValue(new.number), SQLValue(new.name), .text(new.state.rawValue), .text(new.reason), SQLValue(now),
        new.started.map { SQLValue($0) } ?? (new.state == .running ? SQLValue(now) : .null), .text(new.origin.json),
        .integer(event),
      ])
    guard let row else { preconditionFailure("an insert returned no id") }
    try connection.run("UPDATE experiments SET runs = runs + 1 WHERE id = $1", [.integer(experiment)])
    try append(from: nil, to: new.state, reason: new.reason, of: row, event: event)
    var given = Set<ExactText>()
    for (position, parameter) in new.parameters.enumerated() {
      let name = try number(ofName: parameter.name, "parameter")
      guard given.insert(ExactText(parameter.name)).inserted else {
        throw TrackingError(.invalid, "run '\(new.id)' is given the parameter '\(parameter.name)' twice.")
      }
      try parameter.insert(of: row, name: name, position: Int64(position), given: true, in: connection)
    }
    for (name, value) in new.tags {
      try connection.run(
        "INSERT INTO tags (run, name, value) VALUES ($1, $2, $3)",
        [.integer(row), .integer(try number(ofName: name, "tag")), .text(value)])
    }
  }

  mutating func transition(_ id: RunID, to state: RunState, reason: String) throws {
    let run = try writable(id)
    let from = run.state
    let allowed = from.allowedNext(for: run.kind)
    guard allowed.contains(state) else {
      let list = RunState.allCases.filter(allowed.contains).map(\.rawValue).joined(separator: ", ")
      throw TrackingError(
        .conflict,
        "run '\(id)' is \(from.rawValue), so it cannot become \(state.rawValue)"
          + (list.isEmpty ? "; nothing follows that state." : "; what may follow: \(list)."))
    }
    let event = touch(run)
    try connection.run(
      """
      UPDATE runs SET state = $1, reason = $2, started = coalesce(started, $3), ended = $4, ended_event = $5
      WHERE id = $6
      """,
      [
        .text(state.rawValue), .text(reason), state == .running ? SQLValue(now) : .null,
        state.isFinal ? SQLValue(now) : .null, state.isFinal ? .integer(event) : .null, .integer(run.row),
      ])
    try append(from: from, to: state, reason: reason, of: run.row, event: event)
    remember(id) { $0.state = state }
  }

  mutating func set(_ parameter: Parameter, of id: RunID) throws {
    let run = try writable(id)
    let name = try number(ofName: parameter.name, "parameter")
    if let found = try Parameter.find(of: run.row, name: name, in: connection) {
      guard found.value == parameter.value else {
        throw TrackingError(
          .conflict,
          "parameter '\(parameter.name)' of run '\(id)' is \(found.value.json), and parameters do not "
            + "change; record \(parameter.value.json) under another name, or as a tag.")
      }
      return
    }
    let position =
      try run.nextPosition
      ?? connection.firstInteger(
        "SELECT coalesce(max(position), -1) + 1 FROM parameters WHERE run = $1", [.integer(run.row)]) ?? 0
    try parameter.insert(of: run.row, name: name, position: position, given: false, in: connection)
    remember(id) { $0.nextPosition = position + 1 }
    touch(run)
  }

  mutating func setTag(_ tag: String, _ value: String?, of id: RunID) throws {
    let run = try writable(id)
    let name = try number(ofName: tag, "tag")
    if let value {
      try connection.run(
        """
        INSERT INTO tags (run, name, value) VALUES ($1, $2, $3)
        ON CONFLICT (run, name) DO UPDATE SET value = excluded.value
        """, [.integer(run.row), .integer(name), .text(value)])
    } else {
      try connection.run("DELETE FROM tags WHERE run = $1 AND name = $2", [.integer(run.row), .integer(name)])
    }
    touch(run)
  }

  mutating func attach(_ artifact: Artifact) throws {
    let run = try writable(artifact.run)
    guard !artifact.name.isEmpty else {
      throw TrackingError(.invalid, "an artifact of run '\(artifact.run)' needs a name; this one's is empty.")
    }
    try connection.run(
      """
      INSERT INTO artifacts (run, name, digest, bytes, content_bytes, files, time) VALUES ($1, $2, $3, $4, $5, $6, $7)
      ON CONFLICT (run, name) DO UPDATE SET digest = excluded.digest, bytes = excluded.bytes,
        content_bytes = excluded.content_bytes, files = excluded.files, time = excluded.time
      """,
      [
        .integer(run.row), .text(artifact.name), .text(artifact.digest.hex), .integer(artifact.bytes),
        .integer(artifact.contentBytes), SQLValue(artifact.files), SQLValue(now),
      ])
    touch(run)
  }

  mutating func detach(_ name: String, from id: RunID) throws {
    let run = try writable(id)
    let count = try connection.run(
      "DELETE FROM artifacts WHERE run = $1 AND name = $2", [.integer(run.row), .text(name)])
    if count > 0 { touch(run) }
  }

  mutating func setTimes(of id: RunID, started: Timestamp?, ended: Timestamp?) throws {
    guard started != nil || ended != nil else { return }
    let run = try writable(id)
    try connection.run(
      "UPDATE runs SET started = coalesce($1, started), ended = coalesce($2, ended) WHERE id = $3",
      [started.map { SQLValue($0) } ?? .null, ended.map { SQLValue($0) } ?? .null, .integer(run.row)])
    touch(run)
  }

  private func append(
    from: RunState?, to: RunState, reason: String, of row: Int64, event: EventNumber
  ) throws {
    try connection.run(
      "INSERT INTO transitions (event, run, from_state, to_state, reason, time) VALUES ($1, $2, $3, $4, $5, $6)",
      [
        .integer(event), .integer(row), SQLValue(from?.rawValue), .text(to.rawValue), .text(reason), SQLValue(now),
      ])
  }

  private func child(_ number: Int, of parent: Int64) throws -> String? {
    try connection.firstText(
      "SELECT key FROM runs WHERE parent = $1 AND number = $2", [.integer(parent), SQLValue(number)])
  }
}
