public import SQL
public import Tracking

/// The SQL database of an MLflow server, of MLflow 1.11 to 3: its records in ours. It is read, and never written.
///
/// Metrics that were infinite are the largest finite numbers: MLflow keeps no infinity in a database.
public final class MLflowDatabase {
  let database: any SQLDatabase
  let report: (String) -> Void
  private let tables: [String: Set<String>]
  // The points of the run that was asked for last.
  private var points: (run: RunID, columns: [MetricColumns])?

  /// How many runs a page has.
  private static let pageSize = 100

  /// Opens a database.
  ///
  /// - Parameter report: takes what cannot be read.
  /// - Throws: `.invalid` for a database that is not MLflow's.
  public init(_ database: any SQLDatabase, report: @escaping (String) -> Void) throws {
    self.database = database
    self.report = report
    var tables: [String: Set<String>] = [:]
    try Self.reading(database) { connection in
      try connection.forEachRow(
        "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'", []
      ) { row in
        tables[try row.text(0), default: []].insert(try row.text(1))
        return true
      }
    }
    self.tables = tables
    let needed = ["experiments", "runs", "metrics", "latest_metrics", "params", "tags"]
    guard needed.allSatisfy({ tables[$0] != nil }) else {
      let missing = needed.filter { tables[$0] == nil }.joined(separator: ", ")
      throw TrackingError(.invalid, "the database is not MLflow's: it has no table \(missing)")
    }
  }

  func has(_ table: String, _ column: String? = nil) -> Bool {
    guard let columns = tables[table] else { return false }
    return column.map { columns.contains($0) } ?? true
  }

  func reading<Result>(_ body: (any SQLConnection) throws -> Result) throws -> Result {
    try Self.reading(database, body)
  }

  private static func reading<Result>(
    _ database: any SQLDatabase, _ body: (any SQLConnection) throws -> Result
  ) throws -> Result {
    do { return try database.read(body) } catch let error as SQLError {
      let code: TrackingError.Code
      switch error.code {
      case .corrupt, .notADatabase: code = .corrupt
      case .busy: code = .busy
      default: code = .system
      }
      throw TrackingError(code, "MLflow's database: \(error.message)")
    }
  }

  // MARK: - Experiments and runs

  /// Returns the experiments, deleted ones included.
  public func experiments() throws -> [Experiment] {
    try reading { connection in
      let tags = has("experiment_tags") ? try texts(connection, "experiment_tags", by: "experiment_id") : [:]
      let times = has("experiments", "creation_time") ? "creation_time, last_update_time" : "NULL, NULL"
      return try connection.rows(
        """
        SELECT experiment_id, name, lifecycle_stage, \(times),
          (SELECT count(*) FROM runs WHERE runs.experiment_id = experiments.experiment_id)
        FROM experiments ORDER BY experiment_id
        """
      ) { row in
        let created = Timestamp(milliseconds: row.optionalInteger(3) ?? 0)
        let updated = Timestamp(milliseconds: row.optionalInteger(4) ?? created.milliseconds)
        let id = try row.integer(0)
        return Experiment(
          id: id, name: try row.text(1), created: created, updated: updated, runs: try row.int(5),
          deleted: row.optionalText(2) == "deleted" ? updated : nil, tags: tags[String(id)] ?? [:])
      }
    }
  }

  // Names and values of a table of tags, by what they belong to.
  func texts(
    _ connection: any SQLConnection, _ table: String, by owner: String, name: String = "key", value: String = "value"
  ) throws -> [String: [String: String]] {
    var found: [String: [String: String]] = [:]
    try connection.forEachRow("SELECT \(owner), \(name), \(value) FROM \(table)", []) { row in
      found[try row.text(0), default: [:]][try row.text(1)] = row.optionalText(2) ?? ""
      return true
    }
    return found
  }

  /// Returns how many runs there are.
  public func runCount() throws -> Int? {
    try reading { try $0.firstInteger("SELECT count(*) FROM runs").map { Int($0) } }
  }

  private static let runColumns = """
    SELECT run_uuid, name, status, start_time, end_time, user_id, artifact_uri, lifecycle_stage, experiment_id
    FROM runs
    """

  /// Returns a page of an experiment's runs by their start.
  public func runs(in experiment: Experiment, page: String?) throws -> RunPage {
    let first = page.flatMap { Int64($0) } ?? 0
    return try reading { connection in
      var count = 0
      var rows: [RunRow] = []
      let found = try connection.rows(
        Self.runColumns
          + " WHERE experiment_id = $1 ORDER BY coalesce(start_time, 0), run_uuid LIMIT $2 OFFSET $3",
        [.integer(experiment.id), SQLValue(Self.pageSize), .integer(first)], Fields.init)
      for fields in found {
        count += 1
        do {
          rows.append(try row(fields, in: experiment.name, connection))
        } catch let error as TrackingError {
          report("run '\(fields.id)' of experiment '\(experiment.name)': \(error.message)")
        }
      }
      return RunPage(rows: rows, next: count == Self.pageSize ? String(first + Int64(count)) : nil)
    }
  }

  /// Returns a run; nil where there is none.
  public func run(_ id: RunID) throws -> RunRow? {
    try reading { connection in
      guard
        let fields = try connection.firstRow(
          Self.runColumns + " WHERE run_uuid = $1", [.text(id.text)], Fields.init),
        let experiment = try connection.firstText(
          "SELECT name FROM experiments WHERE experiment_id = $1", [.integer(fields.experiment)])
      else { return nil }
      return try row(fields, in: experiment, connection)
    }
  }

  /// The columns of a run.
  private struct Fields {
    var id, status: String
    var name, user, artifactURI: String?
    var started, ended: Int64?
    var isDeleted: Bool
    var experiment: Int64

    init(_ row: any SQLRow) throws {
      id = try row.text(0)
      name = row.optionalText(1)
      status = row.optionalText(2) ?? "RUNNING"
      started = row.optionalInteger(3)
      ended = row.optionalInteger(4)
      user = row.optionalText(5)
      artifactURI = row.optionalText(6)
      isDeleted = row.optionalText(7) == "deleted"
      experiment = row.optionalInteger(8) ?? 0
    }
  }

  private func row(_ fields: Fields, in experiment: String, _ connection: any SQLConnection) throws -> RunRow {
    guard let id = RunID(fields.id) else { throw TrackingError(.corrupt, "'\(fields.id)' is no id of a run") }
    let states: [String: RunState] = [
      "RUNNING": .running, "SCHEDULED": .scheduled, "FINISHED": .finished, "FAILED": .failed, "KILLED": .canceled,
    ]
    guard let state = states[fields.status] else {
      throw TrackingError(.corrupt, "run '\(id)' has the status '\(fields.status)', which MLflow does not know")
    }
    let key = [SQLValue.text(fields.id)]
    let parameters = try connection.rows(
      "SELECT key, value FROM params WHERE run_uuid = $1 ORDER BY key", key
    ) { Parameter(try $0.text(0), .text($0.optionalText(1) ?? "")) }
    var tags: [String: String] = [:]
    try connection.forEachRow("SELECT key, value FROM tags WHERE run_uuid = $1", key) { row in
      tags[try row.text(0)] = row.optionalText(1) ?? ""
      return true
    }
    var counts: [String: Int] = [:]
    try connection.forEachRow("SELECT key, count(*) FROM metrics WHERE run_uuid = $1 GROUP BY key", key) { row in
      counts[try row.text(0)] = try row.int(1)
      return true
    }
    let metrics = try connection.rows(
      "SELECT key, step, timestamp, value, is_nan FROM latest_metrics WHERE run_uuid = $1 ORDER BY key", key
    ) { row -> SeriesSummary in
      let point = try Self.point(row)
      return SeriesSummary(
        name: try row.text(0), attempt: 1, count: counts[try row.text(0)] ?? 0, last: point, largestStep: point.step,
        minimum: nil, maximum: nil)
    }
    var origin: [String: Value] = [:]
    if let uri = fields.artifactURI, !uri.isEmpty { origin["artifact_uri"] = .text(uri) }
    if let user = fields.user, !user.isEmpty { origin["user"] = .text(user) }
    // MLflow writes 0 for a time that it was not told.
    func time(_ milliseconds: Int64?) -> Timestamp? {
      milliseconds.flatMap { $0 > 0 ? Timestamp(milliseconds: $0) : nil }
    }
    let begin = time(fields.started) ?? Timestamp(milliseconds: 0)
    let run = Run(
      id: id, experiment: experiment, kind: .run, parent: tags["mlflow.parentRunId"].flatMap { RunID($0) },
      name: fields.name.flatMap { $0.isEmpty ? nil : $0 } ?? tags["mlflow.runName"], state: state, created: begin,
      started: time(fields.started), ended: time(fields.ended), origin: .object(origin),
      note: tags["mlflow.note.content"] ?? "", deleted: fields.isDeleted ? time(fields.ended) ?? begin : nil)
    return RunRow(run: run, parameters: parameters, tags: tags, metrics: metrics)
  }

  // Columns: key, step, timestamp, value, is_nan.
  private static func point(_ row: any SQLRow) throws -> MetricPoint {
    let isNaN = row.optionalInteger(4) ?? 0 != 0
    return MetricPoint(
      step: row.optionalInteger(1) ?? 0, time: Timestamp(milliseconds: row.optionalInteger(2) ?? 0),
      value: isNaN ? .nan : row.optionalReal(3) ?? .nan)
  }

  /// Returns the points of a metric of a run.
  public func points(of row: RunRow, metric: String) throws -> MetricColumns {
    if points?.run != row.run.id {
      var columns: [MetricColumns] = []
      try reading { connection in
        try connection.forEachRow(
          "SELECT key, step, timestamp, value, is_nan FROM metrics WHERE run_uuid = $1 ORDER BY key",
          [.text(row.run.id.text)]
        ) { found in
          let name = try found.text(0)
          if columns.last.map({ !$0.name.utf8.elementsEqual(name.utf8) }) ?? true {
            columns.append(MetricColumns(name: name))
          }
          columns[columns.count - 1].append(try Self.point(found))
          return true
        }
      }
      points = (row.run.id, columns)
    }
    return points?.columns.first { $0.name.utf8.elementsEqual(metric.utf8) } ?? MetricColumns(name: metric)
  }
}
