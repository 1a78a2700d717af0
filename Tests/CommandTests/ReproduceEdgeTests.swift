import Glibc
import Testing
import Tracking

@testable import runs

/// What happens at the edges of a reproduction: inputs among the code, environments, moved paths, ends that differ.
@Suite(.timeLimit(.minutes(20))) struct ReproduceEdgeTests {
  private static let script = """
    import json, os, sys
    with open(os.environ["RUNS_LOG"], "a") as log:
        for step in range(3):
            total = sum(float(line) for line in open(sys.argv[1]))
            log.write(json.dumps({"metric": "loss", "value": total + step, "step": step}) + "\\n")
    """

  private func folder() throws -> TestFolder {
    let folder = try TestFolder()
    try runProgram(["mkdir", "-p", folder.path + "/data"])
    try folder.write(Self.script, to: "train.py")
    try folder.write("1\n2\n", to: "data/train.csv")
    return folder
  }

  @Test func `an input among the code that git ignores is where the command looks for it`() throws {
    let folder = try folder()
    try folder.write("data/\n.runs/\n", to: ".gitignore")
    for words in [
      ["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one"],
    ] {
      try runProgram(["git"] + words, in: folder.path)
    }
    let ran = try folder.runs(
      "exec", "--quiet", "--input", "data=data/train.csv", "--", "python3", "train.py", "data/train.csv")
    #expect(ran.code == 0, "\(ran.errors)")
    let id = try #require(folder.runs("list", "--json").json().list?.first?["id"]?.text)
    let again = try folder.runs("reproduce", id)
    #expect(again.code == 0, "\(again.output)\(again.errors)")
    try folder.write("4\n", to: "other.csv")
    let other = try folder.runs("reproduce", id, "--with-input", "data=other.csv")
    #expect(other.code == Exit.no.rawValue)
    #expect(other.output.contains("was 3.0 and is 4.0") && other.output.contains("data: data"))
    // The repetition's own record says which data it had.
    let difference = try folder.runs("diff", id, "@last", "--only", "data")
    #expect(difference.code == Exit.no.rawValue, "\(difference.output)")
  }

  @Test func `two inputs may change places`() throws {
    let folder = try folder()
    try folder.write("5\n", to: "data/b.csv")
    let (a, b) = (folder.path + "/data/train.csv", folder.path + "/data/b.csv")
    try folder.write("data/\n", to: ".runsignore")
    try folder.runs(
      "exec", "--quiet", "--input", "a=\(a)", "--input", "b=\(b)", "--", "python3", "train.py", a)
    let id = try #require(folder.runs("list", "--json").json().list?.first?["id"]?.text)
    let result = try folder.runs("reproduce", id, "--with-input", "a=\(b)", "--with-input", "b=\(a)")
    #expect(result.code == Exit.no.rawValue, "\(result.output)\(result.errors)")
    #expect(result.output.contains("loss at step 0 was 3.0 and is 5.0"))
  }

  @Test func `modules are imported from the recorded code, not from where it was`() throws {
    let folder = try folder()
    try runProgram(["mkdir", folder.path + "/src"])
    try folder.write("value = 1.0\n", to: "src/lib.py")
    try folder.write(
      "import json, os, lib\nopen(os.environ['RUNS_LOG'], 'a').write(json.dumps({'metric': 'x', 'value': lib.value}) + '\\n')\n",
      to: "use.py")
    let variables = ["PYTHONPATH": folder.path + "/src"]
    #expect(try folder.runs("exec", "--quiet", "--", "python3", "use.py", environment: variables).code == 0)
    try folder.write("value = 2.0\n", to: "src/lib.py")
    let result = try folder.runs("reproduce", "@last", environment: variables)
    #expect(result.code == 0, "\(result.output)\(result.errors)")
  }

  @Test func `a virtual environment in the project is found, and another is used where it is wished for`() throws {
    let folder = try folder()
    for name in [".venv", "other"] {
      #expect(try runProgram(["python3", "-m", "venv", "--without-pip", folder.path + "/" + name]).code == 0)
    }
    try folder.write("import sys\nprint(sys.prefix)\n" + Self.script, to: "train.py")
    let ran = try folder.runs("exec", "--quiet", "--", ".venv/bin/python", "train.py", "data/train.csv")
    #expect(ran.code == 0, "\(ran.errors)")
    let id = try #require(folder.runs("list", "--json").json().list?.first?["id"]?.text)
    for (arguments, prefix) in [([], ".venv"), (["--in", "other"], "other")] {
      let again = try runProgram([runsExecutable, "reproduce", id] + arguments, in: folder.path)
      #expect(again.code == 0, "\(again.output)\(again.errors)")
      #expect(try folder.runs("logs", "@last").output.contains("/\(prefix)\n"))
    }
  }

  @Test func `a run that failed and does not fail again is different`() throws {
    let folder = try folder()
    try folder.write(
      "echo '{\"metric\": \"x\", \"value\": 1}' >>$RUNS_LOG; [ -e \(folder.path)/fixed ] || kill -SEGV $$\n",
      to: "crash.sh")
    #expect(try folder.runs("exec", "--quiet", "--", "sh", "crash.sh").code == 139)
    let id = try #require(folder.runs("list", "--json").json().list?.first?["id"]?.text)
    let same = try folder.runs("reproduce", id)
    #expect(same.code == 0, "\(same.output)\(same.errors)")
    try folder.write("", to: "fixed")
    let other = try folder.runs("reproduce", id)
    #expect(other.code == Exit.no.rawValue)
    #expect(other.output.contains("it failed") && other.output.contains("finished"))
  }

  @Test func `a wanted variable that was not set is unset, and named when it is kept`() throws {
    let folder = try folder()
    try folder.write("echo '{\"metric\": \"x\", \"value\": '${FOO:-0}'}' >>$RUNS_LOG\n", to: "foo.sh")
    #expect(try folder.runs("exec", "--quiet", "--record-env", "FOO", "--", "sh", "foo.sh").code == 0)
    let id = try #require(folder.runs("list", "--json").json().list?.first?["id"]?.text)
    #expect(try folder.runs("reproduce", id, environment: ["FOO": "5"]).code == 0)
    let kept = try folder.runs("reproduce", id, "--keep-environment", environment: ["FOO": "5"])
    #expect(kept.code == Exit.no.rawValue)
    #expect(kept.output.contains("variables: FOO"))
  }

  @Test func `what is no file is refused as an input, and a wrong metric's name by the nearest`() throws {
    let folder = try folder()
    mkfifo(folder.path + "/pipe", 0o644)
    let piped = try folder.runs("exec", "--input", "d=pipe", "--", "true")
    #expect(piped.code == Exit.usage.rawValue)
    #expect(piped.errors.contains("neither a file nor a folder"))
    #expect(try folder.runs("exec", "--quiet", "--", "python3", "train.py", "data/train.csv").code == 0)
    let typo = try folder.runs("reproduce", "@last", "--rtol", "los=1e-3")
    #expect(typo.code == Exit.usage.rawValue)
    #expect(typo.errors.contains("did you mean 'loss'?"))
  }

  @Test func `a repetition whose process was killed is ended by the next one`() throws {
    let folder = try folder()
    try folder.write(
      "echo '{\"metric\": \"x\", \"value\": 1}' >>$RUNS_LOG; while [ -e hold ]; do sleep 0.1; done\n", to: "wait.sh")
    #expect(try folder.runs("exec", "--quiet", "--", "sh", "wait.sh").code == 0)
    let id = try #require(folder.runs("list", "--json").json().list?.first?["id"]?.text)
    // The copy waits for ever, because it has the file that the folder gets now.
    try folder.write("", to: "hold")
    let running = try RunningProgram([runsExecutable, "reproduce", id, "--with-code", "."], in: folder.path)
    func repetitions() throws -> [Value] {
      try folder.runs("list", "--json").json().list?.filter { $0["tags"]?["runs.reproduces"] == .text(id) } ?? []
    }
    while try repetitions().first?["metrics"]?["x"] == nil { usleep(20_000) }
    kill(running.child.id, SIGKILL)
    _ = try running.result()
    unlink(folder.path + "/hold")
    let next = try folder.runs("reproduce", id)
    #expect(next.code == 0, "\(next.output)\(next.errors)")
    #expect(try repetitions().compactMap { $0["state"]?.text }.sorted() == ["failed", "finished"])
  }

  @Test func `a folder for reviewers quotes what names hold, and has the data that lay among the code`() throws {
    let folder = try folder()
    let odd = "in put $(touch PWNED) \"q"
    try runProgram(["mkdir", folder.path + "/" + odd])
    try folder.write("4\n", to: odd + "/it's $(touch PWNED2)")
    let ran = try folder.runs(
      "exec", "--quiet", "--input", "d=\(odd)", "--input", "t=data/train.csv", "--param", "max_tokens=7", "--", "sh",
      "-c",
      "echo \"it's 'q' $RUNS_PARAM_MAX_TOKENS\" '\"x\"' >out.txt; python3 train.py data/train.csv; cat out.txt")
    #expect(ran.code == 0, "\(ran.errors)")
    #expect(try folder.runs("reproduce", "@last", "--export", "review").code == 0)
    try runProgram(["rm", "-rf", folder.path + "/data", folder.path + "/train.py"])
    let again = try runProgram(["sh", "run.sh"], in: folder.path + "/review")
    #expect(again.code == 0, "\(again.errors)")
    #expect(again.output.contains("it's 'q' 7 \"x\""))
    let found = try runProgram(["find", folder.path, "-name", "PWNED*", "-not", "-path", "*/code/*"])
    #expect(found.output.isEmpty)
  }
}
