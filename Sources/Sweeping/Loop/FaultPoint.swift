internal import Glibc

/// Places between two deeds at which a test has the driver killed.
///
/// `RUNS_FAULT=N` in the driver's environment sends it SIGKILL at the Nth place that it passes, from 1. A test facility: it
/// shows that a driver that dies anywhere leaves a sweep that can be resumed.
struct FaultPoint {
  private var left: Int?

  init() { left = getenv("RUNS_FAULT").flatMap { Int(String(cString: $0)) } }

  /// Passes a place.
  mutating func pass() {
    guard let remaining = left else { return }
    left = remaining - 1
    if remaining == 1 { kill(getpid(), SIGKILL) }
  }
}
