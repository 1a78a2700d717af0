internal import Sweeping
internal import Synchronization
internal import Tracking

/// Shows a sweep while it is driven: a block that is redrawn on a terminal, a line an event elsewhere.
final class SweepDisplay: Sendable {
  private struct State {
    var block = LiveBlock()
    var lastDrawn = Timestamp(milliseconds: 0)
    var hasWarned = false
  }

  private let state = Mutex(State())
  private let isQuiet: Bool
  private let common: GlobalOptions

  /// Makes a display on standard error.
  init(isQuiet: Bool, common: GlobalOptions) {
    self.isQuiet = isQuiet
    self.common = common
  }

  /// Takes notice of a change.
  func update(_ progress: SweepProgress) {
    guard !isQuiet else { return }
    let screen = common.err
    state.withLock { state in
      guard screen.isTerminal else {
        for event in progress.events { remark(event.line(of: progress)) }
        if Interrupts.count > 0, !state.hasWarned {
          state.hasWarned = true
          remark("stopping: the trials are asked to end; a second signal ends them at once")
        }
        return
      }
      let now = Timestamp.now()
      let notable = progress.events.filter(\.isNotable).map { event in
        screen.paint(
          event.line(of: progress).printable.fitted(to: screen.columns ?? 80, ellipsis: screen.ellipsis),
          event.state == .failed ? .red : .yellow)
      }
      guard !notable.isEmpty || state.lastDrawn.milliseconds(to: now) >= 100 || progress.state.isFinal else { return }
      state.lastDrawn = now
      state.block.draw(progress.lines(on: screen, isStopping: Interrupts.count > 0), above: notable)
    }
  }

  /// Takes the display away.
  func end() { state.withLock { $0.block.clear() } }
}
