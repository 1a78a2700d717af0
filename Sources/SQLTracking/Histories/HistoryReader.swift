internal import SQL
internal import Tracking

/// Reads histories in one transaction.
struct HistoryReader {
  let store: SQLTrackingStore
  let connection: any SQLConnection

  /// The history of a run, with the numbers of changes that the store gave.
  ///
  /// - Parameter trials: the rows of those trials of a sweep that come along; nil for all.
  func history(of row: Int64, trials: Set<Int64>? = nil) throws -> RunHistory {
    let record = try connection.firstRow(
      "SELECT \(RunRecord.columns) FROM runs r \(RunRecord.joins) WHERE r.id = $1", [.integer(row)]
    ) { try RunRecord($0) }
    guard let run = record?.run else { throw TrackingError(.corrupt, "a run vanished while it was read.") }
    let id = run.id
    var history = RunHistory(run: run, transitions: try store.transitions(of: id, row: row, in: connection))
    history.parameters = try Parameter.all(of: row, in: connection)
    history.given = Int(
      try connection.firstInteger("SELECT count(*) FROM parameters WHERE run = $1 AND given = 1", [.integer(row)]) ?? 0)
    history.tags = try tags(of: row, in: connection)
    history.attempts = try store.attempts(of: id, row: row, in: connection)
    history.artifacts = try store.artifacts(of: id, row: row, in: connection)
    history.inputs = try store.inputs(of: row, in: connection)
    history.outputs = try store.outputs(of: row, in: connection)
    history.series = try connection.rows(
      """
      SELECT n.name, s.attempt, s.count FROM series s JOIN names n ON n.id = s.metric
      WHERE s.run = $1 ORDER BY s.attempt, n.name
      """, [.integer(row)]
    ) { SeriesExtent(name: try $0.text(0), attempt: try $0.int(1), count: try $0.int(2)) }
    if run.kind == .trial {
      history.observations = try connection.rows(
        "SELECT event, count, attempt FROM observations WHERE run = $1 ORDER BY event", [.integer(row)]
      ) { Observation(event: try $0.integer(0), count: try $0.int(1), attempt: try $0.int(2)) }
      history.allowances = try connection.rows(
        "SELECT event, points FROM allowances WHERE run = $1 ORDER BY event", [.integer(row)]
      ) { Allowance(event: try $0.integer(0), points: $0.optionalInteger(1).map { Int($0) }) }
    }
    // What came of running it again here is this store's own finding.
    history.tags[Run.reproducedTag] = nil
    if run.kind == .hyperdrive {
      history.sweep = try sweep(id, row, part: history.tags[Sweep.partialTag], trials: trials)
      history.tags[Sweep.partialTag] = nil
    }
    return history
  }

  private func sweep(_ id: RunID, _ row: Int64, part: String?, trials: Set<Int64>?) throws -> SweepHistory? {
    let found = try connection.firstRow(
      "SELECT spec, source, last_event FROM sweeps WHERE run = $1", [.integer(row)]
    ) { (spec: try $0.json(0), source: try $0.text(1), last: try $0.integer(2)) }
    guard let found else { return nil }
    let all = try connection.rows(
      "SELECT id, number FROM runs WHERE parent = $1 AND kind = 'trial'", [.integer(row)]
    ) { (row: try $0.integer(0), number: $0.optionalInteger(1).map { Int($0) }) }
    let coming = all.filter { trials?.contains($0.row) ?? true }
    let isWhole = part == nil && coming.count == all.count
    var decisions = try store.decisions(of: id, row: row, in: connection)
    if !isWhole {
      let numbers = Set(coming.map(\.number))
      decisions = decisions.filter { $0.trial.map { numbers.contains($0) } ?? true }
    }
    return SweepHistory(
      spec: found.spec, source: found.source, decisions: decisions, lastEvent: found.last,
      trials: max(all.count, part.flatMap { PartOfSweep($0)?.trials } ?? 0), isWhole: isWhole)
  }

  /// The changes of a family in their order.
  func order(of members: [HistorySelection.Member]) throws -> ChangeOrder {
    var events: [EventNumber] = []
    let trials = Set(members.filter { $0.kind == .trial }.map(\.row))
    for member in members {
      for table in member.kind == .trial ? ["transitions", "observations", "allowances"] : ["transitions"] {
        try connection.forEachRow("SELECT event FROM \(table) WHERE run = $1", [.integer(member.row)]) {
          events.append(try $0.integer(0))
          return true
        }
      }
      guard member.kind == .hyperdrive else { continue }
      let sweep = try history(of: member.row, trials: trials).sweep
      for decision in sweep?.decisions ?? [] { events += [decision.event, decision.asOf] }
      events.append(sweep?.lastEvent ?? 0)
    }
    return ChangeOrder(events)
  }

  /// Hands out the points of a run in the order of its series.
  func forEachPoints(of history: RunHistory, row: Int64, _ body: (HistoryPoints) throws -> Void) throws {
    for series in history.series {
      var first = 0
      while first < series.count {
        let range = first..<min(first + Self.pointsAtOnce, series.count)
        let columns = try points(of: history.run.id, row: row, series.name, attempt: series.attempt, in: range)
        try body(HistoryPoints(run: history.run.id, attempt: series.attempt, first: first, columns: columns))
        first = range.upperBound
      }
    }
  }

  /// How many points are handed out at once.
  static let pointsAtOnce = 65_536

  /// Points of a series as far as it has them.
  func points(
    of run: RunID, row: Int64, _ metric: String, attempt: Int, in range: Range<Int>
  ) throws -> MetricColumns {
    var columns = MetricColumns(name: metric)
    let found = try connection.firstRow(
      """
      SELECT s.id, s.count FROM series s JOIN names n ON n.id = s.metric
      WHERE s.run = $1 AND n.name = $2 AND s.attempt = $3
      """, [.integer(row), .text(metric), SQLValue(attempt)]
    ) { (row: try $0.integer(0), count: try $0.int(1)) }
    guard let found else { return columns }
    let wanted = range.clamped(to: 0..<found.count)
    guard !wanted.isEmpty else { return columns }
    do {
      try store.withChunk { chunk in
        try SeriesReader(connection: connection, chunk: chunk).read(wanted, of: found.row, into: &columns)
      }
    } catch let damage as DamagedChunk {
      throw TrackingError(
        .corrupt, "metric '\(metric)' of run '\(run)' (attempt \(attempt)) is damaged: \(damage.description).")
    }
    return columns
  }
}

/// What the tag of a sweep that is not whole says.
struct PartOfSweep {
  /// How many trials are here.
  var here: Int
  /// How many there are.
  var trials: Int

  init(here: Int, trials: Int) {
    self.here = here
    self.trials = trials
  }

  init?(_ text: String) {
    let words = text.split(separator: " ")
    guard words.count == 4, let here = Int(words[0]), let trials = Int(words[2]) else { return nil }
    self.init(here: here, trials: trials)
  }

  var text: String { "\(here) of \(trials) trials" }
}

extension RunHistory {
  /// The history with its changes numbered in another way.
  func renumbered(_ number: (EventNumber) -> EventNumber) -> RunHistory {
    var history = self
    for place in transitions.indices { history.transitions[place].event = number(transitions[place].event) }
    for place in observations.indices { history.observations[place].event = number(observations[place].event) }
    for place in allowances.indices { history.allowances[place].event = number(allowances[place].event) }
    guard let sweep else { return history }
    history.sweep?.lastEvent = number(sweep.lastEvent)
    for place in sweep.decisions.indices {
      history.sweep?.decisions[place].event = number(sweep.decisions[place].event)
      history.sweep?.decisions[place].asOf = number(sweep.decisions[place].asOf)
    }
    return history
  }
}
