internal import SQL
internal import Tracking

extension ChangeRecorder {
  mutating func create(_ new: NewRun) throws {
    if try RunRecord.find(new.id, in: connection) != nil {
      throw TrackingError(.conflict, "there is a run '\(new.id)' already; a new run needs an id of its own.")
    }
    guard !new.state.isFinal, new.state != .paused else {
      throw TrackingError(
        .invalid, "run '\(new.id)' cannot begin as \(new.state.rawValue): a run begins scheduled, queued or running.")
    }
    guard !new.experiment.isEmpty else {
      throw TrackingError(.invalid, "run '\(new.id)' belongs to no experiment: the experiment's name is empty.")
    }
    let parent = try new.parent.map { try RunRecord.get($0, in: connection) }
    if new.kind == .trial, parent?.run.kind != .hyperdrive || new.number == nil {
      throw TrackingError(
        .invalid,
        "trial '\(new.id)' needs a parent that is a sweep, and a number; it has "
          + "\(new.parent.map { "the parent '\($0)'" } ?? "no parent") and "
          + "\(new.number.map { "the number \($0)" } ?? "no number").")
    }
    if let parent, let number = new.number, let other = try child(number, of: parent.row) {
      throw TrackingError(.conflict, "number \(number) below '\(parent.run.id)' is taken by run '\(other)'.")
    }
    let experiment = try experimentRow(new.experiment)
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
        new.state == .running ? SQLValue(now) : .null, .text(new.origin.json), .integer(event),
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
    let record = try RunRecord.get(id, in: connection)
    let from = record.run.state
    let allowed = from.allowedNext(for: record.run.kind)
    guard allowed.contains(state) else {
      let list = RunState.allCases.filter(allowed.contains).map(\.rawValue).joined(separator: ", ")
      throw TrackingError(
        .conflict,
        "run '\(id)' is \(from.rawValue), so it cannot become \(state.rawValue)"
          + (list.isEmpty ? "; nothing follows that state." : "; what may follow: \(list)."))
    }
    let event = touch(record)
    try connection.run(
      """
      UPDATE runs SET state = $1, reason = $2, started = coalesce(started, $3), ended = $4, ended_event = $5
      WHERE id = $6
      """,
      [
        .text(state.rawValue), .text(reason), state == .running ? SQLValue(now) : .null,
        state.isFinal ? SQLValue(now) : .null, state.isFinal ? .integer(event) : .null, .integer(record.row),
      ])
    try append(from: from, to: state, reason: reason, of: record.row, event: event)
  }

  mutating func set(_ parameter: Parameter, of id: RunID) throws {
    let record = try RunRecord.get(id, in: connection)
    let name = try number(ofName: parameter.name, "parameter")
    if let found = try Parameter.find(of: record.row, name: name, in: connection) {
      guard found.value == parameter.value else {
        throw TrackingError(
          .conflict,
          "parameter '\(parameter.name)' of run '\(id)' is \(found.value.json), and parameters do not "
            + "change; record \(parameter.value.json) under another name, or as a tag.")
      }
      return
    }
    let position = try connection.firstInteger(
      "SELECT coalesce(max(position), -1) + 1 FROM parameters WHERE run = $1", [.integer(record.row)])
    try parameter.insert(of: record.row, name: name, position: position ?? 0, given: false, in: connection)
    touch(record)
  }

  mutating func setTag(_ tag: String, _ value: String?, of id: RunID) throws {
    let record = try RunRecord.get(id, in: connection)
    let name = try number(ofName: tag, "tag")
    if let value {
      try connection.run(
        """
        INSERT INTO tags (run, name, value) VALUES ($1, $2, $3)
        ON CONFLICT (run, name) DO UPDATE SET value = excluded.value
        """, [.integer(record.row), .integer(name), .text(value)])
    } else {
      try connection.run("DELETE FROM tags WHERE run = $1 AND name = $2", [.integer(record.row), .integer(name)])
    }
    touch(record)
  }

  mutating func attach(_ artifact: Artifact) throws {
    let record = try RunRecord.get(artifact.run, in: connection)
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
        .integer(record.row), .text(artifact.name), .text(artifact.digest.hex), .integer(artifact.bytes),
        .integer(artifact.contentBytes), SQLValue(artifact.files), SQLValue(now),
      ])
    touch(record)
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

  private func experimentRow(_ name: String) throws -> Int64 {
    if let row = try connection.firstInteger("SELECT id FROM experiments WHERE name = $1", [.text(name)]) {
      return row
    }
    let row = try connection.firstInteger(
      """
      INSERT INTO experiments (id, name, created, runs)
      VALUES ((SELECT coalesce(max(id), 0) + 1 FROM experiments), $1, $2, 0) RETURNING id
      """, [.text(name), SQLValue(now)])
    guard let row else { preconditionFailure("an insert returned no id") }
    return row
  }
}
