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
    let former = umask(0o077)
    defer { umask(former) }
    return try bootstrap.bind(unixDomainSocketPath: path).wait()
  }

  /// Removes the socket file.
  static func remove(_ path: String) { unlink(path) }

  private static func isAnswered(_ path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }
}
