import Testing
import Tracking
import TrackingContracts

@testable import Sweeping

/// Azure's other forms of a sweep: pipelines of one sweep step, components as trials.
@Suite struct AzureJobTests {
  let folder = ScratchFolder()

  private static let component = """
    $schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
    type: command
    name: train_model
    display_name: train_model
    version: 1
    inputs:
      data: {type: uri_folder}
      max_epochs: {type: integer}
      rate: {type: number, default: 0.01}
      note: {type: string, optional: true}
      shuffle: {type: boolean, default: true}
    outputs:
      model_output: {type: mlflow_model}
      test_data: {type: uri_folder}
    code: ./train-src
    environment: azureml://registries/azureml/environments/sklearn-1.5/labels/latest
    command: >-
      python train.py --data ${{inputs.data}} --epochs ${{inputs.max_epochs}} --rate ${{inputs.rate}}
      --shuffle ${{inputs.shuffle}} $[[--note ${{inputs.note}}]] --model ${{outputs.model_output}}
    """

  private static let pipeline = """
    $schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
    type: pipeline
    display_name: pipeline_with_a_sweep
    description: Tune by a component
    settings:
      default_compute: azureml:cpu-cluster
    inputs:
      data: {type: uri_folder, path: ./data}
      epochs: 7
    jobs:
      sweep_step:
        type: sweep
        inputs:
          data: ${{parent.inputs.data}}
          max_epochs: ${{parent.inputs.epochs}}
        outputs:
          model_output:
          test_data: ${{parent.outputs.test}}
        sampling_algorithm: random
        trial: ./parts/train.yml
        search_space:
          rate: {type: uniform, min_value: 0.01, max_value: 0.1}
        objective: {goal: minimize, primary_metric: loss}
        limits: {max_total_trials: 3, max_concurrent_trials: 2}
    """

  init() {
    folder.write("parts/train.yml", Self.component)
    folder.write("parts/train-src/train.py", "")
    folder.write("data/a.csv", "1")
  }

  private func check(_ text: String) -> CheckedSpec {
    SweepFile.check(text: text, path: folder("pipeline.yml"), plugins: testPlugins())
  }

  @Test func `a pipeline of one sweep step is a sweep, its trial a component's file`() throws {
    let checked = check(Self.pipeline)
    let spec = try #require(checked.spec, "\(checked.findings)")
    #expect(
      checked.findings.map(\.description) == [
        "5:1: warning: settings: has no meaning on this machine and is passed over",
        "20:12: warning: the environment azureml://registries/azureml/environments/sklearn-1.5/labels/latest is not known "
          + "here, so trials run in the current one; name its interpreter: `environments: {sklearn-1.5: {python: PATH}}`, "
          + "or --environment sklearn-1.5=PATH",
      ])
    #expect(spec.displayName == "pipeline_with_a_sweep")
    #expect(spec.inputs == ["data": .text(folder("data")), "max_epochs": 7, "shuffle": true])
    #expect(spec.inputPaths == ["data"])
    #expect(spec.surroundings.outputs == ["model_output", "test_data"])
    guard case .command(let command, let code, _) = spec.work else { return }
    #expect(code == folder("parts/train-src"))
    #expect(command.hasPrefix("python train.py --data ${{inputs.data}} --epochs ${{inputs.max_epochs}}"))
    let sweep = Sweep(run: try #require(RunID("s")), spec: spec, source: "")
    let recipe = JobRecipe(
      sweep: sweep, paths: SweepPaths(root: folder("store")), runsExecutable: "/nonexistent/runs", inherited: [:],
      artifacts: nil)
    let trial = TrialEntry(
      run: sweep.run.trial(0), number: 0, parameters: [Parameter("rate", 0.05)], state: .scheduled)
    #expect(
      try recipe.job(of: trial, attempt: 1, isResumed: false).arguments.last
        == "python train.py --data \(folder("data")) --epochs 7 --rate 0.05 --shuffle True  --model "
        + "\(folder("store/jobs/s-0.1/outputs/model_output"))")
  }

  @Test func `a command job is a sweep of one trial without objective`() throws {
    let place = try Workplace()
    place.folder.write("src/main.sh", "echo got $1; echo kept >outputs/file")
    let checked = SweepFile.check(
      text: """
        $schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
        type: command
        command: sh main.sh ${{inputs.epochs}}
        code: src
        environment_variables: {A: b}
        inputs: {epochs: 5}
        compute: azureml:cpu-cluster
        resources: {instance_count: 2}
        limits: {timeout: 60}
        display_name: one
        """, path: place.folder("job.yml"), plugins: testPlugins())
    let spec = try #require(checked.spec, "\(checked.findings)")
    #expect(
      checked.findings.map(\.description) == [
        "7:1: warning: compute, resources: have no meaning on this machine and are passed over"
      ])
    let (sweep, outcome) = try place.drive(spec)
    #expect(outcome.state == .finished)
    #expect(outcome.progress.counts == [.finished: 1])
    #expect(place.lines("jobs/\(sweep)-0.1/stdout") == ["got 5"])
    #expect(try place.store.artifacts(of: sweep.trial(0)).map(\.name) == ["outputs"])
    var failing = spec
    failing.work = .command("exit 3", code: "", environment: [:])
    let (_, failed) = try place.drive(failing)
    #expect(failed.state == .failed)
    #expect(failed.reason == "exit code 3")
  }

  @Test func `what a pipeline lacks is told where it is`() {
    let two = Self.pipeline + "\n  predict: {type: command}"
    #expect(
      check(two).findings.map(\.description).contains {
        $0.contains("a pipeline of one sweep step runs here, and this one has sweep_step (sweep), predict (command)")
      })
    let unbound = Self.pipeline.replacing("parent.inputs.epochs", with: "parent.jobs.prepare.outputs.x")
    #expect(
      check(unbound).findings.map(\.description).contains {
        $0.hasPrefix("15:") && $0.contains("cannot be resolved: the pipeline has no such input")
      })
    let lacking = Self.pipeline.replacing("      max_epochs: ${{parent.inputs.epochs}}\n", with: "")
    #expect(
      check(lacking).findings.map(\.description).contains {
        $0.hasSuffix("needs the input 'max_epochs'; give it among the inputs of the step")
      })
    #expect(
      check(Self.pipeline.replacing("./parts/train.yml", with: "./parts/none.yml")).findings.map(\.description)
        .contains { $0.contains("the component: there is no") })
    folder.write("parts/train.yml", "type: parallel\n")
    #expect(check(Self.pipeline).findings.map(\.description).contains { $0.contains("is of type 'parallel'") })
  }
}
