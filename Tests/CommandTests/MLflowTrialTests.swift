import Glibc
import Testing
import Tracking

@testable import runs

/// A Python that has MLflow's client, made from PyPI in `.build`; nil where that cannot be.
private let mlflowPython: String? = {
  let python = projectFolder + "/.build/mlflow-trials/bin/python3"
  func hasClient() -> Bool { (try? runProgram([python, "-c", "import mlflow"]).code) == 0 }
  if hasClient() { return python }
  _ = try? runProgram(["python3", "-m", "venv", projectFolder + "/.build/mlflow-trials"])
  _ = try? runProgram([python, "-m", "pip", "install", "--quiet", "mlflow-skinny"])
  return hasClient() ? python : nil
}()

/// Sweeps whose scripts log by MLflow's client, as it comes.
@Suite(
  .serialized, .timeLimit(.minutes(20)),
  .enabled(if: mlflowPython != nil, "mlflow-skinny cannot be installed: PyPI is out of reach, or python3 has no venv"))
struct MLflowTrialTests {
  let folder: TestFolder

  init() throws { folder = try TestFolder() }

  /// Writes a spec of one trial that executes a script.
  private func write(_ script: String) throws {
    try folder.write("import mlflow, os, sys, time\n" + script + "\n", to: "train.py")
    try folder.write(
      """
      trial: {command: '\(try #require(mlflowPython)) \(folder.path)/train.py ${{search_space.x}}'}
      search_space: {x: {type: uniform, min_value: 0, max_value: 1}}
      metrics: [{name: loss, regex: 'loss=(\\S+)'}]
      objective: {primary_metric: loss, goal: minimize}
      limits: {max_total_trials: 1, max_concurrent_trials: 1}
      """, to: "sweep.yaml")
  }

  @Test func `the example of an Azure job runs unchanged, and bandit stops by what mlflow logs`() throws {
    let example = projectFolder + "/examples/azure-mlflow/job-sweep.yml"
    let python = try #require(mlflowPython)
    let check = try folder.runs("sweep", "check", example)
    #expect(check.code == 2)
    #expect(check.errors.contains("the input digits is at azureml:digits:1, which is not on this machine"))
    let result = try folder.runs(
      "sweep", "start", example, "--input", "digits=" + projectFolder + "/examples/data/digits.csv.gz", "--environment",
      "digits=" + parent(of: parent(of: python)), "--strict-env", "--json", "--quiet", "--max-trials", "4")
    #expect(result.code == 0, "\(result.errors)")
    let sweep = try result.json()
    let trials = try #require(sweep["trials"]?.list)
    #expect(trials.count == 4)
    #expect(trials.allSatisfy { ["finished", "pruned"].contains($0["state"]?.text ?? "") }, "\(trials)")
    #expect(trials.contains { $0["state"] == "pruned" && $0["reason"]?.text?.hasPrefix("bandit") == true })
    #expect(sweep["origin"]?["inputs"]?["digits"]?["sha256"]?.text?.count == 64)
    let best = try folder.runs("show", "@best", "--json").json()
    #expect(best["metrics"]?["validation_loss"]?["count"] == 6)
    #expect(best["parameters"]?["epochs"] == "6")
    #expect(best["tags"]?["kind"] == "softmax")
    #expect(best["artifacts"]?.list?.map { $0["name"] } == ["outputs"])
    let files = try folder.runs("artifacts", "list", "@best", "outputs", "--csv")
    #expect(files.output.contains("report/report.txt") && files.output.contains("weights.json"))
  }

  @Test func `how the process ends counts, whatever its script says of the run`() throws {
    try write("mlflow.log_metric('loss', 1); mlflow.end_run('FAILED')")
    #expect(try folder.runs("sweep", "start", "sweep.yaml").code == 0)
    #expect(try folder.runs("show", "@best", "--json").json()["state"] == "finished")
    try write("mlflow.log_metric('loss', 1); mlflow.end_run('FINISHED'); sys.exit(3)")
    #expect(try folder.runs("sweep", "start", "sweep.yaml").code == 1)
    let trial = try folder.runs("list", "--sweep", "@last", "--json").json().list?.first
    #expect(trial?["state"] == "failed")
    #expect(trial?["reason"] == "exit code 3")
  }

  @Test func `a metric that is printed and logged by mlflow has its points once`() throws {
    try write(
      """
      with mlflow.start_run():
          for step in range(3):
              mlflow.log_metric('loss', 3 - step, step=step)
              print(f'loss={3 - step}', flush=True)
      """)
    #expect(try folder.runs("sweep", "start", "sweep.yaml").code == 0)
    let best = try folder.runs("show", "@best", "--json").json()
    #expect(best["metrics"]?["loss"]?["count"] == 3)
    #expect(best["tags"]?["runs.logged_twice"] == "1 [\"loss\"]")
    let output = try folder.runs("logs", "@best", "--stdout").output
    #expect(output == "loss=3\nloss=2\nloss=1\n")
  }

  @Test func `a trial that outlives its driver logs on when the next one drives`() throws {
    let (logged, dead) = (NamedPipe("logged", in: folder), NamedPipe("dead", in: folder))
    try write(
      """
      mlflow.log_metric('loss', 2, step=0)
      open('\(logged.path)', 'w').write('logged')
      open('\(dead.path)').read()
      mlflow.log_metric('loss', 1, step=1)
      """)
    let driver = try RunningProgram([runsExecutable, "sweep", "start", "sweep.yaml", "--quiet"], in: folder.path)
    #expect(try logged.read() == "logged")
    driver.child.send(SIGKILL)
    _ = try driver.result()
    // From here on nobody listens, and MLflow's client tries again.
    dead.write("dead")
    let result = try folder.runs("sweep", "resume", "@last", "--quiet")
    #expect(result.code == 0, "\(result.errors)")
    let best = try folder.runs("show", "@best", "--json").json()
    #expect(best["attempts"]?.list?.count == 1)
    #expect(best["metrics"]?["loss"]?["count"] == 2)
    #expect(best["metrics"]?["loss"]?["last"] == 1.0)
  }
}
