import Glibc
import Testing
import Tracking

@testable import runs

private func spec(trials: Int = 3, _ more: String = "") -> String {
  """
  trial: manual
  search_space:
    x: {type: uniform, min_value: 0, max_value: 1}
  objective: {primary_metric: loss, goal: minimize}
  limits: {max_total_trials: \(trials)}
  seed: 7
  \(more)
  """
}

@Suite struct AskTellTests {
  private func started(_ spec: String) throws -> (folder: TestFolder, id: String) {
    let folder = try TestFolder()
    try folder.write(spec, to: "manual.yaml")
    let result = try folder.runs("sweep", "start", "manual.yaml", "--quiet")
    #expect(result.code == 0, "\(result.errors)")
    return (folder, try #require(result.lines.first))
  }

  @Test func `a loop by hand asks and tells until the sweep ends`() throws {
    let (folder, id) = try started(spec())
    for number in 0..<3 {
      let asked = try folder.runs("ask", id, "--json")
      #expect(asked.code == 0, "\(asked.errors)")
      let run = try #require(try asked.json()["run"]?.text)
      #expect(run == "\(id)-\(number)")
      #expect(try asked.json()["parameters"]?["x"]?.number != nil)
      let told = try folder.runs("tell", run, "loss=0.\(5 - number)", "other=7")
      #expect(told.code == 0, "\(told.errors)")
      #expect(told.errors.contains("the sweep has ended") == (number == 2))
    }
    #expect(try folder.runs("best", id, "--id").lines == ["\(id)-2"])
    #expect(try folder.runs("show", id, "--json").json()["state"] == "finished")
    let over = try folder.runs("ask", id, "--json")
    #expect(over.code == 1)
    #expect(try over.json()["over"] == true)
  }

  @Test func `what is told twice, or of a trial that was not asked for, is refused`() throws {
    let (folder, id) = try started(spec())
    #expect(try folder.runs("tell", "\(id)-0", "loss=1").code == 3)
    try folder.runs("ask", id)
    #expect(try folder.runs("tell", "\(id)-0").code == 2)
    #expect(try folder.runs("tell", "\(id)-0", "loss=1", "--step", "--state", "failed").code == 2)
    #expect(try folder.runs("tell", "\(id)-0", "loss=1").code == 0)
    let again = try folder.runs("tell", "\(id)-0", "loss=1")
    #expect(again.code == 4)
    #expect(again.errors.contains("is finished"))
    #expect(try folder.runs("sweep", "resume", id).code == 4)
  }

  @Test func `a failed trial is told as one`() throws {
    let (folder, id) = try started(spec(trials: 2))
    try folder.runs("ask", id)
    #expect(try folder.runs("tell", "\(id)-0", "--state", "failed", "--reason", "out of memory").code == 0)
    let shown = try folder.runs("show", "\(id)-0", "--json").json()
    #expect(shown["state"] == "failed")
    #expect(shown["reason"] == "out of memory")
  }

  @Test func `a policy stops a trial that reports`() throws {
    let policy = "early_termination: {type: threshold, bound: 0.9}"
    let (folder, id) = try started(spec(policy))
    try folder.runs("ask", id)
    let good = try folder.runs("tell", "\(id)-0", "loss=0.5", "--step")
    #expect(good.code == 0, "\(good.errors)")
    #expect(good.lines == ["continue"])
    try folder.runs("tell", "\(id)-0", "loss=0.4")
    try folder.runs("ask", id)
    let bad = try folder.runs("tell", "\(id)-1", "loss=0.95", "--step", "--json")
    #expect(bad.code == 1)
    #expect(try bad.json()["advice"] == "stop")
    #expect(try folder.runs("show", "\(id)-1", "--json").json()["state"] == "pruned")
  }

  @Test func `a trial pauses at its allowance and is handed out again`() throws {
    let more = "resource: {min: 1, max: 9}\nsampling_algorithm: {type: asha}"
    let (folder, id) = try started(spec(trials: 9, more))
    var resumed: [String] = []
    for number in 0..<20 where resumed.isEmpty {
      let asked = try folder.runs("ask", id, "--json")
      guard asked.code == 0 else { break }
      let run = try #require(try asked.json()["run"]?.text)
      if try asked.json()["resumed"] == true { resumed.append(run) }
      let told = try folder.runs("tell", run, "loss=0.\(9 - number % 9)", "--step")
      #expect(["pause", "continue", "stop"].contains(told.lines.first))
    }
    #expect(!resumed.isEmpty)
  }

  @Test func `processes that ask at once get different trials`() throws {
    let (folder, id) = try started(spec(trials: 12))
    let loop = """
      while trial=$('\(runsExecutable)' ask \(id) | cut -f 1) && [ -n "$trial" ]; do
        '\(runsExecutable)' tell $trial loss=0.5
      done
      """
    let loops = try (0..<4).map { _ in try RunningProgram(["sh", "-c", loop], in: folder.path) }
    for one in loops { _ = try one.result() }
    let listed = try folder.runs("list", "--sweep", id, "--all", "--csv", "--columns", "number,state").lines.dropFirst()
    #expect(listed.count == 12)
    #expect(listed.allSatisfy { $0.hasSuffix("finished") }, "\(listed)")
  }

  @Test func `a manual sweep is stopped for good`() throws {
    let (folder, id) = try started(spec())
    try folder.runs("ask", id)
    #expect(try folder.runs("sweep", "stop", id).code == 0)
    #expect(try folder.runs("show", "\(id)-0", "--json").json()["state"] == "canceled")
    #expect(try folder.runs("ask", id).code == 1)
  }
}
