internal import Synchronization
internal import Tracking

/// A clock that never goes back: where the one below it jumps back, it goes on from where it was.
///
/// A sweep waits until times that it noted before: a clock that was set back by an hour would let trials run an hour
/// beyond their limit, and nobody look at them meanwhile.
final class SteadyClock: Sendable {
  private struct State {
    var last = Int64.min
    var added: Int64 = 0
  }

  private let clock: Clock
  private let state = Mutex(State())

  init(_ clock: @escaping Clock) { self.clock = clock }

  /// The time.
  func callAsFunction() -> Timestamp {
    let raw = clock().milliseconds
    return state.withLock { state in
      if raw + state.added < state.last { state.added = state.last - raw }
      state.last = raw + state.added
      return Timestamp(milliseconds: state.last)
    }
  }
}
