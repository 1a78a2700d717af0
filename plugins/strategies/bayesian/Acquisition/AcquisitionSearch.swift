internal import Tracking

/// Looks for the point with the largest expected improvement: many points at once, then uphill from the best of them,
/// in turns over the numbers by gradient and over the choices by neighbours.
struct AcquisitionSearch {
  /// How much work is done.
  struct Effort: Sendable, Equatable {
    /// Points of Sobol's sequence.
    var spread = 1024
    /// Points near the best ones.
    var near = 1024
    /// Points that are improved.
    var starts = 8
    /// Evaluations of the function and its gradient for each.
    var evaluations = 40
    /// Turns between numbers and choices.
    var turns = 3
  }

  /// A point with its value.
  struct Found {
    var point: [Double]
    /// The logarithm of the expected improvement, in the model's units, with what the prior adds.
    var value: Double
    /// What the prior adds to it; 0 where there is none.
    var addition: Double
    var mean: Double
    var variance: Double
    /// What the start was, for the proposal's reason.
    var origin: Origin
  }

  /// What a search found.
  struct Outcome {
    /// The best points, best first, all different and none taken.
    var found: [Found]
    /// The logarithm of the largest expected improvement that was seen, whatever the prior says of where; minus infinity
    /// where nothing was found.
    var largestImprovement: Double
  }

  /// Where a start came from.
  enum Origin: String, Sendable { case spread, near }

  let space: ModelSpace
  /// The models; what is looked for has the largest geometric mean of their expected improvements. It does not follow a
  /// single one that knows little and so expects much everywhere.
  let processes: [GaussianProcess]
  /// What is to be improved on, for each model, in the model's units.
  var bounds: [Double]
  var effort = Effort()
  /// What the space's prior adds; nil for nothing.
  var prior: PriorWeight?
  /// Whether a canonical point may not be proposed.
  let isTaken: ([Double]) -> Bool

  /// Looks everywhere for the best points.
  func best(near incumbents: [[Double]], sobol: Sobol, first: Int, draws: inout Draws) -> Outcome {
    var points: [[Double]] = []
    points.reserveCapacity(effort.spread + effort.near)
    for index in 0..<effort.spread {
      let point = sobol.point(first + index)
      // Every fourth is drawn through the prior: in many dimensions hardly one falls where it is believed to be good.
      if index % 4 == 0, let prior = prior?.prior {
        points.append(space.point(fromPlaces: prior.point(at: point)))
      } else {
        points.append(space.point(fromCube: point))
      }
    }
    if !incumbents.isEmpty {
      for index in 0..<effort.near {
        points.append(perturbed(incumbents[index % incumbents.count], wide: index / incumbents.count, &draws))
      }
    }
    let (scores, improvements) = screened(points)
    var order = Array(points.indices)
    order.sort { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
    var starts: [Int] = []
    var used = Set<[Double]>()
    // A start of each kind at least, then the best.
    for index in order {
      guard starts.count < effort.starts else { break }
      guard scores[index].isFinite, used.insert(points[index]).inserted, !isTaken(points[index]) else { continue }
      starts.append(index)
    }
    var found: [Found] = []
    let scratches = processes.map { GaussianProcess.Scratch(for: $0) }
    var seen = Set<[Double]>()
    for index in starts {
      let improved = climb(from: points[index], value: scores[index], scratches: scratches)
      guard seen.insert(improved.point).inserted else { continue }
      let (mean, variance) = predict(improved.point)
      found.append(
        Found(
          point: improved.point, value: improved.value, addition: addition(improved.point), mean: mean,
          variance: variance, origin: index < effort.spread ? .spread : .near))
    }
    found.sort { $0.value > $1.value }
    if found.isEmpty, let index = order.first(where: { !isTaken(points[$0]) }) {
      let (mean, variance) = predict(points[index])
      found = [
        Found(
          point: points[index], value: scores[index], addition: addition(points[index]), mean: mean, variance: variance,
          origin: .spread)
      ]
    }
    var largest = found.map { $0.value - $0.addition }.max() ?? -.infinity
    if prior != nil, let other = aside(points, improvements, scratches: scratches) { largest = max(largest, other) }
    return Outcome(found: found, largestImprovement: largest)
  }

  // The expected improvement uphill from the point that is best without the prior; nil when all are taken. What the prior
  // speaks for may lie beside a known trial, while much is expected elsewhere.
  private func aside(
    _ points: [[Double]], _ improvements: [Double], scratches: [GaussianProcess.Scratch]
  ) -> Double? {
    let order = points.indices.sorted {
      improvements[$0] != improvements[$1] ? improvements[$0] > improvements[$1] : $0 < $1
    }
    guard let start = order.first(where: { improvements[$0].isFinite && !isTaken(points[$0]) }) else { return nil }
    var plain = self
    plain.prior = nil
    return plain.climb(from: points[start], value: plain.scored([points[start]])[0], scratches: scratches).value
  }

  /// Returns candidates as they are, the best of them first.
  ///
  /// - Parameters:
  ///   - points: canonical ones, none of them taken.
  ///   - most: how many are returned at most.
  func best(of points: [[Double]], most: Int) -> [Found] {
    let scores = scored(points)
    let order = points.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
    return order.prefix(most).map { index in
      let (mean, variance) = predict(points[index])
      return Found(
        point: points[index], value: scores[index], addition: addition(points[index]), mean: mean, variance: variance,
        origin: .near)
    }
  }

  // The mean and variance of the models' mixture at a point.
  private func predict(_ point: [Double]) -> (mean: Double, variance: Double) {
    let features = space.features(of: point)
    let each = processes.map { $0.predict(features) }
    let count = Double(each.count)
    let mean = each.reduce(0) { $0 + $1.mean } / count
    return (mean, each.reduce(0) { $0 + $1.variance + ($1.mean - mean) * ($1.mean - mean) } / count)
  }

  // The scores of the points that two of the models find best, minus infinity for the others; and the logarithms of the
  // expected improvements of all by these two, or by all where there are no more.
  private func screened(_ points: [[Double]]) -> (scores: [Double], improvements: [Double]) {
    guard processes.count > 2 else {
      let improvements = improvements(points)
      return (weighted(improvements, at: points), improvements)
    }
    let few = AcquisitionSearch(
      space: space, processes: [processes[0], processes[processes.count - 1]],
      bounds: [bounds[0], bounds[bounds.count - 1]], effort: effort, prior: prior, isTaken: isTaken)
    let improvements = few.improvements(points)
    let first = weighted(improvements, at: points)
    let order = points.indices.sorted { first[$0] != first[$1] ? first[$0] > first[$1] : $0 < $1 }
    let kept = Array(order.prefix(max(points.count / 8, 64)))
    var scores = [Double](repeating: -.infinity, count: points.count)
    for (index, score) in zip(kept, scored(kept.map { points[$0] })) { scores[index] = score }
    return (scores, improvements)
  }

  // What the prior adds at a canonical point.
  private func addition(_ point: [Double]) -> Double {
    prior?.addition(at: point, active: space.activity(of: point)) ?? 0
  }

  /// Returns the logarithmic expected improvements of points, averaged over the models, with what the prior adds.
  func scored(_ points: [[Double]]) -> [Double] { weighted(improvements(points), at: points) }

  private func weighted(_ improvements: [Double], at points: [[Double]]) -> [Double] {
    guard prior != nil else { return improvements }
    return zip(points, improvements).map { addition($0) + $1 }
  }

  private func improvements(_ points: [[Double]]) -> [Double] {
    let features = points.map { space.features(of: $0) }
    let each = zip(processes, bounds).map { process, bound in
      let (means, variances) = process.predict(all: features)
      return zip(means, variances).map { LogExpectedImprovement.value(mean: $0, variance: $1, bound: bound) }
    }
    return points.indices.map { index in each.reduce(0) { $0 + $1[index] } / Double(each.count) }
  }

  // Moves a few dimensions of a point, near or far.
  private func perturbed(_ point: [Double], wide index: Int, _ draws: inout Draws) -> [Double] {
    let count = space.dimensions.count
    var result = point
    let scale = [0.2, 0.05, 0.01, 0.002][index % 4]
    let share = max(1 / Double(count), [1.0, 0.5, 0.25][index / 4 % 3])
    let certain = draws.index(below: count)
    for (index, dimension) in space.dimensions.enumerated() {
      guard index == certain || draws.unit() < share else { continue }
      switch dimension.kind {
      case .continuous: result[index] = reflected(point[index] + scale * draws.normal())
      case .ordered(let positions):
        let moved = reflected(point[index] + scale * draws.normal())
        var to = ModelSpace.nearest(positions, to: moved)
        let from = ModelSpace.nearest(positions, to: point[index])
        if to == from { to = draws.unit() < 0.5 ? max(from - 1, 0) : min(from + 1, positions.count - 1) }
        result[index] = positions[to]
      case .unordered(let count):
        if index == certain || draws.unit() < 0.3 { result[index] = Double(draws.index(below: count)) }
      }
    }
    return space.canonical(result)
  }

  private func reflected(_ x: Double) -> Double {
    let folded = x < 0 ? -x : (x > 1 ? 2 - x : x)
    return min(max(folded, 0), 1)
  }

  // MARK: Uphill

  private func climb(
    from start: [Double], value: Double, scratches: [GaussianProcess.Scratch]
  ) -> (point: [Double], value: Double) {
    var best = (point: start, value: value)
    for turn in 0..<max(effort.turns, 1) {
      let before = best.value
      climbNumbers(&best, scratches: scratches)
      let hadNeighbours = climbChoices(&best)
      if !hadNeighbours || (turn > 0 && best.value - before < 1e-3) || best.value - before < 1e-6 { break }
    }
    return best
  }

  // Improves the active numbers by gradient, then brings ordered ones back to their positions.
  private func climbNumbers(_ best: inout (point: [Double], value: Double), scratches: [GaussianProcess.Scratch]) {
    let active = space.activity(of: best.point)
    var wanted: [Int] = []
    var isRounded = false
    for (index, dimension) in space.dimensions.enumerated() where active[index] {
      switch dimension.kind {
      case .continuous: wanted.append(index)
      case .ordered(let positions) where positions.count > 6:
        wanted.append(index)
        isRounded = true
      default: break
      }
    }
    guard !wanted.isEmpty else { return }
    var features = space.features(of: best.point)
    var minimizer = Minimizer()
    minimizer.evaluations = effort.evaluations
    minimizer.tolerance = 1e-5
    minimizer.slopeTolerance = 1e-4
    minimizer.firstStep = 0.1
    let (place, value) = minimizer.minimize(
      from: wanted.map { best.point[$0] }, lower: wanted.map { _ in 0 }, upper: wanted.map { _ in 1 }
    ) { x, gradient in
      for (index, feature) in wanted.enumerated() { features[feature] = x[index] }
      var value = 0.0
      var slopes = gradient
      for index in gradient.indices { gradient[index] = 0 }
      for model in processes.indices {
        _ = processes[model].predict(
          features, wanted: wanted, scratch: scratches[model], gradient: &slopes
        ) { mean, variance in
          let improvement = LogExpectedImprovement.of(mean: mean, variance: variance, bound: bounds[model])
          value += improvement.value / Double(processes.count)
          return (-improvement.byMean, -improvement.byVariance)
        }
        for index in gradient.indices { gradient[index] += slopes[index] / Double(processes.count) }
      }
      guard let prior else { return -value }
      var place = best.point
      for (index, feature) in wanted.enumerated() { place[feature] = x[index] }
      let addition = prior.addition(at: place, active: active, wanted: wanted)
      for index in gradient.indices { gradient[index] -= addition.slopes[index] }
      return -(addition.value + value)
    }
    var point = best.point
    for (index, feature) in wanted.enumerated() { point[feature] = place[index] }
    if isRounded { point = space.canonical(point) }
    // The climb goes along the belief's slope; cells that the model takes for a continuum have the prior's value of a cell.
    let reached = isRounded || prior != nil ? scored([point])[0] : -value
    if reached > best.value, !isTaken(point) { best = (point, reached) }
  }

  // Tries each choice and each step of an ordered dimension, one at a time, while one is better.
  private func climbChoices(_ best: inout (point: [Double], value: Double)) -> Bool {
    var hadNeighbours = false
    for _ in 0..<12 {
      let neighbours = self.neighbours(of: best.point)
      guard !neighbours.isEmpty else { return hadNeighbours }
      hadNeighbours = true
      let scores = scored(neighbours)
      var top: Int?
      for (index, score) in scores.enumerated() where score > (top.map { scores[$0] } ?? best.value + 1e-9) {
        if !isTaken(neighbours[index]) { top = index }
      }
      guard let top else { return true }
      best = (neighbours[top], scores[top])
    }
    return true
  }

  private func neighbours(of point: [Double]) -> [[Double]] {
    let active = space.activity(of: point)
    var result: [[Double]] = []
    for (index, dimension) in space.dimensions.enumerated() where active[index] {
      switch dimension.kind {
      case .continuous: break
      case .ordered(let positions):
        let here = ModelSpace.nearest(positions, to: point[index])
        let steps = positions.count <= 6 ? Array(-5...5) : [-4, -2, -1, 1, 2, 4]
        for step in steps where step != 0 && positions.indices.contains(here + step) {
          var other = point
          other[index] = positions[here + step]
          result.append(space.canonical(other))
        }
      case .unordered(let count):
        for choice in 0..<count where Double(choice) != point[index] {
          var other = point
          other[index] = Double(choice)
          result.append(space.canonical(other))
        }
      }
    }
    return result
  }
}
