internal import Synchronization
internal import Testing
public import Tracking

/// What every store does, whatever it keeps its records in.
public enum StoreContract {
  /// An empty store, its clock, and a way to close it and open it again.
  public struct Subject: Sendable {
    /// The store, empty.
    public let store: any TrackingStore
    /// The clock that the store was handed.
    public let clock: HeldClock
    /// Opens the same records again, as another process would; a store without files returns itself.
    public let reopen: @Sendable () throws -> any TrackingStore

    /// Names what is tested.
    public init(
      store: any TrackingStore, clock: HeldClock, reopen: @escaping @Sendable () throws -> any TrackingStore
    ) {
      self.store = store
      self.clock = clock
      self.reopen = reopen
    }
  }

  /// A clock that stands still until it is moved.
  public final class HeldClock: Sendable {
    private let now = Mutex(Timestamp(milliseconds: 1_700_000_000_000))

    /// Makes a clock.
    public init() {}

    /// What the store is handed.
    public var clock: Clock { { self.now.withLock { $0 } } }

    /// The time that it shows.
    public var time: Timestamp { now.withLock { $0 } }

    /// Moves it forward.
    public func advance(milliseconds: Int64 = 1_000) {
      now.withLock { $0 = Timestamp(milliseconds: $0.milliseconds + milliseconds) }
    }
  }

  /// Every demand.
  public static let cases: [ContractCase<Subject>] =
    runs + parametersAndTags + attempts + sweeps + waiting + metrics + loggers + search + paging + finding + experiments
    + deletion + batches + inputs + models + registry + tokens

  // MARK: - For the demands

  /// Expects a refusal of a code whose message holds some words.
  static func refuses(
    _ code: TrackingError.Code, _ words: String = "", sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) {
    do {
      try body()
      Issue.record("nothing was refused; expected \(code)", sourceLocation: sourceLocation)
    } catch let error as TrackingError {
      #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
      #expect(words.isEmpty || error.message.contains(words), "\(error)", sourceLocation: sourceLocation)
    } catch {
      Issue.record("refused with \(error), which is no TrackingError", sourceLocation: sourceLocation)
    }
  }

  /// An id that is one.
  static func id(_ text: String) -> RunID {
    guard let id = RunID(text) else { preconditionFailure("'\(text)' is no id") }
    return id
  }

  /// Records a run with these parameters and tags.
  @discardableResult
  static func makeRun(
    _ subject: Subject, _ text: String, experiment: String = "digits", state: RunState = .running,
    parameters: [Parameter] = [], tags: [String: String] = [:]
  ) throws -> RunID {
    try subject.store.commit(
      .createRun(
        NewRun(id: id(text), experiment: experiment, state: state, parameters: parameters, tags: tags)))
    return id(text)
  }

  /// Records a sweep with this many trials, all scheduled.
  @discardableResult
  static func makeSweep(_ subject: Subject, _ text: String = "sweep", trials: Int = 0) throws -> Sweep {
    let spec = SweepSpec(
      experiment: "digits", work: .trainer("image-classification", fixed: ["epochs": 3]),
      space: try SearchSpace(value: []), strategy: SweepSpec.Choice("random", options: ["n": 1]),
      objective: SweepSpec.Objective(metric: "accuracy", goal: .maximize),
      limits: SweepSpec.Limits(maxTotalTrials: 10), seed: .max)
    let sweep = Sweep(run: id(text), spec: spec, source: "experiment: digits\n")
    try subject.store.commit([
      .createRun(NewRun(id: sweep.run, experiment: "digits", kind: .hyperdrive, state: .queued)),
      .declareSweep(sweep),
    ])
    for number in 0..<trials { try subject.store.commit(.createRun(trial(number, of: sweep.run))) }
    return sweep
  }

  static func trial(_ number: Int, of sweep: RunID) -> NewRun {
    NewRun(
      id: sweep.trial(number), experiment: "digits", kind: .trial, parent: sweep, number: number,
      parameters: [Parameter("lr", .real(0.1 * Double(number + 1))), Parameter("optimizer", "adam")])
  }

  /// Appends values with steps from 0 and times a second apart.
  static func log(_ subject: Subject, _ run: RunID, _ metric: String, _ values: [Double]) throws {
    try subject.store.append([series(metric, values)], to: run)
  }

  static func series(_ metric: String, _ values: [Double], from first: Int64 = 0) -> MetricColumns {
    let steps = values.indices.map { first + Int64($0) }
    return MetricColumns(name: metric, steps: steps, times: steps.map { $0 * 1_000 }, values: values)
  }

  static func demand(
    _ name: String, _ check: @escaping @Sendable (Subject) throws -> Void
  ) -> ContractCase<Subject> { ContractCase(name, check) }
}
