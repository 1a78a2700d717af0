internal import Tracking

/// A curve drawn in characters: braille dots, or asterisks where only ASCII can be shown.
struct Plot {
  /// What stands above it.
  var title: String
  /// Positions on the x axis, `[points]`, in any order.
  var x: [Double]
  /// Values, `[points]`; what is not finite is left out.
  var y: [Double]
  /// What the x axis counts.
  var xLabel = "step"

  /// Returns the lines of the plot.
  ///
  /// - Parameters:
  ///   - width: columns of the whole plot, at least 30.
  ///   - height: lines of the canvas, at least 3.
  func lines(width: Int, height: Int, on screen: Screen) -> [String] {
    let points = zip(x, y).filter { $0.0.isFinite && $0.1.isFinite }
    let left = points.count == y.count ? "" : ", \(y.count - points.count) not finite left out"
    let heading = screen.paint(title, .bold) + screen.paint("  \(counted(y.count, "point"))\(left)", .dim)
    guard let first = points.first else { return [heading, "(no finite value)"] }
    var (lowX, highX, lowY, highY) = (first.0, first.0, first.1, first.1)
    for point in points {
      lowX = min(lowX, point.0)
      highX = max(highX, point.0)
      lowY = min(lowY, point.1)
      highY = max(highY, point.1)
    }
    let labels = Plot.axisLabels(from: lowY, to: highY, lines: height)
    let labelWidth = labels.map(\.displayWidth).max() ?? 0
    let canvasWidth = max(10, width - labelWidth - 2)
    var canvas = Canvas(width: canvasWidth, height: height, hasUnicode: screen.hasUnicode)
    canvas.draw(
      points.map { point in
        (
          highX > lowX ? (point.0 - lowX) / (highX - lowX) : 0.5,
          highY > lowY ? (point.1 - lowY) / (highY - lowY) : 0.5
        )
      })
    let bar = screen.hasUnicode ? "┤" : "|"
    var lines = [heading]
    for (label, row) in zip(labels, canvas.rows) {
      let padding = String(repeating: " ", count: labelWidth - label.displayWidth)
      lines.append(screen.paint(padding + label + " " + bar, .dim) + screen.paint(Plot.trimmed(row), .cyan))
    }
    let (from, to) = (lowX.short(), highX.short())
    let middle = canvasWidth - from.displayWidth - to.displayWidth - xLabel.displayWidth
    let indent = String(repeating: " ", count: labelWidth + 2)
    let gap = max(1, middle / 2)
    lines.append(
      screen.paint(
        indent + from + String(repeating: " ", count: gap) + xLabel
          + String(repeating: " ", count: max(1, middle - gap)) + to, .dim))
    return lines
  }

  private static func trimmed(_ row: String) -> String {
    var kept = row.unicodeScalars[...]
    while let last = kept.last, last == " " || last == "\u{2800}" { kept.removeLast() }
    return String(kept)
  }

  // The values at the top, the bottom and between, each beside its line; every second line where there is room.
  private static func axisLabels(from low: Double, to high: Double, lines: Int) -> [String] {
    (0..<lines).map { line in
      let isShown = line == 0 || line == lines - 1 || (lines > 4 && line % 2 == 0 && line < lines - 2)
      if high == low { return line == (lines - 1) / 2 ? low.short(5) : "" }
      guard isShown else { return "" }
      return (high - (high - low) * Double(line) / Double(lines - 1)).short(4)
    }
  }
}

/// A raster of 2 by 4 dots a character (braille), or of one dot a character (ASCII).
struct Canvas {
  private let width: Int
  private let height: Int
  private let dotsX: Int
  private let dotsY: Int
  private var cells: [UInt8]

  /// Makes an empty canvas of `width` by `height` characters.
  init(width: Int, height: Int, hasUnicode: Bool) {
    self.width = width
    self.height = height
    dotsX = hasUnicode ? 2 : 1
    dotsY = hasUnicode ? 4 : 1
    cells = [UInt8](repeating: 0, count: width * height)
  }

  // The bit of each dot in U+2800, by row and column.
  private static let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

  /// Draws a line through points, each within 0...1, y upwards.
  mutating func draw(_ points: [(Double, Double)]) {
    let lastX = width * dotsX - 1
    let lastY = height * dotsY - 1
    var previous: (x: Int, y: Int)?
    for point in points {
      let dot = (
        x: Int((point.0 * Double(lastX)).rounded()), y: lastY - Int((point.1 * Double(lastY)).rounded())
      )
      connect(previous ?? dot, dot)
      previous = dot
    }
  }

  private mutating func connect(_ from: (x: Int, y: Int), _ to: (x: Int, y: Int)) {
    let steps = max(abs(to.x - from.x), abs(to.y - from.y), 1)
    for step in 0...steps {
      let part = Double(step) / Double(steps)
      set(
        from.x + Int((Double(to.x - from.x) * part).rounded()), from.y + Int((Double(to.y - from.y) * part).rounded()))
    }
  }

  private mutating func set(_ x: Int, _ y: Int) {
    let cell = y / dotsY * width + x / dotsX
    cells[cell] |= dotsX == 2 ? Canvas.bits[y % 4][x % 2] : 1
  }

  /// The lines from top to bottom.
  var rows: [String] {
    (0..<height).map { line in
      var row = String.UnicodeScalarView()
      for cell in cells[line * width..<(line + 1) * width] {
        if dotsX == 1 {
          row.append(cell == 0 ? " " : "*")
        } else {
          row.append(cell == 0 ? " " : Unicode.Scalar(0x2800 + UInt32(cell)) ?? " ")
        }
      }
      return String(row)
    }
  }
}
