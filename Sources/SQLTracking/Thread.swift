internal import Glibc
internal import Tracking

/// A thread of the system, which is joined once.
struct Thread {
  private let handle: pthread_t

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Starts one.
  init(_ body: @escaping @Sendable () -> Void) throws {
    var started = pthread_t()
    let context = Unmanaged.passRetained(Work(body))
    let status = pthread_create(
      &started, nil,
      { context in
        Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().body()
        return nil
      }, context.toOpaque())
    guard status == 0 else {
      context.release()
      throw TrackingError(.system, "no thread could be started: \(String(cString: strerror(status))).")
    }
    handle = started
  }

  /// Waits for its end.
  func join() { pthread_join(handle, nil) }
}
