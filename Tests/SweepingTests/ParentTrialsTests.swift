import Testing
import Tracking
import TrackingContracts

@testable import Sweeping

/// What a new sweep takes over of earlier ones.
@Suite(.timeLimit(.minutes(20))) struct ParentTrialsTests {
  let place: Workplace

  init() throws { place = try Workplace() }

  /// A trial of a parent: its parameters, its losses, and the state in which it ended; nil for one that runs.
  private struct Past {
    var parameters: [Parameter]
    var losses: [Double] = []
    var state: RunState? = .finished
  }

  private func parent(
    _ trials: [Past], name: String = "old", goal: Goal = .minimize,
    work: SweepSpec.Work = .trainer("paper", fixed: ["epochs": 5])
  ) throws -> Sweep {
    let run = try #require(RunID(name))
    var spec = SweepSpec(
      experiment: "e", work: work,
      space: SearchSpace([
        ParameterSpace("rate", .continuous(min: 0, max: 1, scale: .linear)),
        ParameterSpace("optimizer", .categorical(["sgd", "adam"])),
      ]), strategy: .init("random"), objective: .init(metric: "loss", goal: goal), limits: .init(maxTotalTrials: 9),
      seed: 1)
    spec.displayName = name
    let sweep = Sweep(run: run, spec: spec, source: "")
    try place.store.commit([.createRun(NewRun(id: run, experiment: "e", kind: .hyperdrive)), .declareSweep(sweep)])
    for (number, past) in trials.enumerated() {
      let id = run.trial(number)
      try place.store.commit([
        .createRun(
          NewRun(
            id: id, experiment: "e", kind: .trial, parent: run, number: number, parameters: past.parameters)),
        .transition(id, to: .running, reason: ""), .beginAttempt(id, number: 1, launcher: "l", continues: false),
      ])
      for (step, loss) in past.losses.enumerated() {
        try place.store.append([MetricColumns(name: "loss", steps: [Int64(step)], times: [0], values: [loss])], to: id)
      }
      if let state = past.state { try place.store.commit(.transition(id, to: state, reason: "")) }
    }
    return sweep
  }

  private func trial(_ rate: Double, _ optimizer: Value = "sgd", _ losses: [Double] = [1]) -> Past {
    Past(parameters: [Parameter("rate", .real(rate)), Parameter("optimizer", optimizer)], losses: losses)
  }

  /// A spec that searches these parameters.
  private func spec(_ parameters: [ParameterSpace], metric: String = "loss", goal: Goal = .minimize) -> SweepSpec {
    SweepSpec(
      experiment: "e", work: .trainer("paper", fixed: [:]), space: SearchSpace(parameters), strategy: .init("random"),
      objective: .init(metric: metric, goal: goal), limits: .init(maxTotalTrials: 9), seed: 2)
  }

  private let rate = ParameterSpace("rate", .continuous(min: 0, max: 0.5, scale: .linear))
  private let optimizer = ParameterSpace("optimizer", .categorical(["adam", "sgd", "nag"]))

  @Test func `trials are taken over with what counts of their series`() throws {
    let old = try parent([trial(0.25, "sgd", [3, 1, 2]), trial(0.5, "adam", [4])])
    var spec = spec([rate, optimizer])
    try spec.begin(with: [old], trust: .same, reading: place.store)
    #expect(spec.priorTrials.map(\.score) == [1, 4])
    #expect(spec.priorTrials.map(\.points) == [3, 1])
    #expect(spec.priorTrials.map(\.run) == ["old-0", "old-1"])
    #expect(spec.priorTrials[0].parameters == [Parameter("rate", 0.25), Parameter("optimizer", "sgd")])
    #expect(spec.parents == [SweepSpec.Parent(sweep: "old", trust: .same, used: 2)])
    #expect(spec.warmStartSentence == "2 trials of sweep old")
    var last = self.spec([rate, optimizer])
    last.objective.selection = .last
    try last.begin(with: [old], trust: .same, reading: place.store)
    #expect(last.priorTrials.map(\.score) == [2, 4])
  }

  @Test func `what lies outside or tells nothing is dropped and counted`() throws {
    var trials = [
      trial(0.25), trial(0.75), trial(0.875), trial(0.125, "sgd", [.nan]), trial(0.375), trial(0.25, "lbfgs"),
    ]
    trials[4].state = .canceled
    trials.append(trial(0.0625))
    trials[6].state = nil
    trials.append(trial(0.03125, "sgd", []))
    trials[7].state = .failed
    let old = try parent(trials)
    var spec = spec([rate, optimizer])
    try spec.begin(with: [old], trust: .same, reading: place.store)
    #expect(spec.priorTrials.map(\.run) == ["old-0", "old-7"])
    #expect(spec.priorTrials[1].score == nil, "a failed trial of the same task tells that it failed")
    #expect(
      spec.warmStartSentence
        == "2 trials of sweep old, 6 dropped (2 rate outside of what is searched, 1 without a score, 1 canceled, "
        + "1 optimizer outside of what is searched, 1 not ended yet)")
    var other = self.spec([rate, optimizer])
    try other.begin(with: [old], trust: .transfer, reading: place.store)
    #expect(other.priorTrials.map(\.run) == ["old-0"])
  }

  @Test func `parameters that only one of the two has are left out, found in the record, or taken to be the middle`()
    throws
  {
    let old = try parent([trial(0.25), trial(0.5)])
    // What a trainer recorded of itself is what the trial ran with.
    try place.store.commit([
      .setParameter(RunID("old-0")!, Parameter("momentum", 0.75)),
      .setParameter(RunID("old-0")!, Parameter("effective.rate", 0.125)),
    ])
    var spec = spec([
      rate, ParameterSpace("momentum", .continuous(min: 0, max: 1, scale: .linear)),
      ParameterSpace("epochs", .integer(min: 1, max: 9, scale: .linear)),
    ])
    try spec.begin(with: [old], trust: .same, reading: place.store)
    #expect(
      spec.priorTrials.map(\.parameters.byName) == [
        ["rate": 0.125, "momentum": 0.75, "epochs": 5], ["rate": 0.5, "momentum": 0.5, "epochs": 5],
      ])
    #expect(spec.parents[0].filled == [Parameter("momentum", 0.5)])
    #expect(spec.warmStartSentence?.hasSuffix("; what they did not have is taken to have been momentum = 0.5") == true)
  }

  @Test func `a parameter whose condition does not hold is left out`() throws {
    let old = try parent([trial(0.25, "adam"), trial(0.5, "sgd")])
    var spec = spec([
      optimizer,
      ParameterSpace(
        "rate", .continuous(min: 0, max: 1, scale: .linear),
        conditions: [.init(parameter: "optimizer", values: ["sgd"])]),
    ])
    try spec.begin(with: [old], trust: .same, reading: place.store)
    #expect(spec.priorTrials.map { $0.parameters.map(\.name) } == [["optimizer"], ["optimizer", "rate"]])
  }

  @Test func `trials of one sweep that are now the same become one with the mean`() throws {
    let old = try parent([trial(0.25, "sgd", [1]), trial(0.25, "adam", [3]), trial(0.5, "adam", [7])])
    let older = try parent([trial(0.25, "sgd", [9])], name: "older")
    var spec = spec([rate])
    try spec.begin(with: [old, older], trust: .same, reading: place.store)
    #expect(spec.priorTrials.map(\.score) == [2, 7, 9])
    #expect(spec.priorTrials.map(\.sweep) == ["old", "old", "older"])
    #expect(
      spec.warmStartSentence
        == "3 trials of 2 sweeps, 1 dropped (1 taken together with another of the same configuration)")
  }

  @Test func `another task may have another metric and goal, whose sign is turned`() throws {
    let old = try parent([trial(0.25, "sgd", [1]), trial(0.5, "adam", [3])], goal: .maximize)
    var spec = spec([rate, optimizer], metric: "error")
    try spec.begin(with: [old], trust: .transfer, reading: place.store)
    #expect(spec.priorTrials.map(\.score) == [-1, -3])
    let sweep = Sweep(run: RunID("new")!, spec: spec, source: "")
    let session = try SweepSession(sweep: sweep, decider: "d", reader: RecordedTrials())
    let better = try #require(session.transferred.last)
    #expect((better.loss ?? 0) < 0, "the better one of its sweep, whatever its score")
    #expect(spec.warmStartSentence?.contains("as of another task") == true)
  }

  @Test func `what cannot be meant is refused`() throws {
    let old = try parent([trial(0.25)])
    var spec = spec([rate])
    #expect(throws: TrackingError.self) { try spec.begin(with: [old, old], trust: .same, reading: place.store) }
    func message(_ spec: SweepSpec) -> String {
      var spec = spec
      do {
        try spec.begin(with: [old], trust: .same, reading: place.store)
        return ""
      } catch {
        return (error as? TrackingError)?.message ?? ""
      }
    }
    #expect(
      message(self.spec([rate], metric: "accuracy", goal: .maximize))
        == "sweep 'old' minimizes 'loss', and this one maximizes 'accuracy'; to begin with another metric or goal, say "
        + "`type: transfer`")
    #expect(
      message(self.spec([ParameterSpace("depth", .integer(min: 1, max: 9, scale: .linear))]))
        == "sweep 'old' has none of the parameters that are searched (depth), so there is nothing to begin with")
  }
}
