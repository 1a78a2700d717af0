import Glibc
import Testing
import Tracking

@testable import runs

@Suite struct ExecTests {
  @Test func `a command is recorded with its output, parameters and end`() throws {
    let folder = try TestFolder()
    let result = try folder.runs(
      "exec", "--name", "first", "--experiment", "digits", "--param", "lr=0.1", "--param", "optimizer=adam", "--tag",
      "team=vision", "--", "sh", "-c", "echo out; echo err >&2; echo $RUNS_PARAM_LR $RUNS_PARAM_OPTIMIZER")
    #expect(result.code == 0)
    #expect(result.output == "out\n0.1 adam\n")
    #expect(result.errors.hasPrefix("err\nrun "))
    let run = try folder.runs("show", "@last", "--json").json()
    #expect(run["state"] == "finished")
    #expect(run["experiment"] == "digits")
    #expect(run["parameters"] == ["lr": 0.1, "optimizer": "adam"])
    #expect(run["tags"] == ["team": "vision"])
    #expect(run["attempts"]?.list?.first?["outcome"] == "exited:0")
    let logs = try folder.runs("logs", "@last")
    #expect(logs.output == "out\n0.1 adam\n")
    #expect(logs.errors == "err\n")
  }

  @Test func `the exit code is passed through and recorded`() throws {
    let folder = try TestFolder()
    let result = try folder.runs("exec", "--", "sh", "-c", "echo 'no such data' >&2; exit 41")
    #expect(result.code == 41)
    let run = try folder.runs("show", "@last", "--json").json()
    #expect(run["state"] == "failed")
    #expect(run["reason"] == "exit code 41: no such data")
  }

  @Test func `a command that is not there gives 127 and a failed run`() throws {
    let folder = try TestFolder()
    #expect(try folder.runs("exec", "--", "no-such-program-here").code == 127)
    #expect(try folder.runs("show", "@last", "--json").json()["attempts"]?.list?.first?["outcome"] == "failed-to-start")
  }

  @Test func `a script logs to its own run`() throws {
    let folder = try TestFolder()
    let script =
      "for i in 1 2 3; do \(runsExecutable) log loss=0.$i other=nan; done; \(runsExecutable) log loss=9 --step 70"
    #expect(try folder.runs("exec", "--quiet", "--", "sh", "-c", script).errors == "")
    let points = try folder.runs("metrics", "@last", "loss", "--json").json()["series"]?.list?.first
    #expect(points?["steps"] == [0, 1, 2, 70])
    #expect(points?["values"] == [0.1, 0.2, 0.3, 9.0])
    let other = try folder.runs("metrics", "@last", "other", "--csv")
    #expect(other.lines.count == 4)
    #expect(other.lines.dropFirst().allSatisfy { $0.hasSuffix(",NaN") })
  }

  @Test func `what a command appends to RUNS_LOG is recorded, before a kill, too`() throws {
    let folder = try TestFolder()
    let script = """
      echo '{"metrics": {"loss": 0.5, "f1": NaN}, "step": 7}' >>"$RUNS_LOG"
      echo 'no record' >>"$RUNS_LOG"
      echo '{"param": "depth", "value": 3}' >>"$RUNS_LOG"
      printf '{"tag": "stage", "value": "late"}' >>"$RUNS_LOG"
      kill -9 $$
      """
    let result = try folder.runs("exec", "--", "sh", "-c", script)
    #expect(result.code == 137)
    #expect(result.errors.contains("runs: its run log (RUNS_LOG): line 2 is no record and is passed over"))
    let run = try folder.runs("show", "@last", "--json").json()
    #expect(run["metrics"]?["loss"]?["last"] == 0.5 && run["metrics"]?["loss"]?["last_step"] == 7)
    #expect(run["metrics"]?["f1"]?["last"] == "NaN")
    #expect(run["parameters"] == ["depth": 3])
    #expect(run["tags"]?["stage"] == "late")
    #expect(run["tags"]?.object?.keys.sorted() == ["runs.log_problem", "stage"])
  }

  @Test func `Ctrl-C ends the command's whole group and cancels the run`() throws {
    let folder = try TestFolder()
    let (ready, alive) = (NamedPipe("ready", in: folder), NamedPipe("alive", in: folder))
    let program = try RunningProgram(
      [runsExecutable, "exec", "--", "sh", "-c", "sleep 100 3> alive & echo ready > ready; wait"], in: folder.path)
    #expect(try ready.read() == "ready\n")
    let descriptor = open(alive.path, O_RDONLY)
    kill(program.child.id, SIGTERM)
    #expect(try program.result().code == 128 + SIGTERM)
    // The end of the file is the end of the last process that had it open.
    var byte: UInt8 = 0
    #expect(read(descriptor, &byte, 1) == 0)
    close(descriptor)
    #expect(try folder.runs("show", "@last", "--json").json()["state"] == "canceled")
  }

  @Test func `what a command logs after its driver was killed is recorded by fsck`() throws {
    let folder = try TestFolder()
    let (ready, go, done) = (NamedPipe("ready", in: folder), NamedPipe("go", in: folder), NamedPipe("done", in: folder))
    let script = """
      echo ready > ready; cat go
      for i in 1 2; do echo "{\\"metric\\": \\"loss\\", \\"value\\": $i}" >> "$RUNS_LOG"; done; echo done > done
      """
    let program = try RunningProgram([runsExecutable, "exec", "--", "sh", "-c", script], in: folder.path)
    #expect(try ready.read() == "ready\n")
    kill(program.child.id, SIGKILL)
    _ = try program.result()
    go.write("go\n")
    #expect(try done.read() == "done\n")
    #expect(try folder.runs("fsck").output.contains("2 lines of its run log (RUNS_LOG) are on record now"))
    #expect(try folder.runs("metrics", "@last", "loss", "--csv").lines.count == 3)
    #expect(try !folder.runs("fsck").output.contains("RUNS_LOG"))
  }

  @Test func `a second signal kills a command that does not listen`() throws {
    let folder = try TestFolder()
    let (ready, heard) = (NamedPipe("ready", in: folder), NamedPipe("heard", in: folder))
    let script = "trap 'echo heard > heard' TERM; echo ready > ready; while :; do sleep 0.1; done"
    let program = try RunningProgram([runsExecutable, "exec", "--", "sh", "-c", script], in: folder.path)
    #expect(try ready.read() == "ready\n")
    kill(program.child.id, SIGTERM)
    #expect(try heard.read() == "heard\n")
    kill(program.child.id, SIGTERM)
    #expect(try program.result().code == 128 + SIGKILL)
  }

  @Test func `what a descendant holds open is not waited for`() throws {
    let folder = try TestFolder()
    let began = Timestamp.now()
    #expect(try folder.runs("exec", "--", "sh", "-c", "sleep 30 & echo done").output == "done\n")
    #expect(began.milliseconds(to: .now()) < 15_000)
  }

  @Test func `large output comes through whole`() throws {
    let folder = try TestFolder()
    let result = try folder.runs("exec", "--quiet", "--", "sh", "-c", "seq 1 200000")
    #expect(result.lines.count == 200_000)
    #expect(result.lines.last == "200000")
    #expect(try folder.runs("logs", "@last").output == result.output)
    #expect(try folder.runs("logs", "@last", "--lines", "2").output == "199999\n200000\n")
  }

  @Test func `logs follow a run to its end`() throws {
    let folder = try TestFolder()
    let (go, ready, seen) = (NamedPipe("go", in: folder), NamedPipe("ready", in: folder), NamedPipe("seen", in: folder))
    let program = try RunningProgram(
      [runsExecutable, "exec", "--quiet", "--", "sh", "-c", "echo one; echo > ready; cat go"], in: folder.path)
    _ = try ready.read()
    let following = try RunningProgram(["sh", "-c", "\(runsExecutable) logs @last --follow > seen"], in: folder.path)
    let descriptor = open(seen.path, O_RDONLY)
    var bytes = [UInt8](repeating: 0, count: 100)
    #expect(String(decoding: bytes[..<read(descriptor, &bytes, 100)], as: UTF8.self) == "one\n")
    go.write("two\n")
    #expect(String(decoding: bytes[..<read(descriptor, &bytes, 100)], as: UTF8.self) == "two\n")
    #expect(try program.result().code == 0)
    #expect(try following.result().code == 0)
    close(descriptor)
  }
}
