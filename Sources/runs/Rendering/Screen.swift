internal import Glibc

/// What text is written to: a terminal with a size, or something that keeps every byte.
struct Screen: Sendable {
  /// True for a terminal that can redraw: escape codes move its cursor.
  var isTerminal: Bool
  /// The width in columns; nil where lines may be as long as they like.
  var columns: Int?
  /// The height in lines; nil where there is none.
  var rows: Int?
  /// Puts colours on text.
  var paint: Paint
  /// True when characters beyond ASCII can be shown.
  var hasUnicode: Bool

  /// A file or a pipe: nothing is cut, nothing is coloured.
  static let pipe = Screen(isTerminal: false, columns: nil, rows: nil, paint: Paint(isOn: false), hasUnicode: true)

  /// The mark of cut text.
  var ellipsis: String { hasUnicode ? "…" : "~" }

  /// Looks at a file descriptor and the environment.
  ///
  /// - Parameter colour: nil lets the terminal and `NO_COLOR` decide.
  static func of(descriptor: Int32, colour: Bool? = nil) -> Screen {
    let isDumb = environment("TERM") == "dumb"
    guard isatty(descriptor) == 1 else {
      var screen = Screen.pipe
      screen.paint = Paint(isOn: colour ?? false)
      return screen
    }
    var size = winsize()
    let isSized = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    // NO_COLOR counts when it is set and not empty: https://no-color.org
    let mayColour = (environment("NO_COLOR") ?? "").isEmpty && !isDumb
    return Screen(
      isTerminal: !isDumb, columns: isSized ? Int(size.ws_col) : 80,
      rows: isSized && size.ws_row > 0 ? Int(size.ws_row) : 24, paint: Paint(isOn: colour ?? mayColour),
      hasUnicode: localeIsUnicode)
  }

  private static var localeIsUnicode: Bool {
    for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
      guard let value = environment(name), !value.isEmpty else { continue }
      return value.uppercased().contains("UTF-8") || value.uppercased().contains("UTF8")
    }
    return true
  }
}

/// Returns an environment variable; nil where it is not set.
func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
