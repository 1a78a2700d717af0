public import Tracking

/// The plugins that there are, by name. The executable fills it; nothing here names a concrete plugin.
public struct PluginCatalogue: Sendable {
  /// The search strategies.
  public private(set) var strategies: [String: StrategyPlugin] = [:]
  /// The termination policies.
  public private(set) var policies: [String: PolicyPlugin] = [:]
  /// The trainers.
  public private(set) var trainers: [String: any Trainer.Type] = [:]
  /// The launchers.
  public private(set) var launchers: [String: any Launcher.Type] = [:]

  /// Finds strategies that are not registered, by name: programs outside.
  public var outsideStrategy: @Sendable (String) -> StrategyPlugin? = { _ in nil }
  /// Finds policies that are not registered, by name: programs outside.
  public var outsidePolicy: @Sendable (String) -> PolicyPlugin? = { _ in nil }

  /// Makes an empty catalogue.
  public init() {}

  /// Adds a search strategy under the name that it gives itself; of two equal names the later one counts.
  public mutating func register(_ strategy: any SearchStrategy.Type) { register(StrategyPlugin(strategy)) }

  /// Adds a search strategy, made by whatever means, under the name that its description gives.
  public mutating func register(_ strategy: StrategyPlugin) { strategies[strategy.description.name] = strategy }

  /// Adds a termination policy under the name that it gives itself.
  public mutating func register(_ policy: any TerminationPolicy.Type) { register(PolicyPlugin(policy)) }

  /// Adds a termination policy, made by whatever means, under the name that its description gives.
  public mutating func register(_ policy: PolicyPlugin) { policies[policy.description.name] = policy }

  /// Adds a trainer under the name that it gives itself.
  public mutating func register(_ trainer: any Trainer.Type) { trainers[trainer.description.name] = trainer }

  /// Adds a launcher under the name that it gives itself.
  public mutating func register(_ launcher: any Launcher.Type) { launchers[launcher.description.name] = launcher }

  /// Returns the strategy with a name, registered or outside; nil where there is none.
  public func knownStrategy(_ name: String) -> StrategyPlugin? { strategies[name] ?? outsideStrategy(name) }

  /// Returns the policy with a name, registered or outside; nil where there is none.
  public func knownPolicy(_ name: String) -> PolicyPlugin? { policies[name] ?? outsidePolicy(name) }

  /// Returns the strategy with a name.
  ///
  /// - Throws: `.notFound` naming the nearest one.
  public func strategy(_ name: String) throws -> StrategyPlugin {
    if let found = knownStrategy(name) { return found }
    return try PluginCatalogue.find(name, in: strategies, "search strategy")
  }

  /// Returns the policy with a name.
  ///
  /// - Throws: `.notFound` naming the nearest one.
  public func policy(_ name: String) throws -> PolicyPlugin {
    if let found = knownPolicy(name) { return found }
    return try PluginCatalogue.find(name, in: policies, "termination policy")
  }

  /// Returns the trainer with a name.
  ///
  /// - Throws: `.notFound` naming the nearest one.
  public func trainer(_ name: String) throws -> any Trainer.Type {
    try PluginCatalogue.find(name, in: trainers, "trainer")
  }

  /// Returns the launcher with a name.
  ///
  /// - Throws: `.notFound` naming the nearest one.
  public func launcher(_ name: String) throws -> any Launcher.Type {
    try PluginCatalogue.find(name, in: launchers, "launcher")
  }

  /// What every plugin says of itself, ordered by kind (strategy, policy, trainer, launcher), then by name.
  public var descriptions: [PluginDescription] {
    let groups = [
      strategies.values.map(\.description), policies.values.map(\.description),
      trainers.values.map { $0.description }, launchers.values.map { $0.description },
    ]
    return groups.flatMap { $0.sorted { $0.name < $1.name } }
  }

  private static func find<Plugin>(_ name: String, in plugins: [String: Plugin], _ what: String) throws -> Plugin {
    if let plugin = plugins[name] { return plugin }
    throw TrackingError(.notFound, unknown(what, name, among: plugins.keys))
  }

  static func unknown(_ what: String, _ name: String, among names: some Collection<String>) -> String {
    let known = names.sorted()
    if known.isEmpty { return "there is no \(what) '\(name)'; this build has none at all" }
    if let near = nearestName(to: name, among: known) {
      return "there is no \(what) '\(name)'; did you mean '\(near)'?"
    }
    return "there is no \(what) '\(name)'; there is \(known.map { "'\($0)'" }.joined(separator: ", "))"
  }
}
