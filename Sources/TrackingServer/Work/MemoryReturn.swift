internal import NIOCore
internal import Synchronization

/// Has the memory of large answers given back, some time after they were sent and once for many.
final class MemoryReturn: Sendable {
  private static let largeBytes = 256 << 10
  private static let delay = TimeAmount.milliseconds(500)

  private let isDue = Atomic(false)
  private let threads: WorkThreads
  private let give: @Sendable () -> Void

  init(_ threads: WorkThreads, give: @escaping @Sendable () -> Void) {
    self.threads = threads
    self.give = give
  }

  /// Takes note of an answer of so many bytes that was sent.
  func noteAnswer(bytes: Int, on loop: any EventLoop) {
    guard bytes >= Self.largeBytes, !isDue.exchange(true, ordering: .relaxed) else { return }
    loop.scheduleTask(in: Self.delay) { [self] in
      threads.run { [self] in
        isDue.store(false, ordering: .relaxed)
        give()
      }
    }
  }
}
