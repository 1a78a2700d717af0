/// A block of lines at the bottom of a terminal that is drawn again in place.
struct LiveBlock {
  private var drawn = 0

  /// Draws the block where it stood.
  ///
  /// - Parameter above: lines that stay, printed above the block.
  mutating func draw(_ lines: [String], above: [String] = []) {
    // One write, or a slow terminal would show half of it.
    var text = drawn > 0 ? "\u{1B}[\(drawn)A\r" : "\r"
    for line in above + lines { text += line + "\u{1B}[K\n" }
    text += "\u{1B}[J"
    Output.writeError(Array(text.utf8))
    drawn = lines.count
  }

  /// Takes the block away.
  mutating func clear() {
    guard drawn > 0 else { return }
    draw([])
  }
}
