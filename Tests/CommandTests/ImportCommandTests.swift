import Glibc
import SQL
import SQLite
import Testing
import Tracking

@testable import runs

@Suite struct ImportCommandTests {
  // The stores that Tests/ExchangeTests keeps, unpacked into a folder.
  private func golden(_ name: String, in folder: TestFolder) throws {
    let archive = projectFolder + "/Tests/ExchangeTests/Golden/\(name).tar.gz"
    try #require(try runProgram(["tar", "-xzf", archive, "-C", folder.path]).code == 0)
  }

  // Everything of the runs of a store that an import brings along.
  private func content(of store: String, in folder: TestFolder) throws -> [Value] {
    let list = try folder.runs("list", "--all", "--json", "--store", store).json()
    return try (list.list ?? []).map { run -> Value in
      let id = try #require(run["id"]?.text)
      let points = try folder.runs("metrics", id, "--csv", "--store", store).output
      let files = try folder.runs("artifacts", "list", id, "--json", "--store", store).json()
      let digests = (files.list ?? []).map { Value.list([$0["name"] ?? .null, $0["digest"] ?? .null]) }
      return [
        "id": .text(id), "name": run["name"] ?? .null, "state": run["state"] ?? .null, "tags": run["tags"] ?? .null,
        "started": run["started_ms"] ?? .null, "ended": run["ended_ms"] ?? .null, "parent": run["parent"] ?? .null,
        "parameters": run["parameters"] ?? .null, "points": .text(points), "files": .list(digests),
      ]
    }.sorted { $0.json < $1.json }
  }

  @Test(arguments: ["2", "3"])
  func `a database comes in once, its artifacts from where they were moved`(_ version: String) throws {
    let folder = try TestFolder()
    try golden("mlflow-\(version)", in: folder)
    let arguments = ["mlflow\(version).db", "--artifacts", "mlflow\(version)-artifacts", "--store", "store", "--json"]
    let first = try runProgram([runsExecutable, "import", "mlflow"] + arguments, in: folder.path)
    #expect(first.code == 0, "\(first.errors)")
    let summary = try first.json()
    #expect(summary["runs"] == 8 && summary["problems"] == [] && summary["model_versions"] == 2)
    #expect(summary["files"] == (version == "3" ? 5 : 4))
    let second = try runProgram([runsExecutable, "import", "mlflow"] + arguments, in: folder.path).json()
    #expect(second["runs"] == 0 && second["present"] == 8 && second["files"] == 0)
    let odd = try folder.runs("list", "--filter", "name = 'search'", "--json", "--store", "store").json()
    let metric = odd.list?.first?["metrics"]?["odd"]
    #expect(metric?["count"] == 7 && metric?["max_step"] != nil)
  }

  @Test func `a database whose runs never had an artifact comes in without a problem`() throws {
    let folder = try TestFolder()
    try golden("mlflow-2", in: folder)
    func importing(artifactsBelow root: String, to store: String) throws -> ProgramResult {
      try SQLiteDatabase(path: folder.path + "/mlflow2.db").write(.full) { connection in
        try connection.run(
          "UPDATE runs SET artifact_uri = $1 || '/' || experiment_id || '/' || run_uuid || '/artifacts'", [.text(root)])
      }
      return try folder.runs("import", "mlflow", "mlflow2.db", "--store", store)
    }
    // MLflow makes `mlruns` when the first artifact is logged.
    let never = try importing(artifactsBelow: folder.path + "/mlruns", to: "a")
    #expect(never.code == 0 && never.errors.contains("none was logged, or they were moved"), "\(never.errors)")
    // Where not even the folder is there in which it would be made, there is something amiss.
    let moved = try importing(artifactsBelow: folder.path + "/gone/mlruns", to: "b")
    #expect(moved.code == 5 && moved.errors.contains("left out: there are no artifacts at"), "\(moved.errors)")
    #expect(moved.output.hasPrefix("8 runs imported"))
  }

  @Test func `what was exported comes in again as it was`() throws {
    let folder = try TestFolder()
    try golden("mlflow-3", in: folder)
    #expect(try folder.runs("import", "mlflow", "mlruns3", "--store", "a").code == 0)
    #expect(try folder.runs("export", "--mlflow", "out", "--store", "a").code == 0)
    #expect(try folder.runs("import", "mlflow", "out", "--store", "b").code == 0)
    #expect(try content(of: "a", in: folder) == content(of: "b", in: folder))
    // Again: nothing is added, on either side.
    let again = try folder.runs("export", "--mlflow", "out", "--store", "b")
    #expect(again.code == 0 && again.output == "0 runs exported, 8 there already\n")
    #expect(try folder.runs("import", "mlflow", "out", "--store", "a").output == "0 runs imported, 8 there already\n")
  }

  @Test func `a server's runs come in as those of its store`() throws {
    let folder = try TestFolder()
    try golden("mlflow-3", in: folder)
    #expect(try folder.runs("import", "mlflow", "mlruns3", "--store", "a").code == 0)
    let ready = NamedPipe("ready", in: folder)
    let script = "exec \"$0\" serve --port 0 --store a 2>\"$1\""
    let server = try RunningProgram(["sh", "-c", script, runsExecutable, ready.path], in: folder.path)
    let opened = fopen(ready.path, "r")
    var line: UnsafeMutablePointer<CChar>?
    var size = 0
    #expect(getline(&line, &size, opened) > 0)
    let said = line.map { String(cString: $0) } ?? ""
    free(line)
    let url = try #require(said.split(whereSeparator: { " \n,;".contains($0) }).first { $0.hasPrefix("http://") })
    let imported = try folder.runs("import", "mlflow", String(url), "--store", "b")
    #expect(imported.code == 0, "\(imported.errors)")
    #expect(
      try folder.runs("import", "mlflow", String(url), "--store", "b").output == "0 runs imported, 8 there already\n")
    server.child.send(SIGTERM)
    _ = try server.result()
    fclose(opened)
    #expect(try content(of: "a", in: folder) == content(of: "b", in: folder))
  }

  @Test func `what cannot be imported is said with an exit code`() throws {
    let folder = try TestFolder()
    #expect(try folder.runs("import", "mlflow", "nothing").code == 3)
    try folder.write("no database", to: "text")
    #expect(try folder.runs("import", "mlflow", "text").code == 2)
    #expect(try folder.runs("import", "mlflow", "postgresql://host/base").code == 2)
    try golden("tensorboard", in: folder)
    #expect(try folder.runs("import", "mlflow", "tb").code == 2)
    #expect(try folder.runs("import", "tensorboard", "tb/first", "--experiment", "tb").code == 0)
    let refused = try folder.runs("export", "--mlflow", "tb")
    #expect(refused.code == 4 && refused.errors.contains("is not empty and no MLflow file store"))
    #expect(try folder.runs("export", "--mlflow", "out", "--experiment", "none").code == 3)
  }

  @Test func `a run that has changed here is named and left alone`() throws {
    let folder = try TestFolder()
    try golden("mlflow-3", in: folder)
    #expect(try folder.runs("import", "mlflow", "mlruns3").code == 0)
    let list = try folder.runs("list", "--filter", "name = 'search'", "--json").json()
    let id = try #require(list.list?.first?["id"]?.text)
    #expect(try folder.runs("tag", id, "mlflow.user=grace").code == 0)
    let again = try folder.runs("import", "mlflow", "mlruns3")
    #expect(again.code == 4 && again.errors.contains("run '\(id)' is here with other content"))
    #expect(again.errors.contains("tag 'mlflow.user'"))
    #expect(try folder.runs("tag", id).output.contains("grace"))
  }
}
