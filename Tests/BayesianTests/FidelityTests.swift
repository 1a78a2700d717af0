@testable import BayesianStrategies
import Testing
import Tracking
import TrackingContracts

struct FidelityTests {
  static let space = SearchSpace([
    ParameterSpace("optimizer", .categorical(["sgd", "adam"])),
    ParameterSpace("rate", .continuous(min: 1e-5, max: 1, scale: .log)),
    ParameterSpace(
      "momentum", .continuous(min: 0, max: 0.99, scale: .linear),
      conditions: [.init(parameter: "optimizer", values: ["sgd"])]),
  ])
  static let small = SearchSpace([
    ParameterSpace("layers", .integer(min: 1, max: 4, scale: .linear)),
    ParameterSpace("width", .categorical([16, 32])),
  ])

  static func spec(
    trials: Int = 40, resource: SweepSpec.Resource? = SweepSpec.Resource(maximum: 9), options: [String: Value] = [:],
    goal: Goal = .minimize
  ) -> SweepSpec {
    SweepSpec(
      experiment: "test", work: .command("true", code: "", environment: [:]), space: space,
      strategy: SweepSpec.Choice("bayesian_halving", options: options),
      objective: SweepSpec.Objective(metric: "loss", goal: goal), resource: resource,
      limits: SweepSpec.Limits(maxTotalTrials: trials), seed: 4)
  }

  /// A curve that falls to a floor which the configuration decides.
  static func loss(_ trial: Trial, _ point: Int) -> Double {
    let values = trial.parameters.byName
    let rate = PortableMath.log(values["rate"]?.number ?? 1) / PortableMath.log(10)
    let kind = values["optimizer"] == "sgd" ? 0.3 * abs((values["momentum"]?.number ?? 0) - 0.9) : 0.2
    return 0.1 * (rate + 2.4) * (rate + 2.4) + kind + 1 / Double(point)
  }

  /// Drives a sweep with some slots, a point of each trial in turn.
  struct Drive {
    var spec: SweepSpec
    var strategy: BayesianHalvingStrategy
    var records = RecordedTrials()
    var decisions: [Decision] = []
    var sign = 1.0

    init(_ spec: SweepSpec) throws {
      self.spec = spec
      strategy = try BayesianHalvingStrategy(options: spec.strategy.options, sweep: spec)
      sign = spec.objective.goal == .maximize ? -1 : 1
    }

    func session() throws -> SweepSession {
      try SweepSession(
        sweep: Sweep(run: RunID(randomBits: 3), spec: spec, source: ""), decider: "bayesian_halving", reader: records)
    }

    mutating func take(_ session: SweepSession) {
      for case .decide(let decision) in session.changes { decisions.append(decision) }
      records = records.recording(session)
    }

    var underWay: [Int] { records.trials.filter { $0.state == .scheduled || $0.state == .running }.map(\.number) }

    mutating func turn(slots: Int) throws -> SearchOutlook {
      let asked = try session()
      let outlook = try strategy.propose(upTo: slots - underWay.count, in: asked)
      take(asked)
      for number in underWay {
        let trial = records.trials[number]
        records.log(sign * FidelityTests.loss(trial, trial.observed + 1), to: number)
        if records.trials[number].observed >= spec.resource?.maximum ?? 1 { records.end(number) }
        let reviewed = try session()
        try strategy.review(in: reviewed)
        take(reviewed)
      }
      return outlook
    }
  }

  @Test(arguments: StrategyContract.cases, [space, small])
  func `bayesian_halving keeps the contract`(
    of demand: ContractCase<StrategyContract.Subject>, in space: SearchSpace
  ) throws {
    try demand.check(
      StrategyContract.Subject(
        BayesianHalvingStrategy.self, space: space, resource: SweepSpec.Resource(maximum: 27)))
  }

  @Test func `without a resource it says what to write, and wrong options are told`() {
    func messages(_ spec: SweepSpec) -> [String] {
      BayesianHalvingStrategy.problems(options: spec.strategy.options, sweep: spec).map(\.message)
    }
    #expect(messages(Self.spec(resource: nil)).first?.contains("`resource: {min: 1, max: N}`") == true)
    #expect(messages(Self.spec(options: ["exploration": 2])) == ["exploration is 2; it must be a number from 0 to 1"])
    #expect(
      messages(Self.spec(options: ["initial_trials": 1])) == ["initial_trials is 1; it must be a whole number from 2"])
    #expect(messages(Self.spec()) == [])
    var repeating = Self.spec()
    repeating.repeats = 2
    let remarks = BayesianHalvingStrategy.problems(options: [:], sweep: repeating)
    #expect(remarks.map(\.isError) == [false] && remarks[0].message.contains("`repeats: 2`"))
  }

  @Test(arguments: [Goal.minimize, .maximize])
  func `few trials get a whole training, the best of them among these`(goal: Goal) throws {
    var drive = try Drive(Self.spec(goal: goal))
    for _ in 0..<400 {
      if case .exhausted = try drive.turn(slots: 3), drive.underWay.isEmpty { break }
    }
    let trials = drive.records.trials
    #expect(trials.count == 40)
    #expect(Set(trials.map { $0.parameters.fingerprint }).count == 40)
    let whole = trials.filter { $0.observed == 9 }
    #expect((2...20).contains(whole.count))
    let best = try #require(trials.map { Self.loss($0, 9) }.min())
    #expect(try #require(whole.map { Self.loss($0, 9) }.min()) < best + 0.05)
    // What the model proposes is better than the first trials, which were spread over the space.
    let kinds = drive.decisions.filter { $0.kind == .propose }.map { $0.details["kind"]?.text }
    func median(_ meant: [Trial]) throws -> Double {
      let losses = meant.map { Self.loss($0, 9) }.sorted()
      return try #require(losses.dropFirst(losses.count / 2).first)
    }
    let modelled = zip(trials, kinds).compactMap { $1 == "model" ? $0 : nil }
    #expect(try median(modelled) < median(Array(trials.prefix(4))) - 0.1)
    for decision in drive.decisions where decision.kind == .resume || decision.kind == .stop {
      for name in ["rung", "resource", "value", "cutoff", "place", "places", "population"] {
        #expect(decision.details[name] != nil, "\(decision)")
      }
    }
    // The model looks for some of its proposals near the best, for the others everywhere.
    let searches = drive.decisions.filter { $0.kind == .propose }.compactMap { $0.details["search"]?.text }
    #expect(Set(searches) == ["near_the_best", "everywhere"])
  }

  @Test func `a paused trial counts as if under way, so less is hoped of a new one next to it`() throws {
    let map = SpaceMap(Self.space)
    let model = FidelityModel(map: map, maximum: 9, settings: .init(), seed: 1)
    let points = (0..<8).map {
      map.point(of: Self.space.configuration(drawing: ProposalRandomness(seed: 5, proposal: $0)))
    }
    let observations = points.enumerated().map { index, point in
      FidelityModel.Observation(
        point: point, resource: index < 2 ? 9 : 1, value: 1 + Double((index * 5) % 8), time: Int64(index), trial: index)
    }
    var state = try #require(model.state(observations))
    func hope() throws -> Double {
      let found = model.propose(
        state, at: 9, search: .everywhere, known: points, pending: [], number: 8, isTaken: points.contains)
      return try #require(found.first).logImprovement
    }
    let paused = try hope()
    for point in points { state.reached[point] = 9 }
    #expect(try paused < hope())
  }

  @Test func `a small space is tried to its end, also when all near the best is tried`() throws {
    var spec = Self.spec(trials: 40)
    spec.space = Self.small
    var drive = try Drive(spec)
    for _ in 0..<200 {
      if case .exhausted = try drive.turn(slots: 2), drive.underWay.isEmpty { break }
    }
    #expect(Set(drive.records.trials.map { $0.parameters.fingerprint }).count == 8)
  }

  @Test func `a fresh instance decides what one that was kept does`() throws {
    var drive = try Drive(Self.spec(trials: 24))
    for turn in 0..<60 {
      if turn % 6 == 0 {
        let (first, second) = (try drive.session(), try drive.session())
        let outlook = try drive.strategy.propose(upTo: 2, in: first)
        let fresh = try BayesianHalvingStrategy(options: [:], sweep: drive.spec)
        #expect(try fresh.propose(upTo: 2, in: second) == outlook)
        #expect(first.changes == second.changes)
      }
      _ = try drive.turn(slots: 3)
    }
  }

  @Test func `no more go on from a rung than its share, however much better each newcomer is`() throws {
    var records = RecordedTrials()
    let spec = Self.spec(trials: 400)
    let strategy = try BayesianHalvingStrategy(options: [:], sweep: spec)
    for number in 0..<12 {
      records.trials.append(
        Trial(
          run: RunID(randomBits: 3).trial(number), number: number,
          parameters: [
            Parameter("optimizer", "adam"), Parameter("rate", .real(0.001 * Double(number + 1))),
          ], state: .scheduled, observed: 0, proposed: 0, allowance: number < 4 ? nil : 1))
      records.log(1 - 0.05 * Double(number), to: number)
    }
    // Four have gone on from the first rung already, and a third of twelve is four.
    let session = try SweepSession(
      sweep: Sweep(run: RunID(randomBits: 3), spec: spec, source: ""), decider: "bayesian_halving", reader: records)
    _ = try strategy.propose(upTo: 1, in: session)
    let kinds = session.changes.compactMap { if case .decide(let decision) = $0 { decision.kind } else { nil } }
    #expect(kinds.filter { $0 == .resume } == [])
    #expect(kinds.last == .propose)
  }

  @Test func `the best of each kind goes on, however many better ones of another kind there are`() throws {
    var records = RecordedTrials()
    let spec = Self.spec(trials: 400, options: ["initial_trials": 40])
    let strategy = try BayesianHalvingStrategy(options: spec.strategy.options, sweep: spec)
    for number in 0..<12 {
      var parameters = [
        Parameter("optimizer", number < 8 ? "adam" : "sgd"), Parameter("rate", .real(0.001 * Double(number + 1))),
      ]
      if number >= 8 { parameters.append(Parameter("momentum", 0.5)) }
      records.trials.append(
        Trial(
          run: RunID(randomBits: 3).trial(number), number: number, parameters: parameters, state: .scheduled,
          observed: 0,
          proposed: 0, allowance: 1))
      records.log(0.1 + 0.05 * Double(number), to: number)
      records.trials[number].state = .paused
    }
    let session = try SweepSession(
      sweep: Sweep(run: RunID(randomBits: 3), spec: spec, source: ""), decider: "bayesian_halving", reader: records)
    _ = try strategy.propose(upTo: 4, in: session)
    let decisions = session.changes.compactMap { change -> Decision? in
      if case .decide(let decision) = change, decision.kind == .resume { decision } else { nil }
    }
    // A third of the eight with adam, of the four with sgd; then of all twelve, whose third best has adam.
    #expect(decisions.map(\.trial) == [0, 1, 8, 2])
    #expect(decisions[2].reason == "number 1 of 4 of its kind of 'optimizer' at 1 points, of which 1 go on")
    #expect(decisions[2].details["kind"]?.text == "optimizer")
    #expect(decisions[3].details["population"] == 12)
    #expect(decisions[3].details["kind"] == nil)
    // Those in the worse half are stopped, but not the better half of a kind.
    let stopped = session.changes.compactMap { change -> Int? in
      if case .decide(let decision) = change, decision.kind == .stop { decision.trial } else { nil }
    }
    #expect(stopped == [6, 7, 10, 11])
  }
}
