internal import SQL
internal import Tracking

extension ChangeRecorder {
  /// Experiments are numbered below this, so that a number which someone chose leaves room for those after it.
  private static let largestNumber: Int64 = 1 << 62

  mutating func record(_ change: ExperimentChange) throws {
    switch change {
    case .create(let name, let id, let tags, let created): try create(name, id: id, tags: tags, created: created)
    case .rename(let name, let other): try rename(name, to: other)
    case .delete(let name):
      let found = try experiment(name)
      guard !found.isDeleted else { return }
      try connection.run("UPDATE experiments SET deleted = $1 WHERE id = $2", [SQLValue(now), .integer(found.row)])
      try deleteRuns(ofExperiment: found.row)
      try changed(found.row)
    case .restore(let name):
      let found = try experiment(name)
      guard found.isDeleted else { return }
      try connection.run("UPDATE experiments SET deleted = NULL WHERE id = $1", [.integer(found.row)])
      try restoreRuns(ofExperiment: found.row)
      try changed(found.row)
    case .setTag(let name, let tag, let value):
      let row = try writableExperiment(name)
      try setTag(tag, value, in: "experiment_tags", of: ["experiment": .integer(row)])
      try changed(row)
    }
  }

  /// The row of the experiment of a new run, which is made where there is none.
  ///
  /// - Throws: `.conflict` for a deleted one.
  mutating func experimentForRun(_ name: String) throws -> Int64 {
    guard let found = try findExperiment(name) else { return try insert(name, id: nil) }
    guard !found.isDeleted else { throw Self.deletedExperiment(name) }
    return found.row
  }

  // MARK: - For the extensions of this type

  /// The row of an experiment that may be written to.
  func writableExperiment(_ name: String) throws -> Int64 {
    let found = try experiment(name)
    guard !found.isDeleted else { throw Self.deletedExperiment(name) }
    return found.row
  }

  /// Sets a row of a table of tags, or removes it (`nil`).
  ///
  /// - Parameter owner: the columns that say whose tag it is; the table's key with `name`.
  func setTag(_ name: String, _ value: String?, in table: String, of owner: KeyValuePairs<String, SQLValue>) throws {
    guard !name.isEmpty else { throw TrackingError(.invalid, "a tag needs a name; this one's is empty.") }
    let columns = owner.map(\.key) + ["name"]
    let values = owner.map(\.value) + [.text(name)]
    if let value {
      let places = (1...(columns.count + 1)).map { "$\($0)" }.joined(separator: ", ")
      let key = columns.joined(separator: ", ")
      try connection.run(
        """
        INSERT INTO \(table) (\(key), value) VALUES (\(places))
        ON CONFLICT (\(key)) DO UPDATE SET value = excluded.value
        """, values + [.text(value)])
    } else {
      let matches = columns.indices.map { "\(columns[$0]) = $\($0 + 1)" }.joined(separator: " AND ")
      try connection.run("DELETE FROM \(table) WHERE \(matches)", values)
    }
  }

  // MARK: - Parts

  private mutating func create(
    _ name: String, id: Int64?, tags: [String: String], created: Timestamp?
  ) throws {
    try checkName(name)
    if let found = try findExperiment(name) {
      throw TrackingError(
        .conflict,
        "there is an experiment '\(name)' already\(found.isDeleted ? ", which is deleted; restore it" : ""), "
          + "or choose another name.")
    }
    if let id {
      guard (0..<Self.largestNumber).contains(id) else {
        throw TrackingError(.invalid, "an experiment's number is 0 to 2^62, not \(id).")
      }
      if let other = try connection.firstText("SELECT name FROM experiments WHERE id = $1", [.integer(id)]) {
        throw TrackingError(.conflict, "the number \(id) is that of experiment '\(other)'; choose another.")
      }
    }
    let row = try insert(name, id: id, created: created)
    for (tag, value) in tags { try setTag(tag, value, in: "experiment_tags", of: ["experiment": .integer(row)]) }
    _ = nextEvent(sweep: nil)
  }

  private mutating func rename(_ name: String, to other: String) throws {
    let row = try writableExperiment(name)
    try checkName(other)
    guard ExactText(other) != ExactText(name) else { return }
    if try findExperiment(other) != nil {
      throw TrackingError(.conflict, "there is an experiment '\(other)' already; choose another name for '\(name)'.")
    }
    try connection.run("UPDATE experiments SET name = $1 WHERE id = $2", [.text(other), .integer(row)])
    try changed(row)
  }

  private mutating func changed(_ row: Int64) throws {
    try connection.run("UPDATE experiments SET updated = $1 WHERE id = $2", [SQLValue(now), .integer(row)])
    _ = nextEvent(sweep: nil)
  }

  func insert(_ name: String, id: Int64?, created: Timestamp? = nil) throws -> Int64 {
    let row = try connection.firstInteger(
      """
      INSERT INTO experiments (id, name, created, updated, runs)
      VALUES (coalesce($1, (SELECT coalesce(max(id), 0) + 1 FROM experiments)), $2, $3, $3, 0) RETURNING id
      """, [SQLValue(id), .text(name), SQLValue(min(created ?? now, now))])
    guard let row else { preconditionFailure("an insert returned no id") }
    return row
  }

  private func experiment(_ name: String) throws -> (row: Int64, isDeleted: Bool) {
    guard let found = try findExperiment(name) else { throw TrackingError.noExperiment("'\(name)'") }
    return found
  }

  func findExperiment(_ name: String) throws -> (row: Int64, isDeleted: Bool)? {
    try connection.firstRow("SELECT id, deleted FROM experiments WHERE name = $1", [.text(name)]) {
      (row: try $0.integer(0), isDeleted: !$0.isNull(1))
    }
  }

  private func checkName(_ name: String) throws {
    guard !name.isEmpty else { throw TrackingError(.invalid, "an experiment needs a name; this one's is empty.") }
  }

  private static func deletedExperiment(_ name: String) -> TrackingError {
    TrackingError(
      .conflict, "experiment '\(name)' is deleted, so nothing is recorded in it; it must be restored first.")
  }
}

extension TrackingError {
  static func noExperiment(_ words: String) -> TrackingError {
    TrackingError(.notFound, "there is no experiment \(words) in this store.")
  }
}
