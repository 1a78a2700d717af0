internal import Testing
internal import Tracking

extension StoreContract {
  static let runs: [ContractCase<Subject>] = [
    demand("a new store is empty") { subject throws in
      #expect(try subject.store.experiments().isEmpty)
      #expect(try subject.store.runs(matching: RunQuery()).rows.isEmpty)
      #expect(try subject.store.commit([]) == 0)
    },
    demand("a run comes back with everything that it was recorded with, also after reopening") { subject in
      let origin: Value = ["command": ["runs", "exec"], "nested": ["pi": 3.0, "n": 3, "none": .null, "on": true]]
      let above = try makeRun(subject, "above")
      try subject.store.commit(
        .createRun(
          NewRun(
            id: id("r1"), experiment: "übung 1", kind: .run, parent: above, name: "first try 🧪", state: .queued,
            reason: "because", origin: origin, parameters: [Parameter("b", 1), Parameter("a", "x")],
            tags: ["team": "vision", "empty": ""])))
      let expected = Run(
        id: id("r1"), experiment: "übung 1", kind: .run, parent: above, name: "first try 🧪", state: .queued,
        reason: "because", created: subject.clock.time, origin: origin)
      for store in [subject.store, try subject.reopen()] {
        #expect(try store.run(id("r1")) == expected)
        #expect(try store.parameters(of: id("r1")) == [Parameter("b", 1), Parameter("a", "x")])
        #expect(try store.tags(of: id("r1")) == ["team": "vision", "empty": ""])
      }
    },
    demand("a run that is not there is not found, whatever is asked of it") { subject in
      let none = id("none")
      let store = subject.store
      refuses(.notFound, "none") { _ = try store.run(none) }
      refuses(.notFound) { _ = try store.transitions(of: none) }
      refuses(.notFound) { _ = try store.parameters(of: none) }
      refuses(.notFound) { _ = try store.tags(of: none) }
      refuses(.notFound) { _ = try store.series(of: none) }
      refuses(.notFound) { _ = try store.points(of: none, metric: "loss") }
      refuses(.notFound) { _ = try store.attempts(of: none) }
      refuses(.notFound) { _ = try store.artifacts(of: none) }
      refuses(.notFound) { _ = try store.sweep(none) }
      refuses(.notFound) { try log(subject, none, "loss", [1]) }
      refuses(.notFound) { _ = try store.logger(for: none) }
      refuses(.notFound) { try store.commit(.transition(none, to: .running, reason: "")) }
      refuses(.notFound) { try store.commit(.setParameter(none, Parameter("a", 1))) }
      refuses(.notFound) { try store.commit(.setTag(none, name: "a", value: "b")) }
      refuses(.notFound) { try store.commit(.setNote(none, "note")) }
      refuses(.notFound) { try store.commit(.observe(none, count: 1)) }
      refuses(.notFound) {
        try store.commit(.beginAttempt(none, number: 1, launcher: "local", continues: false))
      }
      refuses(.notFound) {
        try store.commit(.createRun(NewRun(id: id("child"), experiment: "e", parent: none)))
      }
    },
    demand("an id is taken once, and a refused commit records nothing of itself") { subject in
      try makeRun(subject, "r1")
      refuses(.conflict, "r1") {
        try subject.store.commit([
          .createRun(NewRun(id: id("r2"), experiment: "other", parameters: [Parameter("fresh", 1)])),
          .setTag(id("r1"), name: "fresh tag", value: "x"),
          .createRun(NewRun(id: id("r1"), experiment: "digits")),
        ])
      }
      refuses(.notFound) { _ = try subject.store.run(id("r2")) }
      #expect(try subject.store.tags(of: id("r1")).isEmpty)
      #expect(try subject.store.experiments().map(\.name) == ["digits"])
      // Names that the refused commit brought up are none the worse for it.
      try makeRun(subject, "r3", parameters: [Parameter("fresh", 2)], tags: ["fresh tag": "y"])
      #expect(try subject.store.parameters(of: id("r3")) == [Parameter("fresh", 2)])
      #expect(try subject.store.tags(of: id("r3")) == ["fresh tag": "y"])
    },
    demand("a run does not begin in a final state") { subject in
      for state in RunState.allCases where state.isFinal {
        refuses(.invalid, state.rawValue) { try makeRun(subject, "r-\(state.rawValue)", state: state) }
      }
      for state: RunState in [.scheduled, .queued, .running] {
        let run = try makeRun(subject, "r-\(state.rawValue)", state: state)
        #expect(try subject.store.run(run).started == (state == .running ? subject.clock.time : nil))
      }
    },
    demand("the state machine holds for every pair of states and every kind") { subject in
      // The shortest ways into each state.
      let ways: [RunState: [RunState]] = [
        .scheduled: [], .queued: [.queued], .running: [.running], .finished: [.running, .finished],
        .failed: [.failed], .canceled: [.canceled], .pruned: [.pruned], .paused: [.running, .paused],
      ]
      let sweep = try makeSweep(subject)
      var number = 0
      for kind in RunKind.allCases {
        for from in RunState.allCases where from != .paused || kind == .trial {
          for to in RunState.allCases {
            let new =
              kind == .trial
              ? trial(number, of: sweep.run) : NewRun(id: id("\(kind)-\(number)"), experiment: "e", kind: kind)
            number += 1
            try subject.store.commit(.createRun(new))
            for state in ways[from] ?? [] { try subject.store.commit(.transition(new.id, to: state, reason: "")) }
            if from.allowedNext(for: kind).contains(to) {
              try subject.store.commit(.transition(new.id, to: to, reason: "so"))
              #expect(try subject.store.run(new.id).state == to)
            } else {
              refuses(.conflict, from.rawValue) {
                try subject.store.commit(.transition(new.id, to: to, reason: ""))
              }
              #expect(try subject.store.run(new.id).state == from)
            }
          }
        }
      }
    },
    demand("every transition is kept with its reason, time and number") { subject in
      let run = try makeRun(subject, "r1", state: .scheduled)
      subject.clock.advance()
      let began = subject.clock.time
      let second = try subject.store.commit(.transition(run, to: .running, reason: "a slot is free"))
      subject.clock.advance()
      let third = try subject.store.commit(.transition(run, to: .failed, reason: "exit code 1"))
      let transitions = try subject.reopen().transitions(of: run)
      #expect(transitions.map(\.from) == [nil, .scheduled, .running])
      #expect(transitions.map(\.to) == [.scheduled, .running, .failed])
      #expect(transitions.map(\.reason) == ["", "a slot is free", "exit code 1"])
      #expect(transitions.dropFirst().map(\.event) == [second, third])
      #expect(transitions[0].event < second && second < third)
      #expect(transitions.map(\.time) == [began - 1_000, began, began + 1_000])
      let recorded = try subject.store.run(run)
      #expect(recorded.state == .failed && recorded.reason == "exit code 1")
      #expect(recorded.started == began && recorded.ended == began + 1_000)
    },
    demand("a run keeps the time of its first start, and a sweep that goes on has not ended") { subject in
      let sweep = try makeSweep(subject).run
      let first = subject.clock.time
      try subject.store.commit(.transition(sweep, to: .running, reason: ""))
      subject.clock.advance()
      try subject.store.commit(.transition(sweep, to: .canceled, reason: "Ctrl-C"))
      #expect(try subject.store.run(sweep).ended == first + 1_000)
      try subject.store.commit(.transition(sweep, to: .queued, reason: "resumed"))
      try subject.store.commit(.transition(sweep, to: .running, reason: ""))
      #expect(try subject.store.run(sweep).ended == nil)
      #expect(try subject.store.run(sweep).started == first)
    },
    demand("a run on its own that is taken up again has not ended") { subject in
      let run = try makeRun(subject, "r1")
      let first = subject.clock.time
      subject.clock.advance()
      try subject.store.commit(.transition(run, to: .finished, reason: ""))
      try subject.store.commit(.transition(run, to: .running, reason: "again"))
      #expect(try subject.store.run(run).ended == nil)
      #expect(try subject.store.run(run).started == first)
      subject.clock.advance()
      try subject.store.commit(.transition(run, to: .failed, reason: "late"))
      #expect(try subject.store.run(run).ended == subject.clock.time)
    },
    demand("whoever brings a clock of its own says when a run began and ended") { subject in
      let early = Timestamp(milliseconds: 5)
      let store = subject.store
      try store.commit(.createRun(NewRun(id: id("r1"), experiment: "e", state: .running, started: early)))
      try store.commit(.createRun(NewRun(id: id("r2"), experiment: "e", started: early)))
      #expect(try store.run(id("r1")).started == early && store.run(id("r2")).started == early)
      try store.commit(.transition(id("r2"), to: .running, reason: ""))
      #expect(try store.run(id("r2")).started == early)
      try store.commit([
        .transition(id("r1"), to: .finished, reason: ""), .setTimes(id("r1"), started: nil, ended: early + 7),
      ])
      #expect(try store.run(id("r1")).started == early && store.run(id("r1")).ended == early + 7)
      try store.commit(.setTimes(id("r1"), started: early - 1, ended: nil))
      #expect(try store.run(id("r1")).started == early - 1 && store.run(id("r1")).ended == early + 7)
    },
    demand("experiments count their runs, oldest first") { subject in
      try makeRun(subject, "a", experiment: "one")
      subject.clock.advance()
      try makeRun(subject, "b", experiment: "two")
      try makeRun(subject, "c", experiment: "one")
      let experiments = try subject.reopen().experiments()
      #expect(experiments.map(\.name) == ["one", "two"])
      #expect(experiments.map(\.runs) == [2, 1])
      #expect(experiments[1].created == experiments[0].created + 1_000)
      refuses(.invalid) { try makeRun(subject, "d", experiment: "") }
    },
    demand("names and notes change") { subject in
      let run = try makeRun(subject, "r1")
      try subject.store.commit([.setName(run, "better"), .setNote(run, "line\nline")])
      #expect(try subject.store.run(run).name == "better")
      #expect(try subject.store.run(run).note == "line\nline")
      try subject.store.commit([.setName(run, nil), .setNote(run, "")])
      #expect(try subject.store.run(run).name == nil)
      #expect(try subject.store.run(run).note == "")
    },
    demand("an artifact is attached, replaced by name, and listed by name") { subject in
      let run = try makeRun(subject, "r1")
      func artifact(_ name: String, _ content: String) -> Artifact {
        Artifact(
          run: run, name: name, digest: Digest(hashing: content), bytes: 10, contentBytes: 1 << 40, files: 3,
          time: Timestamp(milliseconds: 0))
      }
      try subject.store.commit([.attach(artifact("model", "1")), .attach(artifact("log", "2"))])
      subject.clock.advance()
      try subject.store.commit(.attach(artifact("model", "3")))
      let artifacts = try subject.reopen().artifacts(of: run)
      #expect(artifacts.map(\.name) == ["log", "model"])
      #expect(artifacts.map(\.digest) == [Digest(hashing: "2"), Digest(hashing: "3")])
      #expect(artifacts[1].time == artifacts[0].time + 1_000)
      #expect(artifacts[0].contentBytes == 1 << 40)
      try subject.store.commit([.detach(run, artifact: "log"), .detach(run, artifact: "none")])
      #expect(try subject.store.artifacts(of: run).map(\.name) == ["model"])
    },
  ]
}

func + (time: Timestamp, milliseconds: Int64) -> Timestamp {
  Timestamp(milliseconds: time.milliseconds + milliseconds)
}

func - (time: Timestamp, milliseconds: Int64) -> Timestamp { time + -milliseconds }
