/// A moment: whole milliseconds since 1970 UTC.
public struct Timestamp: Hashable, Sendable, Comparable {
  /// Milliseconds since 1970 UTC.
  public let milliseconds: Int64

  /// Names a moment by its milliseconds since 1970 UTC.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Orders moments by time.
  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

  /// Returns the milliseconds from one moment to another; negative when the other is earlier.
  public func milliseconds(to later: Timestamp) -> Int64 { later.milliseconds - milliseconds }
}

/// Tells the time. Stores, sweeps and sessions are handed one, so that a test can hold it still.
public typealias Clock = @Sendable () -> Timestamp

/// The place of a change in the order of all changes of a store, from 1. Later changes have larger numbers; there
/// may be gaps.
public typealias EventNumber = Int64
