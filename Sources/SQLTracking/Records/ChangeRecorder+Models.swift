internal import SQL
internal import Tracking

extension ChangeRecorder {
  mutating func record(_ change: LoggedModelChange) throws {
    switch change {
    case .create(let model): return try create(model)
    case .setStatus(let id, let status):
      try connection.run(
        "UPDATE logged_models SET status = $1 WHERE id = $2",
        [.text(status.rawValue), .integer(try writableModel(id))])
      try changed(id)
    case .setParameter(let id, let name, let value): try setParameter(name, value, ofModel: id)
    case .setTag(let id, let name, let value):
      try setTag(name, value, in: "logged_model_tags", of: ["model": .integer(try writableModel(id))])
      try changed(id)
    case .log(let id, let metrics):
      let row = try writableModel(id)
      guard !metrics.isEmpty else { return }
      for metric in metrics { try log(metric, ofModel: row, id) }
      try changed(id)
    case .attach(let id, let file): try attach(file, toModel: id)
    case .detach(let id, let path):
      let count = try connection.run(
        "DELETE FROM logged_model_files WHERE model = $1 AND path = $2",
        [.integer(try writableModel(id)), .text(path)])
      if count > 0 { try changed(id) }
    case .delete(let id):
      let found = try model(id)
      guard !found.isDeleted else { return }
      try connection.run("UPDATE logged_models SET deleted = $1 WHERE id = $2", [SQLValue(now), .integer(found.row)])
      try changed(id)
    }
  }

  /// The row of a logged model.
  ///
  /// - Throws: `.notFound`.
  func model(_ id: String) throws -> (row: Int64, isDeleted: Bool) {
    let found = try connection.firstRow("SELECT id, deleted FROM logged_models WHERE key = $1", [.text(id)]) {
      (row: try $0.integer(0), isDeleted: !$0.isNull(1))
    }
    guard let found else { throw TrackingError.noModel(id) }
    return found
  }

  // MARK: - Parts

  private func writableModel(_ id: String) throws -> Int64 {
    let found = try model(id)
    guard !found.isDeleted else {
      throw TrackingError(.conflict, "logged model '\(id)' is deleted, so nothing is recorded of it.")
    }
    return found.row
  }

  private mutating func changed(_ id: String) throws {
    try connection.run("UPDATE logged_models SET updated = $1 WHERE key = $2", [SQLValue(now), .text(id)])
    _ = nextEvent(sweep: nil)
  }

  private mutating func create(_ model: LoggedModel) throws {
    guard !model.id.isEmpty, !model.id.contains("/"), model.id != ".", model.id != ".." else {
      throw TrackingError(.invalid, "a logged model's id is a text without slashes, not '\(model.id)'.")
    }
    if try connection.firstInteger("SELECT id FROM logged_models WHERE key = $1", [.text(model.id)]) != nil {
      throw TrackingError(.conflict, "there is a logged model '\(model.id)' already; a new one needs an id of its own.")
    }
    let experiment = try writableExperiment(model.experiment)
    let row = try connection.firstInteger(
      """
      INSERT INTO logged_models (id, key, experiment, name, source, status, type, created, updated)
      VALUES ((SELECT coalesce(max(id), 0) + 1 FROM logged_models), $1, $2, $3, $4, $5, $6, $7, $7) RETURNING id
      """,
      [
        .text(model.id), .integer(experiment), .text(model.name), SQLValue(model.source?.text),
        .text(model.status.rawValue), .text(model.type), SQLValue(now),
      ])
    guard let row else { preconditionFailure("an insert returned no id") }
    for (name, value) in model.parameters {
      try connection.run(
        "INSERT INTO logged_model_parameters (model, name, value) VALUES ($1, $2, $3)",
        [.integer(row), .text(name), .text(value)])
    }
    for (name, value) in model.tags {
      try setTag(name, value, in: "logged_model_tags", of: ["model": .integer(row)])
    }
    _ = nextEvent(sweep: nil)
  }

  private mutating func setParameter(_ name: String, _ value: String, ofModel id: String) throws {
    let row = try writableModel(id)
    guard !name.isEmpty else { throw TrackingError(.invalid, "a parameter needs a name; this one's is empty.") }
    let known = try connection.firstText(
      "SELECT value FROM logged_model_parameters WHERE model = $1 AND name = $2", [.integer(row), .text(name)])
    if let known {
      guard ExactText(known) == ExactText(value) else {
        throw TrackingError(
          .conflict,
          "parameter '\(name)' of logged model '\(id)' is '\(known)', and parameters do not change; record "
            + "'\(value)' under another name, or as a tag.")
      }
      return
    }
    try connection.run(
      "INSERT INTO logged_model_parameters (model, name, value) VALUES ($1, $2, $3)",
      [.integer(row), .text(name), .text(value)])
    try changed(id)
  }

  private mutating func log(_ metric: LoggedModelMetric, ofModel row: Int64, _ id: String) throws {
    guard !metric.name.isEmpty else {
      throw TrackingError(.invalid, "a metric of logged model '\(id)' has no name; give it one.")
    }
    let run = try writable(metric.run).row
    let key: [SQLValue] = [
      .integer(row), .text(metric.name), .integer(run), .text(metric.dataset?.name ?? ""),
      .text(metric.dataset?.digest ?? ""),
    ]
    let known = try connection.firstRow(
      """
      SELECT step, time, bits FROM logged_model_metrics
      WHERE model = $1 AND name = $2 AND run = $3 AND dataset_name = $4 AND dataset_digest = $5
      """, key
    ) { try MetricPoint($0, at: 0) }
    if let known, known.isLater(than: metric.point) { return }
    try connection.run(
      """
      INSERT INTO logged_model_metrics (model, name, run, dataset_name, dataset_digest, step, time, bits)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      ON CONFLICT (model, name, run, dataset_name, dataset_digest)
      DO UPDATE SET step = excluded.step, time = excluded.time, bits = excluded.bits
      """,
      key + [
        .integer(metric.point.step), SQLValue(metric.point.time),
        .integer(Int64(bitPattern: metric.point.value.bitPattern)),
      ])
  }

  private mutating func attach(_ file: LoggedModelFile, toModel id: String) throws {
    let row = try writableModel(id)
    let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
      throw TrackingError(
        .invalid,
        "'\(file.path)' is no path below the artifacts of logged model '\(id)'; give one like 'data/model.pkl'.")
    }
    try connection.run(
      """
      INSERT INTO logged_model_files (model, path, digest, bytes, content_bytes, time) VALUES ($1, $2, $3, $4, $5, $6)
      ON CONFLICT (model, path) DO UPDATE SET digest = excluded.digest, bytes = excluded.bytes,
        content_bytes = excluded.content_bytes, time = excluded.time
      """,
      [
        .integer(row), .text(file.path), .text(file.digest.hex), .integer(file.bytes), .integer(file.contentBytes),
        SQLValue(now),
      ])
    try changed(id)
  }
}

extension MetricPoint {
  /// Reads step, time and the bits of the value from columns that lie beside each other.
  init(_ row: any SQLRow, at column: Int) throws {
    self.init(
      step: try row.integer(column), time: try row.timestamp(column + 1),
      value: Double(bitPattern: UInt64(bitPattern: try row.integer(column + 2))))
  }
}

extension TrackingError {
  static func noModel(_ id: String) -> TrackingError {
    TrackingError(.notFound, "there is no logged model '\(id)' in this store.")
  }
}
