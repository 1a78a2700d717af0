internal import Testing
internal import Tracking

extension StoreContract {
  static let waiting: [ContractCase<Subject>] = [
    demand("an allowance is a trial's own, at least 1, and refused once it has ended") { subject in
      let store = subject.store
      let sweep = try makeSweep(subject, trials: 2).run
      #expect(try store.trials(of: sweep, asOf: nil).map(\.allowance) == [nil, nil])
      let event = try store.commit(.allow(sweep.trial(1), points: 3))
      #expect(try store.lastEvent(of: sweep) == event)
      #expect(try subject.reopen().trials(of: sweep, asOf: nil).map(\.allowance) == [nil, 3])
      refuses(.invalid) { try store.commit(.allow(sweep.trial(0), points: 0)) }
      refuses(.invalid, "hyperdrive") { try store.commit(.allow(sweep, points: 1)) }
      refuses(.notFound) { try store.commit(.allow(id("none"), points: 1)) }
      try store.commit(.transition(sweep.trial(1), to: .pruned, reason: ""))
      refuses(.conflict, "pruned") { try store.commit(.allow(sweep.trial(1), points: 4)) }
    },
    demand("a trial is paused from running, and goes on or ends from there") { subject in
      let store = subject.store
      let sweep = try makeSweep(subject, trials: 2).run
      let trial = sweep.trial(0)
      refuses(.conflict) { try store.commit(.transition(trial, to: .paused, reason: "")) }
      try store.commit([.transition(trial, to: .running, reason: ""), .transition(trial, to: .paused, reason: "rung")])
      #expect(try subject.reopen().run(trial).state == .paused)
      #expect(try store.run(trial).ended == nil)
      try log(subject, trial, "accuracy", [0.5])
      refuses(.conflict) { try store.commit(.transition(trial, to: .running, reason: "")) }
      try store.commit([
        .transition(trial, to: .scheduled, reason: "resumed"), .transition(trial, to: .running, reason: ""),
        .transition(trial, to: .paused, reason: ""), .transition(trial, to: .pruned, reason: "not continued"),
      ])
      #expect(try store.trials(of: sweep, asOf: nil).map(\.state) == [.pruned, .scheduled])
    },
    demand("what waits, may go on and began from another can be read as of every change") { subject in
      let store = subject.store
      let sweep = try makeSweep(subject).run
      let (first, second) = (sweep.trial(0), sweep.trial(1))
      var moments: [(event: EventNumber, trials: [Trial])] = []
      func commit(_ changes: Change...) throws {
        moments.append((try store.commit(changes), try store.trials(of: sweep, asOf: nil)))
      }
      func decision(_ kind: Decision.Kind, _ number: Int) -> Change {
        .decide(Decision(sweep: sweep, kind: kind, decider: "asha", asOf: 1, trial: number, reason: "because"))
      }
      try commit(.createRun(trial(0, of: sweep)))
      try commit(.allow(first, points: 1))
      try commit(.transition(first, to: .running, reason: ""), .observe(first, count: 1))
      try commit(decision(.pause, 0), .transition(first, to: .paused, reason: ""))
      try commit(.allow(first, points: 3), decision(.resume, 0), .transition(first, to: .scheduled, reason: ""))
      try commit(.transition(first, to: .running, reason: ""), .observe(first, count: 3))
      try commit(.allow(first, points: nil))
      try commit(.transition(first, to: .finished, reason: ""))
      var heir = trial(1, of: sweep)
      heir.origin = ["continues": .text(first.text)]
      try commit(.createRun(heir))
      try commit(.transition(second, to: .canceled, reason: ""))
      let reopened = try subject.reopen()
      for moment in moments {
        #expect(try reopened.trials(of: sweep, asOf: moment.event) == moment.trials)
        #expect(try store.trials(of: sweep, asOf: moment.event) == moment.trials)
      }
      #expect(moments.map { $0.trials[0].allowance } == [nil, 1, 1, 1, 3, 3, nil, nil, nil, nil])
      #expect(
        moments.map { $0.trials[0].state } == [
          .scheduled, .scheduled, .running, .paused, .scheduled, .running, .running, .finished, .finished, .finished,
        ])
      let (ended, canceled) = (moments[7].event, moments[9].event)
      #expect(moments.map { $0.trials[0].ended } == Array(repeating: nil, count: 7) + [ended, ended, ended])
      #expect(moments.suffix(2).map { $0.trials[1].ended } == [nil, canceled])
      #expect(moments.suffix(2).map { $0.trials.map(\.continues) } == [[nil, first], [nil, first]])
      #expect(try reopened.decisions(of: sweep).map(\.kind) == [.pause, .resume])
    },
    demand("a trial that starts over is observed from 0 again, one that continues is not") { subject in
      let store = subject.store
      let sweep = try makeSweep(subject, trials: 1).run
      let run = sweep.trial(0)
      var moments: [(event: EventNumber, trials: [Trial])] = []
      func commit(_ changes: Change...) throws {
        moments.append((try store.commit(changes), try store.trials(of: sweep, asOf: nil)))
      }
      func end(_ number: Int) -> Change { .endAttempt(run, number: number, .lost, detail: "") }
      func begin(_ number: Int, continues: Bool) -> Change {
        .beginAttempt(run, number: number, launcher: "local", continues: continues)
      }
      try commit(begin(1, continues: false))
      try log(subject, run, "accuracy", [0.5, 0.25])
      try commit(.observe(run, count: 2))
      try commit(end(1), begin(2, continues: true))
      try commit(end(2), begin(3, continues: false))
      try log(subject, run, "accuracy", [0.75])
      try commit(.observe(run, count: 1))
      let reopened = try subject.reopen()
      for moment in moments { #expect(try reopened.trials(of: sweep, asOf: moment.event) == moment.trials) }
      #expect(moments.map { $0.trials[0].observed } == [0, 2, 2, 0, 1])
      #expect(moments.map { $0.trials[0].attempt } == [1, 1, 1, 3, 3])
    },
    demand("the changes of a commit take one number each, in their order") { subject in
      let store = subject.store
      let sweep = try makeSweep(subject).run
      let last = try store.commit([
        .createRun(trial(0, of: sweep)), .allow(sweep.trial(0), points: 2),
        .beginAttempt(sweep.trial(0), number: 1, launcher: "local", continues: false),
        .transition(sweep.trial(0), to: .running, reason: ""), .createRun(trial(1, of: sweep)),
        .observe(sweep.trial(0), count: 1), .setTag(sweep.trial(0), name: "a", value: nil),
        .endAttempt(sweep.trial(0), number: 1, .canceled, detail: ""),
        .transition(sweep.trial(0), to: .finished, reason: ""), .setNote(sweep, ""),
      ])
      let trials = try store.trials(of: sweep, asOf: nil)
      #expect(trials.map(\.proposed) == [last - 9, last - 5])
      #expect(trials.map(\.ended) == [last - 1, nil])
      #expect(try store.transitions(of: sweep.trial(0)).map(\.event) == [last - 9, last - 6, last - 1])
      #expect(try store.lastEvent(of: sweep) == last)
    },
  ]
}
