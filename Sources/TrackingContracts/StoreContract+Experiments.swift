internal import Testing
internal import Tracking

extension StoreContract {
  private static func change(_ subject: Subject, _ changes: ExperimentChange...) throws {
    try subject.store.commit(changes.map { .experiment($0) })
  }

  static let experiments: [ContractCase<Subject>] = [
    demand("an experiment comes back with its number, times and tags, by name and by number") { subject in
      try change(subject, .create(name: "digits", id: nil, tags: ["team": "vision", "empty": ""]))
      let made = Experiment(
        id: 1, name: "digits", created: subject.clock.time, updated: subject.clock.time, runs: 0,
        tags: ["team": "vision", "empty": ""])
      let store = try subject.reopen()
      #expect(try store.experiment(named: "digits") == made)
      #expect(try store.experiment(id: 1) == made)
      try change(subject, .create(name: "other", id: nil, tags: [:]))
      #expect(try store.experiments().map(\.tags) == [made.tags, [:]])
      refuses(.notFound, "none") { _ = try store.experiment(named: "none") }
      refuses(.notFound, "9") { _ = try store.experiment(id: 9) }
    },
    demand("an experiment gets the number that it asks for, or the next free one from 1") { subject in
      let store = subject.store
      try change(subject, .create(name: "default", id: 0, tags: [:]), .create(name: "first", id: nil, tags: [:]))
      try change(subject, .create(name: "far", id: 7_000_000_000_000, tags: [:]))
      try makeRun(subject, "r1", experiment: "made with its run")
      #expect(try store.experiments().map(\.id) == [0, 1, 7_000_000_000_000, 7_000_000_000_001])
      refuses(.conflict, "first") { try change(subject, .create(name: "second", id: 1, tags: [:])) }
      refuses(.conflict, "far") { try change(subject, .create(name: "far", id: nil, tags: [:])) }
      refuses(.invalid) { try change(subject, .create(name: "less", id: -1, tags: [:])) }
      refuses(.invalid) { try change(subject, .create(name: "most", id: .max, tags: [:])) }
      refuses(.invalid, "empty") { try change(subject, .create(name: "", id: nil, tags: [:])) }
    },
    demand("an experiment that is renamed keeps its runs") { subject in
      let run = try makeRun(subject, "r1", experiment: "before")
      try makeRun(subject, "r2", experiment: "taken")
      subject.clock.advance()
      try change(subject, .rename("before", to: "after"))
      #expect(try subject.store.run(run).experiment == "after")
      let renamed = try subject.reopen().experiment(named: "after")
      #expect(renamed.runs == 1 && renamed.id == 1 && renamed.updated == renamed.created + 1_000)
      refuses(.notFound, "before") { _ = try subject.store.experiment(named: "before") }
      refuses(.conflict, "taken") { try change(subject, .rename("after", to: "taken")) }
      refuses(.invalid) { try change(subject, .rename("after", to: "")) }
      refuses(.notFound, "none") { try change(subject, .rename("none", to: "some")) }
    },
    demand("an experiment's tags change") { subject in
      try change(subject, .create(name: "e", id: nil, tags: ["a": "1", "b": "2"]))
      subject.clock.advance()
      try change(
        subject, .setTag("e", name: "a", value: "3"), .setTag("e", name: "b", value: nil),
        .setTag("e", name: "c", value: ""), .setTag("e", name: "none", value: nil))
      let experiment = try subject.store.experiment(named: "e")
      #expect(experiment.tags == ["a": "3", "c": ""] && experiment.updated == subject.clock.time)
      refuses(.invalid) { try change(subject, .setTag("e", name: "", value: "x")) }
      refuses(.notFound) { try change(subject, .setTag("none", name: "a", value: "x")) }
    },
    demand("an experiment is deleted with its runs, and restored with those that were deleted with it") { subject in
      let store = subject.store
      for name in ["a", "b", "c"] { try makeRun(subject, name) }
      try makeRun(subject, "elsewhere", experiment: "other")
      try store.commit(.delete(id("a")))
      subject.clock.advance()
      try change(subject, .delete("digits"), .delete("digits"))
      #expect(try store.experiment(named: "digits").deleted == subject.clock.time)
      #expect(try store.run(id("a")).deleted == subject.clock.time - 1_000)
      #expect(try store.run(id("b")).deleted == subject.clock.time)
      #expect(try store.runs(matching: RunQuery()).rows.map(\.run.id) == [id("elsewhere")])
      #expect(try store.experiment(named: "digits").runs == 3)
      try store.commit(.restore(id("c")))
      try change(subject, .restore("digits"), .restore("digits"))
      #expect(try subject.reopen().experiment(named: "digits").deleted == nil)
      #expect(try store.runs(matching: RunQuery()).rows.count == 3)
      #expect(try store.run(id("a")).deleted != nil)
    },
    demand("a deleted experiment takes nothing before it is restored") { subject in
      try makeRun(subject, "r1")
      try change(subject, .delete("digits"))
      refuses(.conflict, "restored first") { try makeRun(subject, "r2") }
      refuses(.conflict, "restored first") { try change(subject, .rename("digits", to: "other")) }
      refuses(.conflict, "restored first") { try change(subject, .setTag("digits", name: "a", value: "b")) }
      refuses(.conflict, "deleted") { try change(subject, .create(name: "digits", id: nil, tags: [:])) }
      try change(subject, .restore("digits"))
      try makeRun(subject, "r2")
    },
  ]
}
