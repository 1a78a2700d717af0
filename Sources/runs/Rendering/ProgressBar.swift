/// How far a deed is, as a line.
struct ProgressBar {
  /// How much is done.
  var done: Int
  /// How much there is to do, at least 1.
  var total: Int
  /// Milliseconds since the start.
  var elapsed: Int64
  /// Milliseconds that are left; nil where that cannot be told yet.
  var left: Int64?

  /// The part that is done, 0...1.
  var part: Double { total > 0 ? min(1, Double(done) / Double(total)) : 1 }

  /// Guesses what is left from the pace so far.
  static func left(done: Double, total: Double, elapsed: Int64) -> Int64? {
    guard done > 0, elapsed > 0 else { return nil }
    return Int64(Double(elapsed) * max(0, total - done) / done)
  }

  /// Returns the line, at most as wide as the screen.
  func line(on screen: Screen) -> String {
    var tail = " \((part * 100).rounded(.down).short())%  \(done)/\(total)  \(stopwatch(milliseconds: elapsed))"
    if let left, done < total { tail += ", \(stopwatch(milliseconds: left)) left" }
    let width = min(40, (screen.columns ?? 80) - tail.displayWidth - 2)
    guard width >= 5 else { return tail.fitted(to: screen.columns ?? 80, ellipsis: screen.ellipsis) }
    return screen.paint(ProgressBar.bar(part, width: width, hasUnicode: screen.hasUnicode), .cyan) + tail
  }

  private static func bar(_ part: Double, width: Int, hasUnicode: Bool) -> String {
    guard hasUnicode else {
      let full = Int((part * Double(width)).rounded(.down))
      return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: width - full) + "]"
    }
    let eighths = Int((part * Double(width) * 8).rounded(.down))
    let partial: [String] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    let full = eighths / 8
    let edge = partial[eighths % 8]
    return String(repeating: "█", count: full) + edge
      + String(repeating: "░", count: width - full - (edge.isEmpty ? 0 : 1))
  }
}
