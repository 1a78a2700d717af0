internal import Dispatch
internal import Synchronization
internal import Tracking

/// Digests a tarball's bytes and writes them into its draft, in order; while it writes one frame the next is packed.
///
/// One thread hands over. Whoever lets it go waits until nothing is under way.
final class FrameFile: @unchecked Sendable {  // `queue` protects `hasher` and the draft's descriptor.
  /// How many frames may wait, so that memory holds few of them.
  private static let mostWaiting = 3

  private let draft: Draft
  private var hasher = Digest.Hasher()
  private let queue = DispatchQueue(label: "runs.tarball")
  private let room = DispatchSemaphore(value: FrameFile.mostWaiting)
  private let failure = Mutex<TrackingError?>(nil)

  init(_ draft: Draft) { self.draft = draft }

  /// Writes bytes some time later.
  ///
  /// - Throws: what an earlier one failed with.
  func writeSoon(_ bytes: [UInt8]) throws {
    try check()
    room.wait()
    queue.async { [self] in
      defer { room.signal() }
      guard failure.withLock({ $0 == nil }) else { return }
      do {
        try put(bytes)
      } catch {
        failure.withLock { $0 = error as? TrackingError ?? TrackingError(.system, "cannot write a tarball: \(error)") }
      }
    }
  }

  /// Writes bytes behind all that came before.
  func write(_ bytes: [UInt8]) throws {
    wait()
    try check()
    try put(bytes)
  }

  /// Brings everything onto the disk, and returns the SHA-256 of all bytes.
  func finish(reached: (WriteStep) -> Void) throws -> Digest {
    wait()
    try check()
    reached(.written)
    try draft.descriptor.setMode(0o444)
    try draft.descriptor.synchronize()
    reached(.synchronized)
    return hasher.finalize()
  }

  /// Returns when nothing is under way.
  func wait() { queue.sync {} }

  private func check() throws {
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  private func put(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes {
      hasher.update($0)
      try draft.descriptor.write($0)
    }
  }
}
