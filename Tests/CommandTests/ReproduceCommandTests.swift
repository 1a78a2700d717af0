import Glibc
import SQLTracking
import SQLite
import Sweeping
import Testing
import Tracking

@testable import runs

/// A folder with a store that holds a sweep of the image trainer with one trial, which has been trained.
private struct TrainedTrial {
  let folder: TestFolder
  let sweep = RunID(randomBits: 7)
  var trial: RunID { sweep.trial(0) }
  var data: String { folder.path + "/digits.csv.gz" }

  init() throws {
    folder = try TestFolder()
    try runProgram(["cp", projectFolder + "/examples/data/digits.csv.gz", folder.path])
    mkdir(folder.path + "/.runs", 0o755)
    let store = try store()
    let spec = SweepSpec(
      experiment: "digits",
      work: .trainer("image-classification", fixed: ["train": .text(data), "network": "mlp", "epochs": 2]),
      space: SearchSpace([ParameterSpace("learning_rate", .continuous(min: 0, max: 1, scale: .linear))]),
      strategy: .init("random"), objective: .init(metric: "validation:accuracy", goal: .maximize),
      limits: .init(maxTotalTrials: 1), seed: 1)
    try store.commit([
      .createRun(NewRun(id: sweep, experiment: "digits", kind: .hyperdrive, state: .running)),
      .declareSweep(Sweep(run: sweep, spec: spec, source: "")),
      .createRun(
        NewRun(
          id: trial, experiment: "digits", kind: .trial, parent: sweep, number: 0, state: .running,
          parameters: [Parameter("learning_rate", 0.05)])),
      .beginAttempt(trial, number: 1, launcher: "local", continues: false),
    ])
    let job = folder.path + "/job"
    mkdir(job, 0o755)
    let result = try folder.runs(
      "trial-run",
      environment: ["RUNS_STORE": folder.path + "/.runs", "RUNS_RUN_ID": trial.text, "RUNS_JOB_DIR": job])
    #expect(result.code == TrainerExit.finished, "\(result.errors)")
    #expect(try readText(job + "/end") != nil)
    try store.commit([
      .endAttempt(trial, number: 1, .exited(0), detail: ""), .transition(trial, to: .finished, reason: ""),
      .transition(sweep, to: .finished, reason: ""),
    ])
  }

  func store() throws -> SQLTrackingStore {
    try SQLTrackingStore(
      SQLiteDatabase(path: folder.path + "/.runs/runs.db"), journalFolder: folder.path + "/.runs/journals")
  }
}

@Suite struct ReproduceCommandTests {
  @Test func `a trial is reproduced to the bit, as a run that is linked to it`() throws {
    let trained = try TrainedTrial()
    let result = try trained.folder.runs("reproduce", trained.trial.text)
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("identical: "))
    #expect(result.output.contains(" points in "))
    #expect(result.output.contains(", model "))
    let again = try trained.folder.runs("show", "@last", "--json").json()
    #expect(again["kind"] == "run")
    #expect(again["state"] == "finished")
    #expect(again["tags"]?["runs.reproduces"] == .text(trained.trial.text))
    #expect(again["tags"]?["runs.verdict"] == "identical")
    // The repetition has a record of its own, which is enough to repeat it.
    let second = try trained.folder.runs("reproduce", "@last", "--json")
    #expect(second.code == 0, "\(second.errors)")
    #expect(try second.json()["identical"] == true)
    #expect(try second.json()["first_difference"] == .null)
  }

  @Test func `a record that was tampered with is not reproduced`() throws {
    let trained = try TrainedTrial()
    let store = try trained.store()
    // A point that the training did not log, as a damaged or forged record would have it.
    let other = RunID(randomBits: 8)
    try store.commit([
      .createRun(NewRun(id: other, experiment: "digits", kind: .hyperdrive, state: .running)),
      .declareSweep(Sweep(run: other, spec: store.sweep(trained.sweep).spec, source: "")),
      .createRun(
        NewRun(
          id: other.trial(0), experiment: "digits", kind: .trial, parent: other, number: 0, state: .running,
          parameters: [Parameter("learning_rate", 0.05)])),
    ])
    for summary in try store.series(of: trained.trial) {
      var columns = try store.points(of: trained.trial, metric: summary.name)
      if summary.name == "train:loss" { columns.values[1] = columns.values[1].nextUp }
      try store.append([columns], to: other.trial(0))
    }
    let model = try #require(try store.artifacts(of: trained.trial).first)
    try store.commit([
      .attach(
        Artifact(
          run: other.trial(0), name: model.name, digest: model.digest, bytes: model.bytes,
          contentBytes: model.contentBytes, files: model.files, time: model.time)),
      .transition(other.trial(0), to: .finished, reason: ""),
    ])
    let result = try trained.folder.runs("reproduce", other.trial(0).text)
    #expect(result.code == Exit.no.rawValue)
    #expect(result.output.hasPrefix("not identical: train:loss at step "))
  }

  @Test func `changed data are refused by name`() throws {
    let trained = try TrainedTrial()
    let lines = try runProgram(["zcat", trained.data]).output.split(separator: "\n")
    unlink(trained.data)
    try writeText(lines.dropLast().joined(separator: "\n") + "\n", to: trained.folder.path + "/plain.csv")
    try runProgram(["sh", "-c", "gzip -c plain.csv > digits.csv.gz"], in: trained.folder.path)
    let result = try trained.folder.runs("reproduce", trained.trial.text)
    #expect(result.code == Exit.incomplete.rawValue)
    #expect(result.errors.contains("digits.csv.gz"))
  }

  @Test func `a model is verified as a run, a directory and a tarball, and a changed one is not`() throws {
    let trained = try TrainedTrial()
    let folder = trained.folder
    #expect(try folder.runs("model", "verify", trained.trial.text).code == 0)
    try folder.runs("artifacts", "get", trained.trial.text, "model")
    #expect(try folder.runs("model", "verify", "model").code == 0)
    try folder.runs("artifacts", "get", trained.trial.text, "model", "--format", "tar.gz")
    let verified = try folder.runs("model", "verify", "model.tar.gz")
    #expect(verified.code == 0, "\(verified.errors)")
    #expect(verified.output.contains("self-test"))
    chmod(folder.path + "/model/labels.json", 0o644)
    try folder.write("[]", to: "model/labels.json")
    let changed = try folder.runs("model", "verify", "model")
    #expect(changed.code == Exit.no.rawValue)
    #expect(changed.output.contains("wrong  labels.json"))
  }

  @Test func `new seeds give mean and spread`() throws {
    let trained = try TrainedTrial()
    let result = try trained.folder.runs("sweep", "rerun", trained.sweep.text, "--seeds", "2", "--json")
    #expect(result.code == 0, "\(result.errors)")
    let studies = try #require(try result.json().list)
    #expect(studies.count == 1)
    #expect(studies[0]["values"]?.list?.count == 2)
    let runs = try trained.folder.runs("list", "--filter", "tags.`runs.reruns` = '\(trained.trial)'", "--json").json()
    #expect(Set(runs.list?.compactMap { $0["tags"]?["runs.reruns_seed"]?.text } ?? []) == ["1", "2"])
  }

  @Test func `a run that left nothing cannot be compared`() throws {
    let folder = try TestFolder()
    try folder.runs("exec", "--quiet", "--", "true")
    let result = try folder.runs("reproduce", "@last")
    #expect(result.code == Exit.incomplete.rawValue)
    #expect(result.errors.contains("nothing to compare"))
  }
}
