public import Tracking

/// What was recorded on a sweep since a plugin was told last: new trials, and of known ones what changed.
public struct RecordsUpdate: Sendable {
  /// The number of the last change that the plugin knows of after this.
  public var asOf: EventNumber
  /// The trials that are new or changed, by number.
  public var trials: [TrialUpdate]

  /// Makes an update.
  public init(asOf: EventNumber, trials: [TrialUpdate] = []) {
    self.asOf = asOf
    self.trials = trials
  }

  var members: [String: Value] { ["as_of": .integer(asOf), "trials": .list(trials.map(\.value))] }

  init(value: Value) throws {
    guard let asOf = value["as_of"]?.integer else { throw PluginProtocol.invalid("the request has no 'as_of'") }
    self.asOf = asOf
    trials = try (value["trials"]?.list ?? []).map { try TrialUpdate(value: $0) }
  }
}

/// A trial that is new, or what changed of a known one; what is nil did not change.
public struct TrialUpdate: Sendable {
  /// Points of a series, those before `from` being known.
  public struct Points: Sendable {
    /// The place of the first of them in the series; 0 replaces whatever was known.
    public var from: Int
    /// The points.
    public var columns: MetricColumns

    /// Makes points of a series.
    public init(from: Int, columns: MetricColumns) {
      self.from = from
      self.columns = columns
    }
  }

  /// The trial's number.
  public var number: Int
  /// Its configuration; of a new trial only.
  public var parameters: [String: Value]?
  /// Its state.
  public var state: RunState?
  /// The event that recorded it; of a new trial only.
  public var proposed: EventNumber?
  /// The event of its end.
  public var ended: EventNumber?
  /// How many points of the primary metric it may log before it is paused; the inner nil for as many as it likes.
  public var allowance: Int??
  /// The number of the trial whose checkpoint it began with; of a new trial only.
  public var continues: Int?
  /// New points of the primary metric that deciders may see.
  public var objective: Points?
  /// Once it has ended, the series of the metrics that the spec names beside the primary one.
  public var metrics: [MetricColumns]

  /// Makes an update of a trial.
  public init(
    number: Int, parameters: [String: Value]? = nil, state: RunState? = nil, proposed: EventNumber? = nil,
    ended: EventNumber? = nil, allowance: Int?? = .none, continues: Int? = nil, objective: Points? = nil,
    metrics: [MetricColumns] = []
  ) {
    self.number = number
    self.parameters = parameters
    self.state = state
    self.proposed = proposed
    self.ended = ended
    self.allowance = allowance
    self.continues = continues
    self.objective = objective
    self.metrics = metrics
  }
}

extension TrialUpdate {
  var value: Value {
    var members: [String: Value] = ["number": .integer(Int64(number))]
    if let parameters { members["parameters"] = .object(parameters) }
    if let state { members["state"] = .text(state.rawValue) }
    if let proposed { members["proposed"] = .integer(proposed) }
    if let ended { members["ended"] = .integer(ended) }
    if let allowance { members["allowance"] = allowance.map { .integer(Int64($0)) } ?? .null }
    if let continues { members["continues"] = .integer(Int64(continues)) }
    if let objective {
      members["objective"] = .object(
        objective.columns.members.merging(["from": .integer(Int64(objective.from))]) { $1 })
    }
    if !metrics.isEmpty {
      members["metrics"] = .object(
        Dictionary(metrics.map { ($0.name, Value.object($0.members)) }, uniquingKeysWith: { $1 }))
    }
    return .object(members)
  }

  init(value: Value) throws {
    guard let number = value["number"]?.integer, number >= 0 else {
      throw PluginProtocol.invalid("a trial has no 'number' of 0 or more")
    }
    self.init(number: Int(number))
    parameters = value["parameters"]?.object
    if let text = value["state"]?.text {
      guard let known = RunState(rawValue: text) else {
        throw PluginProtocol.invalid("trial \(number) is in the state '\(text)', which does not exist")
      }
      state = known
    }
    proposed = value["proposed"]?.integer
    ended = value["ended"]?.integer
    if let given = value["allowance"] { allowance = .some(given.integer.map { Int($0) }) }
    continues = value["continues"]?.integer.map { Int($0) }
    if let points = value["objective"] {
      objective = Points(
        from: Int(points["from"]?.integer ?? 0), columns: try MetricColumns(wire: points, name: "", trial: self.number))
    }
    metrics = try (value["metrics"]?.object ?? [:]).sorted { $0.key < $1.key }.map {
      try MetricColumns(wire: $0.value, name: $0.key, trial: self.number)
    }
  }
}

extension MetricColumns {
  var members: [String: Value] {
    [
      "values": .list(values.map { .real($0) }), "steps": .list(steps.map { .integer($0) }),
      "times": .list(times.map { .integer($0) }),
    ]
  }

  // Steps and times may be left out: counted from `from`, and 0.
  init(wire value: Value, name: String, trial: Int) throws {
    let values = try (value["values"]?.list ?? []).map { item -> Double in
      if let number = item.number { return number }
      guard let word = item.text, let number = Value.realWords[word] else {
        throw PluginProtocol.invalid("trial \(trial) has the value \(item.json), which is no number")
      }
      return number
    }
    let from = value["from"]?.integer ?? 0
    let steps = value["steps"]?.list?.compactMap(\.integer) ?? values.indices.map { from + Int64($0) }
    let times = value["times"]?.list?.compactMap(\.integer) ?? values.map { _ in 0 }
    guard steps.count == values.count, times.count == values.count else {
      throw PluginProtocol.invalid("the 'values', 'steps' and 'times' of trial \(trial) differ in length")
    }
    self.init(name: name, steps: steps, times: times, values: values)
  }
}

extension Value {
  // What JSON has no number for, as `Value.json` writes it.
  static let realWords: [String: Double] = ["NaN": .nan, "Infinity": .infinity, "-Infinity": -.infinity]
}
