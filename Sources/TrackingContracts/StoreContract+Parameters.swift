internal import Testing
internal import Tracking

extension StoreContract {
  static let parametersAndTags: [ContractCase<Subject>] = [
    demand("a parameter keeps its type and its exact value") { subject in
      let values: [Value] = [
        .null, true, false, 0, .integer(.min), .integer(.max), 0.1, 1.0, -0.0, .real(.leastNonzeroMagnitude),
        .real(.greatestFiniteMagnitude), "", "adam", "1", "null", "[1]", "a \"quoted\" \\ text\n\u{0}\u{1F9EA}",
        [1, "two", [3.0]], ["b": 1, "a": .null],
      ]
      let parameters = values.enumerated().map { Parameter("p\($0.offset)", $0.element) }
      let run = try makeRun(subject, "r1", parameters: parameters)
      let found = try subject.reopen().parameters(of: run)
      #expect(found == parameters)
      for (found, given) in zip(found, parameters) { #expect(found.value.json == given.value.json) }
    },
    demand("a parameter is set once: the same again is nothing new, another value a conflict") { subject in
      let run = try makeRun(subject, "r1", parameters: [Parameter("lr", 0.1)])
      try subject.store.commit(.setParameter(run, Parameter("epochs", 3)))
      let before = try subject.store.commit(.setTag(run, name: "x", value: "y"))
      #expect(try subject.store.commit(.setParameter(run, Parameter("epochs", 3))) == before)
      refuses(.conflict, "epochs") { try subject.store.commit(.setParameter(run, Parameter("epochs", 4))) }
      refuses(.conflict, "0.1") { try subject.store.commit(.setParameter(run, Parameter("lr", 0.2))) }
      #expect(try subject.store.parameters(of: run) == [Parameter("lr", 0.1), Parameter("epochs", 3)])
    },
    demand("what makes no sense as a parameter or tag is refused") { subject in
      let run = try makeRun(subject, "r1")
      refuses(.invalid) { try subject.store.commit(.setParameter(run, Parameter("", 1))) }
      refuses(.invalid) { try subject.store.commit(.setParameter(run, Parameter("a", .real(.nan)))) }
      refuses(.invalid) { try subject.store.commit(.setParameter(run, Parameter("a", .real(.infinity)))) }
      refuses(.invalid) { try subject.store.commit(.setTag(run, name: "", value: "x")) }
      refuses(.invalid, "twice") { try makeRun(subject, "r2", parameters: [Parameter("a", 1), Parameter("a", 1)]) }
    },
    demand("a tag is set, changed and removed") { subject in
      let run = try makeRun(subject, "r1", tags: ["a": "1"])
      try subject.store.commit([
        .setTag(run, name: "a", value: "2"), .setTag(run, name: "b", value: ""),
        .setTag(run, name: "c d/é", value: "x"),
      ])
      #expect(try subject.reopen().tags(of: run) == ["a": "2", "b": "", "c d/é": "x"])
      try subject.store.commit([.setTag(run, name: "a", value: nil), .setTag(run, name: "none", value: nil)])
      #expect(try subject.store.tags(of: run) == ["b": "", "c d/é": "x"])
    },
    demand("tags and parameters of one name do not meet, nor do those of two runs") { subject in
      let one = try makeRun(subject, "r1", parameters: [Parameter("x", 1)], tags: ["x": "tag"])
      let two = try makeRun(subject, "r2", parameters: [Parameter("x", 2)])
      try log(subject, one, "x", [3])
      #expect(try subject.store.parameters(of: one) == [Parameter("x", 1)])
      #expect(try subject.store.tags(of: one) == ["x": "tag"])
      #expect(try subject.store.parameters(of: two) == [Parameter("x", 2)])
      #expect(try subject.store.tags(of: two).isEmpty)
      #expect(try subject.store.series(of: two).isEmpty)
    },
  ]
}
