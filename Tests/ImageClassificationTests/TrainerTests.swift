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
    _ name: String, _ parameters: [String: Value], in store: SQLTrackingStore, yield: Bool = false, create: Bool = true,
    allowed points: Int? = nil, inherits: Bool = false
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
      inheritsCheckpoint: inherits, allowance: points.map { ("validation:accuracy", $0) },
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

  private func values(_ record: Record) throws -> [String: [UInt64]] {
    var all: [String: [UInt64]] = [:]
    for series in try record.store.series(of: record.run) where !series.name.hasPrefix("system:") {
      all[series.name] = try record.store.points(of: record.run, metric: series.name).values.map(\.bitPattern)
    }
    return all
  }

  @Test func `a run yields right after the last point that it is allowed, and goes on to the same bits`() throws {
    let store = try makeStore()
    let asked = parameters(["epochs": 5, "optimizer": "adam", "learning_rate": 0.01])
    let whole = try values(try train("whole", asked, in: store))
    #expect(try train("parted", asked, in: store, allowed: 2).end == .yielded)
    let run = try #require(RunID("parted"))
    #expect(try store.points(of: run, metric: "validation:accuracy").count == 2)
    // Asked again without being allowed more, it has nothing to do.
    #expect(try train("parted", asked, in: store, create: false, allowed: 2).end == .yielded)
    #expect(try train("parted", asked, in: store, create: false, allowed: 3).end == .yielded)
    #expect(try store.points(of: run, metric: "validation:accuracy").count == 3)
    let rest = try train("parted", asked, in: store, create: false, allowed: 5)
    #expect(rest.end == .finished(""), "all its work is done with the last point that it is allowed")
    #expect(try values(rest) == whole)
  }

  @Test func `a run takes up another's checkpoint with other rates only where it inherits`() throws {
    let store = try makeStore()
    #expect(try train("parent", parameters(["epochs": 4]), in: store, allowed: 2).end == .yielded)
    let checkpoint = try #require(ScratchFolder.read(folder("checkpoints-parent/checkpoint.bin")))
    func heir(_ name: String, _ more: [String: Value], inherits: Bool) throws -> [Double] {
      folder.write("checkpoints-\(name)/checkpoint.bin", checkpoint)
      let record = try train(name, parameters(["epochs": 4].merging(more) { $1 }), in: store, inherits: inherits)
      return try store.points(of: record.run, metric: "epoch").values
    }
    #expect(try heir("same", [:], inherits: true) == [3, 4])
    #expect(try heir("faster", ["learning_rate": 0.2], inherits: true) == [3, 4])
    #expect(try heir("stranger", ["learning_rate": 0.2], inherits: false) == [1, 2, 3, 4])
    #expect(try heir("wider", ["hidden": [9]], inherits: true) == [1, 2, 3, 4])
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
