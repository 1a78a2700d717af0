import Testing
import Tracking
import TrackingServer

@testable import runs

/// `--store` and `RUNS_STORE` with the address of a server.
@Suite struct ServerStoreTests {
  /// A store with a run, and a server of it.
  private func served(
    _ body: (_ folder: TestFolder, _ address: String, _ run: String) throws -> Void
  ) throws {
    let folder = try TestFolder()
    try folder.runs("exec", "--quiet", "--param", "lr=0.1", "--", "true")
    let run = try #require(try folder.runs("list", "--quiet").lines.first)
    try folder.write("report", to: "report.txt")
    try folder.runs("artifacts", "put", run, "report.txt")
    try folder.write(
      """
      experiment_name: toy
      trial: {command: "\(runsExecutable) log loss=${{search_space.x}}"}
      search_space:
        x: {type: choice, values: [1, 2]}
      sampling_algorithm: random
      objective: {primary_metric: loss, goal: minimize}
      limits: {max_total_trials: 2, max_concurrent_trials: 2}
      """, to: "toy.yaml")
    #expect(try folder.runs("sweep", "start", "toy.yaml", "--quiet").code == 0)
    let store = try OpenStore.open(named: folder.path, creates: false)
    let server = TrackingServer(
      store: store.tracking, artifacts: store.artifacts,
      settings: TrackingServer.Settings(access: .token("secret")))
    defer { server.stop() }
    try body(folder, try server.start().url, run)
  }

  @Test func `commands that need records alone work on a server`() throws {
    try served { folder, address, run in
      let elsewhere = try TestFolder()
      let variables = ["RUNS_STORE": address, "RUNS_TOKEN": "secret"]
      func remote(_ arguments: String...) throws -> ProgramResult {
        try runProgram([runsExecutable] + arguments, in: elsewhere.path, environment: variables)
      }
      #expect(try remote("log", "loss=0.5", "--run", run).code == 0)
      #expect(try remote("tag", run, "colour=red").code == 0)
      #expect(try remote("note", run, "good").code == 0)
      for arguments in [
        ["list", "--json"], ["show", run, "--json"], ["metrics", run, "--json"], ["compare", run, run, "--json"],
        ["artifacts", "list", run, "--csv"], ["sweep", "status", "--json"], ["sweep", "status"],
      ] {
        let there = try runProgram([runsExecutable] + arguments, in: elsewhere.path, environment: variables)
        let here = try runProgram([runsExecutable] + arguments, in: folder.path)
        #expect(there.code == 0 && there.output == here.output, "\(arguments): \(there.errors)")
      }
      #expect(try remote("show", run, "--json").json()["note"] == "good")
      #expect(try remote("show", "none").code == 3)
      #expect(try names(in: elsewhere.path).isEmpty)
    }
  }

  @Test func `commands that need files say so, and a lacking token or server is told`() throws {
    try served { folder, address, run in
      let exec = try folder.runs("exec", "--store", address, "--", "true")
      #expect(exec.code == 2 && exec.errors.contains("needs the files of a store"))
      let files = try folder.runs("artifacts", "list", run, "report.txt", "--store", address)
      #expect(files.code == 2 && files.errors.contains("needs the files of a store"))
      let refused = try folder.runs("list", "--store", address)
      #expect(refused.code == 2 && refused.errors.contains("RUNS_TOKEN"))
      let gone = try folder.runs("list", "--store", "unix:///nowhere/runs.sock")
      #expect(gone.code == 6 && gone.errors.contains("/nowhere/runs.sock"))
      #expect(try folder.runs("list", "--store", "http://").code == 2)
    }
  }
}
