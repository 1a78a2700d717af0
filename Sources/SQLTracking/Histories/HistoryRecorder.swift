internal import SQL
internal import Tracking

/// Records histories in one transaction, or tells what that would do.
///
/// What is here is compared in the transaction that writes, so nobody can come between.
struct HistoryRecorder {
  let store: SQLTrackingStore
  let connection: any SQLConnection
  /// Nil where nothing is to be recorded.
  var recorder: ChangeRecorder?
  private(set) var outcome = HistoryOutcome()
  private var wanted: Set<RunID>?

  private var check = HistoryCheck()
  private var experiments: [ExactText: Int64] = [:]
  private var family: Family?
  private var run: CurrentRun?
  /// The rows of models, by their ids.
  private var models: [String: Int64] = [:]
  private var rows: [RunID: Int64] = [:]
  /// Outputs that wait for their models, with the rows of their runs.
  private var outputs: [(row: Int64, output: RunOutput)] = []

  /// A family on its way.
  private struct Family {
    var root: RunID
    /// The number before its first change.
    var base: EventNumber
    /// What is new, and what is here further on: the first of each, with the run.
    var new: String?
    var ahead: String?
    /// The sweeps that came along: what they say, and whether they were here whole.
    var sweeps: [RunID: (history: SweepHistory, wasWhole: Bool)] = [:]
  }

  /// The run whose points come.
  private struct CurrentRun {
    var id: RunID
    /// Nil where it is not here, and nothing is recorded.
    var row: Int64?
    var countedAttempt: Int
    var isNew: Bool
    var takesPoints: Bool
  }

  /// Only compares.
  init(checkingWith connection: any SQLConnection, of store: SQLTrackingStore) {
    self.connection = connection
    self.store = store
  }

  /// Records those families, or all.
  init(recordingWith recorder: ChangeRecorder, of store: SQLTrackingStore, only wanted: Set<RunID>?) {
    connection = recorder.connection
    self.wanted = wanted
    self.recorder = recorder
    self.store = store
  }

  /// Takes the next record.
  mutating func take(_ record: HistoryRecord) throws {
    try check.take(record)
    switch record {
    case .experiment(let experiment): try take(experiment)
    case .family(let root, let changes):
      try endFamily()
      guard wanted?.contains(root) ?? true else { return }
      family = Family(root: root, base: recorder?.reserve(changes) ?? 0)
    case .run(let history): try take(history)
    case .points(let points): try take(points)
    case .model(let model, let files):
      try endFamily()
      try take(model, files)
    }
  }

  /// Takes the end.
  ///
  /// - Returns: the names that the transaction found or made.
  @discardableResult
  mutating func finish() throws -> [ExactText: Int64] {
    try check.finish()
    try endFamily()
    for (row, output) in outputs { try record(output, ofRow: row) }
    _ = try recorder?.finish()
    return recorder?.fresh ?? [:]
  }

  // MARK: - Experiments and families

  private mutating func take(_ experiment: Experiment) throws {
    let found = try connection.firstRow(
      "SELECT id, deleted FROM experiments WHERE name = $1", [.text(experiment.name)]
    ) { (row: try $0.integer(0), isDeleted: !$0.isNull(1)) }
    if let found, found.isDeleted, experiment.deleted == nil {
      throw TrackingError(
        .conflict, "experiment '\(experiment.name)' is deleted here, so nothing comes into it; restore it first.")
    }
    guard let recorder else { return }
    let row: Int64
    if let found {
      row = found.row
    } else {
      row = try recorder.insert(experiment.name, id: nil)
      try connection.run(
        "UPDATE experiments SET created = $1, updated = $2, deleted = $3 WHERE id = $4",
        [
          SQLValue(experiment.created), SQLValue(experiment.updated), SQLValue(experiment.deleted?.milliseconds),
          .integer(row),
        ])
    }
    experiments[ExactText(experiment.name)] = row
    for (name, value) in experiment.tags where !name.isEmpty {
      try connection.run(
        """
        INSERT INTO experiment_tags (experiment, name, value) VALUES ($1, $2, $3)
        ON CONFLICT (experiment, name) DO NOTHING
        """, [.integer(row), .text(name), .text(value)])
    }
  }

  private mutating func endFamily() throws {
    guard let family else { return }
    self.family = nil
    run = nil
    guard let new = family.new else { return }
    outcome.changedFamilies.insert(family.root)
    if let ahead = family.ahead {
      throw TrackingError(
        .conflict,
        "this store and the other one both went on: \(ahead) is only here, and \(new) only there; nothing "
          + "was recorded. Export the family of run '\(family.root)' again from the store that is to count.")
    }
    for (sweep, said) in family.sweeps {
      if !said.history.isWhole, said.wasWhole {
        throw TrackingError(
          .conflict,
          "sweep '\(sweep)' is whole here, and only a part of it is there, which has \(new); nothing was "
            + "recorded. Export the whole sweep.")
      }
      try mark(sweep, said.history)
    }
  }

  private mutating func mark(_ sweep: RunID, _ history: SweepHistory) throws {
    guard var recorder, let row = rows[sweep] else { return }
    let name = try recorder.number(ofName: Sweep.partialTag, "tag")
    self.recorder = recorder
    guard !history.isWhole else {
      try connection.run("DELETE FROM tags WHERE run = $1 AND name = $2", [.integer(row), .integer(name)])
      return
    }
    let here = try connection.firstInteger(
      "SELECT count(*) FROM runs WHERE parent = $1 AND kind = 'trial'", [.integer(row)])
    let before = try connection.firstText(
      "SELECT value FROM tags WHERE run = $1 AND name = $2", [.integer(row), .integer(name)])
    let trials = max(history.trials, before.flatMap { PartOfSweep($0)?.trials } ?? 0)
    let part = PartOfSweep(here: Int(here ?? 0), trials: trials).text
    outcome.parts[sweep] = part
    try connection.run(
      """
      INSERT INTO tags (run, name, value) VALUES ($1, $2, $3)
      ON CONFLICT (run, name) DO UPDATE SET value = excluded.value
      """, [.integer(row), .integer(name), .text(part)])
  }

  // MARK: - Runs

  private mutating func take(_ history: RunHistory) throws {
    guard var family else { return }
    let id = history.run.id
    var current = CurrentRun(
      id: id, row: nil, countedAttempt: history.run.countedAttempt, isNew: false, takesPoints: true)
    if let row = try connection.firstInteger("SELECT id FROM runs WHERE key = $1", [SQLValue(id)]) {
      rows[id] = row
      current.row = row
      let here = try HistoryReader(store: store, connection: connection).history(of: row)
      if let sweep = history.sweep { family.sweeps[id] = (sweep, here.sweep?.isWhole ?? true) }
      switch here.compared(to: history) {
      case .same:
        outcome.present += 1
        current.takesPoints = false
      case .ahead(let what):
        outcome.present += 1
        current.takesPoints = false
        family.ahead = family.ahead ?? "\(what) of run '\(id)'"
      case .behind(let what):
        outcome.extended += 1
        family.new = family.new ?? "\(what) of run '\(id)'"
      case .differs(let what):
        throw TrackingError(
          .conflict, "run '\(id)' is here with other content, beginning with \(what); nothing was recorded.")
      }
      try record(history, over: here, row: row, isExtended: current.takesPoints, base: family.base)
    } else {
      outcome.added += 1
      current.isNew = true
      family.new = family.new ?? "run '\(id)'"
      if let sweep = history.sweep { family.sweeps[id] = (sweep, false) }
      current.row = try insert(history, base: family.base)
      rows[id] = current.row
    }
    run = current
    self.family = family
  }

  private mutating func insert(_ history: RunHistory, base: EventNumber) throws -> Int64? {
    guard recorder != nil else { return nil }
    let run = history.run
    guard let experiment = experiments[ExactText(run.experiment)] else {
      preconditionFailure("a history was recorded before its experiment")
    }
    let parent = run.parent.flatMap { rows[$0] }
    if let parent, let number = run.number,
      let other = try connection.firstText(
        "SELECT key FROM runs WHERE parent = $1 AND number = $2", [.integer(parent), SQLValue(number)])
    {
      throw TrackingError(
        .conflict, "number \(number) of run '\(run.id)' is taken here by run '\(other)'; nothing was recorded.")
    }
    let row = try connection.firstInteger(
      """
      INSERT INTO runs (id, key, experiment, kind, parent, number, name, state, reason, created, started, ended, origin,
        note, counted_attempt, observed, event)
      VALUES ((SELECT coalesce(max(id), 0) + 1 FROM runs), $1, $2, $3, $4, $5, '', $6, '', $7, NULL, NULL, $8, '', 1, 0, $9)
      RETURNING id
      """,
      [
        SQLValue(run.id), .integer(experiment), .text(run.kind.rawValue), SQLValue(parent), SQLValue(run.number),
        .text(run.state.rawValue), SQLValue(run.created), .text(run.origin.json), .integer(base),
      ])
    guard let row else { preconditionFailure("an insert returned no id") }
    try connection.run("UPDATE experiments SET runs = runs + 1 WHERE id = $1", [.integer(experiment)])
    let target = HistoryRows(connection: connection, row: row, base: base)
    for (position, parameter) in history.parameters.enumerated() {
      let name = try recorder?.number(ofName: parameter.name, "parameter") ?? 0
      try parameter.insert(
        of: row, name: name, position: Int64(position), given: position < history.given, in: connection)
    }
    try record(history, in: target)
    return row
  }

  // What changes in place, and the changes with their numbers.
  private mutating func record(_ history: RunHistory, in target: HistoryRows) throws {
    try target.record(history)
    for (name, value) in history.tags where name != Sweep.partialTag {
      try connection.run(
        """
        INSERT INTO tags (run, name, value) VALUES ($1, $2, $3)
        ON CONFLICT (run, name) DO UPDATE SET value = excluded.value
        """, [.integer(target.row), .integer(try recorder?.number(ofName: name, "tag") ?? 0), .text(value)])
    }
    _ = try recorder?.add(history.inputs, toRow: target.row)
    outputs += history.outputs.map { (target.row, $0) }
  }

  private mutating func record(
    _ history: RunHistory, over here: RunHistory, row: Int64, isExtended: Bool, base: EventNumber
  ) throws {
    guard recorder != nil else { return }
    let target = HistoryRows(connection: connection, row: row, base: base)
    guard isExtended else {
      // Its family goes on, and with it the numbers of its changes; of a part nothing but the part does.
      return try target.renumber(history)
    }
    for (position, parameter) in history.parameters.enumerated().dropFirst(here.parameters.count) {
      let name = try recorder?.number(ofName: parameter.name, "parameter") ?? 0
      try parameter.insert(of: row, name: name, position: Int64(position), given: false, in: connection)
    }
    var history = history
    if history.run.name == nil { history.run.name = here.run.name }
    if history.run.note.isEmpty { history.run.note = here.run.note }
    history.run.deleted = history.run.deleted ?? here.run.deleted
    try record(history, in: target)
    if history.run.countedAttempt != here.run.countedAttempt {
      try connection.run(
        "UPDATE series SET counted = (attempt = $1) WHERE run = $2",
        [SQLValue(history.run.countedAttempt), .integer(row)])
    }
  }

  // MARK: - Points

  private mutating func take(_ points: HistoryPoints) throws {
    guard let run else { return }
    var columns = points.columns
    if !run.isNew, let row = run.row {
      let range = points.first..<(points.first + columns.count)
      let here = try HistoryReader(store: store, connection: connection).points(
        of: run.id, row: row, columns.name, attempt: points.attempt, in: range)
      guard here.isSame(as: columns.prefix(here.count)) else {
        let place = (0..<here.count).first { here[$0] != columns[$0] } ?? 0
        throw TrackingError(
          .conflict,
          "run '\(run.id)' is here with other content, beginning with point \(points.first + place + 1) of "
            + "'\(columns.name)' (attempt \(points.attempt)); nothing was recorded.")
      }
      columns = columns.dropFirst(here.count)
      guard run.takesPoints else { return }
    }
    guard columns.count > 0 else { return }
    outcome.points += columns.count
    guard let row = run.row, var recorder else { return }
    let metric = try recorder.number(ofName: columns.name, "metric")
    self.recorder = recorder
    try store.withChunk {
      try SeriesWriter(connection: connection, chunk: $0).append(
        columns, metric: metric, to: row, attempt: points.attempt, isCounted: points.attempt == run.countedAttempt)
    }
  }

  // MARK: - Logged models

  private mutating func take(_ model: LoggedModel, _ files: [LoggedModelFile]) throws {
    let found = try connection.firstInteger("SELECT id FROM logged_models WHERE key = $1", [.text(model.id)])
    if let found {
      models[model.id] = found
      let here = try store.loggedModel(model.id, in: connection)
      let hereFiles = try store.files(ofModel: model.id, in: connection)
      var comparable = here
      comparable.metrics = here.metrics.filter { model.metrics.contains($0) }
      guard comparable != model || hereFiles != files else { return }
      guard here.created == model.created, here.name == model.name, here.source == model.source,
        here.updated != model.updated
      else {
        throw TrackingError(
          .conflict, "logged model '\(model.id)' is here with other content; nothing was recorded.")
      }
      guard here.updated < model.updated else { return }
    }
    outcome.models += 1
    guard recorder != nil, let experiment = experiments[ExactText(model.experiment)] else { return }
    models[model.id] = try LoggedModelRows(connection: connection).record(
      model, files, experiment: experiment, over: found)
  }

  private func record(_ output: RunOutput, ofRow row: Int64) throws {
    try connection.run(
      """
      INSERT INTO outputs (run, model, step, position)
      VALUES ($1, $2, $3, (SELECT coalesce(max(position), -1) + 1 FROM outputs WHERE run = $1))
      ON CONFLICT (run, model, step) DO NOTHING
      """, [.integer(row), SQLValue(models[output.model]), .integer(output.step)])
  }
}

extension MetricColumns {
  fileprivate func prefix(_ count: Int) -> MetricColumns {
    MetricColumns(
      name: name, steps: Array(steps.prefix(count)), times: Array(times.prefix(count)),
      values: Array(values.prefix(count)))
  }

  fileprivate func dropFirst(_ count: Int) -> MetricColumns {
    guard count > 0 else { return self }
    return MetricColumns(
      name: name, steps: Array(steps.dropFirst(count)), times: Array(times.dropFirst(count)),
      values: Array(values.dropFirst(count)))
  }
}
