/// Comparisons of points with several objectives, all of which are better when smaller.
///
/// A point is `[objectives]`; no objective is NaN. Violations say by how much a point breaks its constraints: 0 for one
/// that keeps them. Sources: Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II".
public enum ParetoFront {
  /// Returns whether a point is at least as good as another in every objective and better in one.
  public static func dominates(_ a: [Double], _ b: [Double]) -> Bool {
    var isBetter = false
    for (x, y) in zip(a, b) {
      if x > y { return false }
      if x < y { isBetter = true }
    }
    return isBetter
  }

  /// Returns whether a point is better when constraints count: one that keeps them is better than one that does not, of
  /// two that do not the one that breaks them less. Deb et al. 2002, definition 1.
  public static func dominates(
    _ a: [Double], violating first: Double, _ b: [Double], violating second: Double
  ) -> Bool {
    if first > 0 || second > 0 { return first < second }
    return dominates(a, b)
  }

  /// Returns the places of the points that no other one dominates, in their order; equal points are all among them.
  public static func members(of points: [[Double]], violations: [Double]? = nil) -> [Int] {
    let ranks = ranks(of: points, violations: violations, upTo: 1)
    return points.indices.filter { ranks[$0] == 0 }
  }

  /// Returns the front that each point is on, `[points]`: 0 for those that nothing dominates, 1 for those that only
  /// those dominate, and so on.
  ///
  /// - Parameter limit: how many fronts are told apart; a point on none of them has the rank `limit`.
  public static func ranks(
    of points: [[Double]], violations: [Double]? = nil, upTo limit: Int = .max
  ) -> [Int] {
    var dominated = [[Int]](repeating: [], count: points.count)
    var above = [Int](repeating: 0, count: points.count)
    func isBetter(_ i: Int, _ j: Int) -> Bool {
      dominates(points[i], violating: violations?[i] ?? 0, points[j], violating: violations?[j] ?? 0)
    }
    for i in points.indices {
      for j in points.indices.dropFirst(i + 1) {
        if isBetter(i, j) {
          dominated[i].append(j)
          above[j] += 1
        } else if isBetter(j, i) {
          dominated[j].append(i)
          above[i] += 1
        }
      }
    }
    var ranks = [Int](repeating: limit, count: points.count)
    var front = points.indices.filter { above[$0] == 0 }
    var rank = 0
    while !front.isEmpty, rank < limit {
      var next: [Int] = []
      for i in front {
        ranks[i] = rank
        for j in dominated[i] {
          above[j] -= 1
          if above[j] == 0 { next.append(j) }
        }
      }
      front = next.sorted()
      rank += 1
    }
    return ranks
  }

  /// Returns how much room each point of one front has between its neighbours, `[points]`: the sum over objectives of
  /// the distance between the next smaller and the next larger one, as a part of the front's extent; infinite at the ends.
  public static func crowdingDistances(of front: [[Double]]) -> [Double] {
    var distances = [Double](repeating: 0, count: front.count)
    guard let objectives = front.first?.count else { return [] }
    for objective in 0..<objectives {
      let order = front.indices.sorted { (front[$0][objective], $0) < (front[$1][objective], $1) }
      let (first, last) = (order[0], order[order.count - 1])
      let extent = front[last][objective] - front[first][objective]
      guard extent > 0 else { continue }
      distances[first] = .infinity
      distances[last] = .infinity
      for place in order.indices.dropFirst().dropLast() {
        let room = front[order[place + 1]][objective] - front[order[place - 1]][objective]
        distances[order[place]] += room / extent
      }
    }
    return distances
  }

  /// Returns the points from best to worst: by front, within a front those with more room first, then by place.
  public static func order(of points: [[Double]], violations: [Double]? = nil) -> [Int] {
    let ranks = ranks(of: points, violations: violations)
    var distances = [Double](repeating: 0, count: points.count)
    for (_, front) in Dictionary(grouping: points.indices, by: { ranks[$0] }) {
      for (place, distance) in zip(front, crowdingDistances(of: front.map { points[$0] })) {
        distances[place] = distance
      }
    }
    return points.indices.sorted { (ranks[$0], -distances[$0], $0) < (ranks[$1], -distances[$1], $1) }
  }
}
