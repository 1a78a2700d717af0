internal import Glibc

/// A state behind a lock, with a condition that threads wait for.
final class Monitor<State>: @unchecked Sendable {  // The system's lock protects `state`.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var state: State

  init(_ state: State) {
    self.state = state
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

  /// Whom a change wakes.
  enum Wake {
    case nobody
    case one
    case everyone
  }

  /// Changes the state, and wakes who waits.
  func change<Result>(waking wake: Wake = .everyone, _ body: (inout State) throws -> Result) rethrows -> Result {
    try change { state, chosen in
      chosen = wake
      return try body(&state)
    }
  }

  /// Changes the state, and wakes whom the function says: nobody if it does not.
  func change<Result>(_ body: (inout State, inout Wake) throws -> Result) rethrows -> Result {
    var wake = Wake.nobody
    pthread_mutex_lock(mutex)
    defer {
      pthread_mutex_unlock(mutex)
      switch wake {
      case .nobody: break
      case .one: pthread_cond_signal(condition)
      case .everyone: pthread_cond_broadcast(condition)
      }
    }
    return try body(&state, &wake)
  }

  /// Waits until the function returns something.
  func wait<Result>(for body: (inout State) throws -> Result?) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = try body(&state) { return result }
      pthread_cond_wait(condition, mutex)
    }
  }

  /// Waits until the function returns something, for so many seconds at most.
  ///
  /// - Returns: nil when the time was up.
  func wait<Result>(seconds: Double, for body: (inout State) throws -> Result?) rethrows -> Result? {
    var deadline = timespec()
    clock_gettime(CLOCK_MONOTONIC, &deadline)
    let nanoseconds = deadline.tv_nsec + Int(seconds.truncatingRemainder(dividingBy: 1) * 1e9)
    deadline.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
    deadline.tv_nsec = nanoseconds % 1_000_000_000
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = try body(&state) { return result }
      if pthread_cond_timedwait(condition, mutex, &deadline) != 0 { return try body(&state) }
    }
  }
}

/// Starts a thread of the system's that runs a function.
func startThread(_ body: @escaping @Sendable () -> Void) {
  final class Start {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  let start = Unmanaged.passRetained(Start(body))
  let result = pthread_create(
    &thread, nil,
    { argument in
      Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue().body()
      return nil
    }, start.toOpaque())
  if result == 0 { pthread_detach(thread) }
  if result != 0 { start.release() }
  precondition(result == 0, "a thread could not be started: error \(result)")
}
