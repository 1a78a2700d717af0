internal import Tracking

/// A progress bar on a terminal for what takes more than a second; nothing elsewhere.
final class ProgressDisplay {
  private var block = LiveBlock()
  private let screen: Screen
  private let began = Timestamp.now()
  private var lastShown: Timestamp?

  /// Makes a display on standard error.
  init(common: GlobalOptions) { screen = common.err }

  /// True when somebody can see it and it has taken long enough.
  var isShown: Bool { screen.isTerminal && began.milliseconds(to: .now()) > 700 }

  /// Shows how far it is.
  ///
  /// - Parameter total: nil where that is not known; then there is no bar.
  func show(_ title: String, done: Int, total: Int?, since: Timestamp) {
    guard isShown else { return }
    let elapsed = since.milliseconds(to: .now())
    // A terminal need not see more than twenty pictures a second.
    guard lastShown.map({ $0.milliseconds(to: .now()) >= 50 }) ?? true else { return }
    lastShown = .now()
    let title = title.fitted(to: screen.columns ?? 80, ellipsis: screen.ellipsis)
    guard let total else {
      return block.draw([title, " \(done) done  \(stopwatch(milliseconds: elapsed))"])
    }
    let bar = ProgressBar(
      done: done, total: total, elapsed: elapsed,
      left: ProgressBar.left(done: Double(done), total: Double(total), elapsed: elapsed))
    block.draw([title, bar.line(on: screen)])
  }

  /// Takes it away.
  func end() { block.clear() }
}
