public import Tracking

/// The earlier sweeps that a spec asks to begin with, as it names them.
public struct WarmStart: Sendable, Equatable {
  /// The sweeps: ids or their unique beginnings, `@last`.
  public var sweeps: [String]
  /// How far their scores can be trusted.
  public var trust: SweepSpec.PriorTrial.Trust

  /// Names sweeps to begin with.
  public init(sweeps: [String], trust: SweepSpec.PriorTrial.Trust = .same) {
    self.sweeps = sweeps
    self.trust = trust
  }
}
