import Glibc
import Testing
import Tracking

@testable import runs

/// A folder with a script that logs what its surroundings make of a data file.
private struct Project {
  let folder: TestFolder
  let site: String

  init() throws {
    folder = try TestFolder()
    site = folder.path + "/site"
    try runProgram(["mkdir", "-p", folder.path + "/code", folder.path + "/data", site])
    try write(
      """
      import json, os, sys
      total = sum(float(line) for line in open(sys.argv[1]))
      rate = float(os.environ.get("RUNS_PARAM_RATE", "0.5"))
      extra = int(os.environ.get("OMP_NUM_THREADS", "1")) + len(os.environ.get("CUDA_MODE", ""))
      with open(os.environ["RUNS_LOG"], "a") as log:
          for step in range(5):
              log.write(json.dumps({"metric": "loss", "value": total * rate / (step + extra), "step": step}) + "\\n")
      """, to: "code/train.py")
    try write("1\n2\n3\n", to: "data/train.csv")
    try package("numpy", "1.26.4")
  }

  func write(_ text: String, to name: String) throws { try folder.write(text, to: name) }

  func package(_ name: String, _ version: String) throws {
    try runProgram(["sh", "-c", "rm -rf \(site)/\(name)-*; mkdir -p \(site)/\(name)-\(version).dist-info"])
    try write("Name: \(name)\nVersion: \(version)\n", to: "site/\(name)-\(version).dist-info/METADATA")
  }

  @discardableResult
  func runs(_ arguments: String..., in place: String = "", environment: [String: String] = [:]) throws -> ProgramResult
  {
    let variables = ["PYTHONPATH": site].merging(environment) { $1 }
    return try runProgram([runsExecutable] + arguments, in: folder.path + "/" + place, environment: variables)
  }

  /// Records a run of the script and returns its id.
  func recorded(environment: [String: String] = [:]) throws -> String {
    let result = try runs(
      "exec", "--store", folder.path + "/.runs", "--quiet", "--param", "rate=0.25", "--input", "data=../data/train.csv",
      "--",
      "python3", "train.py", "../data/train.csv", in: "code", environment: environment)
    #expect(result.code == 0, "\(result.errors)")
    return try #require(runs("list", "--json").json().list?.first?["id"]?.text)
  }
}

@Suite(.timeLimit(.minutes(20))) struct ReproduceCommandRunTests {
  @Test func `a command's run is reproduced to the bit, as a run that is linked to it`() throws {
    let project = try Project()
    let id = try project.recorded()
    let result = try project.runs("reproduce", id)
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output == "identical: 5 points in 1 series\n")
    let again = try project.runs("show", "@last", "--json").json()
    #expect(again["tags"]?["runs.reproduces"] == .text(id))
    #expect(again["tags"]?["runs.verdict"] == "identical")
    #expect(try project.runs("show", id, "--json").json()["tags"]?["runs.reproduced"] == "identical")
    #expect(
      try project.runs("list", "--filter", "tags.runs.reproduced = 'identical'", "--json").json().list?.count == 1)
    // A repetition is repeated as what it repeats.
    let second = try project.runs("reproduce", "@last")
    #expect(second.code == 0, "\(second.errors)")
  }

  @Test func `the original tree may be gone, data in it included`() throws {
    let project = try Project()
    try runProgram(["mv", project.folder.path + "/data/train.csv", project.folder.path + "/code/train.csv"])
    let recorded = try project.runs(
      "exec", "--store", project.folder.path + "/.runs", "--quiet", "--input", "data=train.csv", "--", "python3",
      project.folder.path + "/code/train.py", "train.csv", in: "code")
    #expect(recorded.code == 0, "\(recorded.errors)")
    try runProgram(["rm", "-rf", project.folder.path + "/code"])
    let result = try project.runs("reproduce", "@last")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("identical: "))
  }

  @Test func `one byte of data is refused by name, and named when it is wanted`() throws {
    let project = try Project()
    let id = try project.recorded()
    try project.write("1\n2\n4\n", to: "data/train.csv")
    let count = try project.runs("list", "--json").json().list?.count
    let refused = try project.runs("reproduce", id)
    #expect(refused.code == Exit.incomplete.rawValue)
    #expect(refused.errors.contains("the input 'data'") && refused.errors.contains("train.csv"))
    #expect(try project.runs("list", "--json").json().list?.count == count)
    let wanted = try project.runs("reproduce", id, "--with-input", "data=data/train.csv")
    #expect(wanted.code == Exit.no.rawValue)
    #expect(wanted.output.hasPrefix("not identical: loss at step 0 was 1.5 and is 1.75"))
    #expect(wanted.output.contains("data: data"))
    try project.write("1\n2\n3\n", to: "data/copy.csv")
    let copy = try project.runs("reproduce", id, "--with-input", "data=data/copy.csv")
    #expect(copy.code == 0, "\(copy.errors)")
    unlink(project.folder.path + "/data/train.csv")
    let missing = try project.runs("reproduce", id, "--dry-run")
    #expect(missing.code == Exit.incomplete.rawValue)
    #expect(missing.output.contains("--with-input data=PATH"))
  }

  @Test func `one line of code is named, and the recorded code is what runs`() throws {
    let project = try Project()
    let id = try project.recorded()
    let old = try #require(try readText(project.folder.path + "/code/train.py"))
    try project.write(old.replacing("range(5)", with: "range(6)"), to: "code/train.py")
    let recorded = try project.runs("reproduce", id)
    #expect(recorded.code == 0)
    #expect(recorded.errors.contains("train.py changed"))
    let present = try project.runs("reproduce", id, "--with-code", "code")
    #expect(present.code == Exit.no.rawValue)
    #expect(present.output.contains("loss at step 5 was not there"))
    #expect(present.output.contains("code: train.py"))
  }

  @Test(arguments: [
    ("OMP_NUM_THREADS", "threads: OMP_NUM_THREADS"), ("CUDA_MODE", "variables: CUDA_MODE"),
  ])
  func `one variable is named; the recorded value is used unless this shell's is wanted`(
    _ name: String, _ label: String
  ) throws {
    let project = try Project()
    let id = try project.recorded(environment: [name: "2"])
    let restored = try project.runs("reproduce", id, environment: [name: "3000"])
    #expect(restored.code == 0, "\(restored.errors)")
    #expect(restored.output.contains("\(label) (recorded value used)"))
    let kept = try project.runs("reproduce", id, "--keep-environment", environment: [name: "3000"])
    #expect(kept.code == Exit.no.rawValue)
    #expect(kept.output.contains(label) && kept.output.contains("3000"))
  }

  @Test func `one package's version is named`() throws {
    let project = try Project()
    let id = try project.recorded()
    try project.package("numpy", "1.26.5")
    let result = try project.runs("reproduce", id)
    #expect(result.code == 0)
    #expect(result.output.contains("packages: numpy"))
    let json = try project.runs("reproduce", id, "--dry-run", "--json").json()
    #expect(
      json["surroundings"]?.list?.first == [
        "section": "packages", "name": "numpy", "recorded": "1.26.4", "here": "1.26.5", "restored": false,
      ])
  }

  @Test func `tolerances, metrics that are passed over, and artifacts alone`() throws {
    let project = try Project()
    let id = try project.recorded()
    try project.write("1\n2\n3.000001\n", to: "data/near.csv")
    let exact = try project.runs("reproduce", id, "--with-input", "data=data/near.csv")
    #expect(exact.code == 1)
    let near = try project.runs("reproduce", id, "--with-input", "data=data/near.csv", "--rtol", "1e-6")
    #expect(near.code == 0, "\(near.output)")
    #expect(near.output.hasPrefix("within tolerance: "))
    let one = try project.runs("reproduce", id, "--with-input", "data=data/near.csv", "--atol", "other=1")
    #expect(one.code == Exit.usage.rawValue)
    let wrong = try project.runs("reproduce", id, "--rtol", "x")
    #expect(wrong.code == Exit.usage.rawValue)
  }

  @Test func `secrets are nowhere in the store`() throws {
    let project = try Project()
    let id = try project.recorded(environment: [
      "AWS_SECRET_ACCESS_KEY": "hunter2hunter2", "MY_API_TOKEN": "hunter2hunter2",
    ])
    try project.write("SECRET=hunter2hunter2\n", to: "code/.env")
    #expect(try project.recorded() != id)
    let found = try runProgram(["grep", "-rl", "hunter2hunter2", project.folder.path + "/.runs"])
    #expect(found.output.isEmpty)
    // Tarballs are compressed: what they hold is looked at, too.
    for name in ["provenance", "code"] {
      let place = project.folder.path + "/out-" + name
      #expect(try project.runs("artifacts", "get", "@last", name, "--output", place).code == 0)
      #expect(try runProgram(["grep", "-rl", "hunter2hunter2", place]).output.isEmpty)
    }
  }

  @Test func `a sweep's trials are reproduced in an empty place, whatever way they log`() throws {
    let project = try Project()
    try project.write(
      """
      experiment_name: e
      trial:
        code: code
        command: >-
          python3 train.py ${{inputs.data}} && mkdir -p outputs && echo "model $RUNS_PARAM_RATE $RUNS_TRIAL" >outputs/model.txt
          && echo "score=$RUNS_SEED"
      inputs: {data: {path: data/train.csv}}
      metrics: [{name: score, regex: 'score=([0-9.]+)'}]
      sampling_algorithm: random
      search_space: {rate: {type: uniform, min_value: 0, max_value: 1}}
      objective: {primary_metric: loss, goal: minimize}
      limits: {max_total_trials: 3, max_concurrent_trials: 2}
      seed: 5
      """, to: "spec.yaml")
    let swept = try project.runs("sweep", "start", "spec.yaml", "--json")
    #expect(swept.code == 0, "\(swept.errors)")
    try runProgram(["rm", "-rf", project.folder.path + "/code"])
    let sweep = try #require(swept.json()["id"]?.text)
    for number in 0..<3 {
      let result = try project.runs("reproduce", "\(sweep)-\(number)")
      #expect(result.code == 0, "\(result.output)\(result.errors)")
      #expect(result.output == "identical: 6 points in 2 series, artifact outputs\n")
    }
  }

  @Test func `a run that ended early is compared as far as it went`() throws {
    let project = try Project()
    try project.write(
      "i=0; while [ $i -lt 4 ]; do echo \"{\\\"metric\\\": \\\"x\\\", \\\"value\\\": $i, \\\"step\\\": $i}\" >>$RUNS_LOG; i=$((i+1)); done; exit $CODE\n",
      to: "code/fail.sh")
    let failed = try project.runs(
      "exec", "--store", project.folder.path + "/.runs", "--record-env", "CODE", "--", "sh", "fail.sh", in: "code",
      environment: ["CODE": "3"])
    #expect(failed.code == 3)
    let result = try project.runs("reproduce", "@last")
    #expect(result.code == 0, "\(result.output)\(result.errors)")
    #expect(result.output.contains("identical: 4 points in 1 series"))
  }

  @Test func `a folder for reviewers runs without runs`() throws {
    let project = try Project()
    let id = try project.recorded()
    let review = project.folder.path + "/review"
    #expect(try project.runs("reproduce", id, "--export", review).code == 0)
    try runProgram(["rm", "-rf", project.folder.path + "/code"])
    let ran = try runProgram(
      [review + "/run.sh"],
      environment: ["RUNS_INPUT_DATA": project.folder.path + "/data/train.csv", "RUNS_STORE": "/nowhere"])
    #expect(ran.code == 0, "\(ran.errors)")
    let log = try #require(try readText(review + "/log.jsonl"))
    #expect(log.split(separator: "\n").count == 5)
    #expect(log.hasPrefix(#"{"metric": "loss", "value": 1.5, "step": 0}"#))
    #expect(try readText(review + "/metrics.csv")?.split(separator: "\n").count == 6)
    #expect(try project.runs("reproduce", id, "--export", review).code == Exit.conflict.rawValue)
  }
}
