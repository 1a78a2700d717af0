import Glibc
import Testing
import Tracking

@testable import runs

@Suite struct MoveCommandTests {
  private static let spec = """
    experiment_name: toy
    trial:
      command: \(runsExecutable) log loss=${{search_space.x}}
      code: code
    search_space:
      x: {type: uniform, min_value: 0, max_value: 1}
    sampling_algorithm: random
    objective: {primary_metric: loss, goal: minimize}
    limits: {max_total_trials: 3, max_concurrent_trials: 1}
    seed: 7
    """

  private func makeSweep(in folder: TestFolder) throws -> String {
    try folder.write("nothing\n", to: "script.txt")
    #expect(try runProgram(["sh", "-c", "mkdir code && mv script.txt code"], in: folder.path).code == 0)
    try folder.write(Self.spec, to: "sweep.yaml")
    let started = try folder.runs("sweep", "start", "sweep.yaml", "--store", "a")
    #expect(started.code == 0, "\(started.errors)")
    let sweeps = try folder.runs("list", "--kind", "hyperdrive", "--json", "--store", "a").json()
    return try #require(sweeps.list?.first?["id"]?.text)
  }

  @Test func `a sweep moves to another store, once, and is replayed there`() throws {
    let folder = try TestFolder()
    let sweep = try makeSweep(in: folder)
    let exported = try folder.runs("export", sweep, "-o", "s.tar.zst", "--store", "a", "--json")
    #expect(exported.code == 0, "\(exported.errors)")
    #expect(try exported.json()["runs"] == 4 && exported.json()["partial_sweeps"] == [:])
    let imported = try folder.runs("import", "s.tar.zst", "--store", "b", "--json")
    #expect(imported.code == 0, "\(imported.errors)")
    #expect(try imported.json()["runs"] == 4 && imported.json()["present"] == 0)
    #expect(
      try folder.runs("import", "runs", "s.tar.zst", "--store", "b").output == "0 runs imported, 4 there already\n")
    #expect(try folder.runs("export", sweep, "-o", "t.tar.zst", "--store", "b").code == 0)
    #expect(try runProgram(["cmp", "s.tar.zst", "t.tar.zst"], in: folder.path).code == 0)
    let here = try folder.runs("best", sweep, "--json", "--store", "a").output
    #expect(try folder.runs("best", sweep, "--json", "--store", "b").output == here)
    let replayed = try folder.runs("replay", sweep, "--store", "b")
    #expect(replayed.code == 0, "\(replayed.output)\(replayed.errors)")
    #expect(try folder.runs("fsck", "--store", "b").code == 0)
    // Somebody changes it here: what comes again is refused by name.
    #expect(try folder.runs("note", sweep, "mine", "--store", "a").code == 0)
    #expect(try folder.runs("export", sweep, "-o", "s.tar.zst", "--store", "a").code == 0)
    #expect(try folder.runs("note", sweep, "yours", "--store", "b").code == 0)
    let refused = try folder.runs("import", "s.tar.zst", "--store", "b")
    #expect(refused.code == 4 && refused.errors.contains("run '\(sweep)'") && refused.errors.contains("note"))
  }

  @Test func `a trial brings its sweep, of which nothing claims that it is whole`() throws {
    let folder = try TestFolder()
    let sweep = try makeSweep(in: folder)
    let exported = try folder.runs("export", sweep + "-1", "-o", "one.tar.zst", "--store", "a")
    #expect(exported.code == 0 && exported.errors.contains("of sweep \(sweep) only a part"))
    let imported = try folder.runs("import", "one.tar.zst", "--store", "b")
    #expect(imported.code == 0 && imported.errors.contains("1 of 3 trials"), "\(imported.errors)")
    for command in [["best", sweep], ["sweep", "status", sweep]] {
      let told = try runProgram([runsExecutable] + command + ["--store", "b"], in: folder.path)
      #expect(told.code == 0 && told.errors.contains("1 of 3 trials"), "\(command) \(told.errors)")
    }
    #expect(try folder.runs("fsck", "--store", "b").output.contains("1 of 3 trials"))
    for command in [
      ["replay", sweep], ["sweep", "resume", sweep], ["sweep", "extend", sweep, "--max-trials", "9"],
    ] {
      let refused = try runProgram([runsExecutable] + command + ["--store", "b"], in: folder.path)
      #expect(refused.code == 4 && refused.errors.contains("1 of 3 trials"), "\(command) \(refused.errors)")
    }
    #expect(try folder.runs("export", sweep, "-o", "all.tar.zst", "--store", "a").code == 0)
    #expect(try folder.runs("import", "all.tar.zst", "--store", "b").output.hasPrefix("2 runs imported, "))
    #expect(try folder.runs("replay", sweep, "--store", "b").code == 0)
  }

  @Test func `what cannot move is said with an exit code`() throws {
    let folder = try TestFolder()
    #expect(try folder.runs("import", "nothing.tar.zst").code == 3)
    try folder.write("no such file", to: "text")
    #expect(try folder.runs("import", "text").code == 2)
    #expect(try folder.runs("exec", "--store", "a", "--", "true").code == 0)
    #expect(try folder.runs("export", "@last", "--store", "a").code == 2)
    #expect(try folder.runs("export", "--store", "a", "-o", "x").code == 2)
    #expect(try folder.runs("export", "@last", "--mlflow", "x", "--store", "a").code == 2)
    #expect(try folder.runs("export", "zzzz", "-o", "x", "--store", "a").code == 3)
    #expect(try folder.runs("export", "@last", "-o", "x.tar.zst", "--store", "a").code == 0)
    let cut = try runProgram(["sh", "-c", "head -c 300 x.tar.zst > cut; ls -A"], in: folder.path)
    #expect(!cut.output.contains("partial") && !cut.output.contains(".runs-export"))
    #expect(try folder.runs("import", "cut", "--store", "b").code == 5)
  }
}
