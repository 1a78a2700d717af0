import ListStrategy
import Testing
import Tracking
import TrackingContracts

@Suite struct ListStrategyTests {
  static let all: [Value] = (Spaces.finite.allConfigurations(usingGrids: false) ?? []).map { .object($0.byName) }

  @Test(arguments: StrategyContract.cases)
  func `list keeps the contract`(of demand: ContractCase<StrategyContract.Subject>) throws {
    try demand.check(
      StrategyContract.Subject(ListStrategy.self, options: ["configurations": .list(Self.all)], space: Spaces.finite))
  }

  func spec(_ options: [String: Value]) -> SweepSpec {
    SweepSpec(
      experiment: "test", work: .command("true", code: "", environment: [:]), space: Spaces.open,
      strategy: SweepSpec.Choice("list", options: options),
      objective: SweepSpec.Objective(metric: "loss", goal: .minimize),
      limits: SweepSpec.Limits(maxTotalTrials: 100), seed: 1)
  }

  func proposed(_ options: [String: Value], after trials: [[Parameter]] = []) throws -> (
    configurations: [[Parameter]], outlook: SearchOutlook
  ) {
    let spec = spec(options)
    let run = RunID(randomBits: 1)
    let records = RecordedTrials(
      trials: trials.enumerated().map {
        Trial(run: run.trial($0), number: $0, parameters: $1, state: .finished, observed: 0, proposed: 1)
      })
    let session = try SweepSession(sweep: Sweep(run: run, spec: spec, source: ""), decider: "list", reader: records)
    let outlook = try ListStrategy(options: options, sweep: spec).propose(upTo: 100, in: session)
    return (Array(session.configurations.dropFirst(trials.count)), outlook)
  }

  func messages(_ configurations: Value, _ more: [String: Value] = [:]) -> [String] {
    let options = more.merging(["configurations": configurations]) { $1 }
    return ListStrategy.problems(options: options, sweep: spec(options)).map(\.message)
  }

  static let sgd: Value = ["learning_rate": 0.01, "optimizer": "sgd", "momentum": 0, "mini_batch_size": 32.0]
  static let adam: Value = ["learning_rate": 0.1, "optimizer": "adam", "beta_1": 0.9, "mini_batch_size": 64]

  @Test func `configurations come in their order, values in their domain's form, and then it ends`() throws {
    let (configurations, outlook) = try proposed(["configurations": [Self.adam, Self.sgd]])
    #expect(
      configurations.map(\.byName) == [
        ["learning_rate": 0.1, "optimizer": "adam", "beta_1": 0.9, "mini_batch_size": 64],
        ["learning_rate": 0.01, "optimizer": "sgd", "momentum": 0.0, "mini_batch_size": 32],
      ])
    #expect(outlook == .exhausted("all 2 configurations given have been tried"))
  }

  @Test func `a repeat is tried again only where that is allowed`() throws {
    let twice: [String: Value] = ["configurations": [Self.adam, Self.sgd, Self.adam]]
    let once = try proposed(twice).configurations
    #expect(once.count == 2)
    #expect(messages([Self.adam, Self.adam])[0].contains("the same as configuration 1"))
    let again = twice.merging(["allow_repeats": true]) { $1 }
    #expect(try proposed(again).configurations.count == 3)
    #expect(try proposed(again, after: [once[0]]).configurations == [once[1], once[0]])
    #expect(messages([Self.adam, Self.adam], ["allow_repeats": true]) == [])
  }

  @Test func `what is no configuration is told with its place`() {
    #expect(messages([]).count == 1)
    #expect(messages("all").count == 1)
    #expect(ListStrategy.problems(options: [:], sweep: spec([:])).map(\.isError) == [true])
    #expect(messages([3]) == ["configuration 1: it is a mapping of parameters to values, and here stands 3"])
    #expect(
      messages([Self.sgd, ["learning_rate": 1, "optimizer": "adam", "beta_1": 0.5]]) == [
        "configuration 2: 1 is not a value that learning_rate can take",
        "configuration 2: it gives no value for 'mini_batch_size'; add one",
      ])
    #expect(
      messages([
        ["learning_rate": 0.1, "optimizer": "adam", "beta_1": 0.5, "momentum": 0.5, "mini_batch_size": 8, "x": 1]
      ])
        == [
          "configuration 1: 'x' is no parameter of the space; there is 'learning_rate', 'optimizer', 'momentum', "
            + "'beta_1', 'mini_batch_size'",
          "configuration 1: 'momentum' does not exist in it, by its `when`; leave it out",
        ])
  }
}
