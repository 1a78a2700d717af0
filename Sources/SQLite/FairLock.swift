import Glibc

/// A lock that threads get in the order in which they asked for it, and that knows its owner.
///
/// A plain mutex lets a thread that writes in a loop starve the others.
final class FairLock: @unchecked Sendable {  // `mutex` protects `waiting`, `serving` and `owner`.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let turn = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var waiting: UInt64 = 0
  private var serving: UInt64 = 0
  private var owner: pthread_t?

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(turn, nil)
  }

  deinit {
    pthread_cond_destroy(turn)
    pthread_mutex_destroy(mutex)
    turn.deallocate()
    mutex.deallocate()
  }

  /// Whether the calling thread holds the lock.
  var isMine: Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return owner.map { pthread_equal($0, pthread_self()) != 0 } ?? false
  }

  func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    let ticket = waiting
    waiting += 1
    while serving != ticket { pthread_cond_wait(turn, mutex) }
    owner = pthread_self()
    pthread_mutex_unlock(mutex)
    defer {
      pthread_mutex_lock(mutex)
      owner = nil
      serving += 1
      if waiting != serving { pthread_cond_broadcast(turn) }
      pthread_mutex_unlock(mutex)
    }
    return try body()
  }
}
