internal import SQL
public import Tracking

extension SQLTrackingStore {
  /// Looks at a sweep's trials as of many events: their history is read once, and followed from event to event.
  public func trials(
    of sweep: RunID, asOfEach events: [EventNumber], _ look: (EventNumber, [Trial]) throws -> Void
  ) throws {
    guard !events.isEmpty else { return }
    var history = try history(of: sweep)
    for event in events {
      history.advance(to: event)
      try look(event, history.trials)
    }
  }

  private func history(of sweep: RunID) throws -> TrialHistory {
    try reading { connection in
      let row = try RunRecord.row(of: sweep, in: connection)
      var history = TrialHistory()
      let proposed = try connection.rows(
        "SELECT id, number, event, ended_event FROM runs WHERE parent = $1 AND kind = 'trial' ORDER BY number",
        [.integer(row)]
      ) {
        let configuration = try self.configuration(of: $0.integer(0), in: connection)
        return (
          row: try $0.integer(0), ended: $0.optionalInteger(3),
          trial: Trial(
            run: configuration.run, number: try $0.int(1), parameters: configuration.parameters, state: .scheduled,
            observed: 0, proposed: try $0.integer(2), continues: configuration.continues)
        )
      }
      for (place, entry) in proposed.enumerated() {
        history.places[entry.row] = place
        history.ends.append(entry.ended)
        history.steps.append((entry.trial.proposed, place, .proposed(entry.trial)))
      }
      try history.add(
        connection.rows(
          """
          SELECT t.event, t.run, t.to_state FROM transitions t JOIN runs r ON r.id = t.run
          WHERE r.parent = $1 AND r.kind = 'trial'
          """, [.integer(row)]
        ) { (try $0.integer(0), try $0.integer(1), .state(try state($0.text(2)))) })
      try history.add(
        connection.rows(
          """
          SELECT o.event, o.run, o.count, o.attempt FROM observations o JOIN runs r ON r.id = o.run
          WHERE r.parent = $1 AND r.kind = 'trial'
          """, [.integer(row)]
        ) { (try $0.integer(0), try $0.integer(1), .observed(try $0.int(2), attempt: try $0.int(3))) })
      try history.add(
        connection.rows(
          """
          SELECT a.event, a.run, a.points FROM allowances a JOIN runs r ON r.id = a.run
          WHERE r.parent = $1 AND r.kind = 'trial'
          """, [.integer(row)]
        ) { (try $0.integer(0), try $0.integer(1), .allowed($0.optionalInteger(2).map { Int($0) })) })
      // A run is made in its first state by one change: the order in which they were added settles that.
      history.steps.sort { ($0.event, $0.step.rank) < ($1.event, $1.step.rank) }
      return history
    }
  }
}

/// What happened to a sweep's trials, in order, and the trials as of some event of it.
private struct TrialHistory {
  /// What a change did to a trial.
  enum Step {
    case proposed(Trial)
    case state(RunState)
    case observed(Int, attempt: Int)
    case allowed(Int?)

    var rank: Int { if case .proposed = self { 0 } else { 1 } }
  }

  /// The trials, as of the event that it was advanced to.
  private(set) var trials: [Trial] = []
  /// The numbers of trials, by the rows of their runs.
  var places: [Int64: Int] = [:]
  /// The events that brought them into their final states.
  var ends: [EventNumber?] = []
  var steps: [(event: EventNumber, trial: Int, step: Step)] = []
  private var next = 0

  /// Takes in steps of trials that are known by the rows of their runs.
  mutating func add(_ found: [(event: EventNumber, row: Int64, step: Step)]) {
    for (event, row, step) in found {
      if let place = places[row] { steps.append((event, place, step)) }
    }
  }

  /// Goes on to an event that lies behind the last one.
  mutating func advance(to event: EventNumber) {
    while next < steps.count, steps[next].event <= event {
      let (_, place, step) = steps[next]
      next += 1
      if case .proposed(let trial) = step {
        trials.append(trial)
        continue
      }
      guard place < trials.count else { continue }
      switch step {
      case .proposed: break
      case .state(let state):
        trials[place].state = state
        trials[place].ended = state.isFinal ? ends[place] : nil
      case .observed(let count, let attempt): (trials[place].observed, trials[place].attempt) = (count, attempt)
      case .allowed(let points): trials[place].allowance = points
      }
    }
  }
}
