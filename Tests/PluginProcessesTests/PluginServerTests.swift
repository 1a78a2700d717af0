import PluginProcesses
import RandomStrategy
import Testing
import Tracking

/// A sweep to ask about: one whole number, one real one that hangs on it.
func spec(_ strategy: String = "random", seed: UInt64 = 7) -> SweepSpec {
  SweepSpec(
    experiment: "outside", work: .command("true", code: "", environment: [:]),
    space: SearchSpace([
      ParameterSpace("kind", .categorical(["a", "b"])),
      ParameterSpace("depth", .integer(min: 1, max: 9, scale: .linear)),
      ParameterSpace(
        "rate", .continuous(min: 0, max: 1, scale: .linear),
        conditions: [ParameterSpace.Condition(parameter: "kind", values: ["b"])]),
    ]),
    strategy: SweepSpec.Choice(strategy), objective: SweepSpec.Objective(metric: "loss", goal: .minimize),
    limits: SweepSpec.Limits(maxTotalTrials: 100, maxConcurrentTrials: 4), seed: seed)
}

func served(_ type: any SearchStrategy.Type) -> PluginServer {
  PluginServer(
    ServedPlugin(
      strategy: type.description, learnsFromResults: type.learnsFromResults,
      problems: { type.problems(options: $0, sweep: $1) }, make: { try type.init(options: $0, sweep: $1) }))
}

extension PluginServer {
  mutating func tell(_ request: PluginRequest) throws -> Value { try Value(json: answer(request.value.json)) }
}

let sweepRun = RunID(randomBits: 11)

@Suite struct PluginServerTests {
  @Test func `a served strategy says what it is and checks options`() throws {
    var server = served(RandomStrategy.self)
    let introduction = try PluginIntroduction(value: server.tell(.describe))
    #expect(introduction.description == RandomStrategy.description)
    #expect(!introduction.learnsFromResults)
    #expect(introduction.checks)
    let answer = try server.tell(.problems(options: ["no_such": 1], sweep: spec()))
    #expect(answer["problems"]?.list?.count == 1)
  }

  @Test func `a served strategy proposes what it proposes inside`() throws {
    var server = served(RandomStrategy.self)
    _ = try server.tell(.open(run: sweepRun, options: [:], sweep: spec()))
    var records = RecordsUpdate(asOf: 0)
    var outside: [[String: Value]] = []
    for number in 0..<20 {
      let answer = try PluginAnswer(value: server.tell(.propose(count: 1, records)))
      guard case .propose(let parameters, nil, nil)? = answer.changes.first?.deed else {
        Issue.record("no proposal: \(answer)")
        return
      }
      outside.append(parameters)
      records = RecordsUpdate(
        asOf: Int64(number) + 1,
        trials: [TrialUpdate(number: number, parameters: parameters, state: .running, proposed: Int64(number) + 1)])
    }
    let sweep = Sweep(run: sweepRun, spec: spec(), source: "")
    let session = try SweepSession(sweep: sweep, decider: "random", reader: SweepMirror(sweep: sweep))
    _ = try RandomStrategy(options: [:], sweep: spec()).propose(upTo: 20, in: session)
    #expect(outside == session.configurations.map(\.byName))
  }

  @Test func `a request that makes no sense is answered by an error, and the next one is served`() throws {
    var server = served(RandomStrategy.self)
    for line in [
      "", "{", "[]", "{\"op\":\"dance\"}", "{\"op\":\"propose\",\"count\":1,\"as_of\":0}", "{\"op\":\"open\"}",
    ] {
      let answer = try Value(json: server.answer(line))
      #expect(answer["error"]?.text?.isEmpty == false, "\(line)")
    }
    #expect(try Value(json: server.answer("{\"op\":\"describe\",\"protocol\":2}"))["code"] == "incompatible")
    #expect(try server.tell(.open(run: sweepRun, options: [:], sweep: spec())) == ["ok": true])
    let answer = try server.tell(.judge(RecordsUpdate(asOf: 0)))
    #expect(answer["error"]?.text?.contains("judges nothing") == true)
  }
}

@Suite struct SweepMirrorTests {
  private let sweep = Sweep(run: sweepRun, spec: spec(), source: "")

  private func columns(_ values: [Double]) -> MetricColumns {
    MetricColumns(
      name: "loss", steps: values.indices.map { Int64($0) }, times: values.map { _ in 5 }, values: values)
  }

  @Test func `it shows what was told, bit for bit`() throws {
    let mirror = SweepMirror(sweep: sweep)
    let told = RecordsUpdate(
      asOf: 9,
      trials: [
        TrialUpdate(
          number: 0, parameters: ["rate": 0.1, "kind": "b", "depth": 3], state: .running, proposed: 4, allowance: 3,
          objective: TrialUpdate.Points(from: 0, columns: columns([0.1, -0.0, .infinity])))
      ])
    // Over the wire, as a plugin reads it.
    let request = try PluginRequest(value: Value(json: PluginRequest.review(told).value.json))
    guard case .review(let read) = request else {
      Issue.record("not read as a review")
      return
    }
    try mirror.apply(read)
    let trial = try #require(try mirror.trials(of: sweepRun, asOf: nil).first)
    #expect(trial.run == sweepRun.trial(0))
    #expect(trial.parameters.map(\.name) == ["kind", "depth", "rate"])
    #expect(trial.allowance == 3)
    #expect(trial.observed == 3)
    #expect(try mirror.lastEvent(of: sweepRun) == 9)
    let points = try mirror.points(of: trial.run, metric: "loss", in: 1..<3, attempt: nil)
    #expect(points.values.map(\.bitPattern) == [(-0.0).bitPattern, Double.infinity.bitPattern])
    #expect(points.steps == [1, 2])
  }

  @Test func `points are added to those that are known, or replace them`() throws {
    let mirror = SweepMirror(sweep: sweep)
    func tell(from: Int, _ values: [Double]) throws {
      try mirror.apply(
        RecordsUpdate(
          asOf: 1,
          trials: [
            TrialUpdate(
              number: 0, parameters: ["depth": 1], objective: TrialUpdate.Points(from: from, columns: columns(values)))
          ]))
    }
    func values() throws -> [Double] {
      try mirror.points(of: sweepRun.trial(0), metric: "loss", in: 0..<9, attempt: nil).values
    }
    try tell(from: 0, [3, 2])
    try tell(from: 2, [1])
    #expect(try values() == [3, 2, 1])
    try tell(from: 0, [8])
    #expect(try values() == [8])
    #expect(throws: TrackingError.self) { try tell(from: 5, [1]) }
  }

  @Test func `a trial that comes out of turn is refused`() {
    let mirror = SweepMirror(sweep: sweep)
    #expect(throws: TrackingError.self) {
      try mirror.apply(RecordsUpdate(asOf: 1, trials: [TrialUpdate(number: 1, parameters: [:])]))
    }
    #expect(throws: TrackingError.self) {
      try mirror.apply(RecordsUpdate(asOf: 1, trials: [TrialUpdate(number: 0, state: .running)]))
    }
  }
}
