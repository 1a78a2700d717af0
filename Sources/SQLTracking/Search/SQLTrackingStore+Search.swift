internal import SQL
public import Tracking

extension SQLTrackingStore {
  /// Returns a page of the runs that a query describes.
  public func runs(matching query: RunQuery) throws -> RunPage {
    try reading { connection in
      var found = try RunSearch(connection: connection, names: names, query: query).page()
      var next: String?
      if found.count > query.limit {
        found.removeLast(found.count - query.limit)
        next = found.last.map { PageToken(values: $0.terms).text(of: query) }
      }
      guard query.includesDetails else { return RunPage(rows: found.map { RunRow(run: $0.record.run) }, next: next) }
      var details = RunDetails(names: names, connection: connection)
      var rows = try found.map { try details.row(of: $0.record) }
      if query.includesInputs {
        // Most stores have none of them, and then no run needs to be asked.
        let haveInputs = try isAnything(in: "inputs", connection)
        let haveOutputs = try isAnything(in: "outputs", connection)
        for place in rows.indices where haveInputs || haveOutputs {
          if haveInputs { rows[place].inputs = try inputs(of: found[place].record.row, in: connection) }
          if haveOutputs { rows[place].outputs = try outputs(of: found[place].record.row, in: connection) }
        }
      }
      return RunPage(rows: rows, next: next)
    }
  }

  private func isAnything(in table: String, _ connection: any SQLConnection) throws -> Bool {
    try connection.firstInteger("SELECT EXISTS (SELECT 1 FROM \(table))", []) == 1
  }

  /// Returns the run that a person means.
  public func runID(matching text: String) throws -> RunID {
    try reading { connection in
      if let id = RunID(text), try RunRecord.find(id, in: connection) != nil { return id }
      // The trials of a sweep all begin with its id; who writes that beginning means the sweep.
      let runs = try keys(beginning: text, ofTrials: false, in: connection)
      if !runs.isEmpty { return try only(runs, text) }
      if let dash = text.lastIndex(of: "-"), let number = Int(text[text.index(after: dash)...]), number >= 0 {
        let sweeps = try keys(beginning: String(text[..<dash]), ofTrials: false, in: connection)
        if !sweeps.isEmpty {
          let trial = try only(sweeps, text).trial(number)
          guard try RunRecord.find(trial, in: connection) != nil else { throw TrackingError.noRun(trial) }
          return trial
        }
      }
      return try only(keys(beginning: text, ofTrials: true, in: connection), text)
    }
  }

  private func only(_ keys: [String], _ text: String) throws -> RunID {
    guard let key = keys.first else {
      throw TrackingError(
        .notFound, "no run's id is '\(text)' or begins so; `runs list` shows the runs of this store.")
    }
    guard keys.count == 1 else {
      throw TrackingError(
        .ambiguous,
        "'\(text)' fits several runs: \(keys.prefix(5).joined(separator: ", "))"
          + "\(keys.count > 5 ? " and more" : ""). Write more of the id.")
    }
    return try RunID(recorded: key)
  }

  private func keys(beginning text: String, ofTrials: Bool, in connection: any SQLConnection) throws -> [String] {
    guard !text.isEmpty else { return [] }
    // The last scalar of all stands behind every id that begins so.
    return try connection.rows(
      "SELECT key FROM runs WHERE key >= $1 AND key < $2 AND \(ofTrials ? "kind = 'trial'" : "kind <> 'trial'") "
        + "ORDER BY key LIMIT 6",
      [.text(text), .text(text + "\u{10FFFF}")]
    ) { try $0.text(0) }
  }
}
