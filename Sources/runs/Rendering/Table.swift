/// Rows under titles, for people: aligned columns, two spaces between them, no lines.
struct Table {
  /// One column.
  struct Column {
    /// What stands above it.
    var title: String
    /// True for numbers: their last digits stand below each other.
    var isRight = false
    /// True when its text may be cut where the screen is narrow.
    var isFlexible = false
    /// True when it may be left out where the screen is narrow; those further right go first.
    var isOptional = false
  }

  /// What stands in a row at a column.
  struct Cell: ExpressibleByStringLiteral {
    /// The text; shown on one line.
    var text: String
    /// How it looks.
    var style: Style

    /// Makes a cell.
    init(_ text: String, _ style: Style = .plain) {
      self.text = text.printable
      self.style = style
    }

    /// Makes a plain cell.
    init(stringLiteral text: String) { self.init(text) }
  }

  /// The columns.
  var columns: [Column]
  /// The rows, each as long as `columns`.
  var rows: [[Cell]] = []

  /// A flexible column is not cut below this.
  static let smallestFlexibleWidth = 8

  /// Returns the lines, fitted to a screen, and the titles of the columns that did not fit.
  func lines(on screen: Screen) -> (lines: [String], hidden: [String]) {
    var shown = Array(columns.indices)
    var widths = columns.indices.map { column in
      max(columns[column].title.displayWidth, rows.map { $0[column].text.displayWidth }.max() ?? 0)
    }
    if let limit = screen.columns {
      var smallest: Int {
        shown.reduce(-2) { $0 + 2 + narrowest(widths[$1], $1) }
      }
      while smallest > limit, let last = shown.lastIndex(where: { columns[$0].isOptional }) { shown.remove(at: last) }
      shrink(&widths, shown, to: limit)
    }
    var lines = [
      line(shown, widths, on: screen) { Cell(columns[$0].title, .bold) }
    ]
    for row in rows { lines.append(line(shown, widths, on: screen) { row[$0] }) }
    return (lines, columns.indices.filter { !shown.contains($0) }.map { columns[$0].title })
  }

  private func narrowest(_ width: Int, _ column: Int) -> Int {
    columns[column].isFlexible
      ? min(width, max(Table.smallestFlexibleWidth, columns[column].title.displayWidth)) : width
  }

  // Takes columns away from the widest flexible column until the line fits, or nothing more can go.
  private func shrink(_ widths: inout [Int], _ shown: [Int], to limit: Int) {
    var excess = shown.reduce(-2) { $0 + 2 + widths[$1] } - limit
    while excess > 0 {
      let flexible = shown.filter { columns[$0].isFlexible && widths[$0] > narrowest(widths[$0], $0) }
      guard let widest = flexible.max(by: { widths[$0] < widths[$1] }) else { return }
      widths[widest] -= 1
      excess -= 1
    }
  }

  private func line(_ shown: [Int], _ widths: [Int], on screen: Screen, cell: (Int) -> Cell) -> String {
    var line = ""
    for (place, column) in shown.enumerated() {
      let cell = cell(column)
      let text = cell.text.fitted(to: widths[column], ellipsis: screen.ellipsis)
      let padding = String(repeating: " ", count: max(0, widths[column] - text.displayWidth))
      if place > 0 { line += "  " }
      if columns[column].isRight { line += padding }
      line += screen.paint(text, cell.style)
      if !columns[column].isRight, place < shown.count - 1 { line += padding }
    }
    while line.last == " " { line.removeLast() }
    return line
  }

  /// Returns the whole table as text that ends in a line break, with a remark on columns that did not fit.
  func text(on screen: Screen) -> String {
    let (lines, hidden) = lines(on: screen)
    var text = lines.joined(separator: "\n") + "\n"
    if !hidden.isEmpty {
      let remark = "not shown for want of width: " + hidden.joined(separator: ", ")
      text += screen.paint(remark.fitted(to: screen.columns ?? .max, ellipsis: screen.ellipsis), .dim) + "\n"
    }
    return text
  }
}
