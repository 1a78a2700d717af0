import Glibc
import Testing
import Tracking

@testable import runs

/// A sweep by a program outside.
@Suite struct OutsidePluginTests {
  private let spec = """
    trial: {command: "'\(runsExecutable)' log loss=${{search_space.x}}"}
    search_space:
      x: {type: integer, min: 1, max: 99}
    sampling_algorithm: shell
    objective: {primary_metric: loss, goal: minimize}
    limits: {max_total_trials: 3, max_concurrent_trials: 1}
    seed: 7
    """

  // A program that answers an ask, the n-th of all its processes, by `ask`.
  private func folder(_ ask: String, kind: String = "strategy") throws -> TestFolder {
    let folder = try TestFolder()
    try folder.write(spec, to: "sweep.yaml")
    mkdir(folder.path + "/.runs", 0o755)
    mkdir(folder.path + "/.runs/plugins", 0o755)
    let program = ".runs/plugins/runs-\(kind)-shell"
    try folder.write(
      """
      #!/bin/sh
      asks='\(folder.path)/asks'
      while read -r line; do
        case $line in
        *'"op":"describe"'*) echo '{"kind":"\(kind)","name":"shell","protocol":1,"summary":"A test of programs"}' ;;
        *'"op":"open"'*) echo '{"ok":true}' ;;
        *)
          echo >>"$asks"
          n=$(wc -l <"$asks")
          \(ask)
          ;;
        esac
      done
      """, to: program)
    chmod(folder.path + "/" + program, 0o755)
    return folder
  }

  private let proposes =
    #"echo '{"changes":[{"do":"propose","parameters":{"x":'$((10 - n))'},"reason":"counted down"}]}'"#

  @Test func `a program in the store's folder is a strategy by its name`() throws {
    let folder = try folder(proposes)
    let result = try folder.runs("sweep", "start", "sweep.yaml")
    #expect(result.code == 0, "\(result.errors)")
    #expect(
      try folder.runs("list", "--sweep", "@last", "--csv", "--columns", "params.x").lines == [
        "params.x", "9", "8", "7",
      ])
    let listed = try folder.runs("plugins", "--json").json().list ?? []
    let own = listed.first { $0["name"] == "shell" }
    #expect(own?["path"]?.text?.hasSuffix(".runs/plugins/runs-strategy-shell") == true)
    #expect(own?["summary"] == "A test of programs")
    #expect(listed.first { $0["name"] == "random" }?["path"] == .null)
  }

  @Test func `a program on the PATH is a strategy too`() throws {
    let folder = try folder(proposes)
    rename(folder.path + "/.runs/plugins", folder.path + "/elsewhere")
    #expect(try folder.runs("sweep", "check", "sweep.yaml").code == 2)
    let path = ["PATH": folder.path + "/elsewhere:" + (environment("PATH") ?? "")]
    #expect(try folder.runs("sweep", "check", "sweep.yaml", environment: path).code == 0)
  }

  @Test func `an option that the program does not tell of is an error of the spec`() throws {
    let folder = try folder(proposes)
    try folder.write(
      spec.replacing("sampling_algorithm: shell", with: "sampling_algorithm: {type: shell, depth: 3}"), to: "sweep.yaml"
    )
    let result = try folder.runs("sweep", "check", "sweep.yaml")
    #expect(result.code == 2)
    #expect(result.errors.contains("takes no option 'depth'"))
  }

  @Test func `a program that fails once is asked again, and no trial is lost`() throws {
    let folder = try folder("if [ $n = 2 ]; then echo 'out of luck' >&2; exit 9; fi; " + proposes)
    let result = try folder.runs("sweep", "start", "sweep.yaml")
    #expect(result.code == 0, "\(result.errors)")
    #expect(
      try folder.runs("list", "--sweep", "@last", "--csv", "--columns", "params.x").lines == [
        "params.x", "9", "7", "6",
      ])
    let tag = try folder.runs("show", "@last", "--json").json()["tags"]?["runs.failed_ask"]?.text ?? ""
    #expect(tag.contains("out of luck"))
    #expect(tag.contains("exit code 9"))
  }

  @Test func `a program that goes on failing parks the sweep, which is resumed when it is mended`() throws {
    let folder = try folder("if [ $n -gt 1 -a $n -lt 5 ]; then exit 3; fi; " + proposes)
    let parked = try folder.runs("sweep", "start", "sweep.yaml")
    #expect(parked.code != 0)
    #expect(parked.errors.contains("parked"), "\(parked.errors)")
    #expect(parked.errors.contains("exit code 3"))
    let sweep = try folder.runs("show", "@last", "--json").json()
    #expect(sweep["state"] == "queued")
    #expect(try folder.runs("list", "--sweep", "@last", "--csv", "--columns", "state").lines == ["state", "finished"])
    let resumed = try folder.runs("sweep", "resume", "@last")
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try folder.runs("list", "--sweep", "@last", "--all", "--quiet").lines.count == 3)
  }
}

/// A Python that has optuna, made from PyPI in `.build`; nil where that cannot be.
private let optunaPython: String? = {
  let python = projectFolder + "/.build/optuna/bin/python3"
  func hasOptuna() -> Bool { (try? runProgram([python, "-c", "import optuna"]).code) == 0 }
  if hasOptuna() { return python }
  _ = try? runProgram(["python3", "-m", "venv", projectFolder + "/.build/optuna"])
  _ = try? runProgram([python, "-m", "pip", "install", "--quiet", "optuna"])
  return hasOptuna() ? python : nil
}()

@Suite struct OptunaExampleTests {
  @Test(.enabled(if: optunaPython != nil, "optuna cannot be installed: PyPI is out of reach, or python3 has no venv"))
  func `Optuna's sampler drives a sweep from outside`() throws {
    let folder = try TestFolder()
    let example = projectFolder + "/examples/optuna-strategy"
    mkdir(folder.path + "/.runs", 0o755)
    mkdir(folder.path + "/.runs/plugins", 0o755)
    let program = folder.path + "/.runs/plugins/runs-strategy-optuna"
    let python = try #require(optunaPython)
    try writeText("#!/bin/sh\nexec '\(python)' '\(example)/runs-strategy-optuna'\n", to: program)
    chmod(program, 0o755)
    let result = try folder.runs("sweep", "start", example + "/sweep.yaml", "--max-trials", "14")
    #expect(result.code == 0, "\(result.errors)")
    let sweep = try folder.runs("show", "@last", "--json").json()
    #expect(sweep["trials"]?["finished"] == 14)
    let decisions = sweep["decisions"]?.list ?? []
    #expect(decisions.filter { $0["reason"] == "Optuna's TPE" && $0["decider"] == "optuna" }.count == 14)
  }
}
