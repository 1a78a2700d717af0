internal import SQL
public import Tracking

extension SQLTrackingStore: HistoryStore {
  /// Hands out the histories of runs; see `HistoryStore`.
  public func readHistories(of runs: [RunID], _ body: (HistoryRecord) throws -> Void) throws {
    try reading { connection in
      let selection = try HistorySelection(of: runs, in: connection)
      let reader = HistoryReader(store: self, connection: connection)
      let models = try self.models(of: selection, in: connection)
      try experiments(of: selection, and: models.map(\.experiment), in: connection).forEach {
        try body(.experiment($0))
      }
      for family in selection.families {
        let order = try reader.order(of: family.members)
        let trials = Set(family.members.filter { $0.kind == .trial }.map(\.row))
        try body(.family(family.root, changes: order.count))
        for member in family.members {
          let history = try reader.history(of: member.row, trials: trials).renumbered(order.number(of:))
          try body(.run(history))
          try reader.forEachPoints(of: history, row: member.row) { try body(.points($0)) }
        }
      }
      for model in models { try body(.model(model, files: try files(ofModel: model.id, in: connection))) }
    }
  }

  /// Tells what recording histories would do; see `HistoryStore`.
  public func checkHistories(_ next: () throws -> HistoryRecord?) throws -> HistoryOutcome {
    try reading { connection in
      var recorder = HistoryRecorder(checkingWith: connection, of: self)
      while let record = try next() { try recorder.take(record) }
      try recorder.finish()
      return recorder.outcome
    }
  }

  /// Records histories in one commit; see `HistoryStore`.
  public func recordHistories(
    of families: Set<RunID>?, _ next: () throws -> HistoryRecord?
  ) throws -> HistoryOutcome {
    let now = clock()
    return try writing(.full) { connection, fresh in
      var recorder = HistoryRecorder(
        recordingWith: try ChangeRecorder(connection, names: names, now: now), of: self, only: families)
      while let record = try next() { try recorder.take(record) }
      fresh = try recorder.finish()
      return recorder.outcome
    }
  }

  private func experiments(
    of selection: HistorySelection, and others: [String], in connection: any SQLConnection
  ) throws -> [Experiment] {
    var names = Set(others.map { ExactText($0) })
    for family in selection.families {
      for member in family.members {
        let name = try connection.firstText(
          "SELECT e.name FROM runs r JOIN experiments e ON e.id = r.experiment WHERE r.id = $1", [.integer(member.row)])
        if let name { names.insert(ExactText(name)) }
      }
    }
    return try names.map(\.text).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map {
      var experiment = try experiment(named: $0, in: connection)
      // These are of this store alone.
      (experiment.id, experiment.runs) = (0, 0)
      return experiment
    }
  }

  // The logged models that came out of runs, by id; what runs that stay behind measured of them stays behind too.
  private func models(of selection: HistorySelection, in connection: any SQLConnection) throws -> [LoggedModel] {
    var keys: Set<String> = []
    var runs: Set<RunID> = []
    for family in selection.families {
      for member in family.members {
        runs.insert(member.id)
        try connection.forEachRow(
          """
          SELECT m.key FROM logged_models m WHERE m.source = $1
          UNION SELECT m.key FROM outputs o JOIN logged_models m ON m.id = o.model WHERE o.run = $2
          """, [SQLValue(member.id), .integer(member.row)]
        ) {
          keys.insert(try $0.text(0))
          return true
        }
      }
    }
    return try keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { key in
      var model = try loggedModel(key, in: connection)
      model.metrics = model.metrics.filter { runs.contains($0.run) }
      return model
    }
  }
}
