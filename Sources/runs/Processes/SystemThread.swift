internal import Glibc

/// A thread of the system, which is joined once.
struct SystemThread {
  private let handle: pthread_t

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Starts one.
  init(_ body: @escaping @Sendable () -> Void) throws {
    var started = pthread_t()
    let work = Unmanaged.passRetained(Work(body))
    let status = pthread_create(
      &started, nil,
      { work in
        Unmanaged<Work>.fromOpaque(work!).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    guard status == 0 else {
      work.release()
      throw CommandFailure(.system, "no thread can be started: \(String(cString: strerror(status)))")
    }
    handle = started
  }

  /// Waits for its end.
  func join() { pthread_join(handle, nil) }
}
