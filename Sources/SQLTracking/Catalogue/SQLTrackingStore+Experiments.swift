internal import SQL
public import Tracking

extension SQLTrackingStore {
  private static let columns = "id, name, created, updated, runs, deleted"

  /// Returns the experiments in the order of their numbers.
  public func experiments() throws -> [Experiment] {
    try reading { connection in
      var experiments = try connection.rows("SELECT \(Self.columns) FROM experiments ORDER BY id") {
        try Experiment($0)
      }
      var place = 0
      try connection.forEachRow("SELECT experiment, name, value FROM experiment_tags ORDER BY experiment", []) { row in
        let id = try row.integer(0)
        while place < experiments.count, experiments[place].id < id { place += 1 }
        guard place < experiments.count else { return false }
        experiments[place].tags[try row.text(1)] = try row.text(2)
        return true
      }
      return experiments
    }
  }

  /// Returns an experiment by its name.
  public func experiment(named name: String) throws -> Experiment {
    try reading { try experiment(named: name, in: $0) }
  }

  /// Returns an experiment by its number.
  public func experiment(id: Int64) throws -> Experiment {
    try reading { try experiment("id = $1", .integer(id), "\(id)", in: $0) }
  }

  func experiment(named name: String, in connection: any SQLConnection) throws -> Experiment {
    try experiment("name = $1", .text(name), "'\(name)'", in: connection)
  }

  private func experiment(
    _ condition: String, _ value: SQLValue, _ words: String, in connection: any SQLConnection
  ) throws -> Experiment {
    let found = try connection.firstRow("SELECT \(Self.columns) FROM experiments WHERE \(condition)", [value]) {
      try Experiment($0)
    }
    guard var experiment = found else { throw TrackingError.noExperiment(words) }
    experiment.tags = try tags(in: "experiment_tags", of: "experiment", experiment.id, connection)
    return experiment
  }

  /// The tags in a table of those that one row owns.
  func tags(
    in table: String, of owner: String, _ row: Int64, _ connection: any SQLConnection
  ) throws -> [String: String] {
    let pairs = try connection.rows("SELECT name, value FROM \(table) WHERE \(owner) = $1", [.integer(row)]) {
      (try $0.text(0), try $0.text(1))
    }
    return Dictionary(pairs, uniquingKeysWith: { $1 })
  }
}

extension Experiment {
  fileprivate init(_ row: any SQLRow) throws {
    self.init(
      id: try row.integer(0), name: try row.text(1), created: try row.timestamp(2), updated: try row.timestamp(3),
      runs: try row.int(4), deleted: row.optionalTimestamp(5))
  }
}
