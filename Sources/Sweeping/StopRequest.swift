internal import Synchronization

/// A person's wish that a driver stops, set from anywhere: a signal handler, another thread.
public final class StopRequest: Sendable {
  private let level = Atomic<Int>(0)

  /// Makes a request that nobody has made yet.
  public init() {}

  /// Asks once more: the first time trials are asked to end (SIGTERM, grace, SIGKILL), from the second time on they are
  /// ended at once. Only an atomic addition, so a signal handler may call it.
  public func request() { level.add(1, ordering: .relaxed) }

  /// True once it was asked.
  public var isRequested: Bool { level.load(ordering: .relaxed) > 0 }
  /// True once it was asked twice.
  public var isUrgent: Bool { level.load(ordering: .relaxed) > 1 }
}
