internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Tracking

/// A socket file that only its owner may use.
enum UnixSocket {
  /// Listens on a path. A socket file that nobody answers on any more is replaced; anything else there is not.
  static func bind(_ bootstrap: ServerBootstrap, _ path: String) throws -> any Channel {
    var status = stat()
    if lstat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFSOCK else {
        throw TrackingError(.conflict, "\(path) is there and is no socket; name another path")
      }
      guard !isAnswered(path) else {
        throw TrackingError(.conflict, "another server listens on \(path); stop it, or name another path")
      }
      unlink(path)
    }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw TrackingError(.system, "no socket can be made: \(errorText)") }
    // The file gets the socket's mode. The umask would do it too, and is every thread's.
    guard fchmod(descriptor, 0o600) == 0, bound(descriptor, to: path, by: Glibc.bind) else {
      let reason = errorText
      close(descriptor)
      throw TrackingError(.system, "cannot listen on \(path): \(reason)")
    }
    return try bootstrap.withBoundSocket(descriptor).wait()
  }

  private static var errorText: String { String(cString: strerror(errno)) }

  /// Removes the socket file.
  static func remove(_ path: String) { unlink(path) }

  private static func isAnswered(_ path: String) -> Bool {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return bound(descriptor, to: path, by: connect)
  }

  // Binds or connects a socket; false when the system refuses, or the path is too long for one.
  private static func bound(
    _ descriptor: Int32, to path: String, by call: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32
  ) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      errno = ENAMETOOLONG
      return false
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        call(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }
}
