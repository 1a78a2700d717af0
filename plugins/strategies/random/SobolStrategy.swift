public import Tracking
internal import Synchronization

/// Goes through Sobol's sequence, scrambled by the seed: proposals that fill the space more evenly than random ones.
///
/// The next proposal is the first point of the sequence whose configuration was not tried. When a finite space is nearly
/// used up and the sequence does not hit what is left, the rest is picked at random.
public final class SobolStrategy: SearchStrategy {
  /// What the strategy says of itself.
  public static let description = PluginDescription(
    kind: .strategy, name: "sobol",
    summary: "Fills the space evenly: Sobol's sequence, scrambled by the seed",
    options: [
      PluginDescription.Option("seed", "the sweep's seed, when `seed` is not given at the top; a whole number from 0")
    ])

  /// False: the sequence is fixed.
  public static let learnsFromResults = false

  private let space: SearchSpace
  private let seed: UInt64
  private let walk: SobolWalk
  private let progress = Mutex(Progress())

  // What is known of the records so far: all points before `index` have been tried.
  private struct Progress {
    var tried = TriedConfigurations()
    var index = 0
  }

  /// Returns what is wrong with the options.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    options.keys.sorted().map { PluginProblem($0, "sobol takes no option '\($0)'; it takes `seed`") }
  }

  /// Makes the strategy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = SobolStrategy.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    space = sweep.space
    seed = sweep.seed
    walk = SobolWalk(space: sweep.space, seed: sweep.seed)
  }

  init(space: SearchSpace, seed: UInt64) {
    self.space = space
    self.seed = seed
    walk = SobolWalk(space: space, seed: seed)
  }

  /// Proposes the next points of the sequence that were not tried before.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    let before = session.configurations
    return progress.withLock { state in
      if before.count < state.tried.count { state = Progress() }
      state.tried.update(to: before)
      while walk.isTried(state.index, state.tried) { state.index += 1 }
      // What is proposed here becomes known with the records: an ask that is never committed leaves no trace.
      var (tried, index) = (state.tried, state.index)
      for number in before.count..<before.count + max(0, count) {
        if let next = walk.next(from: &index, tried: tried) {
          tried.insert(next.configuration)
          session.propose(
            next.configuration, reason: "point \(next.point) of Sobol's sequence",
            details: ["point": .integer(Int64(next.point))])
          continue
        }
        guard let drawn = space.untriedDraw(proposal: number, seed: seed, isTried: tried.contains) else {
          return .exhausted(space.exhaustion)
        }
        tried.insert(drawn.configuration)
        session.propose(drawn.configuration, reason: drawn.reason)
      }
      return .open
    }
  }
}
