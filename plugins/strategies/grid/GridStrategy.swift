public import Tracking

/// Tries every configuration of a grid once, in a fixed order.
///
/// The order is Azure's: parameters sorted by name, the last name varying fastest, each one's values as declared; a
/// parameter with conditions stands after those that it depends on. A parameter's values are its declared `grid`, or all
/// values of a finite domain.
public struct GridStrategy: SearchStrategy {
  /// What the strategy says of itself.
  public static let description = PluginDescription(
    kind: .strategy, name: "grid",
    summary: "Tries every configuration of a grid once: names sorted, the last one varies fastest")

  /// False: the order is fixed.
  public static let learnsFromResults = false

  /// The largest grid, in configurations.
  private static let limit = 1 << 20

  private let configurations: [[Parameter]]

  /// Returns what is wrong: parameters without a grid, and a grid that nobody could finish.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    let space = sweep.space
    var found = options.keys.sorted().map { name in
      PluginProblem(name, "grid takes no option '\(name)'; a grid's values stand with the parameters: `grid: [...]`")
    }
    let open = space.parameters.filter { $0.grid == nil && $0.domain.allValues == nil }
    found += open.map {
      PluginProblem(
        $0.name,
        "'\($0.name)' has infinitely many values and no grid; give it `grid: [...]` or `grid: {count: 5}`, or search with "
          + "`sampling_algorithm: random`")
    }
    if open.isEmpty, space.allConfigurations(usingGrids: true, limit: limit) == nil {
      found.append(PluginProblem(nil, "the grid has more than \(limit) configurations; make it coarser"))
    }
    return found
  }

  /// Makes the strategy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = GridStrategy.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    configurations = sweep.space.allConfigurations(usingGrids: true, limit: GridStrategy.limit) ?? []
  }

  /// Proposes the first configurations of the grid that were not tried before.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    let taken = Set(session.configurations.map(\.fingerprint))
    var proposed = 0
    for (place, configuration) in configurations.enumerated() where !taken.contains(configuration.fingerprint) {
      if proposed == count { return .open }
      session.propose(
        configuration, reason: "point \(place + 1) of \(configurations.count) of the grid",
        details: ["point": .integer(Int64(place))])
      proposed += 1
    }
    let size = configurations.count
    return .exhausted(
      size == 1
        ? "the one configuration of the grid has been tried" : "all \(size) configurations of the grid have been tried")
  }
}
