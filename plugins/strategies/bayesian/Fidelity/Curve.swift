internal import Tracking

/// A trial's learning curve, as far as deciders may see it.
struct Curve {
  var trial: Trial
  /// The trial's point in the model's space, without the resource.
  var point: [Double]
  /// What the objective makes of the first points, smaller is better; nil before the first finite one, `[points]`.
  var scores: [Double?]
  /// When each point was logged, in milliseconds since 1970 UTC, `[points]`.
  var times: [Int64]

  /// How much of the resource it has had.
  var length: Int { scores.count }

  /// Reads a trial's curve.
  init(_ trial: Trial, map: SpaceMap, in session: SweepSession) throws {
    let objective = session.sweep.spec.objective
    self.trial = trial
    point = map.point(of: trial.parameters)
    guard trial.observed > 0 else {
      (scores, times) = ([], [])
      return
    }
    let columns = try session.objective(of: trial)
    let sign: Double = objective.goal == .maximize ? -1 : 1
    times = columns.times
    scores = []
    scores.reserveCapacity(columns.count)
    if objective.selection == .best {
      var best: Double?
      for value in columns.values {
        if value.isFinite { best = min(best ?? .infinity, sign * value) }
        scores.append(best)
      }
    } else {
      for length in 1...max(1, columns.count) where columns.count > 0 {
        scores.append(objective.score(of: Array(columns.values.prefix(length))).map { sign * $0 })
      }
    }
  }

  /// The score with a part of the resource; nil where it has not had as much, or nothing was finite.
  func score(at resource: Int) -> Double? { resource >= 1 && resource <= length ? scores[resource - 1] : nil }
}

extension Curve {
  /// What the model is told of it: its scores at rungs, and the last one. One that failed is worst where it ended.
  func observations(at levels: [Int]) -> [FidelityModel.Observation] {
    guard length > 0 else { return [] }
    return (levels.filter { $0 < length } + [length]).map { resource in
      FidelityModel.Observation(
        point: point, resource: resource,
        value: resource == length && trial.state == .failed ? nil : scores[resource - 1], time: times[resource - 1],
        trial: trial.number)
    }
  }
}
