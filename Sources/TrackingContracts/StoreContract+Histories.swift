internal import Testing
public import Tracking

extension StoreContract {
  /// Two empty stores that keep histories: one that they come from, and one that they go to.
  public struct Move: Sendable {
    /// Where histories come from.
    public let source: Subject
    /// Where they go.
    public let target: Subject
    let from: any HistoryStore
    let to: any HistoryStore

    /// Names what is tested.
    public init<Store: TrackingStore & HistoryStore>(
      from source: Store, to target: Store, clock: HeldClock
    ) {
      self.source = Subject(store: source, clock: clock, reopen: { source })
      self.target = Subject(store: target, clock: clock, reopen: { target })
      from = source
      to = target
    }

    func histories(of ids: RunID...) throws -> [HistoryRecord] { try Move.histories(of: ids, in: from) }

    func arrived(_ ids: RunID...) throws -> [HistoryRecord] { try Move.histories(of: ids, in: to) }

    private static func histories(of ids: [RunID], in store: any HistoryStore) throws -> [HistoryRecord] {
      var records: [HistoryRecord] = []
      try store.readHistories(of: ids) { records.append($0) }
      return records
    }

    /// Checks, then records.
    @discardableResult
    func record(_ records: [HistoryRecord]) throws -> HistoryOutcome {
      let checked = try Move.feed(records) { try to.checkHistories($0) }
      guard !checked.isNothing else { return checked }
      let outcome = try Move.feed(records) { try to.recordHistories(of: checked.changedFamilies, $0) }
      #expect(outcome.added == checked.added && outcome.points == checked.points)
      return outcome
    }

    private static func feed(
      _ records: [HistoryRecord], to body: (() throws -> HistoryRecord?) throws -> HistoryOutcome
    ) throws -> HistoryOutcome {
      var rest = records[...]
      return try body { rest.popFirst() }
    }
  }

  /// Every demand on a store that keeps histories.
  public static let histories: [ContractCase<Move>] = moves + refusedMoves

  private static func demand(
    _ name: String, _ check: @escaping @Sendable (Move) throws -> Void
  ) -> ContractCase<Move> { ContractCase(name, check) }

  /// A sweep on which much has happened, two trials side by side.
  static func makeLivelySweep(_ subject: Subject) throws -> RunID {
    let store = subject.store
    let sweep = try makeSweep(subject, "lively").run
    let (one, two) = (sweep.trial(0), sweep.trial(1))
    func commit(_ changes: Change...) throws {
      subject.clock.advance()
      try store.commit(changes)
    }
    func decide(_ kind: Decision.Kind, _ trial: Int?, _ effect: Change...) throws {
      subject.clock.advance()
      let asOf = try store.lastEvent(of: sweep)
      let decision = Decision(
        sweep: sweep, kind: kind, decider: "random", asOf: asOf, trial: trial, reason: "drawn \(asOf > 0)",
        details: ["draw": .real(0.25), "odd": .real(.nan)])
      try store.commit(effect + [.decide(decision)])
    }
    try commit(.transition(sweep, to: .running, reason: ""))
    try decide(.propose, 0, .createRun(trial(0, of: sweep)))
    try decide(.propose, 1, .createRun(trial(1, of: sweep)))
    for trial in [one, two] {
      try commit(
        .allow(trial, points: 2), .beginAttempt(trial, number: 1, launcher: "local", continues: false),
        .transition(trial, to: .running, reason: "started"))
    }
    let odd = [0.5, -0.0, Double(bitPattern: 0x7FF8_0000_0000_1234), .infinity]
    try log(subject, one, "accuracy", odd)
    try log(subject, two, "accuracy", [0.1])
    try commit(.observe(one, count: 2), .observe(two, count: 1))
    try decide(
      .pause, 0, .transition(one, to: .paused, reason: "rung"), .endAttempt(one, number: 1, .exited(0), detail: ""))
    try decide(.resume, 0, .allow(one, points: nil), .transition(one, to: .scheduled, reason: "goes on"))
    try commit(
      .endAttempt(two, number: 1, .lost, detail: "gone"), .transition(two, to: .scheduled, reason: "lost"),
      .beginAttempt(two, number: 2, launcher: "local", continues: false), .transition(two, to: .running, reason: ""))
    try store.append([series("accuracy", [0.2, 0.3]), series("loss", [3, 2, 1])], to: two)
    try commit(.observe(two, count: 2), .setParameter(two, Parameter("effective.lr", 0.5)))
    let digest = Digest(hashing: "model")
    try commit(
      .setTag(two, name: "stage", value: "late"), .setNote(two, "looks good"), .setName(two, "second"),
      .attach(
        Artifact(
          run: two, name: "model", digest: digest, bytes: 10, contentBytes: 20, files: 1, time: subject.clock.time)),
      .addInputs(two, [RunInput(Dataset(name: "d", digest: "1", sourceType: "local", source: "/d"), tags: ["a": "b"])]))
    try decide(
      .stop, 1, .transition(two, to: .pruned, reason: "worse"), .endAttempt(two, number: 2, .canceled, detail: ""))
    return sweep
  }

  // What a decider would see, without the numbers of changes but with their order.
  private static func view(_ trials: [Trial]) -> [String] {
    let ends = trials.compactMap(\.ended).sorted()
    return trials.map {
      "\($0.run) \($0.number) \($0.parameters) \($0.state) \($0.observed) \($0.allowance ?? -1) \($0.attempt) "
        + "\($0.ended.flatMap { ends.firstIndex(of: $0) } ?? -1)"
    }
  }

  private static let moves: [ContractCase<Move>] = [
    demand("a sweep arrives as it left: records, points, times, order, and what each decision had seen") { move in
      let sweep = try makeLivelySweep(move.source)
      // Something else has happened here, so that the numbers of changes differ.
      for number in 0..<5 { try makeRun(move.target, "other\(number)") }
      let left = try move.histories(of: sweep)
      move.target.clock.advance(milliseconds: 1_000_000)
      let outcome = try move.record(left)
      #expect(outcome.added == 3 && outcome.points == 4 + 1 + 2 + 3 && outcome.parts.isEmpty)
      // Their experiment was here already, with a time of its own.
      #expect(try move.arrived(sweep).dropFirst() == left.dropFirst())
      let (source, target) = (move.source.store, move.target.store)
      let decisions = zip(try source.decisions(of: sweep), try target.decisions(of: sweep))
      #expect(try source.decisions(of: sweep).count == 5)
      for (before, after) in decisions {
        #expect(after.time == before.time && after.event != before.event)
        #expect(
          try view(source.trials(of: sweep, asOf: before.asOf)) == view(target.trials(of: sweep, asOf: after.asOf)))
      }
      #expect(try view(source.trials(of: sweep, asOf: nil)) == view(target.trials(of: sweep, asOf: nil)))
      for run in [sweep, sweep.trial(0), sweep.trial(1)] {
        #expect(try source.run(run) == target.run(run))
        #expect(try source.series(of: run) == target.series(of: run))
      }
      #expect(try target.sweep(sweep) == source.sweep(sweep) && target.partOfSweep(sweep) == nil)
      #expect(try target.experiment(named: "digits").runs == 8)
    },
    demand("what arrived twice changes nothing, and goes on like any other record") { move in
      let sweep = try makeLivelySweep(move.source)
      let left = try move.histories(of: sweep)
      try move.record(left)
      let target = move.target.store
      let last = try target.lastEvent(of: sweep)
      let again = try move.record(left)
      #expect(again.isNothing && again.present == 3 && again.points == 0)
      #expect(try target.lastEvent(of: sweep) == last)
      try target.commit([.setTag(sweep, name: "mine", value: "1"), .setNote(sweep, "seen")])
      #expect(try move.record(left).isNothing)
      let event = try target.commit(.transition(sweep.trial(0), to: .canceled, reason: "here"))
      #expect(event > last)
      #expect(try move.record(left).isNothing)
    },
    demand("a run that went on is extended, and what it was stays") { move in
      let sweep = try makeLivelySweep(move.source)
      try move.record(move.histories(of: sweep))
      let (one, store) = (sweep.trial(0), move.source.store)
      move.source.clock.advance()
      try store.commit([
        .beginAttempt(one, number: 2, launcher: "local", continues: true),
        .transition(one, to: .running, reason: ""), .setTag(one, name: "new", value: "x"),
      ])
      try store.append([series("accuracy", [0.7], from: 4), series("loss", [1])], to: one)
      try store.commit([.observe(one, count: 5), .transition(sweep.trial(1), to: .pruned, reason: "")].dropLast(1))
      let left = try move.histories(of: sweep)
      let outcome = try move.record(left)
      #expect(outcome.added == 0 && outcome.extended == 1 && outcome.present == 2 && outcome.points == 2)
      #expect(try move.arrived(sweep) == left)
      #expect(try move.record(left).isNothing)
    },
    demand("a trial comes with its sweep, which says that it is a part until the whole comes") { move in
      let sweep = try makeLivelySweep(move.source)
      let whole = try move.histories(of: sweep)
      let part = try move.histories(of: sweep.trial(1))
      let outcome = try move.record(part)
      let target = move.target.store
      #expect(outcome.added == 2 && outcome.parts == [sweep: "1 of 2 trials"])
      #expect(try target.partOfSweep(sweep) == "1 of 2 trials")
      refuses(.conflict, "1 of 2 trials") { try target.checkIsWhole(sweep, toBe: "resumed") }
      #expect(try target.decisions(of: sweep).map(\.trial) == [1, 1])
      #expect(try move.arrived(sweep) == part && move.arrived(sweep.trial(1)) == part)
      #expect(try move.record(part).isNothing)
      // Its sibling comes in a part of its own: still not the whole.
      #expect(try move.record(move.histories(of: sweep.trial(0))).parts == [sweep: "2 of 2 trials"])
      #expect(try target.decisions(of: sweep).count == 5)
      let completed = try move.record(whole)
      #expect(completed.added == 0 && completed.parts.isEmpty)
      #expect(try target.partOfSweep(sweep) == nil && move.arrived(sweep) == whole)
      // A part of what is whole here is nothing new.
      #expect(try move.record(part).isNothing && target.partOfSweep(sweep) == nil)
    },
    demand("a trial brings the trial whose checkpoint it began with, and a run those above and below it") { move in
      let sweep = try makeSweep(move.source, trials: 2).run
      var child = trial(2, of: sweep)
      child.origin = ["continues": .text(sweep.trial(0).text)]
      try move.source.store.commit(.createRun(child))
      func ids(_ records: [HistoryRecord]) -> [String] {
        records.compactMap { if case .run(let history) = $0 { history.run.id.text } else { nil } }
      }
      #expect(try ids(move.histories(of: sweep.trial(2))) == ["sweep", "sweep-0", "sweep-2"])
      for (below, above) in [("a", nil), ("b", "a"), ("c", "b"), ("d", "a")] as [(String, String?)] {
        try move.source.store.commit(
          .createRun(NewRun(id: id(below), experiment: "other", parent: above.map(id), state: .running)))
      }
      #expect(try ids(move.histories(of: id("b"))) == ["a", "b", "c"])
      #expect(try move.record(move.histories(of: id("b"), sweep)).added == 7)
    },
    demand("logged models move with the runs that they came out of") { move in
      let (run, other) = (try makeRun(move.source, "r1"), try makeRun(move.source, "r2"))
      let time = move.source.clock.time
      let point = MetricPoint(step: 1, time: time, value: .nan)
      let model = LoggedModel(
        id: "m1", experiment: "digits", name: "net", source: run, created: time, updated: time, parameters: ["a": "1"],
        tags: ["t": "2"])
      let file = LoggedModelFile(path: "a/b.bin", digest: Digest(hashing: "b"), bytes: 1, contentBytes: 2, time: time)
      try move.source.store.commit([
        .model(.create(model)), .addOutputs(run, [RunOutput(model: "m1", step: 3)]), .model(.attach("m1", file)),
        .model(
          .log(
            "m1",
            [
              LoggedModelMetric(name: "loss", point: point, run: run),
              LoggedModelMetric(name: "loss", point: point, run: other),
            ])),
      ])
      let left = try move.histories(of: run)
      move.target.clock.advance()
      #expect(try move.record(left).models == 1)
      #expect(try move.arrived(run) == left && move.record(left).isNothing)
      #expect(try move.target.store.outputs(of: run) == [RunOutput(model: "m1", step: 3)])
    },
  ]
}
