internal import Glibc

/// A lock with a condition that threads wait for.
final class Monitor: @unchecked Sendable {  // The system's lock and condition are made for many threads.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Wakes every thread that waits.
  func wakeAll() { pthread_cond_broadcast(condition) }

  /// Lets go of the lock, which the caller holds, until someone wakes it; may wake for nothing.
  func wait() { pthread_cond_wait(condition, mutex) }

  /// The same, up to a moment of `deadline(after:)`.
  ///
  /// - Returns: false when the moment came.
  func wait(until deadline: timespec) -> Bool {
    var deadline = deadline
    return pthread_cond_timedwait(condition, mutex, &deadline) == 0
  }

  /// A moment some seconds from now.
  static func deadline(after seconds: Double) -> timespec {
    var moment = timespec()
    clock_gettime(CLOCK_MONOTONIC, &moment)
    moment.tv_nsec += Int(seconds * 1e9)
    moment.tv_sec += moment.tv_nsec / 1_000_000_000
    moment.tv_nsec %= 1_000_000_000
    return moment
  }
}
