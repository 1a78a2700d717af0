internal import Testing
internal import Tracking

extension StoreContract {
  static let deletion: [ContractCase<Subject>] = [
    demand("a deleted run is kept, hidden and restored") { subject in
      let store = subject.store
      let run = try makeRun(subject, "r1", parameters: [Parameter("p", 1)])
      try log(subject, run, "m", [1, 2])
      try makeRun(subject, "r2")
      subject.clock.advance()
      try store.commit([.delete(run), .delete(run)])
      #expect(try subject.reopen().run(run).deleted == subject.clock.time)
      #expect(try store.points(of: run, metric: "m").values == [1, 2])
      #expect(try store.runs(matching: RunQuery()).rows.map(\.run.id) == [id("r2")])
      #expect(try store.runs(matching: RunQuery(stage: .deleted)).rows.map(\.run.id) == [run])
      #expect(try store.runs(matching: RunQuery(stage: .all)).rows.count == 2)
      try store.commit([.restore(run), .restore(run)])
      #expect(try store.run(run).deleted == nil)
      #expect(try store.runs(matching: RunQuery(stage: .deleted)).rows.isEmpty)
      refuses(.notFound) { try store.commit(.delete(id("none"))) }
      refuses(.notFound) { try store.commit(.restore(id("none"))) }
    },
    demand("nothing is written to a deleted run before it is restored") { subject in
      let store = subject.store
      let run = try makeRun(subject, "r1")
      try store.commit(.delete(run))
      let artifact = Artifact(
        run: run, name: "model", digest: Digest(hashing: "model"), bytes: 1, contentBytes: 1, files: 1,
        time: subject.clock.time)
      let changes: [Change] = [
        .transition(run, to: .finished, reason: ""), .setParameter(run, Parameter("p", 1)),
        .setTag(run, name: "t", value: "x"), .setTag(run, name: "t", value: nil), .setNote(run, "note"),
        .setName(run, "name"), .attach(artifact), .detach(run, artifact: "model"),
        .setTimes(run, started: subject.clock.time, ended: nil), .addInputs(run, []), .addOutputs(run, []),
        .beginAttempt(run, number: 1, launcher: "local", continues: false),
      ]
      for change in changes { refuses(.conflict, "restored first") { try store.commit(change) } }
      refuses(.conflict, "restored first") { try log(subject, run, "m", [1]) }
      refuses(.conflict, "restored first") { _ = try store.logger(for: run) }
      try store.commit(.restore(run))
      try store.commit(.transition(run, to: .finished, reason: ""))
    },
    demand("a run's children are not deleted with it") { subject in
      let sweep = try makeSweep(subject, trials: 2).run
      try subject.store.commit(.delete(sweep))
      #expect(try subject.store.runs(matching: RunQuery(parent: sweep)).rows.count == 2)
    },
  ]
}
