import Synchronization
import Tracking

/// A little life of a store, in steps each of which is one call of the API.
final class Scenario {
  private static let now = Mutex(Int64(1_700_000_000_000))
  static let clock: Clock = { Timestamp(milliseconds: now.withLock { $0 }) }

  private let store: any TrackingStore
  private var logger: (any MetricLogger)?

  init(_ store: any TrackingStore) { self.store = store }

  /// Takes the first steps, and tells after each how many it were.
  func run(steps count: Int, _ report: (Int) -> Void) throws {
    for (index, step) in steps().prefix(count).enumerated() {
      Self.now.withLock { $0 = 1_700_000_000_000 + Int64(index) * 1_000 }
      try step()
      report(index + 1)
    }
  }

  private func steps() -> [() throws -> Void] {
    let run = RunID("r1")!
    let sweep = RunID("sweep")!
    let (trial, heir) = (sweep.trial(0), sweep.trial(1))
    func commit(_ changes: Change...) -> () throws -> Void { { [store] in try store.commit(changes) } }
    func log(_ name: String, _ step: Int64, _ value: Double) -> () throws -> Void {
      { [self] in try logger?.log(name, step: step, value: value, time: Self.clock()) }
    }
    var steps: [() throws -> Void] = [
      commit(
        .createRun(
          NewRun(
            id: run, experiment: "digits", state: .running, parameters: [Parameter("lr", 0.1)], tags: ["a": "1"]))),
      commit(
        .setParameter(run, Parameter("late", "x")), .setTag(run, name: "b", value: "2"), .setNote(run, "note"),
        .setName(run, "name")),
      { [store] in
        try store.append([Self.columns("loss", 0..<10), Self.columns("accuracy", 0..<3)], to: run)
      },
      { [store] in try store.append([Self.columns("loss", 10..<6_000)], to: run) },
    ]
    // Enough small ones that chunks are merged.
    for index in 0..<9 {
      let first = Int64(6_000 + index * 3)
      steps.append { [store] in try store.append([Self.columns("loss", first..<(first + 3))], to: run) }
    }
    steps += [
      commit(
        .createRun(NewRun(id: sweep, experiment: "digits", kind: .hyperdrive, state: .queued)),
        .declareSweep(Self.sweep)),
      commit(.transition(sweep, to: .running, reason: "started")),
      commit(
        .createRun(
          NewRun(
            id: trial, experiment: "digits", kind: .trial, parent: sweep, number: 0, parameters: [Parameter("lr", 0.5)])
        ),
        .decide(Decision(sweep: sweep, kind: .propose, decider: "random", asOf: 1, trial: 0, reason: "drawn"))),
      commit(
        .beginAttempt(trial, number: 1, launcher: "local", continues: false),
        .transition(trial, to: .running, reason: "")),
      { [self] in logger = try store.logger(for: trial) },
      log("accuracy", 0, 0.25), log("accuracy", 1, .nan), log("loss", 0, -0.0),
      { [self] in try logger?.flush() },
      log("accuracy", 2, 0.75), log("fresh", 0, 1),
      commit(.observe(trial, count: 2)),
      { [self] in try logger?.close() },
      commit(
        .endAttempt(trial, number: 1, .signaled(9), detail: "killed"),
        .transition(trial, to: .scheduled, reason: "lost")),
      commit(
        .beginAttempt(trial, number: 2, launcher: "local", continues: false),
        .transition(trial, to: .running, reason: "again")),
      { [self] in logger = try store.logger(for: trial) },
      log("accuracy", 0, 0.5), log("accuracy", 1, 0.875),
      commit(
        .attach(
          Artifact(
            run: trial, name: "model", digest: Digest(hashing: "model"), bytes: 1, contentBytes: 2, files: 3,
            time: Self.clock()))),
      { [self] in try logger?.close() },
      commit(
        .endAttempt(trial, number: 2, .exited(0), detail: ""), .observe(trial, count: 3),
        .transition(trial, to: .finished, reason: "")),
      commit(
        .createRun(
          NewRun(
            id: heir, experiment: "digits", kind: .trial, parent: sweep, number: 1,
            origin: ["continues": .text(trial.text)], parameters: [Parameter("lr", 0.25)])), .allow(heir, points: 1),
        .decide(Decision(sweep: sweep, kind: .propose, decider: "pbt", asOf: 21, trial: 1, reason: "copied"))),
      commit(
        .beginAttempt(heir, number: 1, launcher: "local", continues: false),
        .transition(heir, to: .running, reason: "")),
      { [store] in try store.append([Self.columns("accuracy", 0..<2)], to: heir) },
      commit(
        .endAttempt(heir, number: 1, .canceled, detail: ""), .observe(heir, count: 1),
        .transition(heir, to: .paused, reason: "its allowance is used up")),
      commit(
        .allow(heir, points: nil),
        .decide(Decision(sweep: sweep, kind: .resume, decider: "pbt", asOf: 30, trial: 1, reason: "promoted")),
        .transition(heir, to: .scheduled, reason: "promoted")),
      commit(
        .beginAttempt(heir, number: 2, launcher: "local", continues: true),
        .transition(heir, to: .running, reason: "goes on")),
      { [store] in try store.append([Self.columns("accuracy", 2..<4)], to: heir) },
      commit(
        .observe(heir, count: 4),
        .decide(Decision(sweep: sweep, kind: .pause, decider: "pbt", asOf: 35, trial: 1, reason: "waits"))),
      commit(
        .endAttempt(heir, number: 2, .canceled, detail: ""), .transition(heir, to: .paused, reason: "waits")),
      commit(.transition(heir, to: .pruned, reason: "not continued")),
      commit(
        .decide(Decision(sweep: sweep, kind: .end, decider: "sweep", asOf: 20, trial: nil, reason: "all trials ended")),
        .transition(sweep, to: .finished, reason: "")),
      commit(.setTag(run, name: "a", value: nil), .transition(run, to: .finished, reason: "done")),
    ]
    return steps + catalogueSteps(beside: run)
  }

  /// What clients of a server record, whose requests come in batches.
  private func catalogueSteps(beside run: RunID) -> [() throws -> Void] {
    let other = RunID("r2")!
    func commit(_ changes: Change...) -> () throws -> Void { { [store] in try store.commit(changes) } }
    let dataset = Dataset(name: "train", digest: "1", sourceType: "local", source: "train.csv")
    let model = LoggedModel(
      id: "m-1", experiment: "served", name: "net", source: other, created: Self.clock(), updated: Self.clock(),
      parameters: ["a": "1"], tags: ["b": "2"])
    let file = LoggedModelFile(
      path: "model.pkl", digest: Digest(hashing: "model"), bytes: 1, contentBytes: 2, time: Self.clock())
    let point = MetricPoint(step: 1, time: Timestamp(milliseconds: 7), value: 0.5)
    return [
      commit(.experiment(.create(name: "serve", id: 7, tags: ["team": "vision"]))),
      commit(.experiment(.rename("serve", to: "served")), .experiment(.setTag("served", name: "team", value: "nlp"))),
      { [store] in
        _ = try store.write([
          WriteBatch(
            [.createRun(NewRun(id: other, experiment: "served", state: .running, started: Timestamp(milliseconds: 5)))],
            points: [WriteBatch.Points(other, [Self.columns("loss", 3..<6)])]),
          WriteBatch([.setTag(run, name: "refused", value: "x"), .setParameter(run, Parameter("lr", 1))]),
          WriteBatch(points: [WriteBatch.Points(other, [Self.columns("loss", 0..<2)])]),
          WriteBatch(
            [.setTag(run, name: "late", value: "x")], points: [WriteBatch.Points(run, [Self.columns("late", 0..<1)])]),
        ])
      },
      commit(.model(.create(model)), .addInputs(other, [RunInput(dataset, tags: ["use": "training"])])),
      commit(
        .addOutputs(other, [RunOutput(model: "m-1", step: 3)]), .model(.attach("m-1", file)),
        .model(.log("m-1", [LoggedModelMetric(name: "loss", point: point, run: other)])),
        .model(.setStatus("m-1", .ready))),
      commit(
        .registry(
          .create(RegisteredModel(name: "net", created: Self.clock(), updated: Self.clock(), tags: ["c": "3"]))),
        .registry(
          .createVersion(
            ModelVersion(
              model: "net", version: 0, created: Self.clock(), updated: Self.clock(), source: "m-1", tags: ["d": "4"]))),
        .registry(.setAlias("net", alias: "best", version: 1)),
        .registry(.setStage("net", 1, "Production", archivingOthers: true))),
      commit(
        .token(
          .create(
            AccessToken(id: "abcdefgh", hash: Digest(hashing: "t"), scope: .log, run: run, created: Self.clock())))),
      commit(.transition(run, to: .running, reason: "taken up again"), .setTimes(other, started: nil, ended: nil)),
      commit(.delete(run)),
      commit(.experiment(.delete("served"))),
    ]
  }

  static func columns(_ name: String, _ range: Range<Int64>) -> MetricColumns {
    MetricColumns(
      name: name, steps: Array(range), times: range.map { $0 * 5 }, values: range.map { 1 / Double($0 + 1) })
  }

  static let sweep = Sweep(
    run: RunID("sweep")!,
    spec: SweepSpec(
      experiment: "digits", work: .command("echo", code: "/tmp", environment: ["A": "b"]), space: SearchSpace(),
      strategy: SweepSpec.Choice("random"), objective: SweepSpec.Objective(metric: "accuracy", goal: .maximize),
      limits: SweepSpec.Limits(maxTotalTrials: 2), seed: 7), source: "text")
}
