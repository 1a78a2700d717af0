internal import Tracking

/// A sweep in the middle of its life, for a policy to judge: trials of all states with curves of up to 27 points.
struct PolicyScene {
  static let sweep = RunID(randomBits: 7)

  var goal: Goal
  var records: RecordedTrials

  /// Scenes of both goals; some with values below 0, some with values at one level for good.
  static let all: [PolicyScene] = Goal.allCases.flatMap { goal in
    [0.0, 1, -1].flatMap { offset in
      (0..<6).map { PolicyScene(goal, offset: offset, seed: UInt64($0)) }
    }
  }

  init(_ goal: Goal, offset: Double, seed: UInt64) {
    self.goal = goal
    records = RecordedTrials(event: 100)
    let states: [RunState] = [
      .finished, .running, .running, .pruned, .running, .finished, .failed, .running, .canceled, .running, .paused,
      .finished, .scheduled, .running, .finished, .running,
    ]
    for (number, state) in states.enumerated() {
      let draws = ProposalRandomness(seed: seed, proposal: number)
      let isWhole = state == .finished
      let points = state == .scheduled ? 0 : isWhole ? 27 : 1 + Int(draws.unit("points") * 26)
      // Gets better with every point, some more than others, and some come to a standstill.
      let height = draws.unit("height")
      let standstill = 2 + Int(draws.unit("standstill") * 20)
      let values = (0..<points).map { point -> Double in
        let progress = Double(min(point, standstill)) / Double(min(point, standstill) + 3)
        let value = offset + height * progress + 0.02 * draws.unit("noise \(min(point, standstill))")
        return goal == .maximize ? value : 1 - value
      }
      records.trials.append(PolicyScene.trial(number, state, points: points))
      records.objective[number] = PolicyScene.columns(values)
    }
  }

  static func trial(_ number: Int, _ state: RunState, points: Int) -> Trial {
    Trial(
      run: sweep.trial(number), number: number, parameters: [Parameter("x", .real(Double(number) / 64))], state: state,
      observed: points, proposed: 1, ended: state.isFinal ? Int64(50 + number) : nil)
  }

  static func columns(_ values: [Double]) -> MetricColumns {
    MetricColumns(
      name: "metric", steps: values.indices.map { Int64($0) }, times: values.indices.map { Int64($0) }, values: values)
  }

  /// The number of the trial with the best finite value of those that have not failed and were not canceled.
  static func leader(of records: RecordedTrials, _ goal: Goal) -> Int? {
    var leader: (number: Int, value: Double)?
    for trial in records.trials where trial.state != .failed && trial.state != .canceled {
      for value in records.objective[trial.number]?.values ?? [] where value.isFinite {
        if let leader, !goal.isBetter(value, than: leader.value) { continue }
        leader = (trial.number, value)
      }
    }
    return leader?.number
  }

  /// The scene when no trial had more points than `count`.
  func cut(to count: Int) -> RecordedTrials {
    var records = records
    for index in records.trials.indices { records.trials[index].observed = min(count, records.trials[index].observed) }
    return records
  }

  /// The scene with more trials, all of the same values.
  func adding(_ states: [RunState], values: [Double]) -> RecordedTrials {
    var records = records
    for state in states {
      let number = records.trials.count
      records.trials.append(PolicyScene.trial(number, state, points: values.count))
      records.objective[number] = PolicyScene.columns(values)
    }
    return records
  }
}
