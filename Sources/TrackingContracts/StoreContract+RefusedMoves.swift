internal import Testing
internal import Tracking

extension StoreContract {
  private static func demand(
    _ name: String, _ check: @escaping @Sendable (Move) throws -> Void
  ) -> ContractCase<Move> { ContractCase(name, check) }

  /// Changes the first run that a closure accepts.
  private static func changing(
    _ records: [HistoryRecord], _ change: (inout RunHistory) -> Bool
  ) -> [HistoryRecord] {
    var isDone = false
    return records.map { record in
      guard !isDone, case .run(var history) = record, change(&history) else { return record }
      isDone = true
      return .run(history)
    }
  }

  private static func isPoints(_ record: HistoryRecord) -> Bool { if case .points = record { true } else { false } }

  /// What nobody may bring.
  static let refusedMoves: [ContractCase<Move>] = [
    demand("a run that is here with other content is refused with what differs, and nothing is recorded") { move in
      let sweep = try makeLivelySweep(move.source)
      let left = try move.histories(of: sweep)
      try move.record(left)
      let arrived = try move.arrived(sweep)
      let name = "run '\(sweep.trial(1))'"
      func refuse(_ words: String, _ records: [HistoryRecord]) throws {
        refuses(.conflict, words) { try move.record(records) }
        #expect(try move.arrived(sweep) == arrived)
      }
      func second(_ change: (inout RunHistory) -> Void) -> [HistoryRecord] {
        changing(left) { history in
          guard history.run.number == 1 else { return false }
          change(&history)
          return true
        }
      }
      try refuse(name, second { $0.transitions[1].reason = "another" })
      try refuse("transition 2", second { $0.transitions[1].reason = "another" })
      try refuse("given parameters", second { $0.parameters[0].value = 7 })
      try refuse("attempt 1", second { $0.attempts[0].detail = "elsewhere" })
      try refuse("observation 1", second { $0.observations[0].count = 9 })
      try refuse("tag 'stage'", second { $0.tags["stage"] = "early" })
      try refuse("artifact 'model'", second { $0.artifacts[0].digest = Digest(hashing: "x") })
      try refuse("its note", second { $0.run.note = "bad" })
      try refuse("what started it", second { $0.run.origin = ["a": 1] })
      try refuse(
        "point 2 of 'loss'",
        left.map { record in
          guard case .points(var points) = record, points.columns.name == "loss" else { return record }
          points.columns.values[1] = 2.5
          return .points(points)
        })
      try refuse(
        "decision 1",
        changing(left) { history in
          history.sweep?.decisions[0].reason = "guessed"
          return true
        })
    },
    demand("a family that went on on both sides is refused") { move in
      let sweep = try makeLivelySweep(move.source)
      try move.record(move.histories(of: sweep))
      try move.target.store.commit(.transition(sweep.trial(0), to: .canceled, reason: "here"))
      try move.source.store.commit(.transition(sweep, to: .finished, reason: "there"))
      refuses(.conflict, "both went on") { try move.record(move.histories(of: sweep)) }
      try move.source.store.commit(.transition(sweep.trial(0), to: .failed, reason: "there"))
      refuses(.conflict, "run 'lively-0'") { try move.record(move.histories(of: sweep)) }
    },
    demand("a newer part does not go into an older whole") { move in
      let sweep = try makeLivelySweep(move.source)
      try move.record(move.histories(of: sweep))
      try move.source.store.commit(.transition(sweep.trial(0), to: .canceled, reason: "there"))
      refuses(.conflict, "whole") { try move.record(move.histories(of: sweep.trial(0))) }
    },
    demand("records that contradict each other are refused by their names, and nothing is recorded") { move in
      let sweep = try makeLivelySweep(move.source)
      let left = try move.histories(of: sweep)
      func refuse(_ words: String, _ records: [HistoryRecord]) {
        refuses(.invalid, words) { try move.record(records) }
        refuses(.notFound) { _ = try move.target.store.run(sweep) }
      }
      func with(_ number: Int?, _ change: @escaping (inout RunHistory) -> Void) -> [HistoryRecord] {
        changing(left) { history in
          guard history.run.number == number else { return false }
          change(&history)
          return true
        }
      }
      let runs = left.indices.filter { if case .run = left[$0] { true } else { false } }
      refuse("belongs to no family", left.filter { if case .family = $0 { false } else { true } })
      refuse("below run 'lively'", left.enumerated().filter { $0.offset != runs[0] }.map(\.element))
      refuse("does not come along", Array(left.dropFirst()))
      refuse(
        "comes twice", left.enumerated().flatMap { $0.offset == runs[0] ? [$0.element, $0.element] : [$0.element] })
      refuse("points of 'accuracy'", left.filter { !isPoints($0) })
      refuse("which does not have them", [left[0], left[1]] + left.filter(isPoints))
      refuse("which does not have them", left.flatMap { isPoints($0) ? [$0, $0] : [$0] })
      refuse(
        "not those that should come next",
        left.map { record in
          guard case .points(var points) = record, points.columns.name == "loss" else { return record }
          points.first = 1
          return .points(points)
        })
      refuse("2 trials, and 1 come along", Array(left[..<runs[2]]))
      refuse("has no sweep above it", with(nil) { $0.sweep = nil })
      refuse("which another trial has", with(1) { $0.run.number = 0 })
      refuse("its transitions lead to", with(1) { $0.run.state = .finished })
      refuse("do not follow each other", with(1) { $0.transitions[1].from = .queued })
      refuse("not its place", with(1) { $0.transitions[1].event = 1 << 40 })
      refuse("not its place", with(1) { $0.observations[1].event = $0.observations[0].event })
      refuse("as of a change", with(nil) { $0.sweep?.decisions[0].asOf = 1 << 40 })
      refuse("cannot be read", with(nil) { $0.sweep?.spec = ["strategy": 1] })
      refuse("without a reason", with(nil) { $0.sweep?.decisions[0].reason = "" })
      refuse("attempt 9", with(1) { $0.run.countedAttempt = 9 })
      refuse("an artifact twice", with(1) { $0.artifacts += $0.artifacts })
      refuse("a parameter twice", with(1) { $0.parameters += $0.parameters })
      refuse("which is not", [left[0], .family(sweep, changes: 3)] + left[2...])
      refuse("says that it has", [left[0], .family(sweep, changes: .max)] + left[2...])
      try move.record(left)
    },
  ]
}
