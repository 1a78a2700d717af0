internal import Tracking

/// What a sweep's records tell a model: points with values, in the order in which they became known, and points under
/// way.
struct Observations {
  /// The canonical points with results.
  var points: [[Double]] = []
  /// Their values, smaller is better; nil for a trial that failed.
  var values: [Double?] = []
  /// The canonical points of trials that have not ended.
  var pending: [[Double]] = []
  /// Where trials of like sweeps were best, best first.
  var hints: [[Double]] = []

  /// Reads a session.
  ///
  /// A trial that was stopped early counts with its score so far, but as no better than the middle one of those that
  /// were not: its series was cut where it looked bad, and its last value is not a final one.
  init(of session: SweepSession, map: SpaceMap) throws {
    let spec = session.sweep.spec
    let sign: Double = spec.objective.goal == .maximize ? -1 : 1
    var transfers: [(score: Double, point: [Double])] = []
    for prior in spec.priorTrials {
      let point = map.point(of: prior.parameters)
      switch prior.trust {
      case .same:
        points.append(point)
        values.append(prior.score.map { sign * $0 })
      case .transfer:
        if let score = prior.score { transfers.append((sign * score, point)) }
      }
    }
    hints = transfers.sorted { $0.score < $1.score }.map(\.point)
    let ended = session.ended
    let scores = try ended.map { try session.score(of: $0).map { sign * $0 } }
    let whole = zip(ended, scores).compactMap { $0.state == .finished ? $1 : nil }.sorted()
    for (trial, score) in zip(ended, scores) {
      switch trial.state {
      case .finished:
        points.append(map.point(of: trial.parameters))
        values.append(score)
      case .failed:
        points.append(map.point(of: trial.parameters))
        values.append(nil)
      case .pruned:
        guard let score else { continue }
        points.append(map.point(of: trial.parameters))
        values.append(whole.isEmpty ? score : max(score, whole[whole.count / 2]))
      default: break
      }
    }
    pending = session.pending.map { map.point(of: $0.parameters) }
  }

  /// How many values are numbers.
  var scored: Int { values.reduce(0) { $0 + ($1 == nil ? 0 : 1) } }
}
