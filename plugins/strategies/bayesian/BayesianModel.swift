internal import Synchronization
internal import Tracking

/// The strategy's numbers: from points and their values to the next points, all in the model's space.
///
/// It answers the same for the same arguments; what it keeps between calls only saves time.
final class BayesianModel: Sendable {
  /// What can be chosen; the defaults are measured ones.
  struct Settings: Sendable, Equatable {
    var priors = KernelPriors()
    /// How results become values.
    var transform = ValueTransform()
    var effort = AcquisitionSearch.Effort()
    var fitStarts = 2
    var fitEvaluations = 60
    /// The most points that the kernel's parameters are fitted to.
    var fitPoints = 250
    /// How many kernels are drawn from the posterior and averaged over, where there are few points; 0 for the mode alone.
    var kernels = 8
    /// How many steps lie between two of them.
    var between = 6
    /// The most points that the model is conditioned on; of more the best and the latest are taken.
    var mostPoints = 600
    /// The expected improvement, as a part of what was gained since the first trials, below which the search has
    /// settled in one place and a leap is looked for; 0 for never.
    var settled = 0.01
    /// By how much a leap improves, as a part of what was gained since the first trials.
    var leap = 0.1
  }

  /// A proposed point.
  struct Proposal {
    var point: [Double]
    var logImprovement: Double
    /// What the prior added to it where points were compared; nil where there is none.
    var priorAddition: Double?
    /// The logarithm of the largest expected improvement anywhere, whatever the prior says; nil where there is none.
    var largestLogImprovement: Double?
    /// In the model's units.
    var mean: Double
    var sd: Double
    var origin: AcquisitionSearch.Origin
    /// Whether little was left to gain near the best, so that something better by a margin was looked for.
    var isLeap: Bool
  }

  let space: ModelSpace
  let settings: Settings
  let seed: UInt64
  private let sobol: Sobol
  // The models conditioned so far; kept because one serves several proposals.
  private let kept = Mutex<[Conditioned]>([])

  private struct Conditioned {
    // The points and values that the kernels are fitted to, and all points.
    var values: [Double?]
    var points: [[Double]]
    var unknowns: [[Double]]
    var processes: [GaussianProcess]
  }
  /// Makes a model of a space.
  init(space: ModelSpace, settings: Settings, seed: UInt64) {
    self.space = space
    self.settings = settings
    self.seed = seed
    sobol = Sobol(dimensions: space.dimensions.count, seed: seed &+ 0x5eed)
  }

  /// How many of `count` points the kernel's parameters are fitted to: all when there are few, then in steps.
  static func fitted(of count: Int) -> Int {
    if count <= 30 { return count }
    var at = 30
    while true {
      let next = at + max(2, at / 16)
      if next > count { return at }
      at = next
    }
  }

  /// Returns points to propose, best first.
  ///
  /// - Parameters:
  ///   - points: the canonical points with results, in the order of their ends.
  ///   - values: their values, smaller is better; nil for a failed one.
  ///   - pending: the canonical points under way.
  ///   - number: the proposal's number; names its randomness.
  ///   - prior: what the space's prior adds to the expected improvement.
  func propose(
    points: [[Double]], values: [Double?], pending: [[Double]], number: Int, prior: PriorWeight? = nil,
    isTaken: @escaping ([Double]) -> Bool
  ) -> [Proposal] {
    // The processes are changed while they are looked at, so one proposal is made at a time.
    return kept.withLock { kept in
      let index = condition(&kept, points: points, values: values, pending: pending.count)
      guard points.count > settings.mostPoints else {
        let processes = kept[index].processes
        defer { for process in processes { process.truncate(to: points.count) } }
        return search(processes, points: points, pending: pending, number: number, prior: prior, isTaken: isTaken)
      }
      let chosen = Self.telling(values, settings.mostPoints)
      let all = settings.transform(values)
      let processes = processes(
        kept[index].unknowns, features: chosen.map { space.features(of: points[$0]) }, values: chosen.map { all[$0] },
        room: pending.count)
      return search(
        processes, points: chosen.map { points[$0] }, pending: pending, number: number, prior: prior, isTaken: isTaken)
    }
  }

  // Which of many points tell most: the best third and the latest, ascending.
  private static func telling(_ values: [Double?], _ most: Int) -> [Int] {
    guard values.count > most else { return Array(values.indices) }
    let order = values.indices.sorted { (values[$0] ?? .infinity, $0) < (values[$1] ?? .infinity, $1) }
    var chosen = Set(order.prefix(most / 3))
    for index in values.indices.reversed() where chosen.count < most { chosen.insert(index) }
    return chosen.sorted()
  }

  private func search(
    _ processes: [GaussianProcess], points: [[Double]], pending: [[Double]], number: Int,
    prior: PriorWeight?, isTaken: @escaping ([Double]) -> Bool
  ) -> [Proposal] {
    let features = points.map { space.features(of: $0) }
    let pendingFeatures = pending.map { space.features(of: $0) }
    var average = [Double](repeating: 0, count: points.count)
    var bounds: [Double] = []
    for process in processes {
      let (means, _) = process.predict(all: features)
      for index in average.indices { average[index] += means[index] / Double(processes.count) }
      var bound = means.min() ?? 0
      // Kriging believer: what is under way is taken to come out as predicted, and is to be improved on too.
      for feature in pendingFeatures {
        let mean = process.predict(feature).mean
        bound = min(bound, mean)
        process.append([feature], values: [mean])
      }
      bounds.append(bound)
    }
    let order = points.indices.sorted {
      average[$0] != average[$1] ? average[$0] < average[$1] : $0 < $1
    }
    var draws = Draws(seed: seed, number: number, purpose: 1)
    let search = AcquisitionSearch(
      space: space, processes: processes, bounds: bounds, effort: effort(points.count), prior: prior,
      isTaken: isTaken)
    let incumbents = order.prefix(5).map { points[$0] }
    let first = 64 + number * settings.effort.spread
    let outcome = search.best(near: incumbents, sobol: sobol, first: first, draws: &draws)
    var found = outcome.found
    let gained = (average.prefix(min(10, points.count / 2)).min() ?? 0) - (average.min() ?? 0)
    var isLeap = false
    if !found.isEmpty, gained > 0, outcome.largestImprovement < PortableMath.log(settings.settled * gained) {
      var further = search
      // Elsewhere is where the prior may be mistaken, so it is not asked.
      further.prior = nil
      further.bounds = bounds.map { $0 - settings.leap * gained }
      let leaps = further.best(near: incumbents, sobol: sobol, first: first, draws: &draws).found
      isLeap = !leaps.isEmpty
      if isLeap { found = leaps }
    }
    return found.map {
      Proposal(
        point: $0.point, logImprovement: $0.value - $0.addition,
        priorAddition: prior == nil || isLeap ? nil : $0.addition,
        largestLogImprovement: prior == nil ? nil : outcome.largestImprovement, mean: $0.mean,
        sd: $0.variance.squareRoot(), origin: $0.origin, isLeap: isLeap)
    }
  }

  // Less is looked at where each look costs more.
  private func effort(_ count: Int) -> AcquisitionSearch.Effort {
    var effort = settings.effort
    if count > 60 {
      effort.spread = effort.spread * 3 / 4
      effort.near = effort.near * 3 / 4
      effort.starts = max(4, effort.starts * 3 / 4)
    }
    if count > 120 {
      effort.spread = effort.spread * 2 / 3
      effort.near = effort.near * 2 / 3
    }
    if count > 300 { effort.starts = max(4, effort.starts * 2 / 3) }
    return effort
  }

  // How many kernels serve a number of points: the fewer points, the less is known of the kernel.
  private func kernels(for count: Int) -> Int {
    switch count {
    case ...80: settings.kernels
    case ...250: settings.kernels / 2
    case ...400: settings.kernels / 4
    default: 0
    }
  }

  // Brings the kept models up to date and returns the place of the one asked for: kernels fitted to the first points,
  // the rest appended, so that a fresh instance comes to the same bits.
  private func condition(
    _ kept: inout [Conditioned], points: [[Double]], values: [Double?], pending: Int
  ) -> Int {
    let count = Self.fitted(of: points.count)
    let first = Array(values.prefix(count))
    let isSmall = points.count <= settings.mostPoints
    let known = kept.firstIndex {
      $0.values == first && $0.points.count <= points.count
        && $0.points == Array(points.prefix($0.points.count)) && (!isSmall || !$0.processes.isEmpty)
    }
    let place = known ?? kept.count
    if known == nil {
      let scaled = settings.transform(first)
      let chosen = Self.telling(first, settings.fitPoints)
      let fit = makeFit(
        features: chosen.map { space.features(of: points[$0]) }, values: chosen.map { scaled[$0] })
      let unknowns = fittedUnknowns(fit, count)
      let base = isSmall ? points.prefix(count).map { space.features(of: $0) } : []
      kept.append(
        Conditioned(
          values: first, points: Array(points.prefix(count)), unknowns: unknowns,
          processes: isSmall ? processes(unknowns, features: base, values: scaled, room: max(64, count / 8)) : []))
    }
    if isSmall { grow(&kept[place], points: points, values: settings.transform(values), pending: pending) }
    guard place >= 4 else { return place }
    kept.removeFirst()
    return place - 1
  }

  private func grow(_ model: inout Conditioned, points: [[Double]], values: [Double], pending: Int) {
    let old = model.points.count
    let new = points[old...].map { space.features(of: $0) }
    model.points = points
    for index in model.processes.indices {
      // Room for what is under way too; the bits do not depend on it.
      if model.processes[index].capacity < points.count + pending {
        model.processes[index] = model.processes[index].copy(room: points.count - old + pending + 64)
      }
      model.processes[index].append(new, values: Array(values[old...]))
      model.processes[index].revalue(values)
    }
  }

  private func processes(
    _ unknowns: [[Double]], features: [[Double]], values: [Double], room: Int
  ) -> [GaussianProcess] {
    let fit = makeFit(features: [], values: [])
    return unknowns.compactMap {
      GaussianProcess(
        fit.parameters($0), unordered: space.unorderedFeatures, features: features, values: values, room: room)
    }
  }

  private func makeFit(features: [[Double]], values: [Double]) -> KernelFit {
    KernelFit(
      features: features, values: values, unordered: space.unorderedFeatures, dimensions: space.dimensions.count,
      warpable: space.dimensions.indices.filter {
        switch space.dimensions[$0].kind {
        case .continuous: true
        case .ordered(let positions): positions.count > 6
        case .unordered: false
        }
      }, priors: settings.priors)
  }

  private func fittedUnknowns(_ fit: KernelFit, _ count: Int) -> [[Double]] {
    var minimizer = Minimizer()
    minimizer.evaluations = settings.fitEvaluations
    minimizer.tolerance = 1e-5
    minimizer.slopeTolerance = 1e-3
    minimizer.firstStep = 1
    let found = fit.fit(starts: fit.starts(settings.fitStarts), minimizer: minimizer)
    let kernels = kernels(for: count)
    guard kernels > 0 else { return [found.unknowns] }
    var draws = Draws(seed: seed, number: count, purpose: 3)
    return fit.samples(from: found.unknowns, count: kernels, between: settings.between, draws: &draws)
  }
}
