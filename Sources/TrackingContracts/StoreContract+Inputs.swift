internal import Testing
internal import Tracking

extension StoreContract {
  private static func dataset(_ name: String, _ digest: String) -> Dataset {
    Dataset(
      name: name, digest: digest, sourceType: "local", source: "{\"uri\": \"\(name).csv\"}", schema: "[]", profile: nil)
  }

  static let inputs: [ContractCase<Subject>] = [
    demand("datasets that went into a run come back in recorded order, with their tags") { subject in
      let run = try makeRun(subject, "r1")
      let train = RunInput(dataset("train", "1"), tags: ["mlflow.data.context": "training", "empty": ""])
      let plain = RunInput(Dataset(name: "a", digest: "d", sourceType: "", source: ""))
      try subject.store.commit([.addInputs(run, [train]), .addInputs(run, [plain]), .addInputs(run, [])])
      #expect(try subject.reopen().inputs(of: run) == [train, plain])
      refuses(.notFound) { _ = try subject.store.inputs(of: id("none")) }
      refuses(.invalid, "digest") { try subject.store.commit(.addInputs(run, [RunInput(dataset("a", ""))])) }
    },
    demand("the same dataset again only gains the tags, and is what it first was") { subject in
      let run = try makeRun(subject, "r1")
      let other = try makeRun(subject, "r2")
      let event = try subject.store.commit(
        .addInputs(run, [RunInput(dataset("train", "1"), tags: ["a": "1", "b": "2"])]))
      var again = dataset("train", "1")
      again.source = "elsewhere"
      try subject.store.commit(.addInputs(run, [RunInput(again, tags: ["b": "3"])]))
      try subject.store.commit(.addInputs(other, [RunInput(again)]))
      let kept = RunInput(dataset("train", "1"), tags: ["a": "1", "b": "3"])
      #expect(try subject.store.inputs(of: run) == [kept])
      #expect(try subject.store.inputs(of: other) == [RunInput(kept.dataset)])
      #expect(try subject.store.commit(.addInputs(run, [kept])) == event + 2)
    },
    demand("runs are found by their datasets") { subject in
      for (name, inputs) in [
        ("a", [RunInput(dataset("train", "1"), tags: ["mlflow.data.context": "training"])]),
        (
          "b", [RunInput(dataset("train", "2"), tags: ["mlflow.data.context": "eval"]), RunInput(dataset("test", "1"))]
        ),
        ("c", [RunInput(dataset("Test", "3"))]), ("d", []),
      ] { try subject.store.commit(.addInputs(makeRun(subject, name), inputs)) }
      func found(_ property: RunField.DatasetProperty, _ comparison: FilterClause.Comparison) throws -> String {
        let query = RunQuery(
          filter: [FilterClause(.dataset(property), comparison)], order: [RunQuery.Order(.attribute(.id))])
        return try subject.store.runs(matching: query).rows.map(\.run.id.text).joined()
      }
      #expect(try found(.name, .equals("train", negated: false)) == "ab")
      #expect(try found(.name, .equals("train", negated: true)) == "bc")
      #expect(try found(.name, .like("t%", ignoringCase: true)) == "abc")
      #expect(try found(.name, .like("T%", ignoringCase: false)) == "c")
      #expect(try found(.digest, .oneOf(["1", "3"], negated: false)) == "abc")
      #expect(try found(.digest, .oneOf(["1", "3"], negated: true)) == "b")
      #expect(try found(.context, .equals("eval", negated: false)) == "b")
      #expect(try found(.context, .isNull(negated: true)) == "ab")
      #expect(try found(.name, .isNull(negated: false)) == "d")
      refuses(.invalid) { _ = try found(.name, .number(.less, 1)) }
    },
  ]
}
