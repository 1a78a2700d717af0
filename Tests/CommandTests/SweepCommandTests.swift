import Glibc
import Testing
import Tracking

@testable import runs

/// The text of a spec whose trials execute a command.
private func spec(_ command: String, trials: Int = 4, concurrent: Int = 2) -> String {
  """
  experiment_name: toy
  trial:
    command: >-
      \(command)
  search_space:
    x: {type: uniform, min_value: 0, max_value: 1}
  sampling_algorithm: random
  objective: {primary_metric: loss, goal: minimize}
  limits: {max_total_trials: \(trials), max_concurrent_trials: \(concurrent)}
  seed: 7
  """
}

private let logsX = "\(runsExecutable) log loss=${{search_space.x}}"

@Suite struct SweepCommandTests {
  @Test func `a sweep ends with its leaderboard, and its best trial is found`() throws {
    let folder = try TestFolder()
    try folder.write(spec(logsX), to: "toy.yaml")
    let result = try folder.runs("sweep", "start", "toy.yaml")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.lines.first?.hasPrefix("PLACE  TRIAL") == true)
    #expect(result.lines.last?.hasPrefix("4 finished; ") == true)
    let values = try folder.runs("list", "--sweep", "@last", "--csv", "--columns", "metrics.loss,params.x").lines
    #expect(values.count == 5)
    let best = try folder.runs("best", "@last", "--json").json().list?.first
    let smallest = values.dropFirst().compactMap { $0.split(separator: ",").first.flatMap { Double($0) } }.min()
    #expect(best?["best"]?["value"]?.number == smallest)
    let id = try folder.runs("best", "@last", "--id").output
    #expect(try folder.runs("show", "@best", "--json").json()["id"]?.text == id.filter { $0 != "\n" })
    #expect(try folder.runs("best", "@last", "--limit", "3").lines.count == 4)
    #expect(try folder.runs("list").output.contains("  sweep  "))
  }

  @Test func `in a pipe there is a line for every event on standard error`() throws {
    let folder = try TestFolder()
    try folder.write(spec(logsX), to: "toy.yaml")
    let result = try folder.runs("sweep", "start", "toy.yaml", "--max-trials", "2", "--concurrent", "1")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.errors.contains("sweep "))
    #expect(result.errors.contains("trial 0"))
    #expect(result.errors.contains("trial 1"))
    #expect(!result.errors.contains("\u{1B}"))
    #expect(try folder.runs("sweep", "start", "toy.yaml", "--quiet", "--max-trials", "1").errors == "")
  }

  @Test func `a spec with an error starts nothing and gives 2 with line and column`() throws {
    let folder = try TestFolder()
    try folder.write(
      spec(logsX).split(separator: "\n").map {
        $0.hasPrefix("  x:") ? "  x: {type: uniform, min_value: 2, max_value: 1}" : $0
      }
      .joined(separator: "\n"), to: "bad.yaml")
    let checked = try folder.runs("sweep", "check", "bad.yaml")
    #expect(checked.code == Exit.usage.rawValue)
    #expect(checked.errors.hasPrefix("bad.yaml:6:"))
    #expect(checked.errors.contains("error: "))
    let json = try folder.runs("sweep", "check", "bad.yaml", "--json").json()
    #expect(json["spec"] == .null)
    #expect(json["findings"]?.list?.first?["line"] == 6)
    #expect(try folder.runs("sweep", "start", "bad.yaml").code == Exit.usage.rawValue)
    #expect(try names(in: folder.path).contains(".runs") == false)
    #expect(try folder.runs("sweep", "check", "nosuch.yaml").code == Exit.notFound.rawValue)
  }

  @Test func `a sound spec is summed up`() throws {
    let folder = try TestFolder()
    try folder.write(spec(logsX), to: "toy.yaml")
    let result = try folder.runs("sweep", "check", "toy.yaml")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("minimize loss"))
  }

  @Test func `a sweep in which every trial fails gives 1 and the reason`() throws {
    let folder = try TestFolder()
    try folder.write(spec("echo 'no such data' >&2; exit 3", trials: 8, concurrent: 1), to: "toy.yaml")
    let result = try folder.runs("sweep", "start", "toy.yaml")
    #expect(result.code == Exit.no.rawValue)
    #expect(result.errors.contains("no such data"))
    #expect(try folder.runs("best", "@last").code == Exit.notFound.rawValue)
  }

  @Test func `Ctrl-C leaves a sweep that resume finishes`() throws {
    let folder = try TestFolder()
    let ready = NamedPipe("ready", in: folder)
    let script = "if [ -e \(folder.path)/go ]; then \(logsX); else echo > \(ready.path); sleep 100; fi"
    try folder.write(spec(script, trials: 3, concurrent: 1), to: "toy.yaml")
    let program = try RunningProgram([runsExecutable, "sweep", "start", "toy.yaml"], in: folder.path)
    _ = try ready.read()
    kill(program.child.id, SIGINT)
    let result = try program.result()
    #expect(result.code == Exit.interrupted.rawValue)
    #expect(result.errors.contains("`runs sweep resume "))
    #expect(try folder.runs("sweep", "status", "--json").json()["state"] == "queued")
    #expect(try folder.runs("sweep", "status").output.contains("nobody"))
    try folder.write("", to: "go")
    let resumed = try folder.runs("sweep", "resume", "@last")
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try folder.runs("sweep", "status", "--json").json()["trials"] == ["finished": 3])
  }

  @Test func `a sweep is stopped for good from elsewhere`() throws {
    let folder = try TestFolder()
    let ready = NamedPipe("ready", in: folder)
    try folder.write(spec("echo > \(ready.path); sleep 100", concurrent: 1), to: "toy.yaml")
    let program = try RunningProgram([runsExecutable, "sweep", "start", "toy.yaml"], in: folder.path)
    _ = try ready.read()
    let status = try folder.runs("sweep", "status", "--json").json()
    #expect(status["driver_process"]?.integer == Int64(program.child.id))
    let stopped = try folder.runs("sweep", "stop", "@last", "--reason", "the labels were wrong")
    #expect(stopped.code == 0, "\(stopped.errors)")
    #expect(try program.result().code == Exit.no.rawValue)
    let run = try folder.runs("show", "@last", "--json").json()
    #expect(run["state"] == "canceled")
    #expect(run["reason"]?.text?.contains("the labels were wrong") == true)
    #expect(try folder.runs("sweep", "stop", "@last").code == Exit.conflict.rawValue)
  }

  @Test func `a trainer's sweep is tuned and its best trial reproduced`() throws {
    let folder = try TestFolder()
    try folder.write(
      """
      experiment_name: digits
      trial:
        trainer: image-classification
        parameters: {train: \(projectFolder)/examples/data/digits.csv.gz, network: mlp, epochs: 2}
      search_space:
        learning_rate: {type: continuous, min: 0.001, max: 0.5, scale: log}
      sampling_algorithm: random
      objective: {primary_metric: "validation:accuracy", goal: maximize}
      limits: {max_total_trials: 3, max_concurrent_trials: 2}
      """, to: "digits.yaml")
    let result = try folder.runs("sweep", "start", "digits.yaml", "--rerun-best", "2")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("2 new seeds, validation:accuracy:"))
    let reproduced = try folder.runs("reproduce", "@best")
    #expect(reproduced.code == 0, "\(reproduced.errors)")
    #expect(reproduced.output.hasPrefix("identical: "))
    #expect(try folder.runs("model", "verify", "@best").code == 0)
    #expect(try folder.runs("metrics", "@best", "train:loss", "--plot").output.contains("2 points"))
    #expect(try folder.runs("fsck").code == 0)
  }

  @Test func `a sweep begins with another one, which is told and recorded, and ranks with it on request`() throws {
    let folder = try TestFolder()
    try folder.write(spec(logsX), to: "toy.yaml")
    #expect(try folder.runs("sweep", "start", "toy.yaml", "--quiet").code == 0)
    let first = try folder.runs("list", "--kind", "sweep", "--quiet").lines[0]
    let result = try folder.runs(
      "sweep", "start", "toy.yaml", "--warm-start", first, "--seed", "8", "--max-trials", "1")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.errors.contains("begins with 4 trials of sweep \(first)"))
    #expect(try folder.runs("sweep", "status").output.contains("began with  4 trials of sweep \(first)"))
    let status = try folder.runs("sweep", "status", "--json").json()
    #expect(status["began_with"]?.list?.first?["used"] == 4)
    #expect(status["end"]?["details"]?["rule"] == "max_total_trials")
    #expect(try folder.runs("best", "@last", "--limit", "9").lines.count == 2)
    #expect(try folder.runs("best", "@last", "--limit", "9", "--with-parents").lines.count == 6)
    let strange = try folder.runs("sweep", "start", "toy.yaml", "--warm-start", "nosuch")
    #expect(strange.code == Exit.notFound.rawValue)
  }

  @Test func `a finished sweep is extended, and refused when that changes nothing`() throws {
    let folder = try TestFolder()
    try folder.write(spec(logsX, trials: 2), to: "toy.yaml")
    #expect(try folder.runs("sweep", "start", "toy.yaml", "--quiet").code == 0)
    let result = try folder.runs("sweep", "extend", "@last", "--add-trials", "2")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.lines.last?.hasPrefix("4 finished; ") == true)
    #expect(try folder.runs("sweep", "status").output.contains("4 finished of at most 4"))
    #expect(try folder.runs("sweep", "extend", "@last", "--timeout", "9").code == Exit.conflict.rawValue)
    #expect(try folder.runs("sweep", "extend", "@last").code == Exit.usage.rawValue)
    #expect(try folder.runs("sweep", "extend", "@last", "--without", "luck").code == Exit.usage.rawValue)
  }
}
