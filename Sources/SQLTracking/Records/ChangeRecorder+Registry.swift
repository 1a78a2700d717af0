internal import SQL
internal import Tracking

extension ChangeRecorder {
  private static let stages = ["None", "Staging", "Production", "Archived"]

  mutating func record(_ change: RegistryChange) throws {
    switch change {
    case .create(let model): try create(model)
    case .rename(let name, let other): try renameModel(name, to: other)
    case .describe(let name, let text):
      let row = try registered(name)
      try connection.run(
        "UPDATE registered_models SET description = $1 WHERE id = $2", [.text(text), .integer(row)])
      try changed(row)
    case .setTag(let name, let tag, let value):
      let row = try registered(name)
      try setTag(tag, value, in: "registered_model_tags", of: ["model": .integer(row)])
      try changed(row)
    case .setAlias(let name, let alias, let version): try setAlias(alias, version, of: name)
    case .delete(let name):
      let row = try registered(name)
      for table in ["model_aliases", "model_version_tags", "model_versions", "registered_model_tags"] {
        try connection.run("DELETE FROM \(table) WHERE model = $1", [.integer(row)])
      }
      try connection.run("DELETE FROM registered_models WHERE id = $1", [.integer(row)])
      _ = nextEvent(sweep: nil)
    case .createVersion(let version): try create(version)
    case .describeVersion(let name, let version, let text):
      let row = try row(ofVersion: version, of: name)
      try connection.run(
        "UPDATE model_versions SET description = $1 WHERE model = $2 AND version = $3",
        [.text(text), .integer(row), SQLValue(version)])
      try changed(row, version: version)
    case .setStage(let name, let version, let stage, let archivingOthers):
      try setStage(stage, ofVersion: version, of: name, archivingOthers: archivingOthers)
    case .setVersionTag(let name, let version, let tag, let value):
      let row = try row(ofVersion: version, of: name)
      try setTag(
        tag, value, in: "model_version_tags", of: ["model": .integer(row), "version": SQLValue(version)])
      try changed(row, version: version)
    case .deleteVersion(let name, let version):
      let row = try row(ofVersion: version, of: name)
      for table in ["model_aliases", "model_version_tags", "model_versions"] {
        try connection.run(
          "DELETE FROM \(table) WHERE model = $1 AND version = $2", [.integer(row), SQLValue(version)])
      }
      try changed(row)
    }
  }

  // MARK: - Models

  private mutating func create(_ model: RegisteredModel) throws {
    try checkNameIsFree(model.name)
    let row = try connection.firstInteger(
      """
      INSERT INTO registered_models (id, name, created, updated, description, last_version)
      VALUES ((SELECT coalesce(max(id), 0) + 1 FROM registered_models), $1, $2, $3, $4, 0) RETURNING id
      """, [.text(model.name), SQLValue(min(model.created, now)), SQLValue(now), .text(model.description)])
    guard let row else { preconditionFailure("an insert returned no id") }
    for (name, value) in model.tags {
      try setTag(name, value, in: "registered_model_tags", of: ["model": .integer(row)])
    }
    _ = nextEvent(sweep: nil)
  }

  private mutating func renameModel(_ name: String, to other: String) throws {
    let row = try registered(name)
    guard ExactText(name) != ExactText(other) else { return }
    try checkNameIsFree(other)
    try connection.run("UPDATE registered_models SET name = $1 WHERE id = $2", [.text(other), .integer(row)])
    try changed(row)
  }

  private mutating func setAlias(_ alias: String, _ version: Int?, of name: String) throws {
    guard !alias.isEmpty else {
      throw TrackingError(.invalid, "an alias of '\(name)' needs a name; this one's is empty.")
    }
    let row = try registered(name)
    if let version {
      _ = try self.row(ofVersion: version, of: name)
      try connection.run(
        """
        INSERT INTO model_aliases (model, alias, version) VALUES ($1, $2, $3)
        ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version
        """, [.integer(row), .text(alias), SQLValue(version)])
    } else {
      try connection.run("DELETE FROM model_aliases WHERE model = $1 AND alias = $2", [.integer(row), .text(alias)])
    }
    try changed(row)
  }

  // MARK: - Versions

  private mutating func create(_ version: ModelVersion) throws {
    try checkStage(version.stage)
    let row = try registered(version.model)
    let number = try connection.firstInteger(
      "UPDATE registered_models SET last_version = last_version + 1 WHERE id = $1 RETURNING last_version",
      [.integer(row)])
    guard let number else { preconditionFailure("an update returned no number") }
    try connection.run(
      """
      INSERT INTO model_versions
        (model, version, created, updated, description, author, source, run, logged_model, stage)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
      """,
      [
        .integer(row), .integer(number), SQLValue(min(version.created, now)), SQLValue(now),
        .text(version.description), .text(version.user), .text(version.source), SQLValue(version.run?.text),
        SQLValue(version.loggedModel), .text(version.stage),
      ])
    for (name, value) in version.tags {
      try setTag(name, value, in: "model_version_tags", of: ["model": .integer(row), "version": .integer(number)])
    }
    try changed(row)
  }

  private mutating func setStage(
    _ stage: String, ofVersion version: Int, of name: String, archivingOthers: Bool
  ) throws {
    try checkStage(stage)
    let row = try row(ofVersion: version, of: name)
    if archivingOthers {
      try connection.run(
        """
        UPDATE model_versions SET stage = 'Archived', updated = $1 WHERE model = $2 AND stage = $3 AND version <> $4
        """, [SQLValue(now), .integer(row), .text(stage), SQLValue(version)])
    }
    try connection.run(
      "UPDATE model_versions SET stage = $1 WHERE model = $2 AND version = $3",
      [.text(stage), .integer(row), SQLValue(version)])
    try changed(row, version: version)
  }

  // MARK: - Parts

  /// Counts a change of a model, and of a version if one was changed.
  private mutating func changed(_ row: Int64, version: Int? = nil) throws {
    try connection.run("UPDATE registered_models SET updated = $1 WHERE id = $2", [SQLValue(now), .integer(row)])
    if let version {
      try connection.run(
        "UPDATE model_versions SET updated = $1 WHERE model = $2 AND version = $3",
        [SQLValue(now), .integer(row), SQLValue(version)])
    }
    _ = nextEvent(sweep: nil)
  }

  private func registered(_ name: String) throws -> Int64 {
    guard let row = try connection.firstInteger("SELECT id FROM registered_models WHERE name = $1", [.text(name)])
    else { throw TrackingError.noRegisteredModel(name) }
    return row
  }

  private func row(ofVersion version: Int, of name: String) throws -> Int64 {
    let row = try registered(name)
    let found = try connection.firstInteger(
      "SELECT version FROM model_versions WHERE model = $1 AND version = $2", [.integer(row), SQLValue(version)])
    guard found != nil else {
      throw TrackingError(.notFound, "registered model '\(name)' has no version \(version).")
    }
    return row
  }

  private func checkNameIsFree(_ name: String) throws {
    guard !name.isEmpty else { throw TrackingError(.invalid, "a registered model needs a name; this one's is empty.") }
    guard try connection.firstInteger("SELECT id FROM registered_models WHERE name = $1", [.text(name)]) == nil else {
      throw TrackingError(.conflict, "there is a registered model '\(name)' already; choose another name.")
    }
  }

  private func checkStage(_ stage: String) throws {
    guard Self.stages.contains(stage) else {
      throw TrackingError(
        .invalid, "a version's stage is one of \(Self.stages.joined(separator: ", ")), not '\(stage)'.")
    }
  }
}

extension TrackingError {
  static func noRegisteredModel(_ name: String) -> TrackingError {
    TrackingError(.notFound, "there is no registered model '\(name)' in this store.")
  }
}
