internal import Glibc
internal import Tracking

extension TrackingError {
  /// Words what the system refused, by the calling thread's `errno`.
  static func system(_ deed: String, _ path: String) -> TrackingError {
    let number = errno
    let code: Code = number == ENOENT ? .notFound : .system
    return TrackingError(code, "cannot \(deed) '\(path)': \(String(cString: strerror(number)))")
  }
}
