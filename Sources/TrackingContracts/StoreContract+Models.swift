internal import Testing
internal import Tracking

extension StoreContract {
  private static func change(_ subject: Subject, _ changes: LoggedModelChange...) throws {
    try subject.store.commit(changes.map { .model($0) })
  }

  private static func model(_ subject: Subject, _ id: String, source: RunID? = nil) -> LoggedModel {
    LoggedModel(
      id: id, experiment: "digits", name: "net", source: source, status: .pending, type: "Agent",
      created: subject.clock.time, updated: subject.clock.time, parameters: ["lr": "0.1"], tags: ["t": "x"])
  }

  private static func metric(_ run: RunID, _ step: Int64, _ value: Double, data: String? = nil) -> LoggedModelMetric {
    LoggedModelMetric(
      name: "loss", point: MetricPoint(step: step, time: Timestamp(milliseconds: 7), value: value), run: run,
      dataset: data.map { LoggedModelMetric.DatasetName(name: $0, digest: "1") })
  }

  static let models: [ContractCase<Subject>] = [
    demand("a logged model comes back with everything that it was recorded with") { subject in
      let run = try makeRun(subject, "r1")
      var made = model(subject, "m-1", source: run)
      made.metrics = [metric(run, 0, 1)]
      try change(subject, .create(made))
      made.metrics = []
      #expect(try subject.reopen().loggedModel("m-1") == made)
      refuses(.notFound, "m-2") { _ = try subject.store.loggedModel("m-2") }
      refuses(.conflict, "m-1") { try change(subject, .create(made)) }
      for id in ["", "a/b", ".", ".."] { refuses(.invalid) { try change(subject, .create(model(subject, id))) } }
      made.id = "m-2"
      made.experiment = "none"
      refuses(.notFound, "none") { try change(subject, .create(made)) }
    },
    demand("a logged model changes by status, parameters and tags") { subject in
      try makeRun(subject, "r1")
      try change(subject, .create(model(subject, "m-1")))
      subject.clock.advance()
      try change(
        subject, .setStatus("m-1", .ready), .setParameter("m-1", name: "epochs", value: "3"),
        .setParameter("m-1", name: "lr", value: "0.1"), .setTag("m-1", name: "t", value: nil),
        .setTag("m-1", name: "u", value: "y"))
      let changed = try subject.reopen().loggedModel("m-1")
      #expect(changed.status == .ready && changed.parameters == ["lr": "0.1", "epochs": "3"])
      #expect(changed.tags == ["u": "y"] && changed.updated == changed.created + 1_000)
      refuses(.conflict, "0.1") { try change(subject, .setParameter("m-1", name: "lr", value: "1")) }
      refuses(.notFound) { try change(subject, .setStatus("m-2", .ready)) }
    },
    demand("of a logged model's metrics the latest of each name, run and dataset counts") { subject in
      let (one, two) = (try makeRun(subject, "r1"), try makeRun(subject, "r2"))
      try change(subject, .create(model(subject, "m-1")))
      try change(subject, .log("m-1", [metric(one, 5, 0.5), metric(one, 4, 0.4), metric(two, 1, .nan)]))
      try change(subject, .log("m-1", [metric(one, 5, 0.4), metric(two, 1, 0.1), metric(one, 1, 0.3, data: "test")]))
      let metrics = try subject.reopen().loggedModel("m-1").metrics
      #expect(metrics == [metric(one, 5, 0.5), metric(one, 1, 0.3, data: "test"), metric(two, 1, 0.1)])
      refuses(.notFound) { try change(subject, .log("m-1", [metric(id("none"), 1, 1)])) }
    },
    demand("logged models are listed by experiment and source, newest first, without the deleted ones") { subject in
      let run = try makeRun(subject, "r1")
      try makeRun(subject, "r2", experiment: "other")
      try change(subject, .create(model(subject, "m-1", source: run)))
      subject.clock.advance()
      var elsewhere = model(subject, "m-2")
      elsewhere.experiment = "other"
      try change(subject, .create(elsewhere), .create(model(subject, "m-3")), .create(model(subject, "m-4")))
      try change(subject, .delete("m-3"), .delete("m-3"))
      func found(_ experiments: [String], _ source: RunID? = nil) throws -> [String] {
        try subject.store.loggedModels(inExperiments: experiments, of: source).map(\.id)
      }
      #expect(try found([]) == ["m-4", "m-2", "m-1"] && found(["digits"]) == ["m-4", "m-1"])
      #expect(try found(["digits", "other"], run) == ["m-1"] && found(["none"]) == [])
      #expect(try subject.store.loggedModel("m-3").deleted == subject.clock.time)
      refuses(.conflict, "deleted") { try change(subject, .setStatus("m-3", .ready)) }
    },
    demand("files are attached to a logged model by path, and detached") { subject in
      try makeRun(subject, "r1")
      try change(subject, .create(model(subject, "m-1")))
      func file(_ path: String, _ content: String) -> LoggedModelFile {
        LoggedModelFile(
          path: path, digest: Digest(hashing: content), bytes: 5, contentBytes: 1 << 40, time: subject.clock.time)
      }
      try change(
        subject, .attach("m-1", file("model.pkl", "1")), .attach("m-1", file("data/MLmodel", "2")),
        .attach("m-1", file("model.pkl", "3")), .attach("m-1", file("gone", "4")), .detach("m-1", path: "gone"),
        .detach("m-1", path: "none"))
      #expect(try subject.reopen().files(ofModel: "m-1") == [file("data/MLmodel", "2"), file("model.pkl", "3")])
      for path in ["", "/a", "a//b", "../a", "a/..", "a/"] {
        refuses(.invalid) { try change(subject, .attach("m-1", file(path, "5"))) }
      }
      refuses(.notFound) { _ = try subject.store.files(ofModel: "m-2") }
    },
    demand("logged models are what came out of a run, in recorded order") { subject in
      let run = try makeRun(subject, "r1")
      try change(subject, .create(model(subject, "m-2")), .create(model(subject, "m-1")))
      let outputs = [RunOutput(model: "m-2"), RunOutput(model: "m-1", step: 3), RunOutput(model: "m-2", step: 4)]
      let event = try subject.store.commit([.addOutputs(run, outputs), .addOutputs(run, outputs)])
      #expect(try subject.reopen().outputs(of: run) == outputs)
      #expect(try subject.store.commit(.setNote(run, "n")) == event + 1)
      refuses(.notFound, "m-9") { try subject.store.commit(.addOutputs(run, [RunOutput(model: "m-9")])) }
      refuses(.notFound) { _ = try subject.store.outputs(of: id("none")) }
    },
  ]
}
