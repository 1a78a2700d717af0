/// Threads that do what waits: calls of the store, uploads. Started when there is work, and kept for more.
final class WorkThreads: Sendable {
  private struct State {
    var waiting: [@Sendable () -> Void] = []
    var next = 0
    var idle = 0
    var threads = 0
    var isClosed = false
  }

  private let state = Monitor(State())
  private let limit: Int

  /// - Parameter limit: how many threads at most.
  init(limit: Int) { self.limit = limit }

  /// Does something on one of the threads, after what was handed over before it.
  func run(_ work: @escaping @Sendable () -> Void) {
    let needsThread = state.change(waking: .one) { state in
      state.waiting.append(work)
      guard state.idle < state.waiting.count - state.next, state.threads < limit else { return false }
      state.threads += 1
      return true
    }
    if needsThread { startThread { self.loop() } }
  }

  /// Ends the threads when all that was handed over is done, and waits for that.
  func close() {
    state.change { $0.isClosed = true }
    state.wait { $0.threads == 0 ? () : nil }
  }

  private func loop() {
    while let work = take() { work() }
    state.change { $0.threads -= 1 }
  }

  private func take() -> (@Sendable () -> Void)? {
    var isIdle = false
    return state.wait { state -> (@Sendable () -> Void)?? in
      guard state.next < state.waiting.count || state.isClosed else {
        if !isIdle { state.idle += 1 }
        isIdle = true
        return nil
      }
      if isIdle { state.idle -= 1 }
      guard state.next < state.waiting.count else { return .some(nil) }
      let work = state.waiting[state.next]
      state.next += 1
      if state.next == state.waiting.count {
        state.waiting.removeAll(keepingCapacity: true)
        state.next = 0
      }
      return .some(work)
    }
  }
}
