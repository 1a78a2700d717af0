import Glibc
import Provenance
import Testing
import Tracking
import TrackingContracts

@testable import Sweeping

@Suite(.timeLimit(.minutes(20))) struct SurroundingsTests {
  /// A spec whose trials work on copies of the folder `code` below the workplace.
  private func spec(_ place: Workplace, _ command: String, trials: Int = 2) -> SweepSpec {
    var spec = place.spec(command, trials: trials)
    spec.work = .command(command, code: place.folder("source"), environment: [:])
    spec.surroundings.copiesCode = true
    return spec
  }

  @Test func `each trial works in a copy of its own of the code as it was`() throws {
    let place = try Workplace()
    place.folder.write("source/main.sh", "echo changed >>notes; cat notes | wc -l; ls; echo loss=$(cat value)")
    place.folder.write("source/value", "1")
    place.folder.write("source/sub/notes.txt", "kept")
    place.folder.write("source/data.bin", "left out")
    place.folder.write("source/.amlignore", "*.bin\n")
    place.folder.write("source/.gitignore", "sub/\n")
    let driver = place.driver()
    let capture = CodeCapture(artifacts: place.artifacts, caches: place.folder("cache"), stores: [])
    let sweep = try driver.start(
      spec(place, "sh main.sh"), source: "", artifacts: ["code": capture.take(place.folder("source")).tarball])
    place.folder.write("source/value", "2")
    #expect(try driver.drive(sweep).progress.counts == [.finished: 2])
    for number in 0..<2 {
      #expect(place.lines("jobs/\(sweep)-\(number).1/stdout").contains("1"))
      #expect(place.lines("jobs/\(sweep)-\(number).1/stdout").contains("sub"))
      #expect(!place.lines("jobs/\(sweep)-\(number).1/stdout").contains("data.bin"))
      #expect(try place.store.points(of: sweep.trial(number), metric: "loss").values == [1])
      #expect(access(place.folder("jobs/\(sweep)-\(number).1/work"), F_OK) != 0)
    }
    let artifact = try #require(place.store.artifacts(of: sweep).first)
    #expect(artifact.name == "code")
    #expect(
      try place.artifacts.members(of: artifact.digest).filter { $0.kind == .file }.map(\.path)
        == [".amlignore", ".gitignore", "main.sh", "sub/notes.txt", "value"])
    #expect(try place.store.sweep(sweep).spec.surroundings.snapshot == artifact.digest)
  }

  @Test func `a snapshot whose folder is gone is unpacked again, and a failed trial's copy stays`() throws {
    let place = try Workplace()
    place.folder.write("source/train.sh", "echo loss=1; exit $1")
    let stop = StopRequest()
    stop.request()
    let sweep = try place.driver().start(spec(place, "sh train.sh $RUNS_TRIAL"), source: "")
    #expect(try place.driver(stop: stop).drive(sweep).state == .queued)
    Sweeping.removeTree(place.folder("source"))
    #expect(try place.driver().drive(sweep).progress.counts == [.finished: 1, .failed: 1])
    let copy = place.folder("jobs/\(sweep)-1.1/work")
    #expect(access(copy + "/train.sh", F_OK) == 0)
  }

  @Test func `what a trial left is kept, however it ended`() throws {
    let place = try Workplace()
    let (sweep, outcome) = try place.drive(
      place.spec("echo half >$RUNS_OUTPUT_DIR/model; echo loss=1; exit $RUNS_TRIAL", trials: 2))
    #expect(outcome.progress.counts == [.finished: 1, .failed: 1])
    for number in 0..<2 {
      let artifact = try #require(place.store.artifacts(of: sweep.trial(number)).first)
      #expect(try place.artifacts.members(of: artifact.digest).filter { $0.kind == .file }.map(\.path) == ["model"])
    }
  }

  @Test func `the folder of the code goes with the last sweep that needs it`() throws {
    let place = try Workplace()
    place.folder.write("source/train.sh", "echo loss=1")
    let first = try place.driver().start(spec(place, "sh train.sh"), source: "")
    let stop = StopRequest()
    stop.request()
    let second = try place.driver().start(spec(place, "sh train.sh #"), source: "")
    #expect(try place.driver(stop: stop).drive(second).state == .queued)
    let code = place.folder("code")
    makeLeftovers(of: code)
    #expect(try place.driver().drive(first).state == .finished)
    // The second one needs the same code.
    let digest = try #require(place.store.sweep(first).spec.surroundings.snapshot)
    #expect(names(in: code).sorted() == [digest.hex, "new.\(getpid()).1"])
    #expect(try place.driver().drive(second).state == .finished)
    #expect(names(in: code) == ["new.\(getpid()).1"])
  }

  // What drivers leave behind: one that was killed long ago, and this process.
  private func makeLeftovers(of code: String) {
    for name in ["new.\(Int32.max).1/file", "old.\(Int32.max).1", "new.\(getpid()).1"] {
      try? makeDirectories(code + "/" + name)
    }
  }

  @Test func `outputs and logs are kept wherever Azure's scripts leave them`() throws {
    let place = try Workplace()
    place.folder.write("source/main.sh", "echo model >outputs/model; echo line >logs/log; echo loss=1")
    var spec = spec(place, "sh main.sh; echo x >${{outputs.model_dir}}/x; echo y >$RUNS_OUTPUT_OTHER/y", trials: 1)
    spec.surroundings.outputs = ["model_dir", "other"]
    let (sweep, _) = try place.drive(spec)
    let artifacts = try place.store.artifacts(of: sweep.trial(0))
    #expect(artifacts.map(\.name) == ["logs", "outputs"])
    #expect(
      try artifacts.flatMap { try place.artifacts.members(of: $0.digest) }.filter { $0.kind == .file }.map(\.path)
        == ["log", "model", "model_dir/x", "other/y"])
  }

  @Test func `the command as it ran is on record`() throws {
    let place = try Workplace()
    var spec = place.spec("echo loss=${{search_space.x}} # ${{inputs.word}} ${{inputs.flag}}", trials: 1)
    spec.inputs = ["word": "two words", "flag": true]
    let (sweep, _) = try place.drive(spec)
    let x = try #require(place.store.parameters(of: sweep.trial(0)).byName["x"])
    #expect(
      try place.store.tags(of: sweep.trial(0))[SweepTag.command]
        == "echo loss=\(x.plain) # \"${RUNS_INPUT_WORD}\" True")
  }

  @Test func `Azure's variables are there, and the environment's programs go first`() throws {
    let place = try Workplace()
    place.folder.write("env/bin/python", "#!/bin/sh\necho \"this is $0\"\n")
    place.folder.write("env/pyvenv.cfg", "")
    chmod(place.folder("env/bin/python"), 0o755)
    var spec = place.spec(
      """
      python; echo "$VIRTUAL_ENV"
      echo "$AZUREML_SWEEP_x $AZUREML_PARAMETER_x $AZUREML_PARAMETER_flag $AZUREML_RUN_ID $MLFLOW_EXPERIMENT_NAME"
      echo loss=1
      """, trials: 1)
    spec.inputs = ["flag": false]
    spec.surroundings.programs = place.folder("env/bin")
    let (sweep, _) = try place.drive(spec)
    let x = try #require(place.store.parameters(of: sweep.trial(0)).byName["x"]).plain
    #expect(
      place.lines("jobs/\(sweep)-0.1/stdout") == [
        "this is \(place.folder("env/bin/python"))", place.folder("env"), "\(x) \(x) False \(sweep)-0 loop", "loss=1",
      ])
  }

  @Test func `inputs and environments may be given beside the file`() throws {
    let folder = ScratchFolder()
    folder.write("iris.csv", "1,2")
    folder.write("env/bin/python", "")
    let text = """
      $schema: https://azuremlschemas.azureedge.net/latest/sweepJob.schema.json
      type: sweep
      trial:
        command: python main.py ${{inputs.iris}} ${{inputs.other}} ${{inputs.epochs}} ${{inputs.link}} ${{search_space.x}}
        environment: azureml:AzureML-lightgbm-3.3@latest
      inputs:
        iris: {type: uri_file, path: https://azuremlexamples.blob.core.windows.net/datasets/iris.csv}
        other: {type: uri_file, path: 'azureml:other:3'}
        epochs: 3
        link: {type: uri_file, path: 'https://example.org/a', mode: direct}
      search_space: {x: {type: uniform, min_value: 0, max_value: 1}}
      objective: {primary_metric: accuracy, goal: minimize}
      limits: {max_total_trials: 1, max_concurrent_trials: 1}
      early_termination: {type: bandit, slack_factor: 0.1, evaluation_interval: 0}
      assets: {other: iris.csv}
      """
    var options = SpecOptions(inputs: ["iris": folder("iris.csv"), "epochs": "7"])
    options.environments = ["AzureML-lightgbm-3.3": folder("env")]
    let checked = SweepFile.check(text: text, path: folder("spec.yaml"), plugins: testPlugins(), options: options)
    let spec = try #require(checked.spec, "\(checked.findings)")
    #expect(
      spec.inputs == [
        "iris": .text(folder("iris.csv")), "other": .text(folder("iris.csv")), "epochs": 7,
        "link": "https://example.org/a",
      ])
    #expect(spec.inputPaths == ["iris", "other"])
    #expect(spec.surroundings.programs == folder("env/bin"))
    #expect(try SweepSpec(value: spec.value) == spec)
    // Azure's own examples minimize what is to be large; a file of Azure's is warned of that.
    #expect(checked.findings.map(\.severity) == [.warning, .warning])
    #expect(spec.earlyTermination?.options["evaluation_interval"] == 1)
    options.refusesUnknownEnvironments = true
    options.environments = [:]
    options.inputs["iriss"] = "x"
    let refused = SweepFile.check(text: text, path: folder("spec.yaml"), plugins: testPlugins(), options: options)
    #expect(
      refused.findings.filter { $0.severity == .error }.map(\.message).map { $0.prefix(45) } == [
        "the environment azureml:AzureML-lightgbm-3.3@", "--input names 'iriss', which is no input of t",
      ])
  }
}
