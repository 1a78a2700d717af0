import Tracking

/// One of every record and change that goes over the wire, with every field set.
enum WireSamples {
  static let run = RunID("q7k2")!
  static let time = Timestamp(milliseconds: 1_700_000_000_000)
  static let digest = Digest(hashing: "content")
  static let point = MetricPoint(step: 7, time: time, value: -0.0)
  static let details: Value = [
    "list": [1, 2.0, .real(.infinity), true, .null, "ü \"\u{1}"], "$only": ["$odd": .real(-.infinity)],
  ]
  static let dataset = Dataset(
    name: "digits", digest: "d1", sourceType: "local", source: "/data", schema: "{}", profile: "{\"rows\":1}")
  static let model = LoggedModel(
    id: "m-1", experiment: "digits", name: "net", source: run, status: .ready, type: "sklearn", created: time,
    updated: time, deleted: time, parameters: ["lr": "0.1"], tags: ["a": "b"],
    metrics: [
      LoggedModelMetric(
        name: "accuracy", point: point, run: run, dataset: .init(name: "digits", digest: "d1"))
    ])
  static let file = LoggedModelFile(path: "model.pkl", digest: digest, bytes: 10, contentBytes: 20, time: time)
  static let registered = RegisteredModel(
    name: "net", created: time, updated: time, description: "best", tags: ["a": "b"], aliases: ["champion": 2])
  static let version = ModelVersion(
    model: "net", version: 2, created: time, updated: time, description: "d", user: "u", source: "s", run: run,
    loggedModel: "m-1", stage: "Staging", tags: ["a": "b"])
  static let token = AccessToken(id: "ab12cd34", hash: digest, scope: .log, run: run, created: time, expires: time)
  static let artifact = Artifact(
    run: run, name: "model", digest: digest, bytes: 10, contentBytes: 20, files: 1, time: time)
  static let newRun = NewRun(
    id: run, experiment: "digits", kind: .trial, parent: RunID("sweep")!, number: 3, name: "three", state: .running,
    reason: "because", started: time, origin: details, parameters: [Parameter("lr", 0.1), Parameter("n", 3)],
    tags: ["a": "b"])
  static let decision = Decision(
    sweep: run, kind: .propose, decider: "random", asOf: 4, trial: 3, reason: "drawn", details: details, time: time,
    event: 5)
  static let summary = SeriesSummary(
    name: "loss", attempt: 2, count: 9, last: MetricPoint(step: 9, time: time, value: .nan), largestStep: .max,
    minimum: point, maximum: nil)
  static let series = MetricColumns(
    name: "loss", steps: [0, 1, 2, 5], times: [1_700_000_000_000, 1_700_000_000_100, 1_700_000_000_199, 0],
    values: [0.5, -0.0, .infinity, Double(nan: 0x1234, signaling: false)])
  static let query = RunQuery(
    filter: [
      FilterClause(.metric("loss"), .number(.less, .infinity)),
      FilterClause(.parameter("optimizer"), .equals("adam", negated: true)),
      FilterClause(.tag("a"), .like("b%", ignoringCase: true)),
      FilterClause(.attribute(.state), .oneOf(["finished", "failed"], negated: false)),
      FilterClause(.dataset(.name), .isNull(negated: true)),
    ], experiments: ["digits"], parent: run, kinds: [.trial, .run], stage: .all,
    order: [RunQuery.Order(.metric("loss"), ascending: false)], limit: 10, pageToken: "next", includesDetails: false)

  static func sweep() throws -> Sweep {
    let space: Value = [["name": "lr", "domain": ["type": "continuous", "min": 0.0, "max": 1.0]]]
    let spec = SweepSpec(
      experiment: "digits", work: .trainer("image-classification", fixed: ["epochs": 3]),
      space: try SearchSpace(value: space),
      strategy: SweepSpec.Choice("random", options: ["n": 1]),
      objective: SweepSpec.Objective(metric: "accuracy", goal: .maximize),
      limits: SweepSpec.Limits(maxTotalTrials: 10), seed: .max)
    return Sweep(run: run, spec: spec, source: "experiment: digits\n")
  }

  static func records() throws -> [(String, any WireRecord & Equatable)] {
    let recorded = Run(
      id: run, experiment: "digits", kind: .trial, parent: RunID("sweep")!, number: 3, name: "three", state: .pruned,
      reason: "worse", created: time, started: time, ended: time, origin: details, note: "n", countedAttempt: 2,
      deleted: time)
    return [
      ("run", recorded),
      (
        "transition",
        Transition(run: run, from: .queued, to: .running, reason: "r", time: time, event: 8)
      ),
      (
        "attempt",
        Attempt(
          run: run, number: 2, launcher: "local", continues: true, started: time, ended: time, outcome: .signaled(9),
          detail: "d")
      ),
      ("artifact", artifact), ("decision", decision), ("sweep", try sweep()),
      (
        "trial",
        Trial(
          run: run, number: 3, parameters: newRun.parameters, state: .paused, observed: 4, proposed: 5, ended: 6,
          allowance: 7, continues: RunID("q7k1")!, attempt: 2)
      ),
      (
        "page",
        RunPage(
          rows: [RunRow(run: recorded, parameters: newRun.parameters, tags: ["a": "b"], metrics: [summary])],
          next: "token")
      ),
      ("query", query),
      (
        "experiment",
        Experiment(id: 3, name: "digits", created: time, updated: time, runs: 4, deleted: time, tags: ["a": "b"])
      ),
      ("input", RunInput(dataset, tags: ["mlflow.data.context": "train"])),
      ("output", RunOutput(model: "m-1", step: 3)),
      ("logged model", model), ("file", file), ("registered model", registered), ("version", version), ("token", token),
      ("refusal", TrackingError(.conflict, "no")),
    ]
  }

  static func changes() throws -> [Change] {
    [
      .createRun(newRun), .declareSweep(try sweep()), .transition(run, to: .failed, reason: "r"),
      .setParameter(run, Parameter("lr", .real(-.infinity))), .setTag(run, name: "a", value: "b"),
      .setTag(run, name: "a", value: nil), .setNote(run, "n"), .setName(run, "n"), .setName(run, nil),
      .decide(decision), .beginAttempt(run, number: 2, launcher: "local", continues: true),
      .endAttempt(run, number: 2, .exited(1), detail: "d"), .observe(run, count: 3), .allow(run, points: 4),
      .allow(run, points: nil), .attach(artifact), .detach(run, artifact: "model"),
      .setTimes(run, started: time, ended: nil), .delete(run), .restore(run),
      .addInputs(run, [RunInput(dataset)]), .addOutputs(run, [RunOutput(model: "m-1")]),
      .experiment(.create(name: "e", id: 4, tags: ["a": "b"])), .experiment(.create(name: "e", id: nil, tags: [:])),
      .experiment(.rename("e", to: "f")), .experiment(.delete("e")), .experiment(.restore("e")),
      .experiment(.setTag("e", name: "a", value: "b")), .model(.create(model)), .model(.setStatus("m-1", .failed)),
      .model(.setParameter("m-1", name: "a", value: "b")), .model(.setTag("m-1", name: "a", value: nil)),
      .model(.log("m-1", model.metrics)), .model(.attach("m-1", file)), .model(.detach("m-1", path: "model.pkl")),
      .model(.delete("m-1")), .registry(.create(registered)), .registry(.rename("net", to: "n")),
      .registry(.describe("net", "d")), .registry(.setTag("net", name: "a", value: "b")),
      .registry(.setAlias("net", alias: "champion", version: 2)),
      .registry(.setAlias("net", alias: "champion", version: nil)), .registry(.delete("net")),
      .registry(.createVersion(version)), .registry(.describeVersion("net", 2, "d")),
      .registry(.setStage("net", 2, "Production", archivingOthers: true)),
      .registry(.setVersionTag("net", 2, name: "a", value: "b")), .registry(.deleteVersion("net", 2)),
      .token(.create(token)), .token(.revoke(id: "ab12cd34")),
    ]
  }
}
