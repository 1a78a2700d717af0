/// A parameter of a run: set once, never changed.
public struct Parameter: Sendable, Hashable {
  /// The name; unique in its run.
  public var name: String
  /// The typed value. A real number is finite.
  public var value: Value

  /// Names a value.
  public init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}

extension Sequence where Element == Parameter {
  /// Returns the parameters by their names; of two equal names the last one counts.
  public var byName: [String: Value] {
    Dictionary(map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
  }

  /// The canonical text of a configuration: equal configurations have equal texts, whatever their order.
  public var fingerprint: String { Value.object(byName).json }
}
