internal import Testing
internal import Tracking

extension StoreContract {
  static let attempts: [ContractCase<Subject>] = [
    demand("attempts follow each other, one open at a time") { subject in
      let run = try makeRun(subject, "r1")
      let store = subject.store
      refuses(.conflict) { try store.commit(.beginAttempt(run, number: 2, launcher: "local", continues: false)) }
      try store.commit(.beginAttempt(run, number: 1, launcher: "local", continues: false))
      refuses(.conflict, "1") { try store.commit(.beginAttempt(run, number: 2, launcher: "local", continues: false)) }
      subject.clock.advance()
      try store.commit(.endAttempt(run, number: 1, .exited(3), detail: "no such file"))
      refuses(.conflict) { try store.commit(.beginAttempt(run, number: 1, launcher: "local", continues: false)) }
      try store.commit(.beginAttempt(run, number: 2, launcher: "slurm", continues: true))
      let attempts = try subject.reopen().attempts(of: run)
      #expect(attempts.map(\.number) == [1, 2])
      #expect(attempts.map(\.launcher) == ["local", "slurm"])
      #expect(attempts.map(\.continues) == [false, true])
      #expect(attempts.map(\.outcome) == [.exited(3), nil])
      #expect(attempts[0].detail == "no such file")
      #expect(attempts[0].ended == attempts[0].started + 1_000 && attempts[1].ended == nil)
    },
    demand("an attempt ends once; the same end again changes nothing") { subject in
      let run = try makeRun(subject, "r1")
      let store = subject.store
      refuses(.notFound) { try store.commit(.endAttempt(run, number: 1, .lost, detail: "")) }
      let outcomes: [Attempt.Outcome] = [.exited(0), .signaled(9), .canceled, .lost, .failedToStart]
      for (index, outcome) in outcomes.enumerated() {
        try store.commit(.beginAttempt(run, number: index + 1, launcher: "local", continues: true))
        try store.commit(.endAttempt(run, number: index + 1, outcome, detail: "first"))
        try store.commit(.endAttempt(run, number: index + 1, outcome, detail: "second"))
        refuses(.conflict) { try store.commit(.endAttempt(run, number: index + 1, .exited(77), detail: "")) }
      }
      #expect(try subject.reopen().attempts(of: run).map(\.outcome) == outcomes)
      #expect(try store.attempts(of: run).allSatisfy { $0.detail == "first" })
    },
    demand("a run that has ended takes no more attempts") { subject in
      let run = try makeRun(subject, "r1")
      try subject.store.commit(.transition(run, to: .finished, reason: ""))
      refuses(.conflict, "finished") {
        try subject.store.commit(.beginAttempt(run, number: 1, launcher: "local", continues: false))
      }
    },
    demand("the summaries of one metric are read for all children at once") { subject in
      let parent = try makeRun(subject, "p")
      let (one, two) = (RunID("p-0"), RunID("p-1"))
      for child in [one, two].compactMap({ $0 }) {
        try subject.store.commit(
          .createRun(NewRun(id: child, experiment: "one", kind: .run, parent: parent, state: .running)))
      }
      let first = try #require(one)
      let second = try #require(two)
      try log(subject, first, "loss", [3, -0.0, 2])
      try log(subject, first, "other", [9])
      try log(subject, second, "other", [8])
      try log(subject, parent, "loss", [1])
      let found = try subject.reopen().summaries(of: "loss", inChildrenOf: parent)
      #expect(found == [first: try subject.store.series(of: first)[0]])
      #expect(try subject.store.summaries(of: "none", inChildrenOf: parent).isEmpty)
      #expect(try subject.store.summaries(of: "loss", inChildrenOf: second).isEmpty)
      refuses(.notFound) { _ = try subject.store.summaries(of: "loss", inChildrenOf: RunID(randomBits: 1)) }
    },
    demand("an attempt that starts over leaves the earlier points behind, one that continues adds to them") { subject in
      let run = try makeRun(subject, "r1")
      let store = subject.store
      func begin(_ number: Int, continues: Bool) throws {
        try store.commit(.beginAttempt(run, number: number, launcher: "local", continues: continues))
      }
      try begin(1, continues: false)
      try log(subject, run, "loss", [3, 2])
      try store.commit(.endAttempt(run, number: 1, .lost, detail: ""))
      try begin(2, continues: true)
      try store.append([series("loss", [1], from: 2)], to: run)
      #expect(try store.points(of: run, metric: "loss").values == [3, 2, 1])
      #expect(try store.run(run).countedAttempt == 1)
      try store.commit(.endAttempt(run, number: 2, .lost, detail: ""))
      try begin(3, continues: false)
      #expect(try store.run(run).countedAttempt == 3)
      #expect(try store.points(of: run, metric: "loss").count == 0)
      #expect(try store.series(of: run).isEmpty)
      #expect(try store.runs(matching: RunQuery(filter: FilterParser.clauses(of: "metrics.loss > 0"))).rows.isEmpty)
      try log(subject, run, "loss", [5])
      let reopened = try subject.reopen()
      #expect(try reopened.points(of: run, metric: "loss").values == [5])
      #expect(try reopened.series(of: run).map(\.attempt) == [3])
      #expect(try reopened.points(of: run, metric: "loss", in: 0..<9, attempt: 1).values == [3, 2, 1])
      #expect(try reopened.series(of: run, attempt: 1).map(\.count) == [3])
      #expect(try reopened.points(of: run, metric: "loss", in: 0..<9, attempt: 2).count == 0)
      let found = try reopened.runs(matching: RunQuery(filter: FilterParser.clauses(of: "metrics.loss = 5"))).rows
      #expect(found.count == 1 && found[0].metrics.map(\.last.value) == [5])
    },
  ]

  static let sweeps: [ContractCase<Subject>] = [
    demand("a sweep comes back as it was declared, and does not change") { subject in
      let sweep = try makeSweep(subject)
      #expect(try subject.reopen().sweep(sweep.run) == sweep)
      refuses(.conflict) { try subject.store.commit(.declareSweep(sweep)) }
      let run = try makeRun(subject, "r1")
      refuses(.notFound) { _ = try subject.store.sweep(run) }
      refuses(.invalid) { try subject.store.commit(.declareSweep(Sweep(run: run, spec: sweep.spec, source: ""))) }
    },
    demand("a trial needs a sweep above it and a number of its own") { subject in
      let sweep = try makeSweep(subject, trials: 1).run
      let run = try makeRun(subject, "r1")
      var new = trial(1, of: sweep)
      new.number = 0
      refuses(.conflict, "number 0") { try subject.store.commit(.createRun(new)) }
      new.number = nil
      refuses(.invalid) { try subject.store.commit(.createRun(new)) }
      new.number = 1
      new.parent = run
      refuses(.invalid) { try subject.store.commit(.createRun(new)) }
      new.parent = nil
      refuses(.invalid) { try subject.store.commit(.createRun(new)) }
    },
    demand("trials come by number with what they were created with") { subject in
      let sweep = try makeSweep(subject, trials: 3).run
      try subject.store.commit(.setParameter(sweep.trial(1), Parameter("effective.lr", 9)))
      let trials = try subject.reopen().trials(of: sweep, asOf: nil)
      #expect(trials.map(\.number) == [0, 1, 2])
      #expect(trials.map(\.run) == (0..<3).map { sweep.trial($0) })
      #expect(trials.map(\.parameters) == (0..<3).map { trial($0, of: sweep).parameters })
      #expect(trials.allSatisfy { $0.state == .scheduled && $0.observed == 0 })
      #expect(trials.map(\.proposed) == trials.map(\.proposed).sorted())
      #expect(try subject.store.trials(of: sweep, asOf: nil) == trials)
    },
    demand("the past of a sweep stays what it was, as of every change") { subject in
      let store = subject.store
      let sweep = try makeSweep(subject).run
      var moments: [(event: EventNumber, trials: [Trial])] = []
      func remember(_ event: EventNumber) throws {
        #expect(try store.lastEvent(of: sweep) == event)
        moments.append((event, try store.trials(of: sweep, asOf: nil)))
      }
      try remember(store.commit(.createRun(trial(0, of: sweep))))
      try remember(store.commit(.transition(sweep.trial(0), to: .running, reason: "")))
      try remember(store.commit(.observe(sweep.trial(0), count: 2)))
      try remember(store.commit(.createRun(trial(1, of: sweep))))
      try remember(
        store.commit([
          .observe(sweep.trial(0), count: 5), .transition(sweep.trial(0), to: .scheduled, reason: "lost"),
        ]))
      try remember(store.commit(.transition(sweep.trial(1), to: .pruned, reason: "")))
      let reopened = try subject.reopen()
      for moment in moments {
        #expect(try reopened.trials(of: sweep, asOf: moment.event) == moment.trials)
        #expect(try store.trials(of: sweep, asOf: moment.event) == moment.trials)
      }
      for reader in [reopened, store] {
        var seen: [(event: EventNumber, trials: [Trial])] = []
        try reader.trials(of: sweep, asOfEach: moments.map(\.event)) { seen.append(($0, $1)) }
        #expect(seen.map(\.event) == moments.map(\.event))
        #expect(seen.map(\.trials) == moments.map(\.trials))
      }
      #expect(moments.map { $0.trials.first?.observed } == [0, 0, 2, 2, 5, 5])
      #expect(
        moments.map { $0.trials.first?.state } == [.scheduled, .running, .running, .running, .scheduled, .scheduled])
      #expect(try store.trials(of: sweep, asOf: 0).isEmpty)
    },
    demand("what is observed never falls") { subject in
      let sweep = try makeSweep(subject, trials: 1).run
      let event = try subject.store.commit(.observe(sweep.trial(0), count: 3))
      #expect(try subject.store.commit(.observe(sweep.trial(0), count: 2)) == event)
      #expect(try subject.store.trials(of: sweep, asOf: nil).map(\.observed) == [3])
      #expect(try subject.store.lastEvent(of: sweep) == event)
    },
    demand("the last event of a sweep moves with its trials and with nothing else") { subject in
      let store = subject.store
      let sweep = try makeSweep(subject, trials: 1).run
      let other = try makeSweep(subject, "other", trials: 1).run
      #expect(try store.lastEvent(of: try makeRun(subject, "r1")) == 0)
      let before = try store.lastEvent(of: sweep)
      #expect(before > 0)
      try store.commit(.setNote(other, "x"))
      try store.commit(.transition(other.trial(0), to: .running, reason: ""))
      try log(subject, sweep.trial(0), "accuracy", [0.5])
      #expect(try store.lastEvent(of: sweep) == before)
      for change: Change in [
        .setTag(sweep.trial(0), name: "a", value: "b"), .setNote(sweep, "x"),
        .beginAttempt(sweep.trial(0), number: 1, launcher: "local", continues: false),
        .endAttempt(sweep.trial(0), number: 1, .lost, detail: ""),
      ] {
        let event = try store.commit(change)
        #expect(try store.lastEvent(of: sweep) == event)
      }
    },
    demand("decisions are kept with their reasons, in one commit with their effect") { subject in
      let store = subject.store
      let sweep = try makeSweep(subject).run
      let asOf = try store.lastEvent(of: sweep)
      func decision(_ kind: Decision.Kind, trial: Int?, reason: String) -> Decision {
        Decision(
          sweep: sweep, kind: kind, decider: "random", asOf: asOf, trial: trial, reason: reason,
          details: ["draws": [0.5, 1]])
      }
      let event = try store.commit([
        .createRun(trial(0, of: sweep)), .decide(decision(.propose, trial: 0, reason: "drawn")),
      ])
      try store.commit(.decide(decision(.end, trial: nil, reason: "done")))
      let decisions = try subject.reopen().decisions(of: sweep)
      #expect(decisions.map(\.kind) == [.propose, .end])
      #expect(decisions.map(\.reason) == ["drawn", "done"])
      #expect(decisions.map(\.trial) == [0, nil])
      #expect(decisions.map(\.asOf) == [asOf, asOf])
      #expect(decisions[0].event == event && decisions[0].time == subject.clock.time)
      #expect(decisions[0].details == ["draws": [0.5, 1]])
      refuses(.invalid, "reason") { try store.commit(.decide(decision(.stop, trial: 0, reason: ""))) }
      refuses(.conflict) {
        try store.commit([.decide(decision(.propose, trial: 0, reason: "again")), .createRun(trial(0, of: sweep))])
      }
      #expect(try store.decisions(of: sweep).count == 2)
      let run = try makeRun(subject, "r1")
      var stray = decision(.end, trial: nil, reason: "x")
      stray.sweep = run
      refuses(.invalid) { try store.commit(.decide(stray)) }
    },
  ]
}
