import Glibc
import Testing
import Tracking

@testable import runs

/// A store with three runs: lr 0.1, 0.2, 0.3 and their losses.
private func threeRuns() throws -> TestFolder {
  let folder = try TestFolder()
  for (rate, loss) in [("0.1", "0.5"), ("0.2", "0.25"), ("0.3", "1e-3")] {
    try folder.runs(
      "exec", "--quiet", "--name", "rate \(rate)", "--param", "lr=\(rate)", "--param", "optimizer=sgd", "--", "sh",
      "-c", "\(runsExecutable) log loss=2 && \(runsExecutable) log loss=\(loss)")
  }
  return folder
}

@Suite struct LookTests {
  @Test func `a list has the newest run first`() throws {
    let folder = try threeRuns()
    let names = try folder.runs("list", "--columns", "name", "--csv").lines
    #expect(names == ["name", "rate 0.3", "rate 0.2", "rate 0.1"])
  }

  @Test func `a list is filtered, sorted and cut`() throws {
    let folder = try threeRuns()
    let filtered = try folder.runs(
      "list", "--filter", "metrics.loss < 0.4 and params.optimizer = 'sgd'", "--sort", "metrics.loss DESC", "--columns",
      "params.lr,metrics.loss,max(metrics.loss),count(metrics.loss)", "--csv")
    #expect(
      filtered.lines == [
        "params.lr,metrics.loss,max(metrics.loss),count(metrics.loss)", "0.2,0.25,2.0,2", "0.3,0.001,2.0,2",
      ])
    #expect(
      try folder.runs("list", "--sort=-metrics.loss", "--limit", "1", "--columns", "params.lr", "--csv").lines.last
        == "0.1")
    #expect(try folder.runs("list", "--quiet").lines.count == 3)
  }

  @Test func `JSON has typed values`() throws {
    let folder = try threeRuns()
    let runs = try folder.runs("list", "--json").json()
    #expect(runs.list?.first?["parameters"]?["lr"] == 0.3)
    #expect(runs.list?.first?["metrics"]?["loss"]?["last"] == 0.001)
    #expect(runs.list?.first?["metrics"]?["loss"]?["max_step"] == 0)
    #expect(try folder.runs("list", "--json", "--columns", "id,params.lr").json().list?.first?.object?.count == 2)
  }

  @Test func `a misspelt metric in a filter is named, with the near one`() throws {
    let folder = try threeRuns()
    let result = try folder.runs("list", "--filter", "metrics.los < 1")
    #expect(result.code == 0)
    #expect(result.output == "")
    #expect(result.errors.contains("no run here has a metric 'los'; did you mean 'loss'?"))
  }

  @Test func `runs are compared where they differ`() throws {
    let folder = try threeRuns()
    let ids = try folder.runs("list", "--quiet").lines
    let result = try folder.runs("compare", ids[0], ids[1], "--csv")
    #expect(result.lines.dropFirst() == ["params,lr,0.3,0.2", "metrics,loss,0.001,0.25"])
    #expect(try folder.runs("compare", ids[0], ids[1], "--all", "--csv").lines.contains("params,optimizer,sgd,sgd"))
    #expect(try folder.runs("compare", ids[0]).code == Exit.usage.rawValue)
  }

  @Test func `an id's unique beginning is enough, and an ambiguous one names the candidates`() throws {
    let folder = try threeRuns()
    let id = try #require(try folder.runs("list", "--quiet").lines.first)
    #expect(try folder.runs("show", String(id.prefix(10))).output.hasPrefix(id))
    let ambiguous = try folder.runs("show", "")
    #expect(ambiguous.code != 0)
    #expect(try folder.runs("show", "nosuchrun").code == Exit.notFound.rawValue)
  }

  @Test func `tags and notes are set, read and removed`() throws {
    let folder = try threeRuns()
    #expect(try folder.runs("tag", "@last", "team=vision", "stage=a=b").code == 0)
    #expect(try folder.runs("tag", "@last").output == "stage=a=b\nteam=vision\n")
    #expect(try folder.runs("tag", "@last", "--remove", "team").code == 0)
    #expect(try folder.runs("tag", "@last", "--remove", "team").code == Exit.notFound.rawValue)
    #expect(try folder.runs("note", "@last", "the", "first").code == 0)
    #expect(try folder.runs("note", "@last").output == "the first\n")
    #expect(try folder.runs("note", "@last", "--clear").code == 0)
    #expect(try folder.runs("note", "@last").output == "")
  }

  @Test func `artifacts are put, listed, read and fetched`() throws {
    let folder = try threeRuns()
    mkdir(folder.path + "/report", 0o755)
    try folder.write("<h1>fine</h1>", to: "report/index.html")
    #expect(try folder.runs("artifacts", "put", "@last", "report").code == 0)
    #expect(try folder.runs("artifacts", "list", "@last", "--csv").lines.last?.hasPrefix("report,1,13,") == true)
    #expect(try folder.runs("artifacts", "list", "@last", "report").output.contains("index.html"))
    #expect(try folder.runs("artifacts", "get", "@last", "report", "--member", "index.html").output == "<h1>fine</h1>")
    #expect(try folder.runs("artifacts", "get", "@last", "report", "-o", "copy").code == 0)
    #expect(try readText(folder.path + "/copy/index.html") == "<h1>fine</h1>")
    #expect(try folder.runs("artifacts", "get", "@last", "report", "--format", "tar.gz").code == 0)
    #expect(try folder.runs("artifacts", "get", "@last", "report", "--format", "tar.gz").code == Exit.conflict.rawValue)
    let listed = try runProgram(["tar", "tzf", folder.path + "/report.tar.gz"])
    #expect(listed.output.contains("index.html"))
    let missing = try folder.runs("artifacts", "get", "@last", "reprot")
    #expect(missing.code == Exit.notFound.rawValue)
    #expect(missing.errors.contains("did you mean 'report'?"))
  }

  @Test func `fsck finds a damaged artifact`() throws {
    let folder = try threeRuns()
    try folder.write("content", to: "file")
    try folder.runs("artifacts", "put", "@last", "file")
    #expect(try folder.runs("fsck").code == 0)
    let list = try folder.runs("artifacts", "list", "@last", "--json").json()
    let digest = try #require(list.list?.first { $0["name"] == "file" }?["digest"]?.text)
    let tarball = folder.path + "/.runs/artifacts/\(digest.prefix(2))/\(digest).tar.zst"
    chmod(tarball, 0o644)
    try writeText("damaged", to: tarball)
    let result = try folder.runs("fsck")
    #expect(result.code == Exit.no.rawValue)
    #expect(result.output.contains("damaged: artifact 'file'"))
  }

  @Test func `in a pipe there is no colour, and with --color always there is`() throws {
    let folder = try threeRuns()
    #expect(try !folder.runs("list").output.contains("\u{1B}"))
    #expect(try folder.runs("list", "--color", "always").output.contains("\u{1B}[32mfinished"))
  }
}

@Suite struct UsageTests {
  @Test func `a misspelt command is named, with the near one`() throws {
    let folder = try TestFolder()
    let result = try folder.runs("lsit")
    #expect(result.code == Exit.usage.rawValue)
    #expect(result.errors == "runs: there is no command 'runs lsit'; did you mean 'runs list'?\n")
    let known = try folder.runs("xyzzy").errors.split(separator: ";").last?.split(separator: ",").map(String.init) ?? []
    #expect(known.count > 10 && Set(known).count == known.count, "each command is named once")
    #expect(try folder.runs("artifacts", "gte").errors.contains("did you mean 'runs artifacts get'?"))
  }

  @Test func `usage errors give 2, on standard error`() throws {
    let folder = try TestFolder()
    for arguments in [
      ["list", "--nosuch"], ["list", "--limit", "0"], ["compare"], ["exec"], ["list", "--json", "--csv"],
    ] {
      let result = try runProgram([runsExecutable] + arguments, in: folder.path)
      #expect(result.code == Exit.usage.rawValue, "\(arguments)")
      #expect(result.output == "")
      #expect(result.errors.hasPrefix("runs: "))
    }
  }

  @Test func `without a store a reading command gives 3 and makes none`() throws {
    let folder = try TestFolder()
    let result = try folder.runs("list")
    #expect(result.code == Exit.notFound.rawValue)
    #expect(result.errors.hasPrefix("runs: there is no store here"))
    #expect(try names(in: folder.path) == [])
  }

  @Test func `a store is found from below, by --store and by RUNS_STORE`() throws {
    let folder = try TestFolder()
    try folder.runs("exec", "--quiet", "--", "true")
    mkdir(folder.path + "/deep", 0o755)
    let id = try folder.runs("list", "--quiet").output
    #expect(try runProgram([runsExecutable, "list", "--quiet"], in: folder.path + "/deep").output == id)
    #expect(try runProgram([runsExecutable, "list", "--quiet", "--store", folder.path], in: "/").output == id)
    #expect(
      try runProgram([runsExecutable, "list", "--quiet"], in: "/", environment: ["RUNS_STORE": folder.path + "/.runs"])
        .output == id)
  }

  @Test func `output that cannot be written is an error`() throws {
    let folder = try TestFolder()
    try folder.runs("exec", "--quiet", "--", "true")
    let result = try runProgram(["sh", "-c", "\(runsExecutable) list --json > /dev/full"], in: folder.path)
    #expect(result.code == Exit.system.rawValue)
  }

  @Test func `a reader that has had enough is no error`() throws {
    let folder = try TestFolder()
    try folder.runs("exec", "--quiet", "--", "true")
    let result = try runProgram(["sh", "-c", "\(runsExecutable) list --json | true"], in: folder.path)
    #expect(result.errors == "")
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `there is a completion script`(shell: String) throws {
    let result = try runProgram([runsExecutable, "completions", shell])
    #expect(result.code == 0)
    #expect(result.output.contains("reproduce"))
  }

  @Test func `the version is told`() throws {
    #expect(try runProgram([runsExecutable, "--version"]).output == Program.version + "\n")
  }
}
