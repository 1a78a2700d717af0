internal import Tracking

extension CMAState {
  /// A sample that has been evaluated.
  struct Evaluated: Sendable {
    var sample: CMASample
    /// Whether each categorical dimension existed in its configuration, `[categorical dimensions]`.
    var isActive: [Bool]
    /// False for one that another distribution, or somebody else, proposed.
    var isOwn: Bool
  }

  /// Moves the distribution towards the better samples of a generation.
  ///
  /// Hansen 2016, arXiv:1604.00772, figure 6, with negative weights; steps of foreign samples are shortened to what is
  /// likely (Hansen 2011, "Injecting external solutions into CMA-ES", arXiv:1110.4181).
  ///
  /// - Parameter ranked: the best first; `weights.samples` of them.
  mutating func learn(_ ranked: [Evaluated]) {
    if !mean.isEmpty {
      moveNormal(ranked)
      keepMargin()
    }
    for index in probabilities.indices { moveProbabilities(index, ranked) }
    generation += 1
  }

  private mutating func moveNormal(_ ranked: [Evaluated]) {
    let n = mean.count
    let longest = Double(n).squareRoot() + 2 * Double(n) / Double(n + 2)
    var steps: [[Double]] = []
    var lengths: [Double] = []
    for one in ranked {
      var step = (0..<n).map { (one.sample.numbers[$0] - mean[$0]) / (sigma * widening[$0]) }
      var length = norm(whitened(step))
      if !one.isOwn, length > longest {
        step = step.map { $0 * longest / length }
        length = longest
      }
      steps.append(step)
      lengths.append(length)
    }
    let half = weights.samples / 2
    var move = [Double](repeating: 0, count: n)
    for i in 0..<half { for k in 0..<n { move[k] += weights.weights[i] * steps[i][k] } }
    let white = whitened(move)
    for k in 0..<n { mean[k] += sigma * widening[k] * move[k] }

    let (cs, cc) = (weights.stepDecay, weights.pathDecay)
    let stepGain = (cs * (2 - cs) * weights.effective).squareRoot()
    for k in 0..<n { stepPath[k] = (1 - cs) * stepPath[k] + stepGain * white[k] }
    let pathLength = norm(stepPath)
    let settled = 1 - PortableMath.power(1 - cs, 2 * Double(generation + 1))
    let bound = (1.4 + 2 / Double(n + 1)) * weights.normalLength
    let isSteady = pathLength / settled.squareRoot() < bound
    let pathGain = isSteady ? (cc * (2 - cc) * weights.effective).squareRoot() : 0
    for k in 0..<n { covariancePath[k] = (1 - cc) * covariancePath[k] + pathGain * move[k] }

    let (c1, cMu) = (weights.rankOne, weights.rankMu)
    let lost = isSteady ? 0 : c1 * cc * (2 - cc)
    let keep = 1 + lost - c1 - cMu * weights.weights.reduce(0, +)
    for row in 0..<n {
      for column in 0...row {
        var sum = keep * covariance[row * n + column] + c1 * covariancePath[row] * covariancePath[column]
        for (i, weight) in weights.weights.enumerated() {
          let scaled = weight >= 0 ? weight : weight * Double(n) / max(lengths[i] * lengths[i], 1e-20)
          sum += cMu * scaled * steps[i][row] * steps[i][column]
        }
        covariance[row * n + column] = sum
        covariance[column * n + row] = sum
      }
    }
    sigma *= PortableMath.exp(min(1, cs / weights.stepDamping * (pathLength / weights.normalLength - 1)))
    sigma = min(sigma, 10)
    decompose()
  }

  private func norm(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  /// Keeps every ordered coordinate from settling in one cell: the probability of leaving it is at least 1 / (d lambda).
  ///
  /// Hamano et al. 2022, "CMA-ES with margin", arXiv:2205.13482, section 4.
  mutating func keepMargin() {
    let alpha = 1 / Double(mean.count * weights.samples)
    for (index, axis) in layout.numeric.enumerated() {
      guard let borders = axis.borders else { continue }
      let deviation = deviations[index]
      // Coordinates beyond the ends belong to the end cells.
      let inner = borders.dropFirst().dropLast()
      let above = inner.firstIndex { mean[index] <= $0 } ?? inner.endIndex
      if above == inner.startIndex || above == inner.endIndex {
        let near = above == inner.startIndex ? inner[above] : inner[above - 1]
        let reach = -PortableMath.normalQuantile(alpha) * deviation
        let distance = mean[index] - near
        mean[index] = near + (distance < 0 ? -1 : 1) * min(abs(distance), reach)
        continue
      }
      let (low, high) = (inner[above - 1], inner[above])
      let below = PortableMath.normalDistribution((low - mean[index]) / deviation)
      let beyond = PortableMath.normalDistribution((mean[index] - high) / deviation)
      let middle = max(0, 1 - below - beyond)
      let (floorLow, floorHigh) = (max(alpha / 2, below), max(alpha / 2, beyond))
      guard floorLow > below || floorHigh > beyond else { continue }
      let excess = (1 - floorLow - floorHigh - middle) / (floorLow + floorHigh + middle - 1.5 * alpha)
      let newLow = floorLow + excess * (floorLow - alpha / 2)
      let newHigh = floorHigh + excess * (floorHigh - alpha / 2)
      let (zLow, zHigh) = (PortableMath.normalQuantile(newLow), -PortableMath.normalQuantile(newHigh))
      let wanted = (high - low) / (zHigh - zLow)
      mean[index] = low - wanted * zLow
      widening[index] *= wanted / deviation
    }
  }

  // Moves the probabilities towards the categories of the better half, and keeps each above a margin; after Hamano et al.
  // 2024, "CatCMA", arXiv:2405.09962, with a fixed rate.
  private mutating func moveProbabilities(_ index: Int, _ ranked: [Evaluated]) {
    let count = probabilities[index].count
    let half = weights.samples / 2
    let rate = weights.effective / (weights.effective + Double(probabilities.count) + Double(count - 1) / 2)
    var moved = probabilities[index]
    for (weight, one) in zip(weights.weights.prefix(half), ranked) where one.isActive[index] {
      for category in 0..<count {
        let seen = one.sample.categories[index] == category ? 1.0 : 0.0
        moved[category] += rate * weight * (seen - probabilities[index][category])
      }
    }
    let least = (1 - PortableMath.power(0.73, 1 / Double(probabilities.count))) / Double(count - 1)
    moved = moved.map { max($0, least) }
    let above = moved.reduce(0) { $0 + ($1 - least) }
    let surplus = moved.reduce(0, +) - 1
    if above > 0 { moved = moved.map { $0 - surplus * ($0 - least) / above } }
    probabilities[index] = moved
  }
}
