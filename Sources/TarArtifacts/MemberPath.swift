internal import Tracking

/// The rules that a member's path and a link's target keep, on the way in and on the way out.
enum MemberPath {
  /// Returns the names of a path from the top down, without `.` and empty ones; none for the top itself.
  ///
  /// - Throws: `.invalid` for an absolute path, a `..`, or a name that is not UTF-8.
  static func names(of bytes: some Collection<UInt8>) throws -> [String] {
    guard let path = String(validating: bytes, as: UTF8.self) else {
      throw TrackingError(
        .invalid, "the member '\(String(decoding: bytes, as: UTF8.self))' has a name that is not UTF-8; rename it")
    }
    guard bytes.first != slash else {
      throw TrackingError(.invalid, "the member '\(path)' has an absolute path, so it would leave the target")
    }
    let names = path.utf8.split(separator: slash).map { String($0)! }.filter { $0 != "." }
    guard !names.contains("..") else {
      throw TrackingError(.invalid, "the member '\(path)' has '..' in its path, so it could leave the target")
    }
    return names
  }

  /// Checks that a symbolic link stays inside, whatever other links there are.
  ///
  /// The target is relative, its `..` stand at its beginning, and there are no more of them than the link has
  /// directories above it. A `..` after a name is refused, because that name may be a link itself.
  ///
  /// - Parameter depth: how many directories lie between the top and the link.
  static func checkLink(_ path: String, target: String, depth: Int) throws {
    func refusal(_ why: String) -> TrackingError {
      TrackingError(
        .invalid, "the link '\(path)' points to '\(target)', \(why); put the file itself in its place, or leave it out")
    }
    let names = target.utf8.split(separator: slash).map { String($0)! }.filter { $0 != "." }
    guard !target.isEmpty else { throw refusal("which is nothing") }
    guard target.utf8.first != slash else { throw refusal("an absolute path") }
    let up = names.prefix { $0 == ".." }.count
    guard up <= depth else { throw refusal("which lies outside") }
    guard !names.dropFirst(up).contains("..") else { throw refusal("which has '..' after a name") }
  }

  private static let slash = UInt8(ascii: "/")
}
