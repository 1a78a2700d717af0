internal import Glibc
internal import Tracking

extension TrackingError {
  /// Words what the system refused, by the calling thread's `errno`.
  static func system(_ deed: String, _ path: String) -> TrackingError {
    let number = errno
    let code: Code =
      switch number {
      case ENOENT: .notFound
      case ENOSPC, EDQUOT, EFBIG: .full
      case EROFS: .readOnly
      default: .system
      }
    return TrackingError(code, "cannot \(deed) '\(path)': \(String(cString: strerror(number)))")
  }
}
