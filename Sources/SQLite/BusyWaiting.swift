import CSQLite
import Glibc

/// Waits for a lock that another process holds: short sleeps of random length, up to a limit.
///
/// SQLite's own busy timeout sleeps longer the longer it waits, so that late comers win: eight writers starved each
/// other for seconds. Sleeps that stay short and random keep the worst wait near the length of the queue.
final class BusyWaiting: @unchecked Sendable {  // Used by one connection, which one thread uses at a time.
  private var limit: Double
  private var began = 0.0

  /// - Parameter limit: seconds after which a statement fails with `.busy`.
  init(limit: Double) { self.limit = limit }

  func attach(to database: OpaquePointer) {
    sqlite3_busy_handler(
      database,
      { context, count in
        Unmanaged<BusyWaiting>.fromOpaque(context!).takeUnretainedValue().waits(attempt: Int(count)) ? 1 : 0
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Does something with another limit.
  func withLimit<Result>(_ other: Double, _ body: () -> Result) -> Result {
    let usual = limit
    limit = min(usual, other)
    defer { limit = usual }
    return body()
  }

  /// Sleeps a little, and answers whether to try again.
  func waits(attempt: Int) -> Bool {
    let now = monotonicSeconds()
    if attempt == 0 { began = now }
    guard now - began < limit else { return false }
    let longest = min(1_500, 60 << min(attempt, 5))
    usleep(UInt32.random(in: 20...UInt32(longest)))
    return true
  }
}

/// Seconds on a clock that only goes forward.
func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
