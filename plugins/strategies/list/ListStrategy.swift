public import Tracking

/// Tries configurations that were given by hand, in their order, and ends when it is through.
public struct ListStrategy: SearchStrategy {
  /// What the strategy says of itself.
  public static let description = PluginDescription(
    kind: .strategy, name: "list",
    summary: "Tries the configurations that the spec gives, in their order",
    options: [
      PluginDescription.Option(
        "configurations", "a list of mappings, each with a value for every parameter that exists in it; required"),
      PluginDescription.Option(
        "allow_repeats", "`true`: one that is given twice is tried twice; by default it is tried once"),
      PluginDescription.Option("seed", "the sweep's seed, when `seed` is not given at the top; a whole number from 0"),
    ])

  /// False: the order is fixed.
  public static let learnsFromResults = false

  private let configurations: [[Parameter]]
  private let allowsRepeats: Bool

  /// Returns what is wrong: entries that are no configurations of the space; a repeat is remarked upon.
  public static func problems(options: [String: Value], sweep: SweepSpec) -> [PluginProblem] {
    var found: [PluginProblem] = []
    for (name, value) in options.sorted(by: { $0.key < $1.key }) where name != "configurations" {
      if name != "allow_repeats" {
        found.append(
          PluginProblem(name, "list takes no option '\(name)'; it takes `configurations`, `allow_repeats` and `seed`"))
      } else if value.boolean == nil {
        found.append(PluginProblem(name, "allow_repeats is \(value.json); it can be `true` or `false`"))
      }
    }
    guard let given = options["configurations"] else {
      return found + [PluginProblem(nil, "list needs `configurations`: a list of mappings of parameters to values")]
    }
    guard let entries = given.list, !entries.isEmpty else {
      return found + [
        PluginProblem(
          "configurations",
          "configurations is a list of mappings of parameters to values, and here stands \(given.json)")
      ]
    }
    var places: [String: Int] = [:]
    for (place, entry) in entries.enumerated() {
      let read = ListEntry(entry, in: sweep.space)
      found += read.problems.map { PluginProblem("configurations", "configuration \(place + 1): \($0)") }
      guard read.problems.isEmpty else { continue }
      let first = places[read.configuration.fingerprint]
      if let first, options["allow_repeats"] != true {
        found.append(
          PluginProblem(
            "configurations",
            "configuration \(place + 1) is the same as configuration \(first + 1) and is not tried again; "
              + "`allow_repeats: true` tries it again", isError: false))
      }
      places[read.configuration.fingerprint] = first ?? place
    }
    return found
  }

  /// Makes the strategy of one sweep.
  public init(options: [String: Value], sweep: SweepSpec) throws {
    if let problem = ListStrategy.problems(options: options, sweep: sweep).first(where: \.isError) {
      throw TrackingError(.invalid, problem.message)
    }
    configurations = (options["configurations"]?.list ?? []).map { ListEntry($0, in: sweep.space).configuration }
    allowsRepeats = options["allow_repeats"] == true
  }

  /// Proposes the first configurations of the list that were not tried before.
  public func propose(upTo count: Int, in session: SweepSession) throws -> SearchOutlook {
    var tried: [String: Int] = [:]
    for configuration in session.configurations { tried[configuration.fingerprint, default: 0] += 1 }
    var proposed = 0
    for (place, configuration) in configurations.enumerated() {
      let fingerprint = configuration.fingerprint
      if let times = tried[fingerprint], times > 0 {
        // Each trial counts for one entry where repeats are allowed, for all of them where they are not.
        if allowsRepeats { tried[fingerprint] = times - 1 }
        continue
      }
      if proposed == count { return .open }
      session.propose(
        configuration, reason: "configuration \(place + 1) of the \(configurations.count) given",
        details: ["configuration": .integer(Int64(place))])
      if !allowsRepeats { tried[fingerprint] = 1 }
      proposed += 1
    }
    return .exhausted(
      configurations.count == 1
        ? "the one configuration given has been tried"
        : "all \(configurations.count) configurations given have been tried")
  }
}
