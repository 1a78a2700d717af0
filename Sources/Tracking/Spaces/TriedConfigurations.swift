/// The configurations that a sweep has tried or is about to try, by their fingerprints, so that none comes twice.
///
/// A strategy may keep one between asks: configurations of trials never change, so only new ones are digested.
public struct TriedConfigurations: Sendable {
  private var byNumber: [String] = []
  private var counts: [String: Int] = [:]

  /// Knows no configuration yet.
  public init() {}

  /// Takes in the configurations of a sweep's trials by number; those known from before are not looked at again.
  ///
  /// Fewer than before are a look back at an earlier event.
  public mutating func update(to configurations: [[Parameter]]) {
    if configurations.count < byNumber.count { self = TriedConfigurations() }
    for configuration in configurations.dropFirst(byNumber.count) { insert(configuration) }
  }

  /// Adds a configuration that is about to be tried.
  public mutating func insert(_ configuration: [Parameter]) {
    let fingerprint = configuration.fingerprint
    byNumber.append(fingerprint)
    counts[fingerprint, default: 0] += 1
  }

  /// Returns whether a configuration is among these.
  public func contains(_ configuration: [Parameter]) -> Bool { counts[configuration.fingerprint] != nil }

  /// Returns how often a configuration is among these.
  public func count(of configuration: [Parameter]) -> Int { counts[configuration.fingerprint] ?? 0 }

  /// How many there are, repeats included.
  public var count: Int { byNumber.count }
}
