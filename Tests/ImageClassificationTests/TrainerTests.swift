import SQLTracking
import SQLite
import Synchronization
import TarArtifacts
import Testing
import Tracking
import TrackingContracts

@testable import ImageClassificationTrainer

/// The trainer as a plugin: a run session in, records out.
struct TrainerTests {
  private let folder = ScratchFolder()

  private struct Record {
    var store: SQLTrackingStore
    var run: RunID
    var end: TrainingEnd
  }

  private func train(
    _ name: String, _ parameters: [String: Value], in store: SQLTrackingStore, yield: Bool = false, create: Bool = true
  ) throws -> Record {
    let run = try #require(RunID(name))
    if create {
      try store.commit(
        .createRun(
          NewRun(
            id: run, experiment: "tests", state: .running,
            parameters: parameters.filter { $0.key == "optimizer" || $0.key == "momentum" }.map {
              Parameter($0.key, $0.value)
            })))
    }
    let session = try RunSession(
      run: run, parameters: parameters, store: store, artifacts: TarArtifactStore(directory: folder("artifacts")),
      checkpointDirectory: folder("checkpoints-" + name), scratchDirectory: folder("scratch-" + name),
      clock: { Timestamp(milliseconds: 5) }, shouldYield: { yield })
    let end = try ImageClassificationTrainer().train(in: session)
    try session.close()
    return Record(store: store, run: run, end: end)
  }

  private func makeStore() throws -> SQLTrackingStore { try SQLTrackingStore(SQLiteDatabase(), journalFolder: nil) }

  private func parameters(_ more: [String: Value] = [:]) -> [String: Value] {
    let path = folder.write("images.csv", stripes(60))
    return more.merging(["train": .text(path), "network": "mlp", "hidden": [8], "epochs": 3]) { given, _ in given }
  }

  @Test func `a run gets its metrics, effective parameters, tags and model`() throws {
    let store = try makeStore()
    let record = try train("a", parameters(["optimizer": "adam", "momentum": 0.5, "learning_rate": 0.01]), in: store)
    #expect(record.end == .finished(""))
    let series = try store.series(of: record.run)
    #expect(series.first { $0.name == "validation:accuracy" }?.count == 3)
    #expect(series.first { $0.name == "train:batch_loss" }?.count == 6)
    let found = try store.parameters(of: record.run).byName
    #expect(found["learning_rate"] == .real(0.01))
    #expect(found["momentum"] == .real(0.5))
    #expect(found["effective.momentum"] == .real(0))
    #expect(found["weight_decay"] == .real(0))
    #expect(found["beta_2"] == .real(0.999))
    #expect(found["data_sha256"] != nil)
    #expect(try store.tags(of: record.run)["trainer.ignored"] == "momentum")
    let model = try #require(try store.artifacts(of: record.run).first)
    #expect(model.name == "model")
    let artifacts = TarArtifactStore(directory: folder("artifacts"))
    try artifacts.restore(model.digest, to: folder("model"), limits: RestoreLimits())
    #expect(ModelVerification(of: folder("model")).isValid)
  }

  @Test func `a run made again from its record alone is the same to the bit`() throws {
    let store = try makeStore()
    let first = try train("a", parameters(["optimizer": "nag", "mini_batch_size": 7, "seed": 3]), in: store)
    let recorded = try store.parameters(of: first.run).byName.filter { !$0.key.hasPrefix("effective.") }
    let again = try train("b", recorded, in: store)
    for series in try store.series(of: first.run) where !series.name.hasPrefix("system:") {
      let one = try store.points(of: first.run, metric: series.name)
      let other = try store.points(of: again.run, metric: series.name)
      #expect(one.steps == other.steps)
      #expect(one.values.map(\.bitPattern) == other.values.map(\.bitPattern), "\(series.name)")
    }
    #expect(
      try store.artifacts(of: first.run).map(\.digest) == store.artifacts(of: again.run).map(\.digest))
  }

  @Test func `a run that yielded goes on and counts each step once`() throws {
    let store = try makeStore()
    let whole = try train("a", parameters(), in: store)
    let part = try train("b", parameters(), in: store, yield: true)
    #expect(part.end == .yielded)
    let rest = try train("b", parameters(), in: store, create: false)
    #expect(rest.end == .finished(""))
    for name in ["train:batch_loss", "validation:accuracy", "grad_norm"] {
      let one = try store.points(of: whole.run, metric: name)
      let other = try store.points(of: rest.run, metric: name)
      #expect(one.steps == other.steps)
      #expect(one.values == other.values)
    }
    #expect(
      try store.artifacts(of: whole.run).map(\.digest) == store.artifacts(of: rest.run).map(\.digest))
  }

  @Test func `a diverged run is tagged and keeps a number to compare it by`() throws {
    let store = try makeStore()
    let record = try train(
      "a",
      parameters([
        "hidden": [64, 64], "learning_rate": 1.0, "momentum": 1.0, "epochs": 90, "mini_batch_size": 4,
      ]), in: store)
    guard case .diverged = record.end else {
      Issue.record("it did not diverge")
      return
    }
    #expect(try store.tags(of: record.run)["diverged"] == "true")
    #expect(try store.series(of: record.run).contains { $0.name == "validation:accuracy" })
  }

  @Test func `what cannot be trained is an invalid request`() throws {
    let store = try makeStore()
    for (name, wrong) in [("a", ["optimizer": "lamb"]), ("b", ["train": "/nowhere.csv"])] as [(String, [String: Value])]
    {
      do {
        _ = try train(name, parameters(wrong), in: store)
        Issue.record("it was trained")
      } catch let error as TrackingError { #expect(error.code == .invalid) }
    }
  }

  @Test func `every hyperparameter is described`() {
    let options = ImageClassificationTrainer.description.options
    #expect(options.count == Hyperparameter.table.count)
    #expect(
      options.first { $0.name == "momentum" }?.summary == "of sgd and nag: a real number from 0 to 1; default 0.9")
  }
}
