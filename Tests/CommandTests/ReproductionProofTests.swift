import Glibc
import Testing
import Tracking

@testable import runs

/// The proof of docs/reproduction.md: trials of three kinds of script, exported, imported into an empty store, their original tree
/// deleted, all come out the same.
///
/// The built-in trainer and scikit-learn always take part; PyTorch does where its virtual environment has been made
/// (`scripts/clients torch`), or where `RUNS_CLIENTS` names it.
@Suite(.timeLimit(.minutes(20))) struct ReproductionProofTests {
  /// Returns the interpreter of one of the environments of `scripts/clients`, which makes it where it is not there.
  private static func python(_ name: String, isOptional: Bool) throws -> String? {
    let wanted = environment("RUNS_CLIENTS").map { $0.split(separator: " ").map(String.init) } ?? []
    if isOptional, !wanted.contains(name), access("\(projectFolder)/.build/clients/\(name)/complete", F_OK) != 0 {
      return nil
    }
    let made = try runProgram(["\(projectFolder)/scripts/clients", name])
    #expect(made.code == 0, "\(made.errors)")
    return made.output.split(separator: "\n").last.map(String.init)
  }

  private static let sklearn = """
    import json, os, sys
    import joblib, numpy
    from sklearn.datasets import make_classification
    from sklearn.ensemble import RandomForestClassifier
    seed = int(os.environ["RUNS_SEED"])
    x, y = make_classification(n_samples=300, random_state=seed)
    extra = numpy.loadtxt(sys.argv[1])
    model = RandomForestClassifier(n_estimators=int(sys.argv[2]), max_features=float(sys.argv[3]), random_state=seed)
    with open(os.environ["RUNS_LOG"], "a") as log:
        for step in range(3):
            model.set_params(max_depth=step + 2).fit(x[:200], y[:200])
            score = model.score(x[200:], y[200:]) + float(extra.mean())
            log.write(json.dumps({"metric": "accuracy", "value": score, "step": step}) + "\\n")
    joblib.dump(model, os.path.join(os.environ["RUNS_OUTPUT_DIR"], "model.joblib"))
    """

  private static let torch = """
    import json, os, sys
    import torch
    torch.manual_seed(int(os.environ["RUNS_SEED"]))
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    x = torch.randn(256, 16)
    y = (x.sum(dim=1) > 0).float()
    model = torch.nn.Sequential(torch.nn.Linear(16, int(sys.argv[2])), torch.nn.ReLU(), torch.nn.Linear(int(sys.argv[2]), 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=float(sys.argv[3]))
    with open(os.environ["RUNS_LOG"], "a") as log:
        for step in range(10):
            loss = torch.nn.functional.binary_cross_entropy_with_logits(model(x).squeeze(1), y)
            optimizer.zero_grad(); loss.backward(); optimizer.step()
            log.write(json.dumps({"metric": "accuracy", "value": -loss.item(), "step": step}) + "\\n")
    weights = b"".join(p.detach().numpy().tobytes() for p in model.parameters())
    open(os.path.join(os.environ["RUNS_OUTPUT_DIR"], "weights.bin"), "wb").write(weights)
    """

  private func spec(of script: String, python: String) -> String {
    """
    experiment_name: \(script)
    trial:
      command: \(python) \(script).py ${{inputs.data}} ${{search_space.size}} ${{search_space.rate}}
      code: code
    inputs: {data: {path: code/data.txt}}
    sampling_algorithm: random
    search_space:
      size: {type: integer, min: 4, max: 40}
      rate: {type: uniform, min_value: 0.05, max_value: 0.9}
    objective: {primary_metric: accuracy, goal: maximize}
    limits: {max_total_trials: 10, max_concurrent_trials: 2}
    seed: 11
    """
  }

  private func trainerSpec() -> String {
    """
    experiment_name: digits
    trial:
      trainer: image-classification
      parameters: {train: "${{inputs.digits}}", network: mlp, epochs: 1}
    inputs: {digits: {path: ../digits.csv.gz}}
    sampling_algorithm: random
    search_space:
      learning_rate: {type: loguniform, min_value: -6, max_value: -1}
    objective: {primary_metric: "validation:accuracy", goal: maximize}
    limits: {max_total_trials: 10, max_concurrent_trials: 2}
    seed: 11
    """
  }

  @Test func `trials moved to an empty store come out the same, their original tree deleted`() throws {
    let folder = try TestFolder()
    let (old, new) = (folder.path + "/old", folder.path + "/new")
    try runProgram(["mkdir", "-p", old + "/code", new])
    try runProgram(["cp", projectFolder + "/examples/data/digits.csv.gz", folder.path])
    try writeText("0.25\n0.5\n", to: old + "/code/data.txt")
    try writeText(Self.sklearn, to: old + "/code/sklearn_forest.py")
    try writeText(Self.torch, to: old + "/code/torch_net.py")
    try writeText(trainerSpec(), to: old + "/digits.yaml")
    var specs = ["digits.yaml"]
    for (script, name, isOptional) in [("sklearn_forest", "models", false), ("torch_net", "torch", true)] {
      guard let python = try Self.python(name, isOptional: isOptional) else { continue }
      try writeText(spec(of: script, python: python), to: "\(old)/\(script).yaml")
      specs.append("\(script).yaml")
    }
    var sweeps: [String] = []
    for spec in specs {
      let swept = try runProgram([runsExecutable, "sweep", "start", spec, "--json"], in: old)
      #expect(swept.code == 0, "\(swept.errors)")
      sweeps.append(try #require(swept.json()["id"]?.text))
    }
    let file = folder.path + "/moved.tar.zst"
    let exported = try runProgram([runsExecutable, "export"] + sweeps + ["-o", file], in: old)
    #expect(exported.code == 0, "\(exported.errors)")
    try runProgram(["rm", "-rf", old])
    let imported = try runProgram([runsExecutable, "import", file], in: new)
    #expect(imported.code == 0, "\(imported.errors)")
    var identical = 0
    for sweep in sweeps {
      for number in 0..<10 {
        let result = try runProgram([runsExecutable, "reproduce", "\(sweep)-\(number)", "--json"], in: new)
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        guard result.code == 0 else { continue }
        #expect(try result.json()["artifacts"]?.list?.count == 1, "the model takes part")
        identical += try result.json()["identical"] == true ? 1 : 0
      }
    }
    #expect(identical == 10 * sweeps.count)
  }
}
