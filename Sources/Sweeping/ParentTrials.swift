public import Tracking

extension SweepSpec {
  /// Takes over what earlier sweeps found: maps their trials into this spec's space and records them in it.
  ///
  /// What cannot be taken over is counted with its reason in `parents`. Trials that end later change nothing.
  ///
  /// - Parameter sweeps: in the order in which strategies are to use them.
  /// - Throws: `.invalid` for a sweep that stands twice, one that shares no parameter with the space, and with trust
  ///   `same` one of another metric or goal.
  public mutating func begin(
    with sweeps: [Sweep], trust: PriorTrial.Trust, reading reader: any TrackingReader
  ) throws {
    for (place, sweep) in sweeps.enumerated() {
      if sweeps[..<place].contains(where: { $0.run == sweep.run }) {
        throw TrackingError(.invalid, "sweep '\(sweep.run)' is to be begun with twice; name it once")
      }
      var trials = ParentTrials(of: sweep, for: self, trust: trust)
      try trials.check()
      try reader.checkIsWhole(sweep.run, toBe: "begun with")
      try trials.read(reader)
      priorTrials += trials.taken
      parents.append(trials.parent)
    }
  }
}

/// The trials of one earlier sweep on their way into a new one.
private struct ParentTrials {
  let sweep: Sweep
  let spec: SweepSpec
  let trust: SweepSpec.PriorTrial.Trust
  private(set) var taken: [SweepSpec.PriorTrial] = []
  private var dropped: [(reason: String, count: Int)] = []
  private var filled: [Parameter] = []

  init(of sweep: Sweep, for spec: SweepSpec, trust: SweepSpec.PriorTrial.Trust) {
    self.sweep = sweep
    self.spec = spec
    self.trust = trust
  }

  /// The parent as it is recorded.
  var parent: SweepSpec.Parent {
    SweepSpec.Parent(
      sweep: sweep.run.text, trust: trust, used: taken.count,
      dropped: dropped.map { SweepSpec.Parent.Dropped(reason: $0.reason, count: $0.count) }, filled: filled)
  }

  func check() throws {
    let (old, new) = (sweep.spec.objective, spec.objective)
    if trust == .same, old.metric != new.metric || old.goal != new.goal {
      throw TrackingError(
        .invalid,
        "sweep '\(sweep.run)' \(old.goal.rawValue)s '\(old.metric)', and this one \(new.goal.rawValue)s '\(new.metric)'; "
          + "to begin with another metric or goal, say `type: transfer`")
    }
    let known = Set(sweep.spec.space.parameters.map(\.name)).union(fixed.keys)
    if !spec.space.parameters.contains(where: { known.contains($0.name) }) {
      throw TrackingError(
        .invalid,
        "sweep '\(sweep.run)' has none of the parameters that are searched "
          + "(\(spec.space.parameters.map(\.name).joined(separator: ", "))), so there is nothing to begin with")
    }
  }

  // What was the same in all of its trials.
  private var fixed: [String: Value] {
    guard case .trainer(_, let fixed) = sweep.spec.work else { return sweep.spec.inputs }
    return sweep.spec.inputs.merging(fixed) { $1 }
  }

  mutating func read(_ reader: any TrackingReader) throws {
    let old = sweep.spec.objective
    let objective = SweepSpec.Objective(metric: old.metric, goal: old.goal, selection: spec.objective.selection)
    let summaries = try reader.summaries(of: old.metric, inChildrenOf: sweep.run)
    var places: [String: Int] = [:]
    var scores: [[Double]] = []
    for trial in try reader.trials(of: sweep.run, asOf: nil) {
      guard trial.state.isFinal else { drop("not ended yet"); continue }
      if trial.state == .canceled { drop("canceled"); continue }
      if trial.state == .failed, trust == .transfer { drop("failed"); continue }
      var score: Double?
      if trial.state != .failed {
        guard let summary = summaries[trial.run], let point = try reader.counted(objective, of: trial.run, summary)
        else { drop("without a score"); continue }
        score = old.goal == spec.objective.goal ? point.value : -point.value
      }
      guard let configuration = configuration(of: try reader.parameters(of: trial.run).byName) else { continue }
      let key = configuration.fingerprint
      if let place = places[key] {
        drop("taken together with another of the same configuration")
        if let score { scores[place].append(score) }
        continue
      }
      places[key] = taken.count
      scores.append(score.map { [$0] } ?? [])
      taken.append(
        SweepSpec.PriorTrial(
          run: trial.run.text, sweep: sweep.run.text, parameters: configuration, score: nil, trust: trust,
          points: summaries[trial.run]?.count ?? 0))
    }
    for (place, values) in scores.enumerated() where !values.isEmpty {
      taken[place].score = values.reduce(0, +) / Double(values.count)
    }
  }

  private mutating func drop(_ reason: String) {
    if let place = dropped.firstIndex(where: { $0.reason == reason }) {
      dropped[place].count += 1
    } else {
      dropped.append((reason, 1))
    }
  }

  // What a trial ran with, in the new space; nil, with the reason counted, for one that lies outside.
  private mutating func configuration(of own: [String: Value]) -> [Parameter]? {
    var chosen: [String: Value] = [:]
    var configuration: [Parameter] = []
    var imagined: [Parameter] = []
    for parameter in spec.space.inDependencyOrder where SearchSpace.isActive(parameter, given: chosen) {
      let name = parameter.name
      let value: Value
      if let given = own["effective." + name] ?? own[name] ?? fixed[name] {
        guard let member = parameter.domain.member(matching: given) else {
          drop("\(name) outside of what is searched")
          return nil
        }
        value = member
      } else {
        value = parameter.standard ?? parameter.domain.value(at: 0.5)
        imagined.append(Parameter(name, value))
      }
      chosen[name] = value
      configuration.append(Parameter(name, value))
    }
    for parameter in imagined where !filled.contains(where: { $0.name == parameter.name }) { filled.append(parameter) }
    return configuration
  }
}

extension SweepSpec {
  /// Tells what the sweep began with, in a sentence: `began with 34 trials of 2 sweeps, 3 dropped (2 failed, ...)`. Nil
  /// without a warm start.
  public var warmStartSentence: String? {
    guard !parents.isEmpty else { return nil }
    let sweeps = parents.count == 1 ? "sweep \(parents[0].sweep)" : "\(parents.count) sweeps"
    var sentence = "\(priorTrials.count) \(priorTrials.count == 1 ? "trial" : "trials") of \(sweeps)"
    if parents.contains(where: { $0.trust == .transfer }) { sentence += " as of another task" }
    var counts: [(reason: String, count: Int)] = []
    for one in parents.flatMap(\.dropped) {
      if let place = counts.firstIndex(where: { $0.reason == one.reason }) {
        counts[place].count += one.count
      } else {
        counts.append((one.reason, one.count))
      }
    }
    if !counts.isEmpty {
      let why = counts.map { "\($0.count) \($0.reason)" }.joined(separator: ", ")
      sentence += ", \(counts.reduce(0) { $0 + $1.count }) dropped (\(why))"
    }
    let filled = parents.flatMap(\.filled).reduce(into: [String: Value]()) { $0[$1.name] = $1.value }
    if !filled.isEmpty {
      let what = filled.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value.plain)" }.joined(separator: ", ")
      sentence += "; what they did not have is taken to have been \(what)"
    }
    return sentence
  }
}
