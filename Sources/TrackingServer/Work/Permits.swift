/// Lets so many in at once; others wait, in no order.
final class Permits: Sendable {
  private let left: Monitor<Int>

  /// - Parameter count: how many, at least 1.
  init(_ count: Int) { left = Monitor(count) }

  /// Does something when it is let in. Blocks.
  func withOne<Result>(_ body: () throws -> Result) rethrows -> Result {
    left.wait { left -> Void? in
      guard left > 0 else { return nil }
      left -= 1
      return ()
    }
    defer { left.change(waking: .one) { $0 += 1 } }
    return try body()
  }
}
