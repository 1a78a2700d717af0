import Exchange
import Glibc
import SQLTracking
import TarArtifacts
import Testing
import Tracking
import TrackingContracts

struct MLflowFileStoreTests {
  @Test(arguments: ["2", "3"])
  func `everything of a file store comes in`(_ version: String) throws {
    let golden = try Golden("mlflow-\(version)")
    let store = try OwnStore()
    let summary = try store.importing(fileStore: golden("mlruns\(version)"))
    #expect(summary.problems == [] && summary.differing == [])
    #expect(summary.runs == 8 && summary.files == (version == "3" ? 5 : 4))
    let experiments = try store.tracking.experiments()
    let digits = try #require(experiments.first { $0.name == "digits" })
    #expect(digits.tags["team"] == "vision" && digits.id > 1_000_000)
    #expect(experiments.first { $0.name == "gone" }?.deleted != nil)
    let source = try MLflowFileStore(golden("mlruns\(version)")) { _ in }
    #expect(digits.created == (try source.experiments().first { $0.name == "digits" }?.created))
    for model in try source.registeredModels() {
      #expect(try store.tracking.registeredModel(model.name).created == model.created)
    }
    for version in try source.modelVersions() {
      let own = try store.tracking.modelVersions(of: version.model).first { $0.version == version.version }
      #expect(own?.created == version.created)
    }
    try expectRuns(in: store)
    if version == "3" { try expectModels(in: store) }
    try expectRegistry(in: store)
  }

  private func expectRuns(in store: OwnStore) throws {
    let runs = try store.runs()
    #expect(runs.count == 8)
    let parent = try #require(runs["search"])
    #expect(parent.run.state == .finished)
    #expect(parent.run.started == Timestamp(milliseconds: 1_700_000_000_000))
    #expect(parent.run.ended == Timestamp(milliseconds: 1_700_000_010_000))
    #expect(parent.parameters == [Parameter("space/lr", "loguniform")])
    let states: [RunState] = [.finished, .failed, .canceled]
    for number in 0..<3 {
      let child = try #require(runs["trial \(number)"])
      #expect(child.run.parent == parent.run.id && child.run.state == states[number])
      #expect(child.run.ended == Timestamp(milliseconds: 1_700_000_009_000 + Int64(number)))
      #expect(child.parameters.byName["text"] == "several\nlines: yes")
      #expect(
        child.tags["path/like"] == "a/b" && child.tags["fold"] == "\(number)" && child.tags["mlflow.user"] == "ada")
      #expect(child.tags["long"] == String(repeating: "x", count: 3_000))
      let loss = try store.tracking.points(of: child.run.id, metric: "loss")
      #expect(loss.values == (0..<20).map { 1.0 / Double($0 + 1 + number) })
    }
    let odd = try store.tracking.points(of: parent.run.id, metric: "odd")
    #expect(odd.values[1].isNaN && odd.values[2] == .infinity && odd.values[3] == -.infinity)
    #expect(
      odd.values[4].sign == .minus && odd.values[5] == .leastNonzeroMagnitude
        && odd.values[6] == .greatestFiniteMagnitude)
    let scattered = try store.tracking.points(of: parent.run.id, metric: "scattered")
    #expect(scattered.steps == [-1, 2, 3, 3, 3] && scattered.times == [7, 4, 5, 6, 6])
    #expect(runs["still running"]?.run.state == .running && runs["still running"]?.run.ended == nil)
    #expect(runs["a deleted one"]?.run.deleted != nil && runs["went along"]?.run.deleted != nil)
    let inputs = try store.tracking.inputs(of: parent.run.id)
    #expect(inputs.map(\.dataset.name) == ["mnist", "mnist-test"])
    #expect(inputs.first?.tags == ["mlflow.data.context": "training"])
    #expect(inputs.first?.dataset.profile == "{\"rows\": 60000}" && inputs.last?.dataset.schema == nil)
    let first = try #require(runs["trial 0"]).run.id
    let artifacts = try store.tracking.artifacts(of: first)
    #expect(artifacts.map(\.name) == ["notes.txt", "plots/a.bin", "plots/deep/empty"])
    let digest = try #require(artifacts.first { $0.name == "plots/a.bin" }).digest
    #expect(try store.artifacts.contents(of: "a.bin", in: digest, limit: 1_000) == (0...255).map { UInt8($0) })
  }

  private func expectModels(in store: OwnStore) throws {
    let models = try store.tracking.loggedModels(inExperiments: ["digits"], of: nil)
    let model = try #require(models.first)
    let run = try #require(try store.runs()["trial 0"]).run.id
    #expect(models.count == 1 && model.name == "net" && model.source == run && model.status == .ready)
    #expect(model.type == "classifier" && model.parameters == ["layers": "2"] && model.tags["kind"] == "small")
    #expect(model.metrics.map(\.name) == ["test_accuracy"] && model.metrics.first?.point.value == 0.875)
    #expect(try store.tracking.outputs(of: run) == [RunOutput(model: model.id, step: 7)])
    #expect(try store.tracking.files(ofModel: model.id).map(\.path) == ["weights.bin"])
  }

  private func expectRegistry(in store: OwnStore) throws {
    let model = try store.tracking.registeredModel("digits-net")
    #expect(model.description == "Reads digits." && model.tags == ["owner": "ada"] && model.aliases == ["champion": 3])
    let versions = try store.tracking.modelVersions(of: "digits-net")
    #expect(versions.map(\.version) == [3, 1])
    #expect(versions.first?.tags == ["checked": "yes"] && versions.first?.description == "number 2")
    #expect(versions.last?.stage == "Staging")
  }

  @Test func `a second import adds nothing, and a third one what has come since`() throws {
    let golden = try Golden("mlflow-3")
    let store = try OwnStore()
    _ = try store.importing(fileStore: golden("mlruns3"))
    let second = try store.importing(fileStore: golden("mlruns3"))
    var nothing = ImportSummary()
    nothing.present = 8
    #expect(second == nothing)
    let run = try #require(try store.runs()["still running"]).run
    let experiment = try store.tracking.experiment(named: "digits").id
    // Another run: a copy of one under another id.
    let folder = golden("mlruns3/\(experiment)")
    let copy = String(repeating: "a", count: 32)
    #expect(runTool("cp", "-r", "\(folder)/\(run.id)", "\(folder)/\(copy)") == 0)
    #expect(runTool("sed", "-i", "s/\(run.id)/\(copy)/", "\(folder)/\(copy)/meta.yaml") == 0)
    // One that went on after it had been imported.
    let file = fopen("\(folder)/\(run.id)/metrics/loss", "a")
    fputs("1700000020002 3.25 1\n", file)
    fclose(file)
    let third = try store.importing(fileStore: golden("mlruns3"))
    #expect(third.runs == 1 && third.present == 7)
    #expect(third.differing.count == 1 && third.differing.first?.contains("metric 'loss'") == true)
    #expect(try store.tracking.points(of: run.id, metric: "loss").count == 1)
  }

  @Test func `damaged files are told and left out`() throws {
    let golden = try Golden("mlflow-3")
    let scratch = try OwnStore()
    _ = try scratch.importing(fileStore: golden("mlruns3"))
    let experiment = try scratch.tracking.experiment(named: "digits").id
    let runs = try scratch.runs()
    func place(_ name: String) throws -> String {
      golden("mlruns3/\(experiment)/\(try #require(runs[name]).run.id)")
    }
    #expect(runTool("sh", "-c", "echo '{: no' > \(try place("still running"))/meta.yaml") == 0)
    #expect(runTool("sh", "-c", "echo '1 x 2' >> \(try place("search"))/metrics/odd") == 0)
    #expect(runTool("sed", "-i", "s/^status: .*/status: 17/", "\(try place("trial 2"))/meta.yaml") == 0)
    let store = try OwnStore()
    let summary = try store.importing(fileStore: golden("mlruns3"))
    #expect(summary.runs == 6 && summary.problems.count >= 3)
    #expect(summary.problems.contains { $0.contains("metrics/odd:8") })
    #expect(summary.problems.contains { $0.contains("meta.yaml' is not YAML") })
    #expect(summary.problems.contains { $0.contains("status '17'") })
  }

  @Test func `an import that is killed goes on where it stopped`() throws {
    let golden = try Golden("mlflow-3")
    let whole = try OwnStore()
    _ = try whole.importing(fileStore: golden("mlruns3"))
    let expected = try dump(whole)
    var moment = 1
    while true {
      let store = try OwnStore()
      let code = try importing(golden("mlruns3"), to: store.folder(""), dyingAt: moment)
      if code == 0 { break }
      #expect(code == SIGKILL)
      let summary = try store.importing(fileStore: golden("mlruns3"))
      #expect(summary.problems == [] && summary.differing == [])
      #expect(try dump(store) == expected, "killed at moment \(moment)")
      #expect(try store.tracking.problems() == [])
      moment += 1
    }
    #expect(moment > 10)
  }

  // Everything that an import records, but for the times of the import itself.
  private func dump(_ store: OwnStore) throws -> [String] {
    var lines: [String] = []
    for (name, row) in try store.runs().sorted(by: { $0.key < $1.key }) {
      let id = row.run.id
      lines.append(
        "\(name) \(id) \(row.run.state) \(row.run.started?.milliseconds ?? 0) \(row.run.ended?.milliseconds ?? 0)")
      lines.append("\(row.run.parent?.text ?? "-") \(row.run.deleted != nil) \(row.run.experiment)")
      lines += row.parameters.map { "\($0.name)=\($0.value.json)" } + row.tags.map { "\($0)=\($1)" }.sorted()
      for series in try store.tracking.series(of: id) {
        let points = try store.tracking.points(of: id, metric: series.name)
        lines.append("\(series.name) \(points.steps) \(points.times) \(points.values.map(\.bitPattern))")
      }
      lines += try store.tracking.artifacts(of: id).map { "\($0.name) \($0.digest)" }
      lines += try store.tracking.inputs(of: id).map { "\($0)" } + store.tracking.outputs(of: id).map { "\($0)" }
    }
    for model in try store.tracking.loggedModels(inExperiments: [], of: nil) {
      lines.append("\(model.id) \(model.metrics) \(try store.tracking.files(ofModel: model.id).map(\.digest))")
    }
    lines += try store.tracking.modelVersions(of: nil).map { "\($0.model) \($0.version) \($0.source) \($0.stage)" }
    lines += try store.tracking.experiments().map { "\($0.name) \($0.id) \($0.deleted != nil) \($0.runs)" }
    return lines
  }
}
